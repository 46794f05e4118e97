"""``autolab remote``: what is asked of a real host, and what is said of one that does not serve."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
from pathlib import Path

import pytest

from autolab_cli.main import main
from autolab_core.io.layout import REMOTE_PROFILES

SLURM = dict.fromkeys(("sinfo", "sbatch", "squeue", "sacct"), "echo slurm-wlm 22.05.8")


@pytest.fixture
def ask(tmp_path, capsys):
    """Ask about a server: the exit code, and each finding by its name."""
    (tmp_path / ".autolab").mkdir()

    def ask(config: str, *, root: str | None = None, more: str = ""):
        profile = f"{{host: cluster, root: '{root or tmp_path / 'far'}', ssh_config: '{config}'{more}}}"
        (tmp_path / REMOTE_PROFILES).write_text(f"default: far\nprofiles:\n  far: {profile}\n")
        code = main(["remote", "check", "--json", "--root", str(tmp_path)])
        said = json.loads(capsys.readouterr().out)
        return code, {each["name"]: each for each in said["findings"]}

    return ask


def login(folder: Path, programs: dict[str, str], greeting: str = "") -> str:
    """A login shell that has *programs* before the others."""
    folder.mkdir(exist_ok=True)
    for name, line in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    return f'#!/bin/sh\n{greeting}\nPATH={folder}:$PATH\nexport PATH\nexec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n'


def test_a_host_that_serves_and_nothing_is_left_there(make_ssh_host, ask, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    server = make_ssh_host(login=login(tmp_path / "bin", SLURM))
    code, found = ask(server.config, more=f", scratch: '{scratch}', activation: 'echo loaded; true'")
    assert {name: each for name, each in found.items() if each["level"] != "ok"} == {}
    assert code == 0
    assert found.keys() >= {"connection", "login shell", "clock", "root", "scratch", "git", "rsync", "sbatch", "python"}
    assert re.fullmatch(r"(/\S+|unknown) says nothing to programs", found["login shell"]["detail"])
    assert "is not there yet, and would be made in" in found["root"]["detail"]
    assert list(scratch.iterdir()) == []
    assert not (tmp_path / "far").exists()


def test_a_host_with_many_faults_names_each_with_a_way_out(make_ssh_host, ask, tmp_path):
    late = "echo $(( $(/usr/bin/date +%s) - 3600 ))"
    server = make_ssh_host(login=login(tmp_path / "bin", {"date": late, "git": "exit 1"}, "echo Welcome; umask 0"))
    (tmp_path / "far").write_text("a file\n")
    code, found = ask(server.config, root=f"{tmp_path}/far/below", more=", activation: 'no-such-module load x'")
    assert code == 1
    assert found["login shell"]["level"] == "problem"
    assert "'Welcome'" in found["login shell"]["detail"]
    # Whole seconds there; a machine that is busy answers late.
    assert re.search(r"ours is (3599|360\d)\b", found["clock"]["detail"]), found["clock"]
    assert (found["git"]["level"], found["sbatch"]["level"]) == ("problem", "problem")
    assert "127" in found["activation"]["detail"]
    assert found["umask"]["level"] == "warning"
    bad = {"login shell", "clock", "git", "sinfo", "sbatch", "squeue", "sacct", "activation", "umask"}
    assert all(found[name]["advice"] for name in bad)


def test_a_root_that_cannot_be_written(make_ssh_host, ask):
    code, found = ask(make_ssh_host().config, root="/proc/autolab")
    assert code == 1
    assert found["root"]["level"] == "problem"
    assert "`root` of the profile" in found["root"]["advice"]


def test_a_full_disk(make_ssh_host, ask, tmp_path):
    if os.getuid() != 0:
        pytest.skip("needs root, to mount a small file system")
    far = tmp_path / "far"
    far.mkdir()
    subprocess.run(("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", far), check=True)
    try:
        (far / "x").write_bytes(b"x" * 65536)
        code, found = ask(make_ssh_host().config)
    finally:
        subprocess.run(("umount", far), check=True)
    assert code == 1
    assert "No space left on device" in found["root"]["detail"]
    assert "free some space" in found["root"]["advice"]


def gone(server):
    server.kill()


def no_key(server):
    (server.folder / "authorized_keys").write_text("")


@pytest.mark.parametrize(
    ("harm", "what", "advice"),
    [
        (gone, "Connection refused", "no sshd answers there"),
        (no_key, "Permission denied", "log in by hand once"),
        (lambda server: server.change_host_key(), "Host key verification failed", "ask its administrators"),
    ],
    ids=["gone", "key", "host-key"],
)
def test_a_host_that_does_not_let_us_in(make_ssh_host, ask, harm, what, advice):
    server = make_ssh_host()
    harm(server)
    code, found = ask(server.config)
    assert code == 2
    assert list(found) == ["connection"]
    assert what in found["connection"]["detail"]
    assert advice in found["connection"]["advice"]


def test_a_host_that_is_nowhere_and_one_that_hangs_are_given_up(ask, tmp_path):
    config = tmp_path / "config"
    config.write_text("Host cluster\n HostName no-such-host.invalid\n")
    code, found = ask(str(config))
    assert (code, "~/.ssh/config" in found["connection"]["advice"]) == (2, True)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        config.write_text(f"Host cluster\n HostName 127.0.0.1\n Port {port}\n ConnectTimeout 1\n")
        began = time.monotonic()
        code, found = ask(str(config))
        assert time.monotonic() - began < 45  # twice the 15 s that a connection may take, and a pause
    assert code == 2
    assert "does not answer" in found["connection"]["advice"]


def test_profiles_are_listed(tmp_path, capsys):
    (tmp_path / ".autolab").mkdir()
    words = ["remote", "list", "--root", str(tmp_path)]
    assert main(words) == 0
    assert f"write one to {REMOTE_PROFILES}" in capsys.readouterr().out
    (tmp_path / REMOTE_PROFILES).write_text(
        "default: a\nprofiles:\n  a: {host: h, root: /x}\n  b: {host: i, root: ~/y}\n"
    )
    assert main(words) == 0
    assert capsys.readouterr().out == (
        "a (default): h:/x, push by git, pull by auto\nb: i:~/y, push by git, pull by auto\n"
    )
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["profiles"][1]["root"] == "~/y"
    assert main(["remote", "check", "c", "--root", str(tmp_path)]) == 2
    assert "there is no remote profile 'c'; there are: a, b" in capsys.readouterr().err
