"""Every reason not to launch: an outcome that says what comes next, is on record, and touches no experiment file."""

from __future__ import annotations

import pytest

from autolab_core.models.job import JobHandle, JobObservation
from autolab_core.stages.approve import approve
from autolab_core.stages.launch import LaunchOptions, launch, prepare
from autolab_core.vocab.errors import DocumentError, LockHeld, SubmitRejected, SubmitUnknown, UsageError
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.states import Stage, StageOutcome
from tests.unit.repositories import (
    FOLDER,
    SLURM_HOST,
    FakeRunner,
    FakeScheduler,
    Verifier,
    change_json,
    context,
    manifest,
    pass_review,
    put,
    read_json,
    replace,
    report,
    snapshot,
)

REVIEW = f"{FOLDER}/review_result.json"
OTHER = "experiments/plan/iter_b/runs/r9/run_manifest.json"


def close(repository):
    replace(repository, ".autolab/backlog.yaml", "status: open, type", "status: Done, type")


def leave_running(repository):
    submission = {"token": "t9", "pid": 77, "host": "box"}
    put(repository, OTHER, manifest("r9", iteration_id="iter_b", submission=submission))


RUNNING = FakeScheduler(JobObservation(JobState.RUNNING))

REFUSALS = {
    "closed": (close, {}, StageOutcome.STOP, Stage.STOP, "experiment 'e_iter_a' is 'Done'"),
    "no review": (
        lambda r: (r.root / REVIEW).unlink(), {},
        StageOutcome.NEEDS_RETRY, Stage.IMPLEMENTATION_REVIEW, f"{REVIEW} does not exist",
    ),
    "an invalid review": (
        lambda r: put(r, REVIEW, "{"), {},
        StageOutcome.NEEDS_RETRY, Stage.IMPLEMENTATION_REVIEW, "the review cannot be used",
    ),
    "a review of an unknown word": (
        lambda r: change_json(r, REVIEW, status="passed"), {},
        StageOutcome.NEEDS_RETRY, Stage.IMPLEMENTATION_REVIEW, f"{REVIEW}:3: at /status",
    ),
    "a review that did not pass": (
        lambda r: change_json(r, REVIEW, status="failed"), {},
        StageOutcome.NEEDS_RETRY, Stage.IMPLEMENTATION_REVIEW, "says failed, not pass",
    ),
    "blocking findings": (
        lambda r: change_json(r, REVIEW, blocking_findings=["a", "b"]), {},
        StageOutcome.NEEDS_RETRY, Stage.IMPLEMENTATION_REVIEW, "lists 2 blocking findings",
    ),
    "no hashes where policy asks for them": (
        lambda r: put(r, ".autolab/verifier_policy.yaml", "launch: {require_reviewed: true}\n"), {},
        StageOutcome.NEEDS_RETRY, Stage.IMPLEMENTATION_REVIEW, "records no content hashes",
    ),
    "a design that asks for another host": (
        lambda r: replace(r, f"{FOLDER}/design.yaml", "location: local", "location: slurm"), {},
        StageOutcome.NEEDS_RETRY, Stage.DESIGN, "asks for compute.location slurm, but this host is local",
    ),
    "a host that the design does not ask for": (
        lambda r: None, {"runner": FakeRunner(**SLURM_HOST)},
        StageOutcome.NEEDS_RETRY, Stage.DESIGN, "asks for compute.location local, but this host is slurm",
    ),
    "another run": (
        leave_running, {"scheduler": RUNNING},
        StageOutcome.STAY, Stage.LAUNCH, "one run at a time: run r9 of iter_b is running (pid 77 on box",
    ),
    "scripts that do not verify": (
        lambda r: None, {"verify": Verifier(report("the seed is missing"))},
        StageOutcome.NEEDS_RETRY, Stage.DESIGN, f"ST001 {FOLDER}/design.yaml:3 the seed is missing",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("break_it", "parts", "outcome", "stage", "summary"), REFUSALS.values(), ids=REFUSALS)
def test_a_launch_is_refused(launchable, break_it, parts, outcome, stage, summary):
    break_it(launchable)
    before = snapshot(launchable.root / "experiments")

    result = launch(context(launchable, **parts), LaunchOptions())

    state = read_json(launchable, ".autolab/state.json")
    assert (result.outcome, result.bad) == (outcome, True)
    assert summary in result.summary
    assert result.advice
    assert snapshot(launchable.root / "experiments") == before
    assert (state["stage"], state["pending_run_id"]) == (stage, "")
    assert (state["history"][-1]["status"], state["history"][-1]["summary"]) == (outcome, result.summary)


@pytest.mark.parametrize(("break_it", "parts", "outcome", "stage", "summary"), REFUSALS.values(), ids=REFUSALS)
def test_a_dry_run_gives_the_same_refusal_and_writes_nothing(launchable, break_it, parts, outcome, stage, summary):
    break_it(launchable)
    before = snapshot(launchable.root)

    result = prepare(context(launchable, **parts), LaunchOptions())

    assert (result.outcome, summary in result.summary) == (outcome, True)
    assert snapshot(launchable.root) == before


def submissions(repository, **parts):
    scheduler = FakeScheduler()
    launch(context(repository, scheduler=scheduler, **parts), LaunchOptions())
    return len(scheduler.submitted)


@pytest.mark.parametrize("status", ["done", "completed", "Closed", " resolved "])
def test_every_word_that_closes_an_experiment_closes_it(launchable, status):
    replace(launchable, ".autolab/backlog.yaml", "status: open, type", f"status: {status!r}, type")

    assert submissions(launchable) == 0


@pytest.mark.parametrize("text", ["experiments: []\n", "experiments: [{id: x, status: open}]\n"])
def test_an_experiment_that_is_in_no_backlog_cannot_be_launched(launchable, text):
    put(launchable, ".autolab/backlog.yaml", text)

    with pytest.raises(UsageError, match="has no entry for experiment 'e_iter_a'"):
        launch(context(launchable), LaunchOptions())


def test_without_an_experiment_id_the_iteration_s_one_entry_is_it(launchable):
    change_json(launchable, ".autolab/state.json", experiment_id="")
    put(launchable, ".autolab/backlog.yaml", "experiments: [{id: a, status: closed, iteration_id: iter_a}]\n")

    assert launch(context(launchable), LaunchOptions()).outcome is StageOutcome.STOP


def test_two_entries_for_one_iteration_cannot_be_decided(launchable):
    change_json(launchable, ".autolab/state.json", experiment_id="")
    entry = "{id: %s, status: open, iteration_id: iter_a}"
    put(launchable, ".autolab/backlog.yaml", f"experiments: [{entry % 'a'}, {entry % 'b'}]\n")

    with pytest.raises(UsageError, match="has 2 entries for an experiment with iteration_id 'iter_a'"):
        launch(context(launchable), LaunchOptions())


@pytest.mark.parametrize("run_id", ["../x", "{{run_id}}", "<RUN_ID>", "-x", "a/b", ""])
def test_a_run_id_that_is_none_is_refused(launchable, run_id):
    with pytest.raises(UsageError, match=r"run id .* is refused"):
        launch(context(launchable), LaunchOptions(run_id=run_id))


def test_a_run_id_that_was_used_is_refused(launchable):
    put(launchable, f"{FOLDER}/runs/r1/x", "")

    with pytest.raises(UsageError, match="exists already; choose another --run-id"):
        launch(context(launchable), LaunchOptions(run_id="r1"))


def test_a_missing_schema_of_the_repository_stops_everything(launchable):
    (launchable.root / ".autolab/schemas/run_manifest.schema.json").unlink()

    with pytest.raises(UsageError, match="`autolab init` restores it"):
        launch(context(launchable), LaunchOptions())


def test_a_design_of_another_iteration_is_not_launched(launchable):
    replace(launchable, f"{FOLDER}/design.yaml", "iteration_id: iter_a", "iteration_id: iter_b")

    with pytest.raises(UsageError, match="is of iteration 'iter_b', not 'iter_a'"):
        launch(context(launchable), LaunchOptions())


def test_a_design_with_a_mistake_is_named_with_its_line(launchable):
    replace(launchable, f"{FOLDER}/design.yaml", "cpus: 1}", "cpus: none}")

    with pytest.raises(DocumentError, match=r"design\.yaml:8: at /compute/cpus"):
        launch(context(launchable), LaunchOptions())


def approved(repository, *files):
    return approve(context(repository), who="ada", files=files)


def test_approving_records_the_hash_of_everything_that_was_reviewed(repository):
    put(repository, "notes.txt", "read this too")

    result = approved(repository, "notes.txt")

    review = read_json(repository, REVIEW)
    assert result.outcome is StageOutcome.ADVANCE
    assert (review["status"], review["reviewed"]["by"], review["reviewed_at"]) == (
        "pass",
        "ada",
        "2026-02-01T12:00:00Z",
    )
    assert set(review["reviewed"]["files"]) == {"docs/environment.md", "notes.txt", "src/random_walk.py"}
    assert read_json(repository, ".autolab/state.json")["stage"] == "launch"
    assert submissions(repository) == 1


@pytest.mark.parametrize("path", ["docs/environment.md", "src/random_walk.py", "notes.txt", f"{FOLDER}/design.yaml"])
@pytest.mark.parametrize("change", ["edited", "removed"])
def test_a_reviewed_file_that_changed_makes_the_review_stale(repository, path, change):
    put(repository, "notes.txt", "read this too")
    approved(repository, "notes.txt")
    if change == "edited":
        put(repository, path, (repository.root / path).read_bytes() + b"\n")
    else:
        (repository.root / path).unlink()

    result = launch(context(repository), LaunchOptions())

    assert (result.outcome, result.retry_stage) == (StageOutcome.NEEDS_RETRY, Stage.IMPLEMENTATION_REVIEW)
    assert result.summary.startswith(f"what was reviewed is not what is here: {path} ")
    assert "autolab review approve" in result.advice


def test_a_stale_review_is_mended_by_a_new_one(repository):
    approved(repository)
    put(repository, "src/random_walk.py", "print()\n")
    assert submissions(repository) == 0

    approved(repository)

    assert submissions(repository) == 1


def test_what_a_reviewer_wrote_before_is_kept(repository):
    put(repository, REVIEW, {"status": "needs_retry", "required_checks": {"tests": "pass"}, "by_agent": "x"})

    approved(repository)

    review = read_json(repository, REVIEW)
    assert (review["status"], review["required_checks"], review["by_agent"]) == ("pass", {"tests": "pass"}, "x")


@pytest.mark.parametrize(
    ("break_it", "files", "who", "message"),
    [
        (close, (), "ada", "`autolab reopen` comes first"),
        (lambda r: pass_review(r, blocking_findings=["x"]), (), "ada", "lists 1 blocking findings; settle them first"),
        (lambda r: None, (), "  ", "--who must name a person"),
        (lambda r: None, ("nothing.txt",), "ada", "nothing.txt: does not exist"),
        (lambda r: None, ("docs",), "ada", "docs: is a folder"),
        (lambda r: None, ("../secret",), "ada", "leaves the repository"),
        (lambda r: None, ("/etc/passwd",), "ada", "is not relative to the repository"),
    ],
)
def test_an_approval_is_refused(repository, break_it, files, who, message):
    break_it(repository)
    before = without_locks(repository)

    with pytest.raises((UsageError, DocumentError), match=message):
        approve(context(repository), who=who, files=files)
    assert without_locks(repository) == before


def without_locks(repository):
    return {path: held for path, held in snapshot(repository.root).items() if not path.startswith(".autolab/locks")}


def test_nothing_is_approved_while_somebody_is_at_work(repository):
    """What is half done would be put on record as reviewed."""
    with repository.stage_lock("something else"), pytest.raises(LockHeld, match="something else"):
        approved(repository)
    assert not (repository.root / REVIEW).exists()


def test_data_that_lies_elsewhere_hinders_neither_approval_nor_launch(repository, tmp_path):
    (tmp_path / "big.csv").write_text("1,2\n")
    (repository.root / "big.csv").symlink_to(tmp_path / "big.csv")
    replace(repository, f"{FOLDER}/design.yaml", "{steps: 1000,", "{steps: 1000, data: big.csv,")

    approved(repository)

    assert submissions(repository) == 1
    [run] = (repository.root / FOLDER / "runs").iterdir()
    inputs = read_json(repository, f"{FOLDER}/runs/{run.name}/run_manifest.json")["environment"]["inputs"]
    assert inputs == {"big.csv": "unreadable: leads out of the repository"}


def test_a_start_that_is_refused_fails_the_run_and_asks_for_another_try(launchable):
    scheduler = FakeScheduler(submit_error=SubmitRejected("bash: not found"))

    result = launch(context(launchable, scheduler=scheduler), LaunchOptions(run_id="r1"))

    found = read_json(launchable, f"{FOLDER}/runs/r1/run_manifest.json")
    assert (result.outcome, result.retry_stage) == (StageOutcome.NEEDS_RETRY, Stage.LAUNCH)
    assert (found["status"], found["failure"]["reason"]) == ("failed", "bash: not found")
    assert found["timestamps"]["completed_at"]


def test_a_start_of_which_nothing_is_known_is_looked_for_and_not_repeated(launchable):
    found = JobHandle("t", f"{FOLDER}/runs/r1", pid=5, host="box")
    scheduler = FakeScheduler(submit_error=SubmitUnknown("no answer"), found=found)

    result = launch(context(launchable, scheduler=scheduler), LaunchOptions(run_id="r1"))

    manifest = read_json(launchable, f"{FOLDER}/runs/r1/run_manifest.json")
    assert (result.outcome, len(scheduler.submitted)) == (StageOutcome.ADVANCE, 1)
    assert (manifest["status"], manifest["submission"]["pid"]) == ("submitted", 5)


def test_a_launch_s_manifest_holds_what_the_run_could_rely_on(launchable):
    launch(context(launchable), LaunchOptions(run_id="r1"))

    found = read_json(launchable, f"{FOLDER}/runs/r1/run_manifest.json")
    assert (found["status"], found["host_mode"], found["launch_mode"]) == ("submitted", "local", "local")
    assert found["command"] == "python -m random_walk --steps 1000 --seeds 0 1 2"
    assert found["commit"]["note"] == "not a git repository"
    assert found["host"]["hostname"]["stdout"] == "box"
    assert found["host"]["sinfo"]["exit_code"] is None
    assert found["resource_request"]["walltime"] == "00:10:00"
    assert found["review"]["note"].startswith("the review records no content hashes")
    assert [entry["status"] for entry in found["history"]] == ["pending", "submitted"]
    assert found["verifier_snapshot"]["passed"] is True
