"""A launch on Slurm: what is written, what is submitted, and what an unclear answer leaves behind."""

from __future__ import annotations

import hashlib
import re

import attrs
import pytest

from autolab_core.models.job import CancelOutcome, JobHandle, JobObservation
from autolab_core.schedulers.slurm.script import NAME_MAX
from autolab_core.stages.cancel import cancel
from autolab_core.stages.context import StageContext
from autolab_core.stages.launch import LaunchOptions, launch, prepare
from autolab_core.stages.launching.plan import LaunchPlan, new_token
from autolab_core.stages.ledger import read_ledger
from autolab_core.vocab.errors import QueryFailed, SubmitRejected, SubmitUnknown, UsageError
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.states import HostMode, Stage, StageOutcome
from autolab_verifiers.engine.verify import verify
from tests.unit.repositories import (
    FOLDER,
    SLURM_HOST,
    Clock,
    FakeRunner,
    FakeScheduler,
    Verifier,
    change_json,
    manifest,
    pass_review,
    put,
    read_json,
    replace,
)

DESIGN = f"{FOLDER}/design.yaml"
RUN = f"{FOLDER}/runs/r1"
OTHER = "experiments/plan/iter_b/runs/r9/run_manifest.json"


@attrs.define
class Slurm(FakeScheduler):
    """``find`` may fail; what it was asked for is kept."""

    find_error: Exception | None = None
    sought: list[str] = attrs.field(factory=list)
    handles: list[JobHandle] = attrs.field(factory=list)

    def submit(self, job, token):
        FakeScheduler.submit(self, job, token)
        return JobHandle(token, job.run_folder, job_id=str(4241 + len(self.submitted)), cluster="c1")

    def find(self, job, token):
        self.sought.append(token)
        if self.find_error is not None:
            raise self.find_error
        return self.found

    def observe(self, handles):
        if self.find_error is not None:
            raise self.find_error
        return FakeScheduler.observe(self, handles)

    def cancel(self, handle, *, reason):
        self.handles.append(handle)
        return FakeScheduler.cancel(self, handle, reason=reason)


@pytest.fixture
def repository(repository):
    """A repository whose reviewed design asks for Slurm."""
    replace(repository, DESIGN, "location: local", "location: slurm")
    pass_review(repository)
    return repository


def context(repository, slurm=None, **parts):
    return StageContext(
        repository,
        FakeRunner(**SLURM_HOST),
        {HostMode.LOCAL: FakeScheduler(), HostMode.SLURM: slurm or Slurm(), **parts.get("schedulers", {})},
        parts.get("verify") or Verifier(),
        Clock(),
    )


def start(repository, slurm, run_id="r1", **parts):
    return launch(context(repository, slurm, **parts), LaunchOptions(run_id=run_id))


def state(repository):
    return read_json(repository, ".autolab/state.json")


def found(repository, run=RUN):
    return read_json(repository, f"{run}/run_manifest.json")


# --- what is planned


def test_a_dry_run_plans_both_scripts_with_the_run_s_own_copies(repository):
    plan = prepare(context(repository), LaunchOptions(run_id="r1"))

    assert isinstance(plan, LaunchPlan)
    launched = f"{FOLDER}/launch"
    batch, local = plan.files[f"{launched}/run_slurm.sbatch"], plan.files[f"{launched}/run_local.sh"]
    assert plan.files == {
        f"{launched}/run_slurm.sbatch": batch,
        f"{launched}/run_local.sh": local,
        f"{RUN}/run_slurm.sbatch": batch,
        f"{RUN}/run_local.sh": local,
    }
    assert b"#SBATCH --time=00:10:00\n#SBATCH --mem=1G\n" in batch
    assert f"#SBATCH --job-name={plan.token}\n".encode() in batch
    assert plan.job.script == f"{RUN}/run_slurm.sbatch"
    assert not (repository.root / RUN).exists()


