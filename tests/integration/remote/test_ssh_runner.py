"""Commands over a real ssh: what comes back is the command's own, and what is not known is not guessed."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from autolab_core.exec.command import Command
from autolab_core.exec.ssh import SshHost, SshRunner
from autolab_core.vocab.errors import RunnerError, UsageError

NOISY = """#!/bin/sh
echo 'Welcome to the cluster!'; echo 'maintenance on Monday' >&2
sh -c "$SSH_ORIGINAL_COMMAND"; code=$?
echo 'bye'; echo 'logged out' >&2
exit $code
"""


@pytest.mark.parametrize("code", [0, 1, 2, 126, 127, 128, 254, 255])
def test_exit_codes_are_the_commands_own(ssh_runner, code):
    done = ssh_runner.run(Command(("sh", "-c", f"exit {code}")))
    assert (done.exit_code, done.stdout, done.stderr) == (code, b"", b"")


def test_a_command_that_a_signal_ended_has_an_answer(ssh_runner):
    assert ssh_runner.run(Command(("sh", "-c", "kill -9 $$"))).exit_code == 128 + 9


@pytest.mark.parametrize(
    "word",
    ["", " ", "a b", "it's", '"', "$HOME", "`id`", "!!", "\\", "a\nb", "*", "~", "ümläut", "\udcff", ";", "-n", "%s"],
)
def test_words_arrive_as_they_are(ssh_runner, word):
    done = ssh_runner.run(Command(("printf", "%s|", word, word)))
    assert done.stdout == os.fsencode(f"{word}|{word}|")


def test_words_arrive_through_a_login_shell_that_is_no_posix_one(make_ssh_host, runner_on):
    runner = runner_on(make_ssh_host(login='#!/bin/sh\nexec /bin/tcsh -c "$SSH_ORIGINAL_COMMAND"\n'))
    words = ["", "it's", '"', "!!", "!x", "a\nb", "\\", "$HOME", "`id`", "*", "~", "ümläut"]
    assert runner.run(Command(("printf", "%s|", *words))).text == "".join(f"{word}|" for word in words)


def test_bytes_go_both_ways(ssh_runner):
    every = bytes(range(256)) * 4096
    done = ssh_runner.run(Command(("cat",), stdin=every))
    assert done.stdout == every


def test_folder_and_environment(ssh_runner, tmp_path: Path):
    folder = tmp_path / "it's here"
    folder.mkdir()
    done = ssh_runner.run(
        Command(("/bin/sh", "-c", 'pwd; echo "$X"; env | wc -l'), cwd=str(folder), env={"X": "a 'b'"})
    )
    assert done.text.splitlines()[:2] == [str(folder), "a 'b'"]
    assert int(done.text.splitlines()[2]) < 5
    assert ssh_runner.run(Command(("pwd",), cwd=str(tmp_path / "missing"))).exit_code != 0


def test_greetings_are_no_answer(make_ssh_host, runner_on):
    runner = runner_on(make_ssh_host(login=NOISY))
    done = runner.run(Command(("sh", "-c", "printf out; printf err >&2; exit 3")))
    assert (done.exit_code, done.stdout, done.stderr) == (3, b"out", b"err")


def test_one_connection_is_shared_and_commands_run_at_once(make_ssh_host, runner_on):
    server = make_ssh_host()
    runner = runner_on(server)
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda n: runner.run(Command(("echo", str(n)))).text, range(30)))
    assert answers == [f"{n}\n" for n in range(30)]
    assert len(list((server.folder / "c").iterdir())) == 1


@pytest.mark.parametrize("settings", [("MaxSessions 1",), ("MaxStartups 1:90:2",)])
def test_a_host_that_refuses_is_asked_again(make_ssh_host, runner_on, settings):
    runner = runner_on(make_ssh_host(*settings), tries=12)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: runner.run(Command(("echo", str(n)))).text, range(12)))
    assert answers == [f"{n}\n" for n in range(12)]


def test_a_cut_after_the_command_ran_leaves_its_fate_open_and_runs_nothing_twice(make_ssh_host, runner_on, tmp_path):
    server = make_ssh_host()
    runner = runner_on(server)
    mark = tmp_path / "ran"
    cut = threading.Thread(target=lambda: (_wait_for(mark), server.cut()))
    cut.start()
    with pytest.raises(RunnerError, match="it is not known what became of sh") as caught:
        runner.run(Command(("sh", "-c", f"echo once >>{mark}; sleep 30; echo done")))
    cut.join()
    assert caught.value.transient
    assert runner.run(Command(("cat", str(mark)))).text == "once\n"  # and the connection is had again


def test_an_sshd_that_comes_back_is_reached_again(make_ssh_host, runner_on):
    server = make_ssh_host()
    runner = runner_on(server)
    assert runner.run(Command(("echo", "1"))).text == "1\n"
    server.kill()
    back = threading.Timer(1.5, server.start)
    back.start()
    answers = []
    for _ in range(3):  # the first attempt may find the shared connection dead
        with suppress(RunnerError):
            answers.append(runner.run(Command(("echo", "2"))).text)
            break
    back.join()
    assert answers == ["2\n"]


def test_a_jump_host_of_the_users_settings_is_gone_through(make_ssh_host):
    gate, inner = make_ssh_host(), make_ssh_host()
    both = Path(gate.config).read_text() + Path(inner.config).read_text().replace("Host cluster", "Host inner")
    config = inner.folder / "both"
    config.write_text(f"{both}  ProxyJump cluster\n")
    runner = SshRunner(SshHost("inner", config=str(config), control=str(inner.folder / "c")))
    assert runner.run(Command(("echo", "inside"))).text == "inside\n"
    runner.close()
    assert (gate.folder / "sshd.log").read_text().count("Accepted publickey") == 1


def test_a_host_that_is_not_there(make_ssh_host, runner_on):
    server = make_ssh_host()
    server.kill()
    waits: list[float] = []
    with pytest.raises(RunnerError, match="Connection refused; true was not run") as caught:
        runner_on(server, sleep=waits.append).run(Command(("true",)))
    assert caught.value.transient
    assert waits == [1.0, 2.0, 4.0, 8.0]


def test_a_changed_host_key_is_told_and_never_accepted(make_ssh_host, runner_on):
    server = make_ssh_host()
    server.change_host_key()
    with pytest.raises(RunnerError, match="ask its administrators") as caught:
        runner_on(server).run(Command(("true",)))
    assert not caught.value.transient


def test_a_key_that_is_not_let_in(make_ssh_host, runner_on):
    server = make_ssh_host()
    (server.folder / "authorized_keys").write_text("")
    with pytest.raises(RunnerError, match=r"Permission denied.*log in by hand once") as caught:
        runner_on(server).run(Command(("true",)))
    assert not caught.value.transient


def test_a_server_that_hangs_is_given_up(tmp_path: Path):
    # A socket's path is short: unix(7).
    with socket.create_server(("127.0.0.1", 0)) as silent, TemporaryDirectory() as short:
        config = tmp_path / "config"
        config.write_text(f"Host h\n HostName 127.0.0.1\n Port {silent.getsockname()[1]}\n")
        host = SshHost("h", config=str(config), control=f"{short}/c", connect_seconds=1)
        began = time.monotonic()
        with pytest.raises(RunnerError, match="timed out"):
            SshRunner(host, tries=2, sleep=lambda seconds: None).run(Command(("true",)))
        assert time.monotonic() - began < 8


@pytest.mark.parametrize(("theirs", "seconds", "count"), [("", "5", "4"), ("ServerAliveInterval 40\n", "40", "3")])
def test_the_users_own_keep_alive_is_left_alone(make_ssh_host, runner_on, theirs, seconds, count):
    server = make_ssh_host()
    with open(server.config, "a") as config:
        config.write(theirs)
    asked = (*runner_on(server).ssh, "-G", "cluster")
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()
    assert {f"serveraliveinterval {seconds}", f"serveralivecountmax {count}"} <= set(said)


def test_a_server_that_hangs_on_an_open_connection_is_given_up(make_ssh_host, runner_on):
    server = make_ssh_host()
    with open(server.config, "a") as config:
        config.write("ServerAliveInterval 1\nServerAliveCountMax 2\n")  # a user who waits less than the tests would
    runner = runner_on(server)
    runner.run(Command(("true",)))
    server.hang()
    began = time.monotonic()
    with pytest.raises(RunnerError, match="it is not known what became of true"):
        runner.run(Command(("true",)))
    assert time.monotonic() - began < 20


def test_a_command_that_takes_too_long(ssh_runner):
    with pytest.raises(RunnerError, match="no answer within 1 s") as caught:
        ssh_runner.run(Command(("sleep", "20"), timeout=1))
    assert caught.value.transient


@pytest.mark.parametrize("name", ["", "-oProxyCommand=id", "a b", "a;b", "$(id)"])
def test_a_host_that_would_be_an_option_or_a_shells(name):
    with pytest.raises(UsageError):
        SshHost(name)


def test_a_socket_folder_that_others_may_write_is_refused(make_ssh_host):
    server = make_ssh_host()
    folder = server.folder / "open"
    folder.mkdir()
    folder.chmod(0o777)
    host = SshHost("cluster", config=server.config, control=str(folder))
    with pytest.raises(UsageError, match="no folder of yours alone"):
        SshRunner(host).run(Command(("true",)))


def test_a_socket_folder_with_a_long_path_is_refused_before_anything_is_asked(make_ssh_host):
    host = SshHost("cluster", config=make_ssh_host().config, control=f"/tmp/{'x' * 60}")
    with pytest.raises(UsageError, match="too long"):
        SshRunner(host).run(Command(("true",)))


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
