"""Rows from manifests: what is told of a run, and when that is worth a row."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs
import pytest

from autolab_core.io.layout import LEDGER
from autolab_core.io.repository import Repository
from autolab_core.models.manifest import ArtifactSync, Failure
from autolab_core.stages.ledger import read_ledger, record, row_of
from autolab_core.vocab.errors import StoreError
from autolab_core.vocab.states import HostMode, RunStatus, SyncStatus
from autolab_verifiers.selftest.repository import RUN, RUN_PATHS, build

NOW = datetime(2026, 2, 1, 13, 0, 0, 999, tzinfo=UTC)


@pytest.fixture
def sample(tmp_path):
    root = build(tmp_path / "repository").to_slurm().remove(LEDGER).root
    return Repository(root)


@pytest.fixture
def manifest(sample):
    return sample.manifest(RUN_PATHS)


def test_a_row_has_what_the_manifest_says(manifest):
    manifest = attrs.evolve(manifest, scheduler={"state": "COMPLETED", "note": "x"})

    row = row_of(manifest, NOW)

    assert tuple(row) == (
        "2026-02-01T13:00:00Z",
        "iter_golden",
        RUN,
        "4242",
        "bench",
        "completed",
        "COMPLETED",
        "ok",
        "",
        (),
    )


def test_a_failure_is_the_note_unless_another_is_given(manifest):
    failed = attrs.evolve(manifest, status=RunStatus.FAILED, failure=Failure(reason="out of memory"))

    assert row_of(failed, NOW).notes == "out of memory"
    assert row_of(failed, NOW, "sacct timed out").notes == "sacct timed out"


def test_what_is_not_known_is_empty(manifest):
    bare = attrs.evolve(manifest, host={}, submission=None, scheduler=None, artifact_sync_to_local=None)

    row = row_of(bare, NOW)

    assert (row.host, row.native_state, row.sync) == ("", "", "")


def test_many_runs_are_one_write_and_local_ones_are_passed_over(sample, manifest):
    runs = [attrs.evolve(manifest, run_id=f"r{number}", job_id=str(number + 1)) for number in range(20)]
    local = attrs.evolve(manifest, host_mode=HostMode.LOCAL, launch_mode=HostMode.LOCAL)
    unsent = attrs.evolve(manifest, status=RunStatus.PENDING, job_id=None)

    written = record(sample, [local, *runs, unsent], NOW)
    again = record(sample, [local, *runs, unsent], NOW)

    assert written == (False, *[True] * 20, False)
    assert again == (False,) * 22
    assert [row.job_id for row in read_ledger(sample.root)] == [str(number + 1) for number in range(20)]


def test_an_outage_is_one_row_and_its_end_another(sample, manifest):
    polls = ["", "squeue timed out", "squeue timed out", "squeue timed out", "", ""]

    written = [record(sample, [manifest], NOW, notes={RUN: notes}) for notes in polls]

    assert written == [(True,), (True,), (False,), (False,), (True,), (False,)]


def test_who_gives_no_notes_does_not_end_an_outage(sample, manifest):
    record(sample, [manifest], NOW, notes={RUN: "squeue timed out"})

    assert record(sample, [manifest], NOW) == (False,)
    synced = attrs.evolve(manifest, artifact_sync_to_local=ArtifactSync(SyncStatus.SYNCING))
    assert record(sample, [synced], NOW) == (True,)


def test_nothing_to_record_makes_no_file(sample):
    assert record(sample, [], NOW) == ()
    assert not (sample.root / LEDGER).exists()


def test_a_ledger_that_somebody_else_wrote_is_refused_in_one_line(sample, manifest):
    (sample.root / LEDGER).write_text("# My jobs\n")

    with pytest.raises(StoreError) as refused:
        record(sample, [manifest], NOW)
    assert len(str(refused.value).splitlines()) == 1
    assert (sample.root / LEDGER).read_text() == "# My jobs\n"
