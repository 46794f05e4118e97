"""A repository with a spec, the guard's command, and an ordinary user besides root."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest

from autolab_core.guard.record import problems
from tests.battery.somebody import Somebody, ordinary_user, root

MAIN = "import sys; from autolab_cli.main import main; sys.exit(main())"
SPEC = "experiments/exp-001.md"
TEXT = "# What is to be found out\n"


class Place:
    """A repository of *who*, and the guard's command in it."""

    def __init__(self, folder: Path, who: Somebody) -> None:
        self.root = folder
        self.who = who
        (folder / ".autolab").mkdir()
        (folder / "experiments").mkdir()
        (folder / "out").mkdir()
        (folder / "temporary").mkdir()
        (folder / SPEC).write_text(TEXT)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, who.uid, who.gid)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TMPDIR": str(folder / "temporary"),
            "PYTHONPATH": who.packages,
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def argv(self, *words: str) -> list[str]:
        """``autolab guard`` with *words*, as *who* would type it."""
        return [self.who.python, "-P", "-c", MAIN, "guard", *words]

    def guarded(self, *command: str, level: str | None = None, run_id: str = "r1", more: tuple[str, ...] = ()):
        """The argv of ``guard run`` for *command*; the spec is protected and ``out`` may be written."""
        chosen = () if level is None else ("--level", level)
        return self.argv(
            "run", "--run-id", run_id, *chosen, "--protect", "experiments", "--spec", SPEC, "--write", "out",
            "--linger", "0", *more, "--", *command,
        )  # fmt: skip

    def start(self, argv: list[str], **options) -> subprocess.Popen[str]:
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        environment = self.environment | options.pop("env", {})
        return subprocess.Popen(argv, cwd=self.root, env=environment, text=True, **self.who.as_them(), **options)

    def run(self, argv: list[str], **options) -> subprocess.CompletedProcess[str]:
        with self.start(argv, **options) as child:
            stdout, stderr = child.communicate(timeout=60)
        return subprocess.CompletedProcess(argv, child.returncode, stdout, stderr)

    def record(self, run_id: str = "r1"):
        """The record, which has everything that a record has to have."""
        found = json.loads((self.root / ".autolab/guard" / f"{run_id}.json").read_text())
        assert problems(found) == []
        return found

    @property
    def spec(self) -> Path:
        return self.root / SPEC


@pytest.fixture(scope="session")
def _owner():
    with tempfile.TemporaryDirectory(prefix="guard-tests-", dir="/var/tmp") as folder:
        os.chmod(folder, 0o755)
        with ordinary_user(Path(folder)) as user:
            yield user


@pytest.fixture(params=["owner", "root"])
def place(request, _owner):
    """A place of the ordinary user, and one of root. In a folder that everybody can reach, and that is not in /tmp."""
    if request.param == "root" and os.geteuid() != 0:
        pytest.skip("only root can be root")
    yield from _place(_owner if request.param == "owner" else _as_root(_owner))


@pytest.fixture
def own_place(_owner):
    """A place of whoever runs the tests."""
    yield from _place(_as_root(_owner) if os.geteuid() == 0 else _owner)


def _as_root(user: Somebody) -> Somebody:
    """Root with the copy of the tool that was made for *user*: the tool is sealed too, and somebody may be at work on
    it where it lies."""
    return root()._replace(python=user.python, packages=user.packages)


def _place(who: Somebody):
    folder = Path(tempfile.mkdtemp(prefix="guarded-", dir="/var/tmp"))
    try:
        os.chmod(folder, 0o755)
        yield Place(folder, who)
    finally:
        # What a guard ended may be ending still.
        for _ in range(50):
            with suppress(OSError):
                shutil.rmtree(folder)
                break
            time.sleep(0.1)
        assert not folder.exists()
