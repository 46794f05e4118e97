"""A look at runs: each scheduler is asked once, what is new is written, and no trouble of ours becomes a run's."""

from __future__ import annotations

import attrs
import pytest

from autolab_core.io import answers
from autolab_core.io.layout import RunPaths
from autolab_core.models.job import Answer, JobObservation, JobUsage
from autolab_core.stages.context import StageContext
from autolab_core.stages.launching.gate import sha256_of
from autolab_core.stages.ledger import read_ledger
from autolab_core.stages.monitor import look, monitor
from autolab_core.stages.watching.pace import LEAST_SECONDS, MOST_SECONDS, Pace
from autolab_core.stages.watching.replay import replay
from autolab_core.stages.watching.watch import watch
from autolab_core.vocab.errors import DocumentError, QueryFailed, StoreError, UsageError
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.states import HostMode, StageOutcome
from autolab_core.vocab.times import format_utc
from tests.unit.repositories import (
    AT,
    FOLDER,
    NOW,
    Clock,
    FakeScheduler,
    Verifier,
    change_json,
    manifest,
    put,
    read_json,
)

RUN = f"{FOLDER}/runs/r1"
SCRIPT = b"#!/bin/bash\n"


@attrs.define
class Slurm(FakeScheduler):
    """Counts how often it is asked; ``error`` is raised instead of an answer, ``each`` is said of single runs."""

    asked: list[int] = attrs.field(factory=list)
    error: Exception | None = None
    each: dict[str, JobObservation] = attrs.field(factory=dict)

    def observe(self, handles):
        self.asked.append(len(handles))
        if self.error is not None:
            raise self.error
        return {handle: self.each.get(handle.run_folder, self.observation) for handle in handles}


@attrs.define
class Scripted(FakeScheduler):
    """Says, or raises, one thing after the other."""

    script: list[JobObservation | Exception] = attrs.field(factory=list)

    def observe(self, handles):
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return dict.fromkeys(handles, step)


def put_run(repository, run_id="r1", iteration=FOLDER, **changes):
    folder = f"{iteration}/runs/{run_id}"
    given = {
        "host_mode": "slurm",
        "launch_mode": "slurm",
        "status": "submitted",
        "job_id": "4242",
        "submission": {"token": f"t-{run_id}", "script_sha256": sha256_of(SCRIPT)},
        "history": [{"at": AT, "status": "pending", "why": ""}, {"at": AT, "status": "submitted", "why": ""}],
    }
    put(repository, f"{folder}/run_manifest.json", manifest(run_id, **(given | changes)))
    put(repository, f"{folder}/run_slurm.sbatch", SCRIPT)
    return folder


def put_markers(repository, folder=RUN, token="t-r1", code=0):
    put(repository, f"{folder}/logs/start.json", {"token": token, "pid": 1, "host": "n1", "started_at": AT})
    put(repository, f"{folder}/logs/exit.json", {"token": token, "exit_code": code, "finished_at": AT})
    put(repository, f"{folder}/logs/stdout.log", "hello\n")


@pytest.fixture
def run(repository):
    put_run(repository)
    change_json(repository, ".autolab/state.json", stage="slurm_monitor", last_run_id="r1")
    return repository


def doing(repository, slurm=None, **parts):
    return StageContext(
        repository,
        None,
        {HostMode.LOCAL: FakeScheduler(), HostMode.SLURM: slurm or Slurm()},
        parts.get("verify") or Verifier(),
        parts.get("now") or Clock(),
    )


def saw(state, native=None, **more):
    return JobObservation(state, native_state=native or state.value, job_id="4242", **more)


RUNNING = saw(JobState.RUNNING, started_at=AT, usage=JobUsage(60, 600))
WELL = saw(JobState.COMPLETED, exit_code=0, started_at=AT, ended_at=AT)
FAILED = saw(JobState.FAILED, exit_code=3, reason="it ended with exit code 3", started_at=AT, ended_at=AT)
UNKNOWN = saw(JobState.UNKNOWN, reason="squeue: no answer")


def found(repository, folder=RUN):
    return read_json(repository, f"{folder}/run_manifest.json")


def state(repository):
    return read_json(repository, ".autolab/state.json")


def rows(repository):
    return [(row.run_id, row.status, row.notes) for row in read_ledger(repository.root)]


