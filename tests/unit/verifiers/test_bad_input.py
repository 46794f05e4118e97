"""Bad input as a user meets it: the command, in a process of its own, with its time and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from autolab_core.io.layout import BACKLOG, ENVIRONMENT, LINE_LIMITS, POLICY, PYPROJECT, STATE, VERIFICATION_RESULT
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.report.formats import FORMATS
from autolab_verifiers.report.text import render
from autolab_verifiers.selftest.repository import (
    DOCUMENTS,
    ITERATION,
    PATHS,
    RUN,
    RUN_DOCUMENTS,
    RUN_PATHS,
    Repository,
    build,
)

ROOT = Path(__file__).parents[3]
MEGABYTE = 1024 * 1024
FILES = (*DOCUMENTS, *RUN_DOCUMENTS, PATHS.run_local)
SECONDS = 20  # a guard against hangs on a machine that is busy, not a measurement


class Answer(NamedTuple):
    """How a process ended, what it printed and the most memory that it ever held, in bytes."""

    code: int
    out: str
    err: str
    memory: int


# A child's figure begins with what the process that it was forked from had: a worker that has run many tests is big.
_SMALL_PARENT = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[2:])
_, status, used = os.wait4(process.pid, 0)
os.write(int(sys.argv[1]), f"{os.waitstatus_to_exitcode(status)} {used.ru_maxrss}".encode())
"""


