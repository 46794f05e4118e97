"""The logs of a run that lies in another folder of this machine, looked at as those of another machine are."""

from __future__ import annotations

import os

import pytest

from autolab_core.exec.command import CommandResult
from autolab_core.exec.local import LocalRunner
from autolab_core.io.layout import RunPaths
from autolab_core.stages.remote import far_logs
from autolab_core.stages.remote.far_logs import FarLog, look_at_logs
from autolab_core.vocab.errors import RunnerError

RUN = RunPaths("experiments/plan/iter_001/runs/r1")
NAMES = ("stdout.log", "stderr.log")


@pytest.fixture
def logs(tmp_path):
    folder = tmp_path / "it's there" / RUN.logs
    folder.mkdir(parents=True)
    return folder


def look(tmp_path, places=(None, None)):
    return look_at_logs(LocalRunner(), str(tmp_path / "it's there"), RUN, dict(zip(NAMES, places, strict=True)))


def test_what_is_there_comes_as_the_bytes_it_is(tmp_path, logs):
    (logs / "stdout.log").write_bytes(b"one\n\0\xff two")
    found = look(tmp_path)
    assert (found.logs["stdout.log"], found.logs["stderr.log"]) == (FarLog(0, b"one\n\0\xff two"), FarLog(0, b""))
    assert not found.ended
    (logs / "exit.json").write_text("{}")
    assert look(tmp_path).ended


def test_a_second_look_goes_on_where_the_first_ended(tmp_path, logs):
    (logs / "stdout.log").write_bytes(b"one\ntwo\n")
    (logs / "stderr.log").write_bytes(b"short")
    found = look(tmp_path, (4, 90)).logs
    assert (found["stdout.log"], found["stderr.log"]) == (FarLog(4, b"two\n"), FarLog(5, b""))


def test_of_a_long_log_the_end_comes_and_then_what_follows_in_pieces(tmp_path, logs, monkeypatch):
    monkeypatch.setattr(far_logs, "BYTES_MAX", 10)
    (logs / "stdout.log").write_bytes(bytes(range(100)))
    assert look(tmp_path).logs["stdout.log"] == FarLog(90, bytes(range(90, 100)))
    assert look(tmp_path, (50, None)).logs["stdout.log"] == FarLog(50, bytes(range(50, 60)))


def test_what_is_no_regular_file_is_not_opened(tmp_path, logs):
    os.mkfifo(logs / "stdout.log")
    (logs / "stderr.log").symlink_to("/etc/passwd")
    assert {log.text for log in look(tmp_path).logs.values()} == {b""}


def test_a_folder_that_is_not_there_and_an_answer_that_was_cut_are_errors(tmp_path, logs):
    (logs / "stdout.log").write_bytes(b"x" * 50)

    class Cut:
        def run(self, command):
            done = LocalRunner().run(command)
            return CommandResult(done.argv, 0, done.stdout[:30], b"")

    with pytest.raises(RunnerError, match="was cut while it was read"):
        look_at_logs(Cut(), str(tmp_path / "it's there"), RUN, dict.fromkeys(NAMES))
    with pytest.raises(RunnerError, match="is no folder there"):
        look_at_logs(LocalRunner(), str(tmp_path / "nowhere"), RUN, dict.fromkeys(NAMES))
