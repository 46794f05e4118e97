"""The page "Let an agent do a stage" shows what the commands print."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autolab_core.stages.init import init
from tests.integration.agents.test_agent_command import ENVIRONMENT
from tests.unit.repositories import git

PAGE = (Path(__file__).resolve().parents[3] / "docs/agents.md").read_text(encoding="utf-8")
CONSOLE = [
    (command, output)
    for block in re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for command, output in re.findall(r"^\$ (.*?)\n(.*)", block, re.DOTALL)
]
HANDED, TAKEN, STATUS, AS_JSON = (
    next(output for command, output in CONSOLE if command == wanted and word in output)
    for wanted, word in (
        ("autolab run", "stay"),
        ("autolab run", "advance"),
        ("autolab status", "handed over"),
        ("autolab run --json", "handover"),
    )
)


def told(text: str) -> str:
    """*text* without what differs from day to day: times, and how many checks there are."""
    return re.sub(r"\(\d+ checks", "(N checks", re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text))


class Place:
    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, *argv: str) -> str:
        done = subprocess.run(
            [sys.executable, *argv], cwd=self.root, env=ENVIRONMENT, text=True, capture_output=True, check=False
        )
        assert done.stderr == ""
        return told(done.stdout)

    def autolab(self, *words: str) -> str:
        return self.run("-m", "autolab_cli", *words)


@pytest.fixture
def place(tmp_path):
    root = tmp_path / "repository"
    init(root, iteration_id="iter_001")
    state = root / ".autolab/state.json"
    state.write_text(json.dumps({**json.loads(state.read_text()), "stage": "hypothesis"}))
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "all", env=ENVIRONMENT)
    return Place(root)


def test_a_stage_is_handed_over_looked_at_and_taken_back(place):
    assert place.autolab("run") == told(HANDED)
    assert place.autolab("status") == told(STATUS)

    (place.root / "experiments/plan/iter_001/hypothesis.md").write_text("It is faster.\n")

    assert place.autolab("run") == told(TAKEN)


def test_one_call_gives_a_harness_what_the_page_shows(place):
    shown = json.loads(AS_JSON)
    found = json.loads(place.autolab("run", "--json"))

    assert found == shown
    prompt = (place.root / shown["handover"]["prompt"]).read_text()
    context = json.loads((place.root / shown["handover"]["context"]).read_text())
    assert "{{" not in prompt
    named = set(re.findall(r"`(\w+)`", PAGE[PAGE.index("2. Check its") : PAGE.index("3. Call")])) - {"awaited"}
    assert len(named) == 11
    assert named <= set(context)


def test_what_is_wrong_is_under_the_keys_that_the_page_names(place):
    place.autolab("run", "--json")
    path = "experiments/plan/iter_001/hypothesis.md"
    (place.root / path).write_text(" ")

    found = json.loads(place.autolab("run", "--json"))

    assert (found["outcome"], found["handover"]["objections"]) == ("needs_retry", {path: "is empty"})
    assert f"{path} is empty" in (place.root / found["handover"]["prompt"]).read_text()


def test_the_program_prints_the_three_things(place):
    (program,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

    said = place.run("-c", program)

    handover = json.loads(AS_JSON)["handover"]
    assert said == f"{handover['prompt']} {handover['context']} {tuple(handover['awaited'])}\n"
