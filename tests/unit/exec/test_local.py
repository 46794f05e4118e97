"""Commands run to their end: what they are given, what they give back, and what is said when they cannot run."""

from __future__ import annotations

import os
import sys
import time

import pytest

from autolab_core.exec.command import Command
from autolab_core.exec.local import LocalRunner
from autolab_core.exec.session import Session, spawn_detached
from autolab_core.vocab.errors import RunnerError


def run(*argv, **options):
    return LocalRunner().run(Command(argv, **options))


def gone(pid):
    """Whether the process *pid* ends (a zombie that nobody waits for counts as ended) within two seconds."""
    until = time.monotonic() + 2
    while time.monotonic() < until:
        try:
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


def test_output_and_exit_code_come_back_as_they_were():
    done = run("sh", "-c", r"printf 'a\0\377'; echo first >&2; echo last >&2; exit 3")

    assert (done.exit_code, done.stdout, done.stderr) == (3, b"a\x00\xff", b"first\nlast\n")
    assert (done.text, done.complaint) == ("a\x00\ufffd", "last")


def test_a_signal_is_a_negative_exit_code():
    assert run("sh", "-c", "kill -TERM $$").exit_code == -15


def test_no_shell_reads_the_words():
    assert run("printf", "%s", "$(id) `id` $HOME ;").stdout == b"$(id) `id` $HOME ;"


def test_folder_environment_and_input_are_those_of_the_command(tmp_path):
    done = run("sh", "-c", "pwd; echo $A$HOME; cat", cwd=str(tmp_path), env={"A": "b", "PATH": os.defpath}, stdin=b"in")

    assert done.stdout.decode().splitlines() == [str(tmp_path), "b", "in"]


def test_without_input_a_command_that_reads_finds_the_end():
    assert run("cat").stdout == b""


@pytest.mark.parametrize(
    ("argv", "options", "message"),
    [
        (("no-such-program",), {}, "no-such-program: not found"),
        (("true",), {"cwd": "/no/such/folder"}, "/no/such/folder: not found"),
        (("/etc/passwd",), {}, "/etc/passwd: cannot be run: Permission denied"),
    ],
)
def test_what_cannot_be_run_says_why(argv, options, message):
    with pytest.raises(RunnerError) as caught:
        run(*argv, **options)
    assert (str(caught.value), caught.value.transient) == (message, False)


def test_a_command_that_takes_too_long_is_ended_with_all_it_started(tmp_path):
    with pytest.raises(RunnerError, match=r"sh: no answer within 0.5 s") as caught:
        run("sh", "-c", f"sleep 60 & echo $! >{tmp_path}/pid; wait", timeout=0.5)

    assert caught.value.transient
    assert gone(int((tmp_path / "pid").read_text()))


def test_a_detached_process_leads_a_session_of_its_own_and_writes_to_its_log(tmp_path):
    log = tmp_path / "log"
    log.write_text("before\n")
    code = "import os, sys; print(os.getsid(0) == os.getpid(), sys.stdin.read() == '', flush=True)"

    pid = spawn_detached((sys.executable, "-c", code), cwd=str(tmp_path), log=str(log))

    assert gone(pid)
    assert log.read_text() == "before\nTrue True\n"
    os.waitpid(pid, 0)


def test_a_session_is_waited_for_and_signalled_as_a_whole(tmp_path):
    script = f"sleep 60 & echo $! >{tmp_path}/pid; exec sleep 60"
    session = Session(("sh", "-c", script), cwd=str(tmp_path), log=str(tmp_path / "log"))
    assert session.wait(0.3) is None

    assert session.signal(9)

    assert session.wait(5) == -9
    assert gone(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize("log", ["log", "no/folder/log"])
def test_a_process_that_cannot_be_started_says_why(tmp_path, log):
    with pytest.raises(RunnerError, match="no-such-program: cannot be started: No such file"):
        spawn_detached(("no-such-program",), cwd=str(tmp_path), log=str(tmp_path / log))
