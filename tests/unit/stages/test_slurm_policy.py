"""What the policy says of Slurm is what happens: attempts, pauses, patience. What it says wrongly is one clear line."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from autolab_core.exec.local import LocalRunner
from autolab_core.io.layout import POLICY, RunPaths
from autolab_core.models.job import JobObservation
from autolab_core.models.policy import SlurmPolicy
from autolab_core.models.resources import Duration
from autolab_core.schedulers.slurm.cache import INTERVAL, interval_of
from autolab_core.stages.launch import LaunchOptions, prepare
from autolab_core.stages.launching.schedulers import Schedulers
from autolab_core.stages.monitor import look
from autolab_core.stages.watching.pace import LEAST_SECONDS
from autolab_core.stages.watching.replay import replay
from autolab_core.stages.watching.site import pace_of, slurm_policy
from autolab_core.stages.watching.watch import watch
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.states import HostMode
from autolab_core.vocab.times import format_utc
from tests.unit.repositories import AT, FOLDER, NOW, Clock, pass_review, put, replace
from tests.unit.stages.test_monitor import FAILED, RUN, RUNNING, WELL, Slurm, doing, found, put_markers, put_run, saw
from tests.unit.stages.test_slurm_launch import context

DESIGN = f"{FOLDER}/design.yaml"
GONE = JobObservation(JobState.ABSENT, reason="it is listed nowhere")


@pytest.fixture
def run(repository):
    put_run(repository)
    return repository


def says(repository, text):
    put(repository, POLICY, f"slurm: {{{text}}}\n")


# --- attempts


@pytest.mark.parametrize(("text", "option"), [("", "--no-requeue"), ("requeue: true", "--requeue")])
def test_a_job_is_put_back_into_the_queue_only_where_the_policy_says_so(repository, text, option):
    replace(repository, DESIGN, "location: local", "location: slurm")
    pass_review(repository)
    says(repository, text)

    plan = prepare(context(repository), LaunchOptions(run_id="r1"))

    script = plan.files[f"{FOLDER}/runs/r1/run_slurm.sbatch"].decode()
    assert f"#SBATCH {option}\n" in script
    assert plan.job.requeue is (option == "--requeue")
    assert ("SLURM_RESTART_COUNT" in script) is plan.job.requeue


# --- how often is asked


@pytest.mark.parametrize(
    ("environ", "policy", "seconds"),
    [
        ({}, None, INTERVAL),
        ({}, 0, 0),
        ({}, 30, 30),
        ({"AUTOLAB_SLURM_INTERVAL": "60"}, 30, 60),
        ({"AUTOLAB_SLURM_INTERVAL": "0"}, 30, 30),
        ({"AUTOLAB_SLURM_INTERVAL": "0"}, None, 0),
        ({"AUTOLAB_SLURM_INTERVAL": "often"}, None, INTERVAL),
        ({"AUTOLAB_SLURM_INTERVAL": "nan"}, 1, 1),
        ({"AUTOLAB_SLURM_INTERVAL": "99999"}, 7, 7),
    ],
)
def test_the_larger_of_both_words_about_the_interval_counts(environ, policy, seconds):
    assert interval_of(environ, policy) == seconds


def test_the_answers_are_shared_for_as_long_as_the_policy_says(repository, monkeypatch):
    monkeypatch.delenv("AUTOLAB_SLURM_INTERVAL", raising=False)
    says(repository, "poll_seconds: 45")

    made = Schedulers(repository.root, LocalRunner(), repository.policy)[HostMode.SLURM]

    assert made.interval == 45


def test_a_wait_pauses_for_as_long_as_the_policy_says(run, monkeypatch):
    monkeypatch.delenv("AUTOLAB_SLURM_INTERVAL", raising=False)
    says(run, "poll_seconds: 90")
    pauses = []
    slurm = Slurm(RUNNING)

    def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            slurm.observation = FAILED

    rounds = list(watch(doing(run, slurm), "r1", sleep=sleep))

    assert pauses == [90, 90, 90]
    assert rounds[-1].pause is None


def test_no_policy_makes_a_wait_hurry(repository, monkeypatch):
    monkeypatch.setenv("AUTOLAB_SLURM_INTERVAL", "0")
    says(repository, "poll_seconds: 0")

    assert pace_of(doing(repository)).least == LEAST_SECONDS


# --- how long is waited


def status_after(run, seen, **by):
    """The run's status once three looks have seen *seen*, the last of them the time *by* after the first."""
    clock = Clock()
    slurm = Slurm(seen)
    for step in (timedelta(), timedelta(), timedelta(**by)):
        clock.now += step
        look(doing(run, slurm, now=clock), "r1")
    return found(run)["status"]


