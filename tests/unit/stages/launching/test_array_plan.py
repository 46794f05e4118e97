"""Which replicates there are, which of them a launch starts, and what is refused before anything is written."""

from __future__ import annotations

import attrs
import pytest

from autolab_core.models.design import Compute, Design, Entrypoint, MetricsPlan, PrimaryMetric, Replicates
from autolab_core.models.manifest import Commit, Environment, Replicate, ReplicateOf, RunManifest
from autolab_core.stages.launch import LaunchOptions, launch, prepare
from autolab_core.stages.launching.array_plan import ArrayRefused, Before, Work, array_of, check_array
from autolab_core.stages.launching.plan import LaunchPlan
from autolab_core.vocab.errors import SubmitRejected, UsageError
from autolab_core.vocab.states import HostMode, RunStatus, Stage, StageOutcome
from tests.unit.repositories import (
    FOLDER,
    LOCAL_HOST,
    FakeRunner,
    change_json,
    context,
    manifest,
    pass_review,
    put,
    read_json,
    replace,
)
from tests.unit.stages.test_slurm_launch import Slurm
from tests.unit.stages.test_slurm_launch import context as slurm_context

DESIGN = f"{FOLDER}/design.yaml"
COMMAND = ("python", "-m", "train", "--seed", "{seed}")
COMMIT = Commit("a" * 40, "main", True, "d" * 64)
ENVIRONMENT = Environment("e" * 64, inputs={"data.csv": "sha256:1"})
WORK = Work(COMMAND, COMMIT, ENVIRONMENT)


def design(**changes):
    return Design(
        **{
            "iteration_id": "iter_a",
            "entrypoint": Entrypoint(cli="python -m train --seed {seed}"),
            "metrics": MetricsPlan(PrimaryMetric("m")),
            "replicates": Replicates(3),
            **changes,
        }
    )


def done(index, **changes):
    """Replicate *index* of the group g0, which succeeded."""
    return RunManifest(
        **{
            "run_id": f"g0-r{index}",
            "iteration_id": "iter_a",
            "status": RunStatus.COMPLETED,
            "host_mode": HostMode.SLURM,
            "job_id": f"7_{index}",
            "command": f"python -m train --seed {index}",
            "commit": COMMIT,
            "environment": ENVIRONMENT,
            "replicate": ReplicateOf("g0", index, index),
            **changes,
        }
    )


# --- which there are


@pytest.mark.parametrize(
    ("replicates", "compute", "seeds"),
    [
        (Replicates(3), Compute(), [0, 1, 2]),
        (Replicates(3, "increment", 10), Compute(seed=4), [10, 11, 12]),
        (Replicates(2), Compute(seed=4), [4, 5]),
        (Replicates(2, base_seed=0), Compute(seed=4), [0, 1]),
        (Replicates(3, "fixed", 7), Compute(), [7, 7, 7]),
    ],
)
def test_seeds_are_the_design_s(replicates, compute, seeds):
    found = array_of(design(replicates=replicates, compute=compute), "g1", WORK, None)

    assert found.replicates == tuple(Replicate(index, f"g1-r{index}", seed) for index, seed in enumerate(seeds))
    assert (found.tasks.indices, found.note) == (tuple(range(len(seeds))), "")


def test_a_design_that_runs_its_seeds_itself_is_no_array():
    entrypoint = Entrypoint(module="train", args={"seeds": [0, 1, 2]})

    assert check_array(design(entrypoint=entrypoint), HostMode.SLURM) is False
    assert check_array(design(entrypoint=entrypoint), HostMode.LOCAL) is False
    assert check_array(design(), HostMode.SLURM) is True


@pytest.mark.parametrize(
    ("changes", "mode", "said"),
    [
        ({"replicates": None}, HostMode.SLURM, "the design has no replicates"),
        ({}, HostMode.LOCAL, "launched as a job array, which this host has not"),
        ({"replicates": Replicates(3, "random")}, HostMode.SLURM, "replicates.seed_strategy 'random' is not known"),
        (
            {"metrics": MetricsPlan(PrimaryMetric("m"), aggregation="mode")},
            HostMode.SLURM,
            "metrics.aggregation 'mode' is not known",
        ),
    ],
)
def test_what_cannot_be_launched_is_refused_by_name(changes, mode, said):
    with pytest.raises(ArrayRefused, match=said) as caught:
        check_array(design(**changes), mode)

    assert caught.value.advice


def test_a_seed_that_no_shell_can_count_to_is_refused():
    with pytest.raises(UsageError, match="too large"):
        array_of(design(replicates=Replicates(2, "increment", 2**80)), "g1", WORK, None)


# --- which are started again


