"""What goes wrong in a cloud, as a user reads it: one line that says what, and the way out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from autolab_core.cloud import keys
from autolab_core.cloud.engines.base import EngineObservation
from autolab_core.cloud.standing import STALE_SECONDS
from autolab_core.io.layout import POLICY
from autolab_core.vocab.engines import EngineState
from autolab_core.vocab.errors import EngineRejected, EngineUnreachable
from autolab_core.vocab.times import format_utc
from tests.cloud.servers import CREDENTIALS
from tests.unit.cloud import samples

SLEEP = "import time\nprint('begun', flush=True)\ntime.sleep(60)\n"
SLOW = f"{samples.RUN}\nsys.stdout.flush()\ntime.sleep(60)\n"


@pytest.fixture
def no_account(monkeypatch, tmp_path):
    """Nobody is signed in anywhere."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


@pytest.fixture
def quiet(new_lab, command_in):
    """A run whose job never came to life, so that the engine alone says what is."""
    command = command_in(new_lab(SLEEP))
    run_id = command.sent()
    command.lab.engine.kill(run_id)
    for path in (command.lab.storage.root / keys.run(run_id)).glob("heartbeat.json"):
        path.unlink()
    return command


def says(monkeypatch, **observation):
    """Let the engine say the same of every job."""
    seen = EngineObservation(**observation)
    monkeypatch.setattr(samples.ProcessEngine, "describe", lambda self, handles: dict.fromkeys(handles, seen))


def fails(monkeypatch, method, error):
    def fail(self, *arguments, **options):
        raise error

    monkeypatch.setattr(samples.ProcessEngine, method, fail)


def test_without_credentials_it_says_how_to_sign_in(command, no_account):
    (command.lab.root / POLICY).write_text(
        "compute:\n  backends:\n    - {name: far, kind: aws-batch, settings: {queue: q, bucket: b, region: x-1}}\n"
    )

    answer = command.run("--detach", "--image", "i")
    check = command("check", "--engine", "far")

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1), answer
    assert "no credentials were found; set AWS_PROFILE, or AWS_ACCESS_KEY_ID" in answer.err
    assert check.code == 1
    assert "error     credentials: " in check.out


