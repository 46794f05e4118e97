"""Each level holds, says so in a record, and is reported only when it was seen to hold."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from autolab_core.vocab.guard import STRONGEST_FIRST, GuardLevel
from tests.integration.guard.conftest import TEXT

ENFORCED = [level for level in STRONGEST_FIRST if level.enforced]
FILTER = str(Path(__file__).with_name("seccomp.py"))
TRY = "echo x > experiments/exp-001.md; echo y > experiments/new; echo z > out/kept; exit 3"


@pytest.mark.parametrize("level", ENFORCED)
def test_a_command_changes_nothing_that_is_protected_and_all_that_is_not(place, level):
    done = place.run(place.guarded("sh", "-c", TRY, level=level))

    assert done.returncode == 3
    assert place.spec.read_text() == TEXT
    assert os.listdir(place.root / "experiments") == ["exp-001.md"]
    assert (place.root / "out/kept").read_text() == "z\n"
    record = place.record()
    assert record["level"] == level
    assert record["after"]["seals_ok"] is True
    assert record["exit_code"] == 3
    refused = {each["path"]: each["errno"] for each in record["probe"]}
    assert refused[str(place.spec)] in {"EROFS", "EACCES"}
    assert refused[str(place.root / "experiments")] in {"EROFS", "EACCES"}


def test_the_level_none_enforces_nothing_and_says_what_was_changed(place):
    change = f"chmod u+w {place.spec} {place.root}/experiments; {TRY}"

    done = place.run(place.guarded("sh", "-c", change, level=GuardLevel.NONE))

    assert done.returncode == 3
    assert "nothing was enforced" in done.stderr
    assert {"path": "experiments/exp-001.md", "what": "content"} in place.record()["after"]["changes"]
    assert place.spec.stat().st_mode & 0o777 == 0o644


def test_a_change_that_was_found_is_no_success(place):
    change = f"chmod u+w {place.spec}; echo x > {place.spec}"

    assert place.run(place.guarded("sh", "-c", change, level=GuardLevel.NONE)).returncode == 125


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EPERM])
def test_with_landlock_denied_the_level_drops_and_the_reason_is_on_record(place, tmp_path_for_all, number):
    done = place.run([place.who.python, tmp_path_for_all, "landlock", str(number), *place.guarded("sh", "-c", TRY)])

    assert done.returncode == 3
    assert place.spec.read_text() == TEXT
    record = place.record()
    assert record["level"] == GuardLevel.MOUNT
    assert any("mount+landlock cannot be had" in note and "seccomp" in note for note in record["notes"])


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EPERM])
def test_without_namespaces_landlock_alone_holds(place, tmp_path_for_all, number):
    done = place.run([place.who.python, tmp_path_for_all, "namespaces", str(number), *place.guarded("sh", "-c", TRY)])

    assert done.returncode == 3
    assert place.spec.read_text() == TEXT
    assert place.record()["level"] == GuardLevel.LANDLOCK


def test_what_is_required_and_cannot_be_had_is_refused_in_one_line(place, tmp_path_for_all):
    argv = place.guarded("touch", "out/ran", more=("--require", "mount+landlock"))

    done = place.run([place.who.python, tmp_path_for_all, "landlock", str(errno.ENOSYS), *argv])

    assert done.returncode == 125
    assert done.stderr.count("\n") == 1
    assert "requires mount+landlock" in done.stderr
    assert "Linux 6.2" in done.stderr
    assert not (place.root / "out/ran").exists()


def test_check_tries_each_level_and_changes_nothing(place, tmp_path_for_all):
    before = place.spec.stat().st_ctime_ns

    done = place.run([place.who.python, tmp_path_for_all, "landlock", "1", *place.argv("check")])

    assert done.returncode == 0
    had = {line.split()[1]: line.split()[2] for line in done.stdout.splitlines() if line.startswith("level")}
    assert had == {"mount+landlock": "no:", "mount": "yes", "landlock": "no:", "none": "yes"}
    assert place.spec.stat().st_ctime_ns == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can hide a program")
def test_without_bubblewrap_landlock_alone_holds_and_the_reason_names_the_package(own_place):
    hide = f'mount --bind /dev/null {shutil.which("bwrap")}; exec "$@"'

    done = own_place.run(["unshare", "-m", "sh", "-c", hide, "sh", *own_place.guarded("sh", "-c", TRY)])

    assert done.returncode == 3
    record = own_place.record()
    assert (record["level"], record["bwrap"]) == (GuardLevel.LANDLOCK, None)
    assert any("apt-get install bubblewrap" in note for note in record["notes"])


@pytest.fixture
def tmp_path_for_all(place):
    """The filter's program where every user can read it."""
    copy = place.root.parent / f"{place.root.name}.seccomp.py"
    shutil.copy(FILTER, copy)
    copy.chmod(0o644)
    yield str(copy)
    copy.unlink()


INNER = """\
echo one; echo two >> /dev/stdout; echo three >&2
ln -s ../../experiments/exp-001.md out/logs/link && echo linked
mv out/logs out/old && echo moved
touch out/logs/new && echo made
echo kept > out/own/kept
"""


@pytest.mark.parametrize("level", STRONGEST_FIRST)
def test_a_folder_that_is_kept_in_a_writable_one_takes_the_output_and_no_more(place, level):
    logs = place.root / "out/logs"
    own = [logs, place.root / "out/own", logs / "stdout.log", logs / "stderr.log"]
    for path in own:
        path.touch() if path.suffix else path.mkdir()
        os.chown(path, place.who.uid, place.who.gid)
    spec = "experiments/exp-001.md"
    policy = {
        "profile": "run",
        "protected": [".autolab", "experiments", "out/logs"],
        "sealed": ["experiments"],
        "writable": ["out"],
        "require": level,
        "spec": spec,
    }
    (place.root / "policy.json").write_text(json.dumps(policy))
    argv = place.argv("run", "--run-id", "r1", "--policy", "policy.json", "--level", level, "--", "sh", "-c", INNER)

    with open(logs / "stdout.log", "a") as out, open(logs / "stderr.log", "a") as err:
        done = place.run(argv, stdout=out, stderr=err)

    assert done.returncode == 0
    assert (place.root / "out/own/kept").exists()
    if level.enforced:
        assert sorted(os.listdir(logs)) == ["stderr.log", "stdout.log"]
        assert (logs / "stdout.log").read_text() == "one\ntwo\n"
        assert (logs / "stderr.log").read_text().startswith("three\n")
    assert place.record()["after"]["seals_ok"] is True
    assert place.spec.read_text() == TEXT


def test_an_output_that_is_sealed_is_refused_wherever_it_lies(own_place):
    (own_place.root / "out/logs").mkdir()
    with open(own_place.root / "out/logs/stdout.log", "w") as out:
        argv = own_place.argv("run", "--protect", "out/logs", "--write", "out", "--", "touch", "out/ran")
        done = own_place.run(argv, stdout=out)

    assert (done.returncode, done.stderr.count("\n")) == (125, 1)
    assert "standard output" in done.stderr
    assert not (own_place.root / "out/ran").exists()