def test_what_succeeded_and_did_the_same_work_is_kept():
    before = Before("g0", {0: done(0), 2: done(2)})

    found = array_of(design(), "g1", WORK, before)

    assert [each.run_id for each in found.replicates] == ["g0-r0", "g1-r1", "g0-r2"]
    assert found.tasks.indices == (1,)
    assert found.note == "only replicate 1 of 3, because 2 succeeded in run g0"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"commit": attrs.evolve(COMMIT, sha="b" * 40)}, "the commit is not that of run g0-r0"),
        ({"commit": attrs.evolve(COMMIT, diff_sha256="0")}, "what differs from the commit is not what differed"),
        ({"commit": Commit(note="not a git repository")}, "no commit on record says that the code is the same"),
        ({"commit": None}, "no commit on record"),
        ({"command": "python -m train --fast --seed 0"}, "the command is not that of run g0-r0"),
        ({"environment": attrs.evolve(ENVIRONMENT, inputs={})}, "the inputs are not those of run g0-r0"),
        ({"environment": attrs.evolve(ENVIRONMENT, activation_sha256="0")}, "the activation block is not"),
        ({"replicate": ReplicateOf("g0", 0, 5)}, "the seed of replicate 0 is not that of run g0-r0"),
        ({"replicate": None}, "the seed of replicate 0 is not"),
    ],
)
def test_what_did_other_work_is_started_again_and_it_is_said_why(changes, why):
    found = array_of(design(), "g1", WORK, Before("g0", {0: done(0, **changes)}))

    assert found.tasks.indices == (0, 1, 2)
    assert found.note.startswith(f"all replicates again: {why}")


def test_a_design_with_more_replicates_starts_the_new_ones():
    found = array_of(design(replicates=Replicates(5)), "g1", WORK, Before("g0", {0: done(0), 1: done(1)}))

    assert found.tasks.indices == (2, 3, 4)


def test_a_design_that_was_cut_down_to_what_had_succeeded_is_run_whole():
    found = array_of(design(replicates=Replicates(1)), "g1", WORK, Before("g0", {0: done(0)}))

    assert found.tasks.indices == (0,)
    assert "all replicates again" in found.note


# --- in a launch


@pytest.fixture
def repository(repository):
    """A repository whose reviewed design has three replicates that are runs of their own."""
    replace(repository, DESIGN, "location: local", "location: slurm")
    replace(repository, DESIGN, "args: {steps: 1000, seeds: [0, 1, 2]}", 'args: {steps: 1000, seed: "{seed}"}')
    pass_review(repository)
    return repository


def test_a_dry_run_shows_the_group_and_writes_nothing(repository):
    plan = prepare(slurm_context(repository), LaunchOptions(run_id="g1"))

    assert isinstance(plan, LaunchPlan)
    assert plan.manifest.command == "python -m random_walk --steps 1000 --seed '{seed}'"
    assert [each.command for each in plan.replicates] == [
        f"python -m random_walk --steps 1000 --seed {seed}" for seed in (0, 1, 2)
    ]
    assert plan.job.task_folders == tuple(f"{FOLDER}/runs/g1-r{index}" for index in range(3))
    for name in ("run_slurm.sbatch", "run_local.sh"):
        assert b'python -m random_walk --steps 1000 --seed "$AUTOLAB_SEED"' in plan.files[f"{FOLDER}/runs/g1/{name}"]
    assert not (repository.root / FOLDER / "runs").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("replicates: {count: 3, seed_strategy: increment, base_seed: 0}\n", "", "the design has no replicates"),
        ("seed_strategy: increment", "seed_strategy: dice", "'dice' is not known"),
        ("aggregation: mean", "aggregation: mode", "'mode' is not known"),
    ],
)
def test_a_refusal_leads_back_to_the_design_and_starts_nothing(repository, old, new, said):
    replace(repository, DESIGN, old, new)
    slurm = Slurm()

    result = launch(slurm_context(repository, slurm), LaunchOptions())

    assert (result.outcome, result.retry_stage) == (StageOutcome.NEEDS_RETRY, Stage.DESIGN)
    assert said in result.summary
    assert (slurm.submitted, (repository.root / FOLDER / "runs").exists()) == ([], False)


def test_a_local_host_has_no_job_arrays(repository):
    replace(repository, DESIGN, "location: slurm, ", "")

    result = launch(context(repository, runner=FakeRunner(**LOCAL_HOST)), LaunchOptions())

    assert (result.outcome, result.retry_stage) == (StageOutcome.NEEDS_RETRY, Stage.DESIGN)
    assert "launched as a job array, which this host has not" in result.summary
    assert "list the seeds" in result.advice


def test_a_refused_submission_fails_the_group_and_its_replicates(repository):
    launch(slurm_context(repository, Slurm(submit_error=SubmitRejected("no"))), LaunchOptions(run_id="g1"))

    for run in ("g1", "g1-r0", "g1-r1", "g1-r2"):
        found = read_json(repository, f"{FOLDER}/runs/{run}/run_manifest.json")
        assert (found["status"], found["job_id"], found["failure"]["reason"]) == ("failed", None, "no")


def test_a_replicate_is_never_written_into_a_folder_that_is_there(repository):
    put(repository, f"{FOLDER}/runs/g1-r2/notes.txt", "mine")

    with pytest.raises(UsageError, match="g1-r2 exists already"):
        launch(slurm_context(repository), LaunchOptions(run_id="g1"))


def test_an_attempt_that_died_with_more_replicates_leaves_none_behind(repository):
    """The design was cut down before the launch was taken up again: what it had not submitted goes away."""
    entry = manifest("g1-r3", status="pending", host_mode="slurm", launch_mode="slurm", submission={"token": "t"})
    put(
        repository,
        f"{FOLDER}/runs/g1-r3/run_manifest.json",
        entry | {"replicate": {"group": "g1", "index": 3, "seed": 3}},
    )
    change_json(repository, ".autolab/state.json", pending_run_id="g1")

    result = launch(slurm_context(repository), LaunchOptions())

    assert result.outcome is StageOutcome.ADVANCE
    assert not (repository.root / FOLDER / "runs/g1-r3/run_manifest.json").exists()