# --- one run


def test_a_running_job_keeps_the_stage_and_says_so_in_the_state_once(run):
    context = doing(run, Slurm(RUNNING))
    results = [monitor(context) for _ in range(3)]

    assert [result.outcome for result in results] == [StageOutcome.STAY] * 3
    assert found(run)["status"] == "running"
    assert state(run)["stage"] == "slurm_monitor"
    assert [entry["status"] for entry in state(run)["history"]].count("stay") == 1


def test_a_job_that_ended_well_is_proven_synced_and_judged_and_the_stage_advances(run):
    put_markers(run)
    verify = Verifier()
    result = monitor(doing(run, Slurm(WELL), verify=verify))

    assert (result.outcome, found(run)["status"]) == (StageOutcome.ADVANCE, "synced")
    assert found(run)["artifact_sync_to_local"]["status"] == "ok"
    assert (run.root / RUN / "artifacts.sha256").read_text().count("\n") == 4
    assert (state(run)["stage"], state(run)["sync_status"]) == ("extract_results", "ok")
    assert [(each["stage"], each["run_id"]) for each in verify.asked] == [("slurm_monitor", "r1")]
    assert found(run)["verifier_snapshot"]["passed"] is True
    assert rows(run) == [("r1", "synced", "")]


def test_a_job_that_failed_advances_with_its_failure_and_without_a_list(run):
    put_markers(run, code=3)
    result = monitor(doing(run, Slurm(FAILED)))

    assert (result.outcome, found(run)["status"]) == (StageOutcome.ADVANCE, "failed")
    assert found(run)["failure"]["exit"] == "3:0"
    assert found(run)["artifact_sync_to_local"]["diagnosis"].startswith("diagnostic: ")
    assert not (run.root / RUN / "artifacts.sha256").exists()
    assert state(run)["stage"] == "extract_results"


@pytest.mark.parametrize("problem", ["missing", "foreign", "code", "script", "damaged"])
def test_files_that_are_not_the_run_s_are_waited_for_and_then_asked_about(run, problem):
    if problem != "missing":
        put_markers(run, token="another" if problem == "foreign" else "t-r1", code=1 if problem == "code" else 0)
    if problem == "script":
        put(run, f"{RUN}/run_slurm.sbatch", "another")
    if problem == "damaged":
        put(run, f"{RUN}/logs/exit.json", "{")
    clock = Clock()
    context = doing(run, Slurm(WELL), now=clock)

    early = monitor(context)
    assert (early.outcome, found(run)["artifact_sync_to_local"]["status"]) == (StageOutcome.STAY, "syncing")
    for attempt in (1, 2, 3, 4):
        assert state(run)["stage"] == "slurm_monitor"
        clock.forward(minutes=3)
        first = StageOutcome.NEEDS_RETRY if attempt < 4 else StageOutcome.HUMAN_REVIEW
        assert [monitor(context).outcome for _ in range(3)] == [
            first,
            StageOutcome.NEEDS_RETRY,
            StageOutcome.NEEDS_RETRY,
        ]
        assert found(run)["artifact_sync_to_local"]["failed_attempts"] == attempt
        assert state(run)["stage_attempt"] == attempt  # counted once, however often it is looked at

    assert (found(run)["status"], found(run)["artifact_sync_to_local"]["status"]) == ("running", "failed")
    assert state(run)["stage"] == "human_review"
    assert [entry["status"] for entry in state(run)["history"]] == ["stay", *["needs_retry"] * 3, "human_review"]
    assert "not proven to be here, attempt 4: " in state(run)["history"][-1]["summary"]
    put_markers(run)
    put(run, f"{RUN}/run_slurm.sbatch", SCRIPT)
    assert monitor(context).outcome is StageOutcome.ADVANCE
    assert found(run)["status"] == "synced"


def test_without_a_manifest_the_outcome_is_a_retry_of_the_launch_and_nothing_is_asked(repository):
    change_json(repository, ".autolab/state.json", stage="slurm_monitor", last_run_id="r1")
    slurm = Slurm()
    result = monitor(doing(repository, slurm))

    assert (result.outcome, result.retry_stage, result.bad) == (StageOutcome.NEEDS_RETRY, "launch", True)
    assert (slurm.asked, (repository.root / RUN).exists()) == ([], False)


