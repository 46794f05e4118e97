"""A launch inside an allocation: where the run is started, what the manifest says, and who is asked about it."""

from __future__ import annotations

import attrs
import pytest

from autolab_core.exec.command import CommandResult
from autolab_core.io.layout import POLICY, RunPaths
from autolab_core.models.job import JobHandle, JobObservation
from autolab_core.stages.cancel import cancel
from autolab_core.stages.context import StageContext
from autolab_core.stages.launch import LaunchOptions, launch, prepare
from autolab_core.stages.ledger import read_ledger
from autolab_core.stages.monitor import look
from autolab_core.stages.watching.replay import replay
from autolab_core.vocab.errors import RunnerError, UsageError
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.states import HostMode, Stage, StageOutcome
from tests.unit.repositories import (
    AT,
    FOLDER,
    SLURM_HOST,
    Clock,
    FakeRunner,
    FakeScheduler,
    Verifier,
    change_json,
    pass_review,
    put,
    read_json,
    replace,
)
from tests.unit.schedulers.slurm.test_inside import SAID

DESIGN, RUN = f"{FOLDER}/design.yaml", f"{FOLDER}/runs/r1"
# Two nodes, each with more than the design asks for, until long after the clock of these tests.
HELD = SAID.replace("Mem=200", "Mem=90000").replace("Mem=100", "Mem=90000")
GONE = (1, "slurm_load_jobs error: Invalid job id specified")


@attrs.define
class Runner(FakeRunner):
    """Also answers what ``squeue`` is asked about jobs; counts what is asked of the cluster."""

    table: dict
    jobs: tuple[int, str] | None = None
    commands: list = attrs.field(factory=list)

    def run(self, command):
        if command.argv[0] == "squeue" and "-V" not in command.argv:
            self.commands.append(command)
            if self.jobs is None:
                raise RunnerError("squeue: not in time")
            code, text = self.jobs
            return CommandResult(command.argv, code, text.encode() * (not code), text.encode() * bool(code))
        return FakeRunner.run(self, command)


@attrs.define
class Processes(FakeScheduler):
    """Processes of a machine; each answer is for who asks from there, or from anywhere."""

    elsewhere: JobObservation = attrs.field(factory=lambda: JobObservation(JobState.UNKNOWN, reason="look there"))

    def submit(self, job, token):
        FakeScheduler.submit(self, job, token)
        return JobHandle(token, job.run_folder, pid=77, host="n1")

    def observe(self, handles):
        return {handle: self.elsewhere if handle.host == "n1" else self.observation for handle in handles}


class Cluster(FakeScheduler):
    """Asked about a run in an allocation it would be wrong."""

    def find(self, job, token):
        raise AssertionError("the cluster knows no job of that name")

    observe = cancel = submit = find


@pytest.fixture
def repository(repository):
    replace(repository, DESIGN, "location: local", "location: slurm")
    pass_review(repository)
    return repository


@pytest.fixture(autouse=True)
def held(monkeypatch):
    """The launch happens in an allocation, on a machine that is none of its nodes."""
    monkeypatch.delenv("SLURMD_NODENAME", raising=False)
    monkeypatch.setenv("SLURM_JOB_ID", "2")
    monkeypatch.setenv("SLURM_CLUSTER_NAME", "c1")


def doing(repository, local=None, slurm=None, said=(0, HELD), jobs=None):
    runner = Runner({**SLURM_HOST, "scontrol": said}, jobs)
    schedulers = {HostMode.LOCAL: local or Processes(), HostMode.SLURM: slurm or Cluster()}
    return StageContext(repository, runner, schedulers, Verifier(), Clock())


def planned(repository, *, allocation=True, **parts):
    return prepare(doing(repository, **parts), LaunchOptions(run_id="r1", allocation=allocation))


def found(repository):
    return read_json(repository, f"{RUN}/run_manifest.json")


# --- where it is started


def test_on_a_machine_beside_its_nodes_the_script_is_started_by_srun(repository):
    plan = planned(repository)

    assert plan.job.script == f"{RUN}/run_local.sh"
    assert "--jobid=2" in plan.job.within
    assert f"--job-name={plan.token}" in plan.job.within
    assert plan.note == ""
    assert {f"{RUN}/run_local.sh", f"{RUN}/run_slurm.sbatch"} <= set(plan.files)


def test_on_one_of_its_nodes_the_script_is_started_as_on_any_machine(repository, monkeypatch):
    monkeypatch.setenv("SLURMD_NODENAME", "n1")

    assert planned(repository).job.within == ()


def test_the_manifest_says_which_allocation(repository):
    manifest = planned(repository).manifest

    assert (manifest.host_mode, manifest.launch_mode) == (HostMode.SLURM, HostMode.SLURM)
    assert (manifest.allocation, manifest.cluster, manifest.job_id) == ("2", "c1", None)
    assert manifest.watched_by is HostMode.LOCAL
    assert manifest.artifact_sync_to_local.method == "shared_filesystem"


@pytest.mark.parametrize(
    ("said", "note"),
    [
        ((0, HELD.replace("CPU_IDs=0-1", "CPU_IDs=0").replace("Mem=90000", "Mem=10")), "n1 gives 10M of memory"),
        ((0, HELD.replace("JobState=RUNNING", "JobState=COMPLETED")), "it is over"),
        (GONE, "the cluster knows no such job any more"),
        ((1, "slurm_load_jobs error: Unable to contact slurm controller (connect failure)"), "cannot be asked about"),
        (None, "cannot be asked about: scontrol: not found"),
        ((0, "garbage"), "the answer is no job"),
    ],
)
def test_what_cannot_be_used_is_named_and_the_run_is_submitted(repository, said, note):
    plan = planned(repository, said=said)

    assert plan.note.startswith(", not inside allocation 2: ")
    assert note in plan.note
    assert (plan.job.script, plan.manifest.allocation) == (f"{RUN}/run_slurm.sbatch", None)


