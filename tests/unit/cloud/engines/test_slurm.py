"""What a job of cloud-run is on Slurm, and what it cannot be there."""

from __future__ import annotations

import attrs
import pytest

from autolab_core.cloud.engines.base import EngineJob, Mount
from autolab_core.cloud.engines.slurm.script import batch_script, limit_in, observed
from autolab_core.cloud.engines.slurm.settings import SlurmSettings
from autolab_core.models.job import JobObservation
from autolab_core.models.resources import Duration, Memory
from autolab_core.vocab.engines import EngineState
from autolab_core.vocab.errors import EngineRejected
from autolab_core.vocab.jobs import JobState

JOB = EngineJob("r1", ("python3", "a b.py"), Duration(5400), memory=Memory(2**30), cpus=2, gpus=1)
SETTINGS = SlurmSettings(partition="long", gpu_type="a100", activation="module load python")


def script(job: EngineJob = JOB, settings: SlurmSettings = SETTINGS) -> str:
    return batch_script(job, settings, "/repository", ".autolab/cloud/slurm/r1").decode()


def test_the_script_asks_for_what_the_run_asks_for():
    text = script()

    for option in (
        "time=01:30:00",
        "mem=1G",
        "gres=gpu:a100:1",
        "partition=long",
        "cpus-per-task=2",
        "job-name=autolab-r1",
    ):
        assert f"#SBATCH --{option}\n" in text
    assert "\nmodule load python\n" in text
    assert "python3 'a b.py'" in text
    assert limit_in(text.encode()) == Duration(5400)


def test_a_limit_below_a_minute_is_a_minute():
    assert limit_in(script(attrs.evolve(JOB, limit=Duration(5))).encode()) == Duration(60)


def test_a_value_of_the_environment_is_no_shell():
    assert "export A='$(rm -rf x)'\n" in script(attrs.evolve(JOB, env={"A": "$(rm -rf x)"}))


def test_a_run_that_does_not_say_how_much_memory_it_needs_gets_that_of_the_settings():
    assert "--mem=3G" in script(attrs.evolve(JOB, memory=None), attrs.evolve(SETTINGS, memory=Memory(3 * 2**30)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"memory": None}, "how much memory"),
        ({"image": "i"}, "the image i cannot be run on Slurm"),
        ({"secrets": ("TOKEN",)}, "TOKEN"),
        ({"mounts": (Mount("/a", "/b"),)}, "sees /a where it is"),
        ({"limit": Duration(None)}, "time limit"),
        ({"env": {"A B": "x"}}, "'A B' cannot be the name"),
        ({"argv": ("a\0b",)}, "NUL"),
    ],
)
def test_what_slurm_cannot_do_is_refused(change, words):
    with pytest.raises(EngineRejected, match=words):
        script(attrs.evolve(JOB, **change))


@pytest.mark.parametrize(
    ("seen", "state", "timed_out", "starved"),
    [
        (JobObservation(JobState.PENDING, native_state="PENDING"), EngineState.QUEUED, False, False),
        (JobObservation(JobState.RUNNING, exit_code=0), EngineState.RUNNING, False, False),
        (JobObservation(JobState.COMPLETED, exit_code=0), EngineState.ENDED, False, False),
        (JobObservation(JobState.TIMEOUT, native_state="TIMEOUT"), EngineState.ENDED, True, False),
        (JobObservation(JobState.FAILED, native_state="OUT_OF_MEMORY"), EngineState.ENDED, False, True),
        (JobObservation(JobState.ABSENT), EngineState.LOST, False, False),
        (JobObservation(JobState.UNKNOWN), EngineState.UNKNOWN, False, False),
    ],
)
def test_each_state_of_a_job_is_one_of_ours(seen, state, timed_out, starved):
    found = observed(seen)

    assert (found.state, found.timed_out, found.out_of_memory) == (state, timed_out, starved)
    assert found.exit_code == (0 if seen.state is JobState.COMPLETED else None)