@pytest.mark.parametrize(
    ("text", "minutes", "status"),
    [
        ("", 59, "submitted"),
        ("", 61, "failed"),
        ("absent_grace: 5", 4, "submitted"),
        ("absent_grace: 5", 6, "failed"),
        ("absent_grace: 2-0", 600, "submitted"),
        ("absent_grace: UNLIMITED", 60 * 24 * 365, "submitted"),
    ],
)
def test_a_run_that_is_listed_nowhere_is_given_up_when_the_policy_says_so(run, text, minutes, status):
    says(run, text)

    assert status_after(run, GONE, minutes=minutes) == status


def test_a_replay_goes_by_the_patience_of_then(run):
    says(run, "absent_grace: 5")
    status_after(run, GONE, minutes=6)
    says(run, "absent_grace: 2-0")

    again = replay(run, RunPaths(RUN))

    assert (again.derived, again.differences) == (("failed",), ())


@pytest.mark.parametrize(
    ("text", "seconds", "sync"),
    [
        ("", 100, "syncing"),
        ("", 130, "failed"),
        ("sync_grace: '0:30'", 40, "failed"),
        ("sync_grace: 10", 500, "syncing"),
    ],
)
def test_files_are_on_their_way_for_as_long_as_the_policy_says(run, text, seconds, sync):
    says(run, text)
    well = attrs.evolve(WELL, ended_at=format_utc(NOW - timedelta(seconds=seconds)))

    look(doing(run, Slurm(well)), "r1")

    assert found(run)["artifact_sync_to_local"]["status"] == sync


# --- what it says wrongly


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("requeue: maybe", "/slurm/requeue"),
        ("poll_seconds: -1", "/slurm/poll_seconds"),
        ("poll_seconds: 3601", "/slurm/poll_seconds"),
        ("poll_seconds: soon", "/slurm/poll_seconds"),
        ("absent_grace: 1h", "/slurm/absent_grace"),
        ("absent_grace: 0", "/slurm/absent_grace"),
        ("absent_grace: null", "/slurm/absent_grace"),
        ("sync_grace: [1]", "/slurm/sync_grace"),
    ],
)
def test_a_policy_of_a_wrong_shape_is_one_line_and_nothing_is_written(run, text, said):
    says(run, text)
    before = found(run)

    with pytest.raises(DocumentError) as raised:
        look(doing(run, Slurm(RUNNING)), "r1")

    assert f"{POLICY}:1: at {said} " in str(raised.value)
    assert "\n" not in str(raised.value)
    assert found(run) == before


def test_without_a_policy_it_is_as_documented(repository):
    policy = slurm_policy(doing(repository))

    assert policy == SlurmPolicy(False, None, Duration(3600), Duration(120))


def test_a_run_that_has_settled_is_looked_at_whatever_the_policy_says(run):
    put_markers(run)
    times = {"created_at": AT, "completed_at": AT}
    put_run(run, status="failed", failure={"reason": "x"}, timestamps=times)
    says(run, "requeue: maybe")

    assert look(doing(run, Slurm(saw(JobState.RUNNING))), "r1").seen[0].manifest.status == "failed"