def test_a_run_that_has_settled_is_not_asked_about(run):
    put_markers(run)
    slurm = Slurm(WELL)
    monitor(doing(run, slurm))
    monitor(doing(run, slurm))

    assert slurm.asked == [1]


# --- what could not be learnt


@pytest.mark.parametrize("answer", [UNKNOWN, QueryFailed("squeue was killed")])
def test_an_outage_changes_no_status_and_is_one_row_of_the_ledger(run, answer):
    clock = Clock()
    slurm = Slurm(RUNNING)
    context = doing(run, slurm, now=clock)
    monitor(context)
    for _ in range(2):  # two outages
        if isinstance(answer, Exception):
            slurm.error = answer
        else:
            slurm.observation = answer
        for _ in range(3):
            clock.forward(minutes=1)
            assert monitor(context).outcome is StageOutcome.STAY
            assert found(run)["status"] == "running"
        slurm.error, slurm.observation = None, RUNNING
        clock.forward(minutes=1)
        monitor(context)

    notes = [row[2] for row in rows(run)]
    assert [bool(note) for note in notes] == [False, True, True]
    assert "not known since 2026-02-01T12:01:00Z: squeue" in notes[1]


# --- many runs


def test_every_run_that_goes_on_is_asked_about_in_one_question(run):
    folders = [put_run(run, f"r{number}", f"experiments/iter_{number % 3}") for number in range(2, 12)]
    put_run(run, "done", "experiments/iter_1", status="failed", timestamps={"created_at": AT, "completed_at": AT})
    slurm = Slurm(RUNNING, each={folders[0]: FAILED})
    result = look(doing(run, slurm), every=True)

    assert slurm.asked == [11]
    assert [found(run, folder)["status"] for folder in (RUN, *folders)] == ["running", "failed", *["running"] * 9]
    assert len(rows(run)) == 11
    assert result.bad


def test_a_manifest_that_cannot_be_read_keeps_no_other_run_from_being_seen(run):
    put(run, "experiments/iter_b/runs/r9/run_manifest.json", "{")
    result = look(doing(run, Slurm(RUNNING)), every=True)

    assert found(run)["status"] == "running"
    assert list(result.unreadable) == ["experiments/iter_b/runs/r9"]
    assert result.bad


def test_a_manifest_that_somebody_changes_while_slurm_is_asked_is_not_overwritten(run):
    class Slow(Slurm):
        def observe(self, handles):
            change_json(run, f"{RUN}/run_manifest.json", note_of_mine="kept")
            return Slurm.observe(self, handles)

    monitor(doing(run, Slow(RUNNING)))

    assert (found(run)["note_of_mine"], found(run)["status"]) == ("kept", "running")


def test_all_without_any_run_is_no_error(repository):
    assert look(doing(repository), every=True).seen == ()
    with pytest.raises(UsageError, match="no run yet"):
        look(doing(repository))


# --- what is kept, and what it proves


def test_a_run_can_be_replayed_from_what_was_kept(run):
    slurm, clock = Slurm(), Clock()
    context = doing(run, slurm, now=clock)
    put_markers(run)
    for observation in (saw(JobState.PENDING, reason="Priority"), RUNNING, RUNNING, UNKNOWN, RUNNING, WELL):
        slurm.observation = observation
        clock.forward(minutes=1)
        monitor(context)
    result = replay(run, RunPaths(RUN))

    assert result.derived == result.on_record == ("pending", "running", "synced")
    assert result.differences == ()
    assert [step.state for step in result.steps[:3]] == ["PENDING", "RUNNING", "unknown"]
    assert result.steps[1].again == 1


@pytest.mark.parametrize("end", [WELL, FAILED])
def test_a_job_whose_accounting_is_awaited_is_judged_once_and_replayed_so(run, end):
    slurm, clock, verify = Slurm(attrs.evolve(end, accounting_due=True)), Clock(), Verifier()
    context = doing(run, slurm, now=clock, verify=verify)
    put_markers(run, code=end.exit_code)
    looks = []
    for _ in range(2):
        clock.forward(seconds=5)
        looks.append(monitor(context))
    asked, waiting = len(verify.asked), found(run)
    slurm.observation = end
    looks.append(monitor(context))
    result = replay(run, RunPaths(RUN))

    assert [each.outcome for each in looks] == [StageOutcome.STAY, StageOutcome.STAY, StageOutcome.ADVANCE]
    assert "what the accounting says of that comes in a moment" in looks[0].summary
    assert (asked, waiting["status"], "artifact_sync_to_local" in waiting) == (0, "running", False)
    status = "synced" if end is WELL else "failed"
    assert result.derived == result.on_record == ("running", status)
    assert result.differences == ()
    assert [row[1] for row in rows(run)].count(status) == 1


