"""The runner's deadline, whatever hangs: an index, the storage on the way in, and the storage on the way out."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta

import attrs
import pytest

from autolab_core.cloud import keys
from autolab_core.cloud.ending import collect_garbage
from autolab_core.cloud.engines.base import EngineObservation
from autolab_core.cloud.job import SLACK_SECONDS
from autolab_core.cloud.records import CloudRecords
from autolab_core.cloud.runner.carrying import COLLECT_SECONDS
from autolab_core.cloud.stored import read_manifest, read_result, read_run
from autolab_core.vocab.cloud import CloudEnd, CloudPhase
from autolab_core.vocab.engines import EngineState
from autolab_core.vocab.times import parse_timestamp
from tests.unit.cloud import samples
from tests.unit.cloud.labs import staged_only, until

# The runner, but that what reaches the storage below ``out/`` takes for ever, and that there is little time to wait.
HANGING = """\
import sys, time
from autolab_core.cloud.runner import carrying, main
from autolab_core.cloud.runner.stores import FolderStore
carrying.COLLECT_SECONDS = 4.0
put = FolderStore.put_if_absent
def hanging(self, key, data, sha256):
    if WHAT in key:
        time.sleep(3600)
    return put(self, key, data, sha256)
FolderStore.put_if_absent = hanging
sys.exit(main.main(sys.argv[1:]))
"""


def test_an_index_that_never_answers_is_left_at_the_deadline(new_lab):
    lab = new_lab()
    with closing(socket.create_server(("127.0.0.1", 0))) as index:
        port = index.getsockname()[1]
        (lab.root / "requirements.txt").write_text(f"--index-url http://127.0.0.1:{port}/simple\nnot-there==1\n")
        samples.git(lab.root, "add", "-A")
        intent, code = lab.run(max_hours=5 / 3600)
    found = read_result(lab.storage, intent.run_id)

    assert found is not None
    assert (code, found.reason, found.phase) == (124, CloudEnd.DEADLINE, CloudPhase.INSTALLING)
    assert found.seconds < 30


@pytest.mark.parametrize("seconds", [3, pytest.param(600, id="told")])
def test_a_storage_that_hangs_while_data_comes_is_left_at_the_deadline_or_when_told(new_lab, seconds):
    lab = new_lab()
    intent = staged_only(lab, max_hours=seconds / 3600)
    run = read_run(lab.storage, intent.run_id)
    assert run is not None
    blob = lab.storage.root / keys.blob(run.data[0].objects[0].sha256)
    blob.unlink()
    os.mkfifo(blob)  # whoever opens it waits
    lab.submit(max_hours=seconds / 3600)
    if seconds > 60:
        until((lab.storage.root / keys.heartbeat(intent.run_id)).exists)
        time.sleep(1)  # and now it waits for the data
        lab.engine.terminate(lab.engine.find(intent.run_id), reason="a test")
    code = lab.engine.wait(intent.run_id)
    found = read_result(lab.storage, intent.run_id)

    assert found is not None
    wanted = (143, CloudEnd.INTERRUPTED) if seconds > 60 else (124, CloudEnd.DEADLINE)
    assert (code, found.reason, found.phase) == (*wanted, CloudPhase.STARTING)
    assert found.seconds < 30


@pytest.mark.parametrize(("what", "told"), [("/out/", True), ("/manifest.json", False)])
def test_outputs_that_hang_on_their_way_do_not_hold_the_runner(new_lab, tmp_path, what, told):
    """How it ended is still said, where that can be; the runner ends in any case, long before its engine's limit."""
    lab = new_lab(samples.RUN + "time.sleep(1.5)\n")
    intent = staged_only(lab, max_hours=3 / 3600)
    script = tmp_path / "runner.py"
    script.write_text(f"WHAT = {what!r}\n{HANGING}")
    words = [sys.executable, str(script), intent.run_id, lab.storage.address]
    done = subprocess.run(words, env={"PATH": os.environ["PATH"]}, capture_output=True, check=False, timeout=60)
    found = read_result(lab.storage, intent.run_id)

    assert (found is not None) is told, done.stderr
    if found is not None:
        assert (found.exit_code, found.outputs_complete) == (done.returncode, False)
        assert read_manifest(lab.storage, intent.run_id) is not None
    else:
        assert b"could not be brought to the storage" in done.stderr


def test_the_engines_limit_comes_after_the_runners_last_second():
    assert SLACK_SECONDS > COLLECT_SECONDS + 120


@attrs.frozen
class Overdue(samples.ProcessEngine):
    """Its jobs began in 2020, and have a limit of a minute."""

    def _one(self, handle):
        seen = super()._one(handle)
        return EngineObservation(seen.state, seen.exit_code, started_at="2020-01-01T00:00:00Z")


def test_what_goes_on_after_its_limit_or_its_runs_deadline_is_collected(new_lab):
    lab = new_lab("import time\ntime.sleep(60)\n")
    intent = lab.submit()
    run, records = read_run(lab.storage, intent.run_id), CloudRecords(lab.root)
    assert run is not None
    until((lab.storage.root / keys.heartbeat(intent.run_id)).exists)
    deadline = parse_timestamp(run.deadline)
    assert deadline is not None

    def collected(engine, seconds, **options):
        now = deadline + timedelta(seconds=seconds)
        return list(collect_garbage(engine, lambda _: lab.storage, records, now=lambda: now, **options))

    assert collected(lab.engine, SLACK_SECONDS - 60, dry_run=True) == []
    (late,) = collected(lab.engine, SLACK_SECONDS + 60, dry_run=True)
    assert (late.why, late.ended) == (f"its run's deadline is over, {run.deadline}", False)
    assert lab.look().standing.exit_code is None, "a dry run ends nothing"
    (other,) = collected(Overdue(lab.engine.folder), 0, dry_run=False)
    assert (other.why.startswith("it goes on after its limit"), other.ended) == (True, True)
    assert lab.engine.wait(intent.run_id) == 143
    assert lab.engine._one(lab.engine.find(intent.run_id)).state is EngineState.ENDED
