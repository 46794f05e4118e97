"""What counts as an edit since a stage was handed over, and what is nobody's edit."""

from __future__ import annotations

from pathlib import Path

import pytest

from autolab_core.git.history import History
from autolab_core.git.record import Recorder
from autolab_core.io.experiment_layout import EXPERIMENT_RECORDS
from autolab_core.io.layout import (
    AGENT_LOGS,
    BACKLOG,
    GUARD_AGENT_POLICY,
    HANDOVER,
    LEDGER,
    POLICY,
    PROMPTS_RENDERED,
    STAGE_LOCK,
    STATE,
    TODO_FOCUS,
    VERIFICATION_RESULT,
    guard_record,
)
from autolab_core.io.tree import Tree
from autolab_core.vocab.states import Stage, Verdict
from autolab_verifiers.builtin import load
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.engine.judge import judge
from autolab_verifiers.selftest.guarding import SPEC
from autolab_verifiers.selftest.mutations.edit_scope import hand_over
from autolab_verifiers.selftest.repository import (
    DESIGN_TEXT,
    ITERATION,
    PATHS,
    POLICY_TEXT,
    RUN,
    RUN_PATHS,
    Repository,
    build,
)

ASKED = ("ES001", "ES002", "ES003")


class Lab(Repository):
    """The sample in git; the run goes on and is watched."""

    def commit(self) -> Lab:
        Recorder.at(str(self.root)).commit("as it is")
        return self

    def handed(self, stage: Stage = Stage.SLURM_MONITOR, run_id: str | None = RUN) -> Lab:
        hand_over(self.set(STATE, "/stage", str(stage)), stage, run_id)
        return self

    def checks(self, stage: Stage = Stage.SLURM_MONITOR, iteration_id: str = ITERATION):
        context = VerifyContext(Tree(str(self.root)), stage=stage, iteration_id=iteration_id, run_id=RUN)
        return {check.rule: check for check in judge(load("edit_scope"), context)}

    def objections(self, stage: Stage = Stage.SLURM_MONITOR) -> list[tuple[str, str]]:
        checks = self.checks(stage)
        assert {checks[rule].status for rule in ASKED} <= {Verdict.PASS, Verdict.FAIL}, checks
        return [(rule, finding.path) for rule in ASKED for finding in checks[rule].findings]

    def reason(self, *args, **more) -> str:
        checks = self.checks(*args, **more)
        assert {checks[rule].status for rule in ASKED} == {Verdict.SKIP}, checks
        (reason,) = {checks[rule].reason for rule in ASKED}
        return reason


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    build(tmp_path).become("running").set(STATE, "/stage", str(Stage.SLURM_MONITOR))
    return Lab(tmp_path)


def test_what_autolab_and_other_runs_write_is_no_edit(lab):
    lab.commit().handed()
    lab.set(STATE, "/stage_attempt", 1).manifest("/status", "completed")
    ours = (VERIFICATION_RESULT, STAGE_LOCK, guard_record(RUN), TODO_FOCUS, LEDGER, RUN_PATHS.checksums)
    theirs = (PATHS.run("other").metrics, "experiments/plan/iter_other/runs/r1/metrics.json")
    made = (RUN_PATHS.log("x.log"), RUN_PATHS.verification, RUN_PATHS.evidence, "src/__pycache__/train.cpython-311.pyc")
    more = (*(f"{PROMPTS_RENDERED}/launch.md", f"{EXPERIMENT_RECORDS}/exp-001/journal.jsonl", f"{AGENT_LOGS}/x.log"),)
    for path in (*ours, *theirs, *made, *more):
        lab.write(path, "{}\n")

    assert lab.objections() == []


def test_what_people_changed_before_the_hand_over_is_no_edit(lab):
    lab.commit().write("src/train.py", "x\n").write("tools/report.py", "x\n").remove(PATHS.run_local)
    lab.handed()
    assert lab.objections() == []

    lab.commit()  # git has it now, and it is still as it was
    assert lab.objections() == []

    lab.write("tools/report.py", "y\n")
    assert lab.objections() == [("ES001", "tools/report.py")]


def test_before_the_first_commit_everything_that_lies_there_is_the_base(lab):
    lab.commit()
    (lab.root / ".git" / "HEAD").write_text("ref: refs/heads/unborn\n")
    lab.handed().write(PATHS.decision, "{}\n")

    assert lab.objections() == [("ES002", PATHS.decision)]


def test_the_agent_s_guard_policy_is_no_record_of_ours(lab):
    lab.commit().handed().write(GUARD_AGENT_POLICY, "{}\n")

    assert lab.objections() == [("ES003", GUARD_AGENT_POLICY)]


def test_the_backlog_is_nobody_s_to_edit(lab):
    lab.commit().handed().replace(BACKLOG, "experiments:", "# more\nexperiments:")

    assert lab.objections() == [("ES002", BACKLOG)]


