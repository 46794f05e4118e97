"""``make demo``: a real experiment from its hypothesis to the decision, in a scratch folder.

Agents' stages are done by a stand-in that needs no model; the run between them is a real one.

usage: python examples/demo.py [FOLDER]
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scratch import LOCAL, at_the_beginning, environment, make_scratch

_BEGAN = time.monotonic()
_AGENT = shlex.join(("python", str(Path(__file__).resolve().parent / "stand_in_agent.py")))


def say(text: str) -> None:
    print(f"[{time.monotonic() - _BEGAN:5.1f} s] {text}", flush=True)


def do(folder: Path, *argv: str, why: str) -> None:
    """Run one command of ours as a user would, and stop the demo when it says no."""
    say(f"$ {' '.join(argv)}   # {why}")
    done = subprocess.run(argv, cwd=folder, env=environment(), check=False)
    if done.returncode != 0:
        say(f"that ended with exit code {done.returncode}; the scratch folder is kept at {folder}")
        sys.exit(1)


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp(prefix="autolab-demo-")) / "golden"
    make_scratch(folder)
    say(f"a small research repository was copied to {folder}")
    do(folder, "autolab", "init", why="schemas into .autolab/schemas")
    at_the_beginning(folder, LOCAL, "hypothesis")
    do(folder, "autolab", "run", why="hypothesis: hands it over to an agent, and says what is awaited")
    say(f"the rendered prompt: {folder / '.autolab/prompts/rendered/hypothesis.md'}")
    agent = ("autolab", "run", "--agent-command", _AGENT)
    for stage in ("hypothesis", "design", "implementation", "implementation_review"):
        do(folder, *agent, why=f"{stage}: a stand-in does it under the guard, and it is verified")
    do(folder, "autolab", "review", "approve", "--who", "demo", why="the reviewed files' hashes go on record")
    do(folder, "autolab", "run", why="launch: gate, host, script, manifest, run: baseline and treatment, 5 seeds")
    do(folder, "autolab", "run", why="slurm_monitor: passes a local run through")
    do(folder, "autolab", "run", "--wait", why="extract_results: wait, read, judge, record")
    for stage in ("update_docs", "decide_repeat"):
        do(folder, *agent, why=f"{stage}: the stand-in again")
    do(folder, "autolab", "status", why="where things stand now")
    do(folder, "autolab-verify", why="prove it again, from the files alone")
    run_id = json.loads((folder / ".autolab/state.json").read_text())["last_run_id"]
    run = folder / "experiments/plan/iter_golden/runs" / run_id
    metrics = json.loads((run / "metrics.json").read_text())
    primary = metrics["primary_metric"]
    rows = len(metrics["per_run_metrics"])
    against = f"{primary['delta_vs_baseline']:+} against the baseline"
    say(f"result: {primary['name']} {primary['value']} ({against}, {rows} rows)")
    say("the files:")
    verification = folder / ".autolab/verification_result.json"
    for path in (run / "run_manifest.json", run / "metrics.json", run / "logs", verification):
        print(f"  {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
