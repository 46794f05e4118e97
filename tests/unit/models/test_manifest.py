"""What a run manifest refuses to be, whoever makes it."""

from __future__ import annotations

import attrs
import pytest

from autolab_core.models.manifest import JOB_ID_NEEDED, RunManifest
from autolab_core.vocab.states import HostMode, RunStatus


def manifest(**changes):
    return RunManifest(**{"run_id": "r1", "iteration_id": "i1", "status": RunStatus.PENDING, **changes})


@pytest.mark.parametrize(
    ("host_mode", "launch_mode", "expected"),
    [
        (HostMode.SLURM, None, True),
        (None, HostMode.SLURM, True),
        (HostMode.LOCAL, HostMode.SLURM, False),
        (HostMode.SLURM, HostMode.LOCAL, True),
        (None, None, False),
    ],
)
def test_what_the_probes_showed_counts_before_what_was_asked_for(host_mode, launch_mode, expected):
    assert manifest(host_mode=host_mode, launch_mode=launch_mode).on_slurm is expected


@pytest.mark.parametrize("status", sorted(JOB_ID_NEEDED))
def test_a_slurm_run_cannot_move_on_without_a_job_id(status):
    intent = manifest(host_mode=HostMode.SLURM)

    with pytest.raises(ValueError, match="job_id is missing"):
        attrs.evolve(intent, status=status)
    assert attrs.evolve(intent, status=status, job_id="4242").job_id == "4242"


def test_a_submission_that_was_refused_fails_without_a_job_id():
    assert manifest(host_mode=HostMode.SLURM, status=RunStatus.FAILED).job_id is None


@pytest.mark.parametrize("name", ["run_id", "iteration_id"])
@pytest.mark.parametrize("text", ["", ".", "..", "a/b", "-a", "{{run_id}}", "<RUN_ID>", "a\n", "a\x00", "a" * 129])
def test_an_id_that_could_leave_its_folder_is_refused(name, text):
    with pytest.raises(ValueError, match=f"{name} .* is refused"):
        manifest(**{name: text})