def test_a_job_that_vanished_is_replayed_with_the_looks_that_were_only_counted(run):
    clock = Clock()
    context = doing(run, Slurm(saw(JobState.ABSENT, reason="nobody lists it")), now=clock)
    for _ in range(14):
        clock.forward(minutes=5)
        monitor(context)
    result = replay(run, RunPaths(RUN))

    assert found(run)["failure"]["outcome"] == "human_review"
    assert (result.derived, result.differences) == (("failed",), ())


def test_answers_that_were_taken_for_something_else_are_found(run):
    monitor(doing(run, Slurm(RUNNING)))
    record = answers.Record(
        answers.LOOK,
        format_utc(NOW),
        {"state": "COMPLETED", "native": "COMPLETED", "exit_code": 0},
        {"token": "t-r1", "job_id": "4242"},
        (Answer(("squeue",), 0, "", "", AT), Answer(("sacct",), 1, "", "no", AT)),
    )
    answers.append(run.root / RUN / "logs/scheduler.jsonl", record)

    assert any("was taken for" in difference for difference in replay(run, RunPaths(RUN)).differences)


def test_a_history_that_says_something_else_is_found(run):
    put_markers(run, code=3)
    monitor(doing(run, Slurm(FAILED)))
    history = found(run)["history"]
    history[-1]["status"] = "completed"
    change_json(run, f"{RUN}/run_manifest.json", status="completed", history=history)

    assert replay(run, RunPaths(RUN)).differences == (
        "the answers lead to failed, the manifest's history to no change",
    )


def test_a_replay_needs_a_slurm_run_that_was_looked_at(run):
    with pytest.raises(UsageError, match="nobody has looked"):
        replay(run, RunPaths(RUN))
    put(run, f"{RUN}/run_manifest.json", manifest())
    with pytest.raises(UsageError, match="a local run"):
        replay(run, RunPaths(RUN))


# --- waiting


def test_watching_goes_on_whatever_fails_and_ends_with_the_run(run):
    clock = Clock()
    script = [RUNNING, StoreError("x", "the disk is full"), UNKNOWN, DocumentError("y", "half"), RUNNING, FAILED]
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        clock.forward(seconds=seconds)

    context = doing(run, Scripted(script=script), now=clock)
    rounds = list(watch(context, sleep=sleep))

    assert [bool(each.problem) for each in rounds] == [False, True, False, True, False, False]
    assert rounds[-1].pause is None
    assert rounds[-1].bad
    assert len(pauses) == 5
    assert min(pauses) >= LEAST_SECONDS


def test_a_first_look_that_finds_nothing_to_look_at_raises(repository):
    with pytest.raises(UsageError):
        next(watch(doing(repository)))


def paused(pace, observation=RUNNING, **more):
    return pace.after([observation], **({"new": False, "failed": False, "now": NOW} | more))


def test_the_pace_slows_down_while_nothing_happens():
    pace = Pace()
    pauses = [paused(pace, saw(JobState.PENDING)) for _ in range(12)]

    assert pauses[0] == LEAST_SECONDS
    assert pauses == sorted(pauses)
    assert pauses[-1] == MOST_SECONDS
    assert paused(pace, new=True) == LEAST_SECONDS


def test_a_failing_look_waits_longer_each_time_and_longest_of_all():
    pace = Pace()

    assert [paused(pace, failed=True) for _ in range(20)][-1] == 300


def test_near_its_limit_a_run_is_looked_at_when_it_is_due():
    pace = Pace()
    for _ in range(12):
        paused(pace, saw(JobState.PENDING))
    near = saw(JobState.RUNNING, started_at=AT, usage=JobUsage(limit=20))

    assert paused(pace, near) == 25
