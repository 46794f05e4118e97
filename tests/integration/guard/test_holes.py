"""Ways around a guard that its making has to close, and mistakes that end in one line."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from autolab_core.vocab.guard import STRONGEST_FIRST, GuardLevel
from tests.integration.guard.conftest import MAIN

ENFORCED = [level for level in STRONGEST_FIRST if level.enforced]
MOUNTS = [level for level in STRONGEST_FIRST if level.mounts]
_KEPT = {0, 1, 3, 4, 5, 6, 7}  # CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID


@pytest.mark.parametrize("level", ENFORCED)
def test_capabilities_are_those_of_ordinary_work_and_no_program_gains_any(place, level):
    # The shell's child is a second execve, which is where root would get its capabilities back.
    done = place.run(place.guarded("sh", "-c", "cat /proc/self/status; :", level=level))

    status = dict(line.split(":\t") for line in done.stdout.splitlines() if ":\t" in line)
    effective = int(status["CapEff"], 16)
    assert {bit for bit in range(64) if effective >> bit & 1} == (_KEPT if place.who.uid == 0 else set())
    assert status["NoNewPrivs"] == "1"


@pytest.mark.parametrize("level", STRONGEST_FIRST)
def test_descriptors_are_closed_and_a_folder_is_handed_over_by_none(own_place, level):
    argv = own_place.guarded("sh", "-c", "ls -l /proc/self/fd; ls -d /proc/self/fd/0/*", level=level)
    # Python itself does not start with a folder for its standard input; whoever uses the guard from Python may.
    code = argv.index(MAIN)
    argv[code] = f"import os; os.dup2(os.open('.', os.O_RDONLY), 0); os.open('.', os.O_RDONLY); {MAIN}"
    folder = os.open(own_place.root, os.O_RDONLY)
    try:
        done = own_place.run(argv, pass_fds=(folder,))
    finally:
        os.close(folder)

    assert str(own_place.root) not in done.stdout
    assert "0 -> /dev/null" in done.stdout


@pytest.mark.parametrize("level", MOUNTS)
def test_sockets_of_the_user_cannot_be_reached_wherever_they_lie(place, level):
    path = place.root / "out/service"
    service = socket.socket(socket.AF_UNIX)
    service.bind(str(path))
    service.listen()
    os.chown(path, place.who.uid, place.who.gid)
    path.chmod(0o777)
    connect = f"import socket; socket.socket(socket.AF_UNIX).connect({str(path)!r})"
    command = ("/usr/bin/python3", "-c", connect)

    try:
        assert place.run(list(command)).returncode == 0
        done = place.run(place.guarded(*command, level=level))
    finally:
        service.close()

    assert done.returncode == 1
    assert "Permission" in done.stderr or "refused" in done.stderr


@pytest.mark.parametrize("level", MOUNTS)
def test_tmp_and_run_are_private_and_empty(place, level):
    done = place.run(place.guarded("sh", "-c", "mktemp /tmp/mineXXXX; ls /tmp; ls -A /run", level=level))

    made, *seen = done.stdout.split()
    assert seen == [os.path.basename(made), "lock"]
    assert not os.path.exists(made)


def test_a_run_writes_its_own_folders_and_temporary_files_alone(place):
    for level in ENFORCED:
        tried = 'echo 1 > out/a; echo 2 > b; t=$(mktemp) && echo 3 > "$t" && echo made'
        done = place.run(place.guarded("sh", "-c", tried, level=level, more=("--profile", "run")))

        assert "made" in done.stdout
        assert not (place.root / "b").exists()
        assert (place.root / "out/a").exists()
        assert place.record()["profile"] == "run"


def connecting(port: int) -> tuple[str, ...]:
    return (sys.executable, "-c", f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)")


def test_the_network_is_none_or_the_ports_that_are_listed(own_place):
    listening = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    one, other = (each.getsockname()[1] for each in listening)
    strongest = GuardLevel.MOUNT_LANDLOCK

    def code(port: int, network: str) -> int:
        argv = own_place.guarded(*connecting(port), level=strongest, more=("--network", network))
        return own_place.run(argv).returncode

    try:
        assert (code(one, "inherit"), code(one, "none")) == (0, 1)
        assert (code(one, str(one)), code(other, str(one))) == (0, 1)
    finally:
        for each in listening:
            each.close()


@pytest.mark.parametrize("level", ENFORCED)
def test_a_guard_inside_another_is_refused_with_the_reason(own_place, level):
    inner = own_place.guarded("touch", "out/ran", run_id="inner")

    done = own_place.run(own_place.guarded(*inner, level=level))

    assert done.returncode == 125
    assert f"already inside a guard, of level {level}" in done.stderr
    assert not (own_place.root / "out/ran").exists()


def test_names_with_blanks_colons_and_line_breaks_are_guarded_as_they_are(own_place):
    folder = own_place.root / "a b:c\nd"
    folder.mkdir()
    (folder / "it's $(x)").write_text("1")
    for level in ENFORCED:
        change = 'echo 2 > "$1/new"; echo 2 > "$1/it\'s \\$(x)"'
        argv = own_place.argv(
            "run", "--level", level, "--protect", str(folder), "--", "sh", "-c", change, "sh", str(folder)
        )

        own_place.run(argv)

        assert [path.read_text() for path in folder.iterdir()] == ["1"]


def test_what_cannot_be_guarded_is_one_line_and_nothing_runs(own_place):
    (own_place.root / "link").symlink_to("experiments")
    (own_place.root / "twin").write_text("x")
    os.link(own_place.root / "twin", own_place.root / "out/twin")
    with open(own_place.spec, "a") as spec:
        wrong = [
            (("run", "--protect", "link"), {}),
            (("run", "--protect", "twin"), {}),
            (("run", "--protect", "out", "--write", "out"), {}),
            (("run", "--spec", "experiments/absent.md"), {}),
            (("run", "--network", "sometimes"), {}),
            (("run", "--level", "strong"), {}),
            (("run", "--level", "none", "--require", "content"), {}),
            (("run", "--write", ".autolab/guard"), {}),
            (("run", "--run-id", "../x"), {}),
            (("run", "--protect", "experiments"), {"stdout": spec}),
        ]
        (own_place.root / ".autolab/guard").mkdir(exist_ok=True)
        for words, options in wrong:
            done = own_place.run([*own_place.argv(*words), "--", "touch", "out/ran"], **options)

            assert (done.returncode, done.stderr.count("\n")) == (125, 1), (words, done.stderr)
            assert "Traceback" not in done.stderr
    assert not (own_place.root / "out/ran").exists()


def test_a_command_cannot_start_in_a_folder_that_the_guard_hides(own_place, tmp_path):
    if not str(tmp_path).startswith(("/tmp/", "/run/")):
        os.makedirs(tmp_path := type(tmp_path)("/tmp") / f"hidden-{os.getpid()}", exist_ok=True)
    argv = [*own_place.argv("run", "--root", str(own_place.root)), "--", "true"]

    done = subprocess.run(argv, cwd=tmp_path, env=own_place.environment, capture_output=True, text=True, check=False)

    assert done.returncode == 125
    assert "not seen inside the guard" in done.stderr