def test_the_manifest_names_the_script_that_is_submitted_and_its_hash(repository):
    plan = prepare(context(repository), LaunchOptions(run_id="r1"))

    made, batch = plan.manifest, plan.files[f"{RUN}/run_slurm.sbatch"]
    assert (made.host_mode, made.launch_mode, made.status, made.job_id) == ("slurm", "slurm", "pending", None)
    assert made.submission.script == f"{RUN}/run_slurm.sbatch"
    assert made.submission.script_sha256 == hashlib.sha256(batch).hexdigest()
    assert (made.artifact_sync_to_local.status, made.artifact_sync_to_local.method) == ("pending", "shared_filesystem")


@pytest.mark.parametrize("length", [1, 20, 128])
def test_a_token_is_a_job_s_name_and_no_two_are_the_same(length):
    tokens = {new_token("i" * length, "r" * length) for _ in range(50)}

    assert len(tokens) == 50
    for token in tokens:
        assert len(token) <= NAME_MAX
        assert re.fullmatch(r"autolab-i+-r+-[0-9a-f]{8}", token)
        assert f"-{'r' * length}-" in token


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ('walltime_estimate: "00:10:00", ', "", "compute.walltime_estimate"),
        ("memory_estimate: 1G, ", "", "compute.memory_estimate"),
        (
            'walltime_estimate: "00:10:00", memory_estimate: 1G, ',
            "",
            "compute.walltime_estimate and compute.memory_estimate",
        ),
    ],
)
def test_time_and_memory_are_never_the_cluster_s_choice(repository, old, new, keys):
    replace(repository, DESIGN, old, new)
    slurm = Slurm()

    result = start(repository, slurm)

    assert (result.outcome, result.retry_stage) == (StageOutcome.NEEDS_RETRY, Stage.DESIGN)
    assert keys in result.summary
    assert keys in result.advice
    assert (slurm.submitted, (repository.root / RUN).exists()) == ([], False)
    assert (state(repository)["stage"], state(repository)["pending_run_id"]) == ("design", "")


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("partition: 'gpu --mem=0'", "compute.partition"),
        ('qos: "a\\nb"', "compute.qos"),
        ("constraint: avx512", "compute.constraint"),
    ],
)
def test_what_cannot_be_said_to_slurm_is_refused_by_name_and_not_dropped(repository, value, named):
    replace(repository, DESIGN, "memory_estimate: 1G", f"memory_estimate: 1G, {value}")
    slurm = Slurm()

    with pytest.raises(UsageError, match=named):
        start(repository, slurm)

    assert (slurm.submitted, (repository.root / RUN).exists()) == ([], False)


# --- what is submitted


def test_a_launch_records_the_job_and_a_row_of_the_ledger(repository):
    slurm = Slurm()

    result = start(repository, slurm)

    made = found(repository)
    [(job, token)] = slurm.submitted
    assert (result.outcome, "job 4242 of cluster c1" in result.summary) == (StageOutcome.ADVANCE, True)
    assert (job.script, token) == (f"{RUN}/run_slurm.sbatch", made["submission"]["token"])
    assert (made["status"], made["job_id"], made["cluster"]) == ("submitted", "4242", "c1")
    assert [entry["status"] for entry in made["history"]] == ["pending", "submitted"]
    assert (state(repository)["stage"], state(repository)["last_run_id"]) == ("slurm_monitor", "r1")
    [row] = read_ledger(repository.root)
    assert (row.run_id, row.job_id, row.status, row.host) == ("r1", "4242", "submitted", "login1")


def test_a_run_that_was_just_submitted_passes_the_real_verifiers(repository):
    result = start(repository, Slurm(), verify=verify)

    assert result.outcome is StageOutcome.ADVANCE
    snapshot = found(repository)["verifier_snapshot"]
    assert snapshot["passed"] is True, snapshot


def test_the_batch_script_is_judged_by_its_hash(repository):
    start(repository, Slurm())
    script = repository.root / RUN / "run_slurm.sbatch"
    script.write_bytes(script.read_bytes() + b"# more\n")

    report = verify(str(repository.root), stage=Stage.LAUNCH, iteration_id="iter_a", run_id="r1")

    [check] = [check for check in report.checks if check.rule == "RH009"]
    assert [finding.path for finding in check.findings] == [f"{RUN}/run_slurm.sbatch"]