def command(*arguments: str | Path, before: tuple[str, ...] = ()) -> Answer:
    started = [*before, sys.executable, "-P", "-m", "autolab_verifiers", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    began = time.monotonic()
    # Files, because a pipe that nobody reads would block what prints much.
    out, err, figures = (os.memfd_create(name) for name in ("out", "err", "figures"))
    measured = [sys.executable, "-I", "-S", "-c", _SMALL_PARENT, str(figures), *map(os.fspath, started)]
    subprocess.run(measured, stdout=out, stderr=err, env=environment, pass_fds=(figures,), check=True)
    texts = []
    for descriptor in (out, err, figures):
        with open(descriptor, "rb") as file:
            file.seek(0)
            texts.append(file.read().decode())
    assert time.monotonic() - began < SECONDS
    assert "Traceback" not in texts[0] + texts[1]
    code, kibibytes = map(int, texts.pop().split())
    return Answer(code, *texts, kibibytes * 1024)


@pytest.fixture
def repository(tmp_path) -> Repository:
    return build(tmp_path / "repository")


def lines_about(answer: Answer, path: str) -> list[str]:
    """The lines that say what is wrong and name *path*."""
    return [line for line in answer.out.splitlines() if line.startswith(("FAIL", "ERROR")) and path in line]


def in_place_of(repository: Repository, path: str) -> Path:
    place = repository.root / path
    place.unlink(missing_ok=True)
    return place


def sparse(place: Path) -> None:
    with open(place, "wb") as file:
        file.truncate(100 * MEGABYTE)


KINDS: dict[str, Callable[[Path], object]] = {
    "empty": lambda place: place.write_bytes(b""),
    "junk": lambda place: place.write_bytes(bytes(range(256)) * 40),
    "pipe": os.mkfifo,
    "outside": lambda place: place.symlink_to("/etc/passwd"),
}


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_file_is_told_in_a_clear_line(repository, path, kind):
    KINDS[kind](in_place_of(repository, path))

    answer = command(repository.root)

    assert answer.code in (1, 2)
    assert answer.err == ""
    assert lines_about(answer, path)


@pytest.mark.parametrize("path", FILES)
def test_a_huge_file_is_refused_before_it_is_read(repository, path):
    sparse(in_place_of(repository, path))

    answer = command(repository.root)

    assert answer.code in (1, 2)
    assert lines_about(answer, path)
    assert answer.memory < 150 * MEGABYTE


def test_huge_files_everywhere_take_no_more_than_one(repository):
    for path in (*FILES, ENVIRONMENT, PATHS.run_slurm, RUN_PATHS.start_marker, PYPROJECT):
        if path != STATE:
            sparse(repository.root / path)
    for path in (RUN_PATHS.log("stdout.log"), f"{RUN_PATHS.folder}/model.bin", f"{PATHS.folder}/notes.md"):
        sparse(repository.root / path)

    answer = command(repository.root)

    assert (answer.code, answer.err) == (2, "")
    assert answer.memory < 150 * MEGABYTE


# Whoever runs the tests as root may read everything, but for these two rights.
BOUND = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()


@pytest.mark.parametrize("path", FILES)
def test_a_file_that_may_not_be_read_is_told_in_a_clear_line(repository, path):
    os.chmod(repository.root / path, 0)

    answer = command(repository.root, before=BOUND)

    assert (answer.code, answer.err) == (2, "")
    assert any("permission denied" in line for line in lines_about(answer, path))


@pytest.mark.parametrize("path", [PATHS.runs, RUN_PATHS.folder, PATHS.folder, ".autolab", RUN_PATHS.logs])
def test_a_folder_that_may_not_be_read_is_no_pass(repository, path):
    os.chmod(repository.root / path, 0)
    try:
        answer = command(repository.root, before=BOUND)
    finally:
        os.chmod(repository.root / path, 0o755)

    assert answer.code in (1, 2)
    assert answer.out + answer.err


EMPTY_FOLDERS = (
    PATHS.folder,
    PATHS.runs,
    RUN_PATHS.folder,
    RUN_PATHS.logs,
    ".autolab",
    ".autolab/schemas",
    "experiments",
)


@pytest.mark.parametrize("path", EMPTY_FOLDERS)
def test_an_empty_folder_is_no_pass(repository, path):
    repository.remove(path)
    (repository.root / path).mkdir()

    answer = command(repository.root)

    assert answer.code in (1, 2)
    assert (answer.out + answer.err).strip()


@pytest.mark.parametrize("path", [*EMPTY_FOLDERS, f"{PATHS.folder}/launch"])
@pytest.mark.parametrize("to_itself", [False, True])
def test_a_folder_that_is_a_link_out_or_to_itself_is_no_pass(repository, tmp_path, path, to_itself):
    place = repository.root / path
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(place.name if to_itself else tmp_path / "elsewhere")

    answer = command(repository.root)

    assert answer.code in (1, 2)
    assert answer.out + answer.err


NAMES = (b"new\nline", b"\xff\xfe", b"esc\x1b[31m", b"x" * 255, b"-rf", b"a\tb", "\u202egnp".encode())


@pytest.mark.parametrize("name", NAMES)
def test_a_strange_name_anywhere_does_no_harm(repository, name):
    for folder in (PATHS.runs, "experiments/plan", RUN_PATHS.logs, PATHS.folder, "src", "."):
        place = os.fsencode(repository.root / folder)
        os.makedirs(os.path.join(place, name))
        with open(os.path.join(place, name[:200] + b".json"), "wb") as file:
            file.write(b"{\n")

    for arguments in ((), ("--format", "sarif")):
        answer = command(repository.root, *arguments)

        assert answer.code in (0, 1, 2)
        assert "\x1b" not in answer.out
    assert json.loads(answer.out)["version"] == "2.1.0"


def test_strange_names_in_git_do_no_harm(repository):
    def git(*words: str) -> None:
        identity = ("-c", "user.name=ada", "-c", "user.email=ada@example.org")
        subprocess.run(["git", *identity, *words], cwd=repository.root, check=True, capture_output=True)

    git("init")
    for name in NAMES:
        for folder in (PATHS.folder, "src", "experiments/done/old"):
            place = os.fsencode(repository.root / folder)
            os.makedirs(place, exist_ok=True)
            with open(os.path.join(place, name), "wb") as file:
                file.write(b"x")
    git("add", "--all")
    git("commit", "-m", "all")
    for path in (repository.root / "experiments/done/old").iterdir():
        path.write_bytes(b"changed")

    for arguments in ((), ("--format", "sarif")):
        answer = command(repository.root, *arguments)

        assert answer.code in (0, 1, 2)
        assert answer.err == ""
        assert "\x1b" not in answer.out


@pytest.mark.parametrize("name", ["new\nline", "\x1b[31m", "x" * 5000, "../../etc", "\u202egnp", "a\0b", "."])
@pytest.mark.parametrize("key", ["/iteration_id", "/last_run_id"])
def test_a_strange_id_in_the_state_is_told_on_one_line(repository, key, name):
    repository.set(STATE, key, name)

    answer = command(repository.root)

    assert (answer.code, answer.err) == (2, "")
    assert any(line.startswith(f"ERROR AV001 {STATE}:") for line in answer.out.splitlines())
    assert all(line.isprintable() for line in answer.out.splitlines())


@pytest.mark.parametrize("name", NAMES)
def test_a_strange_name_that_a_caller_gives_is_wrong_usage(repository, name):
    answer = command(repository.root, f"--iteration={os.fsdecode(name)}")

    assert answer.code == 2
    assert len(answer.err.splitlines()) == 1
    assert answer.err.rstrip("\n").isprintable()


@pytest.fixture
def thousands(repository) -> Repository:
    """A batch script with 3000 lines that Slurm will not read."""
    script = "#!/bin/bash\n#SBATCH --time=1\nset -euo pipefail\n" + "#SBATCH --comment=late\n" * 3000
    repository.write(PATHS.run_slurm, script)
    return repository


def test_thousands_of_findings_are_counted_and_not_all_shown(thousands):
    answer = command(thousands.root)

    *shown, cut = [line for line in answer.out.splitlines() if line.startswith("FAIL  LS003 ")]
    assert len(shown) == 20
    assert cut == f"FAIL  LS003 … and 2984 more; all of them are in {VERIFICATION_RESULT}"
    assert len(answer.out.splitlines()) < 100


def test_thousands_of_findings_are_all_in_the_document(thousands):
    answer = command(thousands.root, "--format", "json")

    [check] = [check for check in json.loads(answer.out)["checks"] if check["rule"] == "LS003"]
    assert len([each for each in check["findings"] if "stands below" in each["message"]]) == 3000
    assert (thousands.root / VERIFICATION_RESULT).read_text() == answer.out


@pytest.mark.parametrize("name", FORMATS)
def test_thousands_of_findings_can_be_told_in_every_format(thousands, name):
    answer = command(thousands.root, "--format", name)

    assert (answer.code, answer.err) == (1, "")
    assert answer.memory < 150 * MEGABYTE


@pytest.mark.parametrize(
    "unit",
    [b"\n", b"#SBATCH --x=1\n", b"#SBATCH ", b"{{", b"<A", b"$(", b"x ", b"'", b"\\\n", b"x\n", b"a_", b"/"],
    ids=repr,
)
@pytest.mark.parametrize("path", [PATHS.run_local, PATHS.run_slurm, ENVIRONMENT])
def test_megabytes_of_one_thing_take_no_quadratic_time(repository, path, unit):
    repository.write(path, b"#!/bin/bash\n" + unit * (2 * MEGABYTE // len(unit)))

    began = time.process_time()
    judgement = examine(repository.root).judgement
    assert time.process_time() - began < SECONDS
    assert render(judgement)


@pytest.mark.parametrize("unit", [b"- ", b"a: ", b"&a ", b"x\n", b"- x\n", b"\n", b"'", b"? ", b"[1,"], ids=repr)
@pytest.mark.parametrize("path", [PATHS.design, BACKLOG, LINE_LIMITS, POLICY])
def test_megabytes_of_yaml_end_soon(repository, path, unit):
    repository.write(path, unit * (MEGABYTE // len(unit)))

    began = time.process_time()
    judgement = examine(repository.root).judgement
    assert time.process_time() - began < SECONDS
    assert not judgement.passed


def test_a_tree_of_hundreds_of_levels_does_no_harm(repository):
    here = os.getcwd()
    os.chdir(repository.root / RUN_PATHS.folder)
    try:
        for _ in range(300):
            os.mkdir("deeper")
            os.chdir("deeper")
    finally:
        os.chdir(here)

    answer = command(repository.root)

    assert answer.code in (0, 1, 2)
    assert answer.err == ""


def test_the_subject_of_all_this_is_a_repository_in_order(repository):
    assert command(repository.root, "--iteration", ITERATION, "--run", RUN).code == 0
