"""The files of runs on another machine: read in one command, and never taken for absent when they cannot be read."""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autolab_core.exec.activated import ActivatedRunner
from autolab_core.exec.command import Command, CommandResult
from autolab_core.exec.local import LocalRunner
from autolab_core.io.layout import RunPaths
from autolab_core.schedulers.slurm.far_files import FarFiles
from autolab_core.schedulers.slurm.job_files import MARKER_BYTES, LocalFiles, Place
from autolab_core.vocab.errors import RunnerError

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
FOLDERS = ("experiments/a/runs/r1", "experiments/a/runs/r2", "experiments/a/runs/r3")


class Counting:
    """A runner that counts, and may cut what comes back."""

    def __init__(self, keep: int | None = None) -> None:
        self.count = 0
        self.keep = keep

    def run(self, command: Command) -> CommandResult:
        self.count += 1
        done = LocalRunner().run(command)
        return CommandResult(done.argv, done.exit_code, done.stdout[: self.keep], done.stderr)


@pytest.fixture(params=["plain", "it's a \\n tree"])
def tree(tmp_path: Path, request) -> Path:
    root = tmp_path / request.param
    for folder in FOLDERS:
        (root / folder / "logs").mkdir(parents=True)
    return root


def places(tree: Path) -> list[Place]:
    return [Place(str(tree), folder) for folder in FOLDERS]


def logs(tree: Path, index: int) -> Path:
    return tree / FOLDERS[index] / "logs"


def test_what_is_read_there_is_what_is_read_here(tree):
    (logs(tree, 0) / "start.json").write_bytes(b'{"token": "t"}\n')
    (logs(tree, 0) / "exit.json").write_bytes(b"\xff\x00 damaged\n\n")
    (logs(tree, 1) / "start.json").write_bytes(b"")
    runner = Counting()

    found = FarFiles(runner).markers(places(tree), NOW)

    assert list(found) == list(LocalFiles(tree).markers(places(tree), NOW))
    assert [len(each) for each in found] == [2, 1, 0]
    assert runner.count == 1


def test_nothing_there_is_an_answer_too(tree):
    assert FarFiles(LocalRunner()).markers(places(tree), NOW) == [(), (), ()]
    assert FarFiles(LocalRunner()).markers([], NOW) == []


def test_what_is_no_marker_is_told_and_holds_nobody_up(tree):
    os.mkfifo(logs(tree, 0) / "start.json")
    (logs(tree, 1) / "start.json").symlink_to("/etc/hostname")
    (logs(tree, 2) / "exit.json").write_bytes(b"x" * (MARKER_BYTES + 1))

    found = FarFiles(LocalRunner()).markers(places(tree), NOW)

    assert [(each.exit_code, each.stdout) for (each,) in found] == [(1, "")] * 3
    assert ["no regular file" in found[0][0].stderr, "longer than" in found[2][0].stderr] == [True, True]


@pytest.mark.parametrize("keep", [0, 5, 200, 700])
def test_an_answer_that_is_cut_is_no_answer(tree, keep):
    (logs(tree, 0) / "exit.json").write_bytes(b'{"token": "t", "exit_code": 0}')

    with pytest.raises(RunnerError):
        FarFiles(Counting(keep)).markers(places(tree), NOW)


def test_a_run_of_which_no_place_is_known_is_not_taken_for_one_without_markers():
    with pytest.raises(RunnerError, match="not on record"):
        FarFiles(LocalRunner()).markers([Place(None, FOLDERS[0])], NOW)


def test_folders_are_made_and_a_run_that_has_begun_is_named(tree):
    files, more = FarFiles(LocalRunner()), Place(str(tree), "experiments/a/runs/r4")

    assert files.prepare([*places(tree), more]) is None
    assert (tree / more.folder / "logs").is_dir()
    (logs(tree, 1) / "start.json").symlink_to("nowhere")
    assert files.prepare(places(tree)) == FOLDERS[1]


def test_a_folder_that_cannot_be_made_is_an_error(tree):
    (tree / "file").write_text("")

    with pytest.raises(RunnerError, match="cannot be reached"):
        FarFiles(LocalRunner()).prepare([Place(str(tree), "file/r1")])


def test_a_request_to_end_is_whole_whenever_it_is_read(tree):
    path = tree / RunPaths(FOLDERS[0]).cancel_request
    read: list[str] = []

    def watch() -> None:
        while not done.is_set():
            if path.exists():
                read.append(path.read_text())

    done = threading.Event()
    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(20):
        FarFiles(LocalRunner()).request_end(places(tree), "t-1", 'it\'s "enough"\n')
    done.set()
    watcher.join()

    assert {text: json.loads(text) for text in read} == {read[0]: {"token": "t-1", "reason": 'it\'s "enough"\n'}}


def test_what_an_activation_says_is_no_answer_and_what_it_sets_is_there():
    lines = "echo 'modules are loaded'\ncat\nexport PLACE=\"here\"\nfalse"

    done = ActivatedRunner(LocalRunner(), lines).run(
        Command(("sh", "-c", 'cat; echo "$PLACE $1"; exit 3', "sh", "it's"), stdin=b"given ")
    )

    assert (done.exit_code, done.stdout, done.argv[0]) == (3, b"given here it's\n", "sh")


def test_without_activation_a_command_is_run_as_it_is():
    asked = Command(("true",))
    given: list[Command] = []

    class Keeping:
        def run(self, command: Command) -> CommandResult:
            given.append(command)
            return LocalRunner().run(command)

    ActivatedRunner(Keeping(), " \n").run(asked)

    assert given == [asked]