def test_each_finding_says_the_stage_and_since_when(lab):
    lab.commit().handed().write(PATHS.decision, "{}\n")

    (finding,) = lab.checks()["ES002"].findings
    assert f"after the stage {Stage.SLURM_MONITOR} was handed over (2026-02-01T12:00:00Z)" in finding.message
    assert HANDOVER in load("edit_scope").rules[1].hint


def test_a_stage_writes_its_own_artifact_wherever_that_lies(lab):
    lab.write(POLICY, POLICY_TEXT + "edit_scope: {allowed: [docs]}\n").commit().handed(Stage.DECIDE_REPEAT)
    lab.write(PATHS.decision, "{}\n").write(PATHS.summary, "x\n").write(".autolab/notes.md", "x\n")

    assert lab.objections(Stage.DECIDE_REPEAT) == [("ES001", ".autolab/notes.md"), ("ES002", PATHS.summary)]


def test_the_harness_s_own_code_is_edited_where_the_policy_says_so(lab):
    lab.commit().handed(Stage.IMPLEMENTATION).write("autolab/loop.py", "x\n")
    assert lab.objections(Stage.IMPLEMENTATION) == [("ES001", "autolab/loop.py")]

    lab.write(POLICY, POLICY_TEXT + "edit_scope: {orchestration: true}\n").handed(Stage.IMPLEMENTATION)
    lab.write("autolab/loop.py", "y\n")
    assert lab.objections(Stage.IMPLEMENTATION) == []


def test_without_a_run_no_run_is_the_stage_s(lab):
    lab.commit().handed(Stage.DESIGN, None).write(RUN_PATHS.metrics, "{}\n").write(PATHS.design, "x\n")

    assert lab.objections(Stage.DESIGN) == []


def test_results_of_a_run_s_own_and_what_the_policy_lets_it_write_are_no_edits(lab):
    lab.write(PATHS.design, f"spec: {SPEC}\n{DESIGN_TEXT}")
    lab.write(SPEC, "# spec\n")
    lab.write(POLICY, POLICY_TEXT + "guard: {writable: [scratch]}\n").commit().handed()
    lab.write("results/exp-001-momentum/metrics.json", "{}\n").write("scratch/a", "x\n")
    assert lab.objections() == []

    lab.write(SPEC, "# another\n")
    assert lab.objections() == [("ES003", SPEC)]


def test_what_is_closed_is_protected(lab):
    notes = "experiments/done/iter_old/notes.md"
    lab.write(notes, "x\n").commit().handed()
    lab.write(notes, "y\n")

    assert lab.objections() == [("ES003", notes)]


def test_a_wide_edit_names_the_first_files_and_counts_the_rest(lab):
    lab.commit().handed()
    for number in range(30):
        lab.write(f"tools/{number:02}.py", "x\n")

    findings = lab.checks()["ES001"].findings
    assert (len(findings), "30 such files" in " ".join(each.message for each in findings)) == (21, True)


def test_without_a_hand_over_git_is_not_asked(lab, monkeypatch):
    monkeypatch.setattr(History, "at", lambda root: pytest.fail("git was asked"))
    lab.write(PATHS.decision, "{}\n")

    assert lab.reason() == "no stage is handed over"


def test_another_hand_over_judges_nothing(lab):
    lab.commit().handed()

    said = f"the stage {Stage.SLURM_MONITOR} of {ITERATION} is handed over, not what is judged here"
    assert lab.reason(Stage.EXTRACT_RESULTS) == said
    assert lab.reason(iteration_id="iter_next") == said


def test_a_hand_over_of_an_earlier_stay_at_the_stage_judges_nothing(lab):
    lab.commit().handed()
    assert lab.objections() == []

    again = {"timestamp_utc": "2026-02-02T12:00:00Z", "stage_before": "launch", "stage_after": "slurm_monitor"}
    lab.set(STATE, "/history", [{**again, "status": "advance", "summary": "launched again"}])

    assert "is over" in lab.reason()


def test_outside_of_git_nothing_is_judged(lab):
    assert "not a git repository" in lab.handed().reason()


def test_a_commit_that_git_has_lost_passes_nothing(lab):
    lab.commit().handed().set(HANDOVER, "/base/commit", "0" * 40)

    checks = lab.checks()
    assert {checks[rule].status for rule in ASKED} == {Verdict.ERROR}
    assert {"git knows no commit" in checks[rule].reason for rule in ASKED} == {True}


@pytest.mark.parametrize("source", ["", "{", "[]", '{"stage": "slurm_monitor"}', '{"stage": 5}'])
def test_a_hand_over_that_cannot_be_read_is_an_error(lab, source):
    lab.commit().write(HANDOVER, source)

    assert {check.status for check in lab.checks().values()} == {Verdict.ERROR}
