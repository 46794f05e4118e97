"""Who is active, over every iteration of a repository and whatever tool wrote the manifest."""

from __future__ import annotations

import pytest

from autolab_core.io.layout import RunPaths
from autolab_core.models.job import JobObservation
from autolab_core.stages.launching.active import active_runs
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.jobs import JobState
from tests.unit.repositories import FakeScheduler, context, manifest, put

LAYOUTS = [f"experiments/{folder}iter_b/runs/r1/run_manifest.json" for folder in ("", "plan/", "in_progress/", "done/")]
PATH = LAYOUTS[0]
OURS = {"submission": {"token": "t1", "pid": 77, "host": "box"}}


def active(repository, state=JobState.RUNNING, *, apart_from=None, lingering=False):
    scheduler = FakeScheduler(JobObservation(state, lingering=lingering))
    return [found.description for found in active_runs(context(repository, scheduler=scheduler), apart_from=apart_from)]


@pytest.mark.parametrize("path", LAYOUTS)
def test_a_running_run_of_any_iteration_in_any_layout_is_active(repository, path):
    put(repository, path, manifest(iteration_id="iter_b", **OURS))

    assert active(repository) == ["run r1 of iter_b is running (pid 77 on box, since 2026-02-01T12:00:00Z)"]


def test_a_run_of_the_same_name_in_another_iteration_is_active(repository):
    put(repository, PATH, manifest(iteration_id="iter_b", **OURS))

    assert len(active(repository, apart_from=RunPaths("experiments/iter_a/runs/r1"))) == 1


def test_the_run_that_is_being_launched_does_not_count_against_itself(repository):
    put(repository, PATH, manifest(**OURS))

    assert active(repository, apart_from=RunPaths(PATH.removesuffix("/run_manifest.json"))) == []


@pytest.mark.parametrize("status", ["completed", "failed", "partial"])
def test_a_run_that_has_ended_is_not_active_whatever_else_its_manifest_holds(repository, status):
    put(repository, PATH, {"status": status, "run_id": 5})

    assert active(repository) == []


@pytest.mark.parametrize("state", [JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED, JobState.TIMEOUT])
def test_evidence_of_its_end_counts_before_the_manifest(repository, state):
    put(repository, PATH, manifest(**OURS))

    assert active(repository, state) == []
    assert len(active(repository, state, lingering=True)) == 1


@pytest.mark.parametrize("status", ["pending", "submitted", "running"])
def test_a_local_run_of_ours_that_left_nothing_never_began(repository, status):
    put(repository, PATH, manifest(status=status, **OURS))

    assert active(repository, JobState.ABSENT) == []
    assert len(active(repository, JobState.UNKNOWN)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"host_mode": "slurm", "job_id": "4242"},
        {"host_mode": "slurm", "launch_mode": "slurm", "slurm": {"job_id": 4242}},
        {"host_mode": "slurm", "launch_mode": "slurm", "resource_request": {"slurm": {"job_id": "4242"}}},
        {"host_mode": None, "launch_mode": None},
    ],
)
def test_a_run_of_another_tool_is_active_until_its_manifest_says_otherwise(repository, changes):
    put(repository, PATH, {key: value for key, value in manifest(**changes).items() if value is not None})

    assert len(active(repository, JobState.ABSENT)) == 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"status": "running"', "\x00"])
def test_while_a_manifest_cannot_be_read_nobody_can_say(repository, content):
    put(repository, PATH, content)

    with pytest.raises(DocumentError, match=PATH):
        active(repository)


def test_a_status_that_is_no_word_of_ours_is_named_with_its_line(repository):
    put(repository, PATH, manifest(status="queued"))

    with pytest.raises(DocumentError, match=rf"{PATH}:\d+: at /status"):
        active(repository)


def test_folders_without_a_manifest_and_files_in_their_place_are_no_runs(repository):
    put(repository, "experiments/iter_b/runs/r1/notes.txt", "")
    put(repository, "experiments/iter_b/runs/README.md", "")
    put(repository, "experiments/README.md", "")

    assert active(repository) == []
