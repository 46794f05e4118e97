"""The functions that the command calls: engines and storages as the policy names them."""

from __future__ import annotations

import pytest

from autolab_core.cloud import operations
from autolab_core.cloud.ending import collect_garbage
from autolab_core.cloud.records import CloudRecords
from autolab_core.io.layout import POLICY
from autolab_core.vocab.cloud import CloudPhase
from autolab_core.vocab.errors import UsageError
from tests.unit.cloud import samples


def test_without_runs_there_is_nothing_to_say(lab):
    assert operations.ls(lab.root) == ()
    with pytest.raises(UsageError, match="no run in the cloud is known"):
        operations.status(lab.root)
    with pytest.raises(UsageError, match="there is no run x in this repository"):
        operations.pull(lab.root, "x")


def test_a_run_is_found_by_the_beginning_of_its_id(lab):
    intent, _ = lab.run()

    assert lab.look(intent.run_id[:12]).intent.run_id == intent.run_id
    assert lab.look(intent.run_id).standing.phase is CloudPhase.ENDED


def test_a_run_whose_engine_is_not_here_any_more_is_told_by_its_storage(lab):
    intent, _ = lab.run()
    (looked,) = operations.ls(lab.root)

    assert (looked.standing.phase, looked.standing.exit_code) == (CloudPhase.ENDED, 0)
    assert all(value == getattr(intent, name) for name, value in looked.intent._asdict().items())


def test_check_says_what_is_missing_of_each_engine(lab, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (lab.root / POLICY).parent.mkdir(exist_ok=True)
    (lab.root / POLICY).write_text("compute:\n  backends:\n    - {name: far, kind: nowhere-at-all}\n")
    far, here = operations.check(lab.root, samples.request(gpus=4096))

    assert (far.name, far.able, far.can) == ("far", False, None)
    assert "no storage is named" in str(far.storage_fault)
    assert (here.kind, here.storage_fault) == ("podman", None)
    assert here.storage == f"folder://{tmp_path}/state/autolab/cloud"


def test_a_job_that_outlived_its_run_is_ended(new_lab):
    lab = new_lab("import time\ntime.sleep(60)\n")
    intent = lab.submit()
    records = CloudRecords(lab.root)
    assert list(collect_garbage(lab.engine, lambda _: lab.storage, records, dry_run=False)) == []

    (lab.storage.root / f"runs/{intent.run_id}/result.json").write_text(
        '{"run_id": "x", "attempt": 1, "exit_code": 0, "reason": "command", "phase": "running", "message": "",'
        ' "started_at": "", "finished_at": ""}'
    )
    (seen,) = collect_garbage(lab.engine, lambda _: lab.storage, records, dry_run=True)
    assert (seen.run_id, seen.why, seen.ended) == (intent.run_id, "its run has its result", False)
    (done,) = collect_garbage(lab.engine, lambda _: lab.storage, records, dry_run=False)
    lab.engine.wait(intent.run_id)
    assert done.ended