@pytest.mark.xdist_group("s3")
def test_a_bucket_that_is_not_there_is_named_and_another_one_can_be_taken(command, s3_server, monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    policy = command.lab.root / POLICY
    before = policy.read_text()
    bucket = f"bucket: no-such-bucket, region: us-east-1, endpoint: '{s3_server.url}'"
    policy.write_text(before.replace(f"folder: {command.lab.storage.root}", bucket))

    answer = command.run("--detach")
    policy.write_text(before)
    again = command.run("--detach")

    assert (answer.code, answer.err.count("\n")) == (2, 1), answer
    assert "s3://no-such-bucket" in answer.err
    assert "there is no such bucket; make it, or name another one" in answer.err
    assert again.code == 0, again
    command.lab.engine.kill(again.out.strip())


def test_an_image_that_cannot_be_had_is_no_run(command, monkeypatch):
    with monkeypatch.context() as broken:
        fails(broken, "submit", EngineRejected("the image i cannot be pulled: manifest unknown; say --image"))
        answer = command.run("--detach")
    status = command("status")

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "the image i cannot be pulled" in answer.err
    assert (status.code, "it was never started: the image i cannot be pulled" in status.out) == (1, True)


def test_a_job_that_may_wait_for_ever_says_why(quiet, monkeypatch):
    why = "no compute environment of the queue is enabled: enable one, or terminate the run"
    says(monkeypatch, state=EngineState.QUEUED, reason="it is RUNNABLE", native_state="RUNNABLE", stuck=why)

    answer = quiet("status")

    assert answer.code == 0
    assert "phase    queued" in answer.out
    assert f"next     {why}" in answer.out


def test_requirements_that_fail_come_with_pips_last_lines(command):
    (command.lab.root / "requirements.txt").write_text("./no-such-folder\n")
    samples.git(command.lab.root, "add", "-A")

    answer = command.run()

    assert answer.code == 1
    assert "| " in answer.err
    assert "no-such-folder" in answer.err
    assert "pip could not install requirements.txt (exit code 1): mend that" in answer.err


@pytest.mark.parametrize(
    ("observation", "line"),
    [
        ({"exit_code": 137, "out_of_memory": True}, "the memory was not enough: ask for more (--memory)"),
        ({"exit_code": 137, "timed_out": True}, "the engine ended it at its limit"),
        ({"exit_code": 1, "reason": "the host went away"}, "exit code 1 without a result: the host went away"),
    ],
)
def test_a_job_that_left_no_result_says_what_the_engine_knows(quiet, monkeypatch, observation, line):
    says(monkeypatch, state=EngineState.ENDED, **observation)

    answer = quiet("status")

    assert answer.code == 1
    assert "phase    lost" in answer.out
    assert line in answer.out
    assert "`cloud-run run … --again` starts another one" in answer.out


def test_a_job_that_is_over_without_a_result_is_no_success_whatever_its_exit_code(quiet, monkeypatch):
    says(monkeypatch, state=EngineState.ENDED, exit_code=0)

    assert quiet("status").code == 1


def test_a_result_that_comes_while_the_engine_is_asked_counts(command, monkeypatch):
    command.sent()
    describe = samples.ProcessEngine.describe

    def slowly(self, handles):
        for handle in handles:
            self.wait(handle.run_id)
        return describe(self, handles)

    monkeypatch.setattr(samples.ProcessEngine, "describe", slowly)
    answer = command("status")

    assert (answer.code, "phase    ended (exit code 0)" in answer.out) == (0, True), answer


def test_a_job_that_its_engine_has_lost_is_lost(quiet, monkeypatch):
    says(monkeypatch, state=EngineState.LOST, reason="the engine has no such job")

    assert "the engine has no such job" in quiet("status").out


def test_a_run_that_fails_has_its_last_lines_and_its_exit_code(new_lab, command_in):
    command = command_in(new_lab("import sys\nprint('row 7 is empty', file=sys.stderr)\nsys.exit(3)\n"))

    answer = command.run()

    assert answer.code == 1
    assert "| row 7 is empty" in answer.err
    assert "(exit code 3)" in answer.err
    assert "| row 7 is empty" in command("status").out


def test_a_run_that_takes_too_long_says_so_and_that_it_was_saved(new_lab, command_in):
    command = command_in(new_lab(SLOW))

    answer = command.run("--max-hours", str(4 / 3600))

    assert answer.code == 1
    assert "what was made until then is saved; the next one has more time with --max-hours" in answer.err
    assert (command.lab.results / "large.bin").exists()


def test_a_runner_without_a_sign_of_life_is_told(new_lab, command_in):
    command = command_in(new_lab(SLEEP))
    run_id = command.sent()
    command.lab.engine.kill(run_id)
    at = format_utc(datetime.now(UTC) - timedelta(seconds=STALE_SECONDS + 60))
    path = command.lab.storage.root / keys.heartbeat(run_id)
    path.write_text(json.dumps({"run_id": run_id, "attempt": 1, "at": at, "phase": "running"}))
    with pytest.MonkeyPatch.context() as patch:
        says(patch, state=EngineState.RUNNING)
        answer = command("status")

    assert "no sign of life for 2" in answer.out
    assert f"cloud-run terminate {run_id}" in answer.out


def test_bytes_that_are_not_those_of_the_run_are_told_with_the_files_name(command):
    run_id = command.sent()
    command.lab.engine.wait(run_id)
    manifest = json.loads((command.lab.storage.root / keys.manifest(run_id)).read_text())
    alone = next(each for each in manifest["objects"] if not each["tar"])
    path = command.lab.storage.root / alone["key"]
    path.write_bytes(path.read_bytes()[:-1] + b"\0")

    answer = command("pull")

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "large.bin: checksum mismatch" in answer.err
    assert "(pull again; if it stays so, others wrote to the storage)" in answer.err
    assert not (command.lab.results / "large.bin").exists()


def test_results_can_be_had_though_the_engine_is_away(command, monkeypatch):
    run_id = command.sent()
    command.lab.engine.wait(run_id)
    for method in ("find", "describe", "logs", "list"):
        fails(monkeypatch, method, EngineUnreachable("the engine does not answer: no connection"))

    assert command("status").code == 0
    assert f"next     cloud-run pull {run_id}" in command("status").out
    assert command("pull").code == 0
    gc = command("gc")
    assert (gc.code, gc.out, "not asked: process: the engine does not answer" in gc.err) == (2, "", True)


def test_an_engine_that_is_away_is_no_end(quiet, monkeypatch):
    fails(monkeypatch, "describe", EngineUnreachable("the engine does not answer: no connection"))

    answer = quiet("status")

    assert answer.code == 2
    assert "phase    unknown" in answer.out
    assert "the engine cannot be asked: the engine does not answer: no connection" in answer.out


def test_another_run_of_the_spec_is_refused_with_the_id_of_the_active_one(new_lab, command_in):
    command = command_in(new_lab(SLEEP))
    run_id = command.sent()

    same = command.run("--detach")
    other = command.run("--detach", line="python other.py")
    command.lab.engine.kill(run_id)

    assert same.out.strip() == run_id
    assert (other.code, run_id in other.err, "--again" in other.err) == (2, True, True)
