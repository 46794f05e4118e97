"""An agent that needs no model: it does each stage of the golden iteration in the plainest way that passes.

usage: autolab run --agent-command "python /path/to/stand_in_agent.py"

What a real one is given is given to this one: the prompt on standard input, and in the environment where things lie.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def hypothesis(iteration: Path, context: dict[str, Any]) -> Path:
    path = iteration / "hypothesis.md"
    path.write_text(
        "# Hypothesis\n\nMomentum raises the validation accuracy by a point or more over the same seeds.\n"
        "It is refuted when the mean difference to plain gradient descent is smaller than that.\n"
    )
    return path


def design(iteration: Path, context: dict[str, Any]) -> Path:
    path = iteration / "design.yaml"
    path.write_text(path.read_text().rstrip("\n") + "\n# gone through by the stand-in agent\n")
    return path


def implementation(iteration: Path, context: dict[str, Any]) -> Path:
    path = Path("docs/implementation.md")
    path.write_text("# Implementation\n\nThe entry point of the design is there already; nothing had to be added.\n")
    return path


def review(iteration: Path, context: dict[str, Any]) -> Path:
    path = iteration / "review_result.json"
    answer = {"status": "pass", "blocking_findings": [], "required_checks": {"entry_point": "pass"}}
    path.write_text(json.dumps(answer, indent=2) + "\n")
    return path


def summary(iteration: Path, context: dict[str, Any]) -> Path:
    run = context["run"]
    primary = json.loads(Path(run["path"], "metrics.json").read_text())["primary_metric"]
    path = iteration / "analysis/summary.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        f"# Run {run['id']}\n\n{primary['name']}: {primary['value']} "
        f"({primary['delta_vs_baseline']} against the baseline).\n"
    )
    return path


def decision(iteration: Path, context: dict[str, Any]) -> Path:
    path = iteration / "decision_result.json"
    answer = {
        "decision": "stop",
        "rationale": "The difference is there over all seeds; another run would show it again.",
    }
    path.write_text(json.dumps(answer, indent=2) + "\n")
    return path


STAGES: dict[str, Callable[[Path, dict[str, Any]], Path]] = {
    "hypothesis": hypothesis,
    "design": design,
    "implementation": implementation,
    "implementation_review": review,
    "update_docs": summary,
    "decide_repeat": decision,
}


def main() -> int:
    prompt = sys.stdin.read()
    stage = os.environ["AUTOLAB_STAGE"]
    if not prompt.startswith(f"# Stage: {stage}\n"):
        print(f"the prompt is not one for {stage}", file=sys.stderr)
        return 1
    context = json.loads(Path(os.environ["AUTOLAB_CONTEXT"]).read_text())
    written = STAGES[stage](Path(os.environ["AUTOLAB_ITERATION_PATH"]), context)
    print(f"stand-in agent: {stage}: wrote {written}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
