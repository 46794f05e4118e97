"""The notice that a machine is about to be taken away: a real service of HTTP, and real runners that ask it."""

from __future__ import annotations

import json
import socket
from contextlib import closing

import pytest

from autolab_core.cloud import keys
from autolab_core.cloud.engines.batch.adapter import BatchEngine
from autolab_core.cloud.engines.batch.settings import BatchSettings
from autolab_core.cloud.runner.credentials import Credentials, Keys
from autolab_core.cloud.runner.metadata import Machine, NoMetadata
from autolab_core.cloud.runner.notices import Notice, Watch
from autolab_core.cloud.running import Submission
from autolab_core.cloud.stored import log_pieces, read_manifest, read_result, read_run
from autolab_core.vocab.cloud import CloudEnd, CloudPhase
from tests.cloud.metadata import service
from tests.unit.cloud import samples
from tests.unit.cloud.labs import until

ENDPOINT = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
SEEN = {"action": "terminate", "time": "2026-02-01T12:02:00Z"}
# Writes once the first sync is over, so that the next one is an hour away, and says when it has.
LATE = f"""\
import os, pathlib, sys, time
while not os.path.exists({{marker!r}}):
    time.sleep(0.1)
pathlib.Path("{samples.RESULTS}/late.txt").write_text("late")
sys.stderr.write("amid a line")
sys.stderr.flush()
pathlib.Path({{done!r}}).touch()
time.sleep(120)
"""


@pytest.fixture
def machine(monkeypatch):
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED", raising=False)  # no test asks the machine that it is on
    with service() as found:
        yield found


def saved(lab, intent) -> list[str] | None:
    found = read_manifest(lab.storage, intent.run_id, attempt=1)
    return None if found is None else [file.path for file in found[0].files]


def test_on_a_notice_what_there_is_is_saved_at_once_and_the_run_goes_on_until_it_is_told(new_lab, machine, tmp_path):
    marker, done = tmp_path / "marker", tmp_path / "done"
    lab = new_lab(LATE.format(marker=str(marker), done=str(done)), spot_notice=True, env={ENDPOINT: machine.url})
    intent = lab.submit(Submission(sync_seconds=3600), max_hours=1)
    until(lambda: saved(lab, intent) == [])
    marker.touch()
    until(done.exists)
    machine.give_notice(**SEEN)
    until(lambda: saved(lab, intent) == ["late.txt"])
    standing = lab.look().standing
    lab.engine.terminate(lab.engine.find(intent.run_id), reason="a test")
    code = lab.engine.wait(intent.run_id)
    found = read_result(lab.storage, intent.run_id)
    log = b"".join(data for key, data in log_pieces(lab.storage, intent.run_id, 1) if key.endswith(".err"))

    assert standing.phase is CloudPhase.RUNNING
    assert standing.hints == (
        "its machine is about to be taken away (terminate at 2026-02-01T12:02:00Z); what it makes until then is saved",
    )
    assert found is not None
    assert (code, found.reason) == (143, CloudEnd.INTERRUPTED)
    assert found.message == (
        "it was told to stop (SIGTERM), after the notice that its machine is taken away (terminate at "
        "2026-02-01T12:02:00Z)"
    )
    assert {key: (found.notice or {}).get(key) for key in SEEN} == SEEN
    assert log.decode().splitlines() == [
        "amid a line",
        "autolab: its machine is taken away (terminate at 2026-02-01T12:02:00Z); what there is is being saved",
    ]


@pytest.mark.parametrize("kind", ["hangs", "is not there", "says nonsense"])
def test_a_service_that_does_not_answer_costs_a_run_nothing(new_lab, machine, kind):
    machine.files["spot/instance-action"] = b'{"action": 3'
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        address = {"hangs": f"http://127.0.0.1:{silent.getsockname()[1]}", "is not there": "nonsense://"}
        lab = new_lab("print('well')\n", spot_notice=True, env={ENDPOINT: address.get(kind, machine.url)})
        intent, code = lab.run()
    found = read_result(lab.storage, intent.run_id)

    assert found is not None
    assert (code, found.reason, found.notice) == (0, CloudEnd.COMMAND, None)
    assert found.last_lines == ()
    assert found.seconds < 20


def test_where_the_engine_has_no_such_machines_nobody_is_asked(new_lab, machine):
    lab = new_lab("print('well')\n", env={ENDPOINT: machine.url})
    intent, code = lab.run()
    run = read_run(lab.storage, intent.run_id)
    beat = json.loads(lab.storage.get(keys.heartbeat(intent.run_id)))

    assert run is not None
    assert (code, run.spot_notice, machine.asked, beat["notice"]) == (0, False, [], None)


@pytest.mark.parametrize(("platform", "told"), [("EC2", True), ("FARGATE", False)])
def test_aws_batch_has_such_machines_where_they_are_machines(platform, told):
    engine = BatchEngine(BatchSettings("q", region="eu-west-1", image="python:3.11", platform=platform))

    assert engine.capabilities().spot_notice is told


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"terminate",
        b"[]",
        b"{}",
        b'{"action": "terminate"}',
        b'{"action": "terminate", "time": 5}',
        b'{"action": "a\\u001b[2J", "time": "2026-02-01T12:02:00Z"}',
        json.dumps({"action": "x" * 65, "time": "2026"}).encode(),
        b"[" * 100_000,
    ],
)
def test_what_is_no_notice_is_none(machine, monkeypatch, answer):
    monkeypatch.setenv(ENDPOINT, machine.url)
    monkeypatch.setattr("autolab_core.cloud.runner.notices._LOOK_SECONDS", 0.01)
    machine.files["spot/instance-action"] = answer
    told: list[Notice] = []
    Watch(told.append).start()
    until(lambda: len(machine.asked) > 1)
    assert told == []
    machine.give_notice("stop", "2026-02-01T12:02:00Z")
    until(lambda: told != [])

    assert [(each.action, each.time) for each in told] == [("stop", "2026-02-01T12:02:00Z")]


def test_a_token_that_is_not_taken_any_more_is_asked_for_again(machine, monkeypatch):
    monkeypatch.setenv(ENDPOINT, f"{machine.url}/")
    machine.files["a"] = b"found"
    asking = Machine(2.0)
    assert asking.get("a") == b"found"
    machine.token = "second"

    with pytest.raises(NoMetadata, match="401"):
        asking.get("a")
    assert asking.get("a") == b"found"
    with pytest.raises(NoMetadata) as missing:
        asking.get("b")
    assert missing.value.missing


def test_it_is_not_asked_through_a_proxy_nor_where_it_is_said_to_be_off(machine, monkeypatch):
    monkeypatch.setenv(ENDPOINT, machine.url)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    machine.files["a"] = b"found"
    assert Machine(2.0).get("a") == b"found"
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "True")

    with pytest.raises(NoMetadata, match="DISABLED"):
        Machine(2.0).get("a")


def test_the_keys_of_the_machines_role_come_from_the_same_service(machine, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(ENDPOINT, machine.url)
    machine.files["iam/security-credentials/"] = b"lab\n"
    said = {"AccessKeyId": "a", "SecretAccessKey": "s", "Token": "t"}
    machine.files["iam/security-credentials/lab"] = json.dumps(said).encode()

    assert Credentials().keys() == Keys("a", "s", "t")
