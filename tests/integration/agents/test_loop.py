"""The whole loop with an agent that needs no model, as ``make demo`` shows it: from the hypothesis to the decision."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
ORDER = [
    "hypothesis",
    "design",
    "implementation",
    "implementation_review",
    "launch",
    "slurm_monitor",
    "extract_results",
    "update_docs",
    "decide_repeat",
    "stop",
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """What the demo printed, and its folder."""
    folder = tmp_path_factory.mktemp("demo") / "golden"
    argv = [sys.executable, str(ROOT / "examples/demo.py"), str(folder)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, folder


def state(folder):
    return json.loads((folder / ".autolab/state.json").read_text())


def test_every_stage_is_passed_once_and_in_order(demo):
    _, folder = demo
    moves = [each for each in state(folder)["history"] if each["stage_before"] != each["stage_after"]]

    assert [each["stage_before"] for each in moves] == ORDER[:-1]
    assert [each["stage_after"] for each in moves] == ORDER[1:]
    assert not (folder / ".autolab/handover.json").exists()


def test_the_prompt_s_path_is_printed_and_is_there(demo):
    printed, folder = demo
    prompt = folder / ".autolab/prompts/rendered/hypothesis.md"

    assert f"the rendered prompt: {prompt}\n" in printed
    assert prompt.read_text().startswith("# Stage: hypothesis\n")


def test_agents_ran_under_a_guard_and_their_stages_say_so(demo):
    _, folder = demo
    records = [path for path in (folder / ".autolab/guard").glob("agent-*.json") if "policy" not in path.name]
    found = [json.loads(path.read_text()) for path in records]

    assert len(found) == 6
    assert all(each["exit_code"] == 0 and each["after"]["seals_ok"] for each in found)
    said = [each["summary"] for each in state(folder)["history"] if each["stage_before"] == "decide_repeat"]
    assert "verified (" in said[-1]
    assert f"guard {found[0]['level']}" in said[-1]


def test_the_summary_holds_the_run_s_own_number(demo):
    _, folder = demo
    iteration = folder / "experiments/plan/iter_golden"
    metrics = json.loads((iteration / "runs" / state(folder)["last_run_id"] / "metrics.json").read_text())

    assert str(metrics["primary_metric"]["value"]) in (iteration / "analysis/summary.md").read_text()