def test_a_refused_submission_fails_the_run_and_leaves_no_row(repository):
    result = start(repository, Slurm(submit_error=SubmitRejected("invalid partition specified: gpu")))

    made = found(repository)
    assert (result.outcome, result.retry_stage) == (StageOutcome.NEEDS_RETRY, Stage.LAUNCH)
    assert (made["status"], made.get("job_id")) == ("failed", None)
    assert made["failure"]["reason"] == "invalid partition specified: gpu"
    assert state(repository)["pending_run_id"] == ""
    assert not (repository.root / "docs/slurm_job_list.md").exists() or read_ledger(repository.root) == ()


def test_a_ledger_that_cannot_be_written_is_said_and_does_not_hide_the_job(repository):
    (repository.root / "docs/slurm_job_list.md").mkdir()

    result = start(repository, Slurm())

    assert result.outcome is StageOutcome.ADVANCE
    assert "the ledger has no row of it" in result.summary
    assert found(repository)["job_id"] == "4242"


# --- an unclear answer


FOUND = JobHandle("t", RUN, job_id="77", cluster="c1")


def test_an_unclear_submission_is_settled_by_looking_for_its_token(repository):
    slurm = Slurm(submit_error=SubmitUnknown("Socket timed out"), found=FOUND)

    result = start(repository, slurm)

    assert (result.outcome, len(slurm.submitted)) == (StageOutcome.ADVANCE, 1)
    assert slurm.sought == [slurm.submitted[0][1]]
    assert found(repository)["job_id"] == "77"


def undecided(repository):
    """A launch after which nobody knows whether there is a job."""
    slurm = Slurm(submit_error=SubmitUnknown("Socket timed out"), find_error=QueryFailed("slurmctld is silent"))
    result = start(repository, slurm)
    return result, slurm


def test_while_nobody_knows_the_run_stays_pending_and_the_answer_is_no(repository):
    result, slurm = undecided(repository)

    made = found(repository)
    assert (result.outcome, result.bad, len(slurm.submitted)) == (StageOutcome.STAY, True, 1)
    assert "not known whether run r1 has a job" in result.summary
    assert "Socket timed out" in result.summary
    assert "slurmctld is silent" in result.summary
    assert "autolab launch" in result.advice
    assert (made["status"], made.get("job_id")) == ("pending", None)
    assert (state(repository)["stage"], state(repository)["pending_run_id"]) == ("launch", "r1")


def test_the_next_launch_looks_again_and_submits_nothing_while_nobody_knows(repository):
    undecided(repository)
    token = found(repository)["submission"]["token"]
    slurm = Slurm(find_error=QueryFailed("slurmctld is silent"))

    results = [launch(context(repository, slurm), LaunchOptions()) for _ in range(3)]

    assert {result.outcome for result in results} == {StageOutcome.STAY}
    assert (slurm.submitted, slurm.sought) == ([], [token] * 3)


def test_the_next_launch_takes_up_the_job_that_is_there(repository):
    undecided(repository)
    slurm = Slurm(found=FOUND)

    result = launch(context(repository, slurm), LaunchOptions())

    assert (result.outcome, slurm.submitted) == (StageOutcome.ADVANCE, [])
    assert (found(repository)["status"], found(repository)["job_id"]) == ("submitted", "77")
    assert [row.job_id for row in read_ledger(repository.root)] == ["77"]


def test_the_next_launch_submits_anew_once_it_is_certain_that_there_is_no_job(repository):
    undecided(repository)
    before = found(repository)["submission"]["token"]
    slurm = Slurm()

    result = launch(context(repository, slurm), LaunchOptions())

    assert (result.outcome, len(slurm.submitted)) == (StageOutcome.ADVANCE, 1)
    assert slurm.sought[0] == before
    assert (found(repository)["run_id"], found(repository)["job_id"]) == ("r1", "4242")


def test_a_submission_that_certainly_failed_is_not_repeated_by_the_same_launch(repository):
    slurm = Slurm(submit_error=SubmitUnknown("sbatch was ended by signal 9"))

    result = start(repository, slurm)

    assert (result.outcome, result.bad, len(slurm.submitted)) == (StageOutcome.STAY, True, 1)
    assert "there is no job of its name" in result.summary
    assert launch(context(repository, Slurm()), LaunchOptions()).outcome is StageOutcome.ADVANCE