def test_several_replicates_are_an_array_of_jobs(repository):
    replace(repository, DESIGN, "steps: 1000", "steps: 1000, seed: '{seed}'")

    assert "its replicates are an array of jobs" in planned(repository).note


def test_an_id_that_is_none_is_not_asked_about(repository, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "--help")
    context = doing(repository)

    plan = prepare(context, LaunchOptions(run_id="r1"))

    assert "SLURM_JOB_ID is no number" in plan.note
    assert all(command.argv[0] != "scontrol" for command in context.runner.commands)


def test_nothing_is_said_of_a_batch_job_nor_where_there_is_no_allocation(repository, monkeypatch):
    assert planned(repository, said=(0, HELD.replace("BatchFlag=0", "BatchFlag=1"))).note == ""
    assert planned(repository, allocation=False).manifest.allocation is None
    monkeypatch.delenv("SLURM_JOB_ID")
    plan = planned(repository, said=None)
    assert (plan.note, plan.manifest.allocation) == ("", None)


def test_a_design_without_a_time_limit_is_refused_inside_too(repository):
    replace(repository, DESIGN, 'walltime_estimate: "00:10:00", ', "")
    pass_review(repository)

    refusal = planned(repository)

    assert (refusal.outcome, refusal.retry_stage) == (StageOutcome.NEEDS_RETRY, Stage.DESIGN)


# --- who is asked


def launched(repository, local):
    result = launch(doing(repository, local), LaunchOptions(run_id="r1"))
    assert result.outcome is StageOutcome.ADVANCE, result
    return result


def test_the_run_is_watched_as_a_process_and_is_in_the_ledger(repository):
    local = Processes(JobObservation(JobState.RUNNING, started_at=AT))
    local.elsewhere = local.observation
    result = launched(repository, local)

    seen = look(doing(repository, local)).result

    assert "as pid 77 on n1 inside allocation 2" in result.summary
    assert (seen.outcome, seen.summary) == (
        StageOutcome.ADVANCE,
        "run inside allocation 2, nothing to monitor (RUNNING)",
    )
    manifest = found(repository)
    assert (manifest["job_id"], manifest["status"], manifest["submission"]["pid"]) == ("2", "running", 77)
    assert [(row.job_id, row.status) for row in read_ledger(repository.root)] == [("2", "submitted"), ("2", "running")]


def test_an_interrupted_launch_is_found_by_its_processes(repository):
    class Killed(Processes):
        def submit(self, job, token):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        launch(doing(repository, Killed()), LaunchOptions(run_id="r1"))
    assert (found(repository)["job_id"], found(repository)["submission"]["allocation"]) == (None, "2")

    local = Processes(found=JobHandle("t", RUN, pid=78, host="n1"))
    result = launch(doing(repository, local), LaunchOptions())

    assert result.outcome is StageOutcome.ADVANCE
    assert (found(repository)["job_id"], found(repository)["submission"]["pid"], local.submitted) == ("2", 78, [])


def test_cancel_asks_the_processes(repository):
    local = Processes()
    launched(repository, local)

    cancel(doing(repository, local, jobs=(0, "")), reason="enough")

    assert local.cancelled == ["enough"]


def test_there_is_nothing_to_replay(repository):
    launched(repository, Processes())

    with pytest.raises(UsageError, match="is a run inside allocation 2: its lock"):
        replay(repository, RunPaths(RUN))


# --- when its allocation is gone

LOST = JobObservation(JobState.FAILED, reason="its processes are gone and left no exit marker")


@pytest.mark.parametrize("jobs", [GONE, (0, "")])
def test_seen_from_another_machine_a_run_has_ended_with_its_allocation(repository, jobs):
    local = Processes(LOST)
    launched(repository, local)

    look(doing(repository, local, jobs=jobs))

    assert found(repository)["status"] == "failed"
    assert "left no exit marker; allocation 2 has ended" in found(repository)["failure"]["reason"]


@pytest.mark.parametrize("jobs", [None, (1, "slurm_load_jobs error: Socket timed out"), (0, "garbage")])
def test_an_allocation_that_cannot_be_asked_about_decides_nothing(repository, jobs):
    local = Processes(LOST)
    launched(repository, local)

    look(doing(repository, local, jobs=jobs))

    assert found(repository)["status"] == "submitted"


def test_a_run_of_an_allocation_that_goes_on_is_looked_at_where_it_is(repository):
    row = "\x1f".join(["2", "2", "RUNNING", "0:0", "None", "interactive", *["1795335276"] * 4, "10:00", "0", "n1"])
    local = Processes(LOST)
    launched(repository, local)

    seen = look(doing(repository, local, jobs=(0, f"{row}\x1fdebug\x1fada\x1fc1\x1f\n")))

    assert (found(repository)["status"], seen.seen[0].observation.reason) == ("submitted", "look there")


def test_the_policy_of_attempts_is_not_for_processes(repository):
    put(repository, POLICY, "slurm: {requeue: true}\n")
    change_json(repository, ".autolab/state.json", stage="launch")

    assert planned(repository).job.requeue is False