def test_a_launch_that_died_after_the_id_was_recorded_only_finishes_its_record(repository):
    start(repository, Slurm())
    change_json(repository, ".autolab/state.json", stage="launch", pending_run_id="r1", last_run_id="")
    (repository.root / "docs/slurm_job_list.md").unlink()
    slurm = Slurm(find_error=AssertionError("the id is known"))

    result = launch(context(repository, slurm), LaunchOptions())

    assert (result.outcome, slurm.submitted) == (StageOutcome.ADVANCE, [])
    assert [row.job_id for row in read_ledger(repository.root)] == ["4242"]


# --- one run at a time


def other_run(repository, **changes):
    said = {"host_mode": "slurm", "launch_mode": "slurm", "job_id": "9", "submission": {"token": "t9"}} | changes
    put(repository, OTHER, {k: v for k, v in manifest("r9", iteration_id="iter_b", **said).items() if v is not None})


@pytest.mark.parametrize(
    ("job", "active"),
    [
        (JobState.PENDING, True),
        (JobState.RUNNING, True),
        (JobState.UNKNOWN, True),
        (JobState.ABSENT, True),
        (JobState.COMPLETED, False),
        (JobState.CANCELLED, False),
    ],
)
def test_a_slurm_run_is_active_until_its_job_has_ended(repository, job, active):
    other_run(repository)

    result = start(repository, Slurm(JobObservation(job)))

    assert (result.outcome is StageOutcome.STAY) == active
    assert not active or "run r9 of iter_b is running (job 9" in result.summary


def test_a_run_that_cannot_be_asked_about_is_active(repository):
    other_run(repository)

    result = start(repository, Slurm(find_error=QueryFailed("slurmctld is silent")))

    assert (result.outcome, "one run at a time" in result.summary) == (StageOutcome.STAY, True)


@pytest.mark.parametrize(("there", "active"), [(None, False), (FOUND, True)])
def test_a_launch_cut_short_elsewhere_is_active_if_its_job_is_there(repository, there, active):
    other_run(repository, status="pending", job_id=None)

    result = start(repository, Slurm(JobObservation(JobState.RUNNING), found=there))

    assert (result.outcome is StageOutcome.STAY) == active


def test_each_run_is_asked_about_where_it_runs(repository):
    other_run(repository, host_mode="local", launch_mode="local", job_id=None)
    local = FakeScheduler(JobObservation(JobState.RUNNING))

    result = start(repository, Slurm(), schedulers={HostMode.LOCAL: local})

    assert (result.outcome, "run r9 of iter_b" in result.summary) == (StageOutcome.STAY, True)


# --- cancel


def test_cancel_stops_the_job_of_the_manifest(repository):
    start(repository, Slurm())
    slurm = Slurm(JobObservation(JobState.CANCELLED, reason="cancelled", native_state="CANCELLED"))

    assert cancel(context(repository, slurm), reason="enough") == ("r1", CancelOutcome.CANCELLED)

    [handle] = slurm.handles
    assert (handle.job_id, handle.cluster, handle.token) == ("4242", "c1", found(repository)["submission"]["token"])
    assert slurm.cancelled == ["enough"]


def test_cancel_finds_the_job_of_a_launch_that_was_cut_short(repository):
    undecided(repository)
    slurm = Slurm(found=FOUND)

    assert cancel(context(repository, slurm), reason="enough") == ("r1", CancelOutcome.CANCELLED)
    assert slurm.handles == [FOUND]
    assert cancel(context(repository, Slurm()), reason="enough") == ("r1", CancelOutcome.NOT_FOUND)


def test_cancel_refuses_a_slurm_run_that_it_could_take_for_another(repository):
    put(repository, f"{RUN}/run_manifest.json", manifest(host_mode="slurm", launch_mode="slurm", job_id="9"))

    with pytest.raises(UsageError, match="no token would find its job"):
        cancel(context(repository), "r1", reason="enough")
