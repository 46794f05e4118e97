"""Whose attempts they are: root, and an ordinary user who is made for the purpose and removed afterwards."""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import importlib.util
import itertools
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from autolab_core.guard.plan import PRIVATE

__all__ = ["NAME", "Somebody", "ordinary_user", "root", "with_python"]

NAME = "autolab-battery-{}"
_numbers = itertools.count()
_SBIN = os.pathsep.join(["/usr/local/sbin", "/usr/sbin", "/sbin", os.environ.get("PATH", os.defpath)])


class Somebody(NamedTuple):
    """A user, and the interpreter with which they run the tool."""

    name: str
    uid: int
    gid: int
    python: str
    packages: str
    """What goes to PYTHONPATH so that the project can be imported; empty where it is installed."""

    def as_them(self) -> dict[str, object]:
        """Options of Popen that make a process theirs."""
        if os.geteuid() == self.uid:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def root() -> Somebody:
    """Root itself."""
    return Somebody("root", 0, 0, sys.executable, "")


@contextlib.contextmanager
def ordinary_user(folder: Path) -> Iterator[Somebody]:
    """An ordinary user for as long as the context lasts; whoever is not root is one already.

    *folder* can be reached by everybody; what the user needs of the project is copied there when it cannot be reached
    where it lies. Raises RuntimeError when no user can be made.
    """
    if os.geteuid() != 0:
        yield Somebody("owner", os.geteuid(), os.getegid(), sys.executable, "")
        return
    name = NAME.format(f"{os.getpid()}-{next(_numbers)}")
    remove_left_over()
    _program("useradd", "--no-create-home", "--home-dir", str(folder), "--shell", "/bin/sh", name)
    try:
        entry = pwd.getpwnam(name)
        yield with_python(Somebody("owner", entry.pw_uid, entry.pw_gid, sys.executable, ""), folder)
    finally:
        _remove(name)


def remove_left_over() -> None:
    """Remove the users of test runs that were killed."""
    for entry in pwd.getpwall():
        made = re.fullmatch(NAME.format(r"(\d+)-\d+"), entry.pw_name)
        if made and not os.path.exists(f"/proc/{made[1]}"):
            with contextlib.suppress(RuntimeError):
                _remove(entry.pw_name)
            if Path(entry.pw_dir).name.startswith(NAME.format("")):
                shutil.rmtree(entry.pw_dir, ignore_errors=True)


def _remove(name: str) -> None:
    uid = pwd.getpwnam(name).pw_uid
    _end_processes(uid)
    _program("userdel", "--force", name)


def _end_processes(uid: int) -> None:
    """End what this user left running: its uid is nobody else's."""
    for _ in range(100):
        theirs = [entry for entry in Path("/proc").iterdir() if entry.name.isdigit() and _owner(entry) == uid]
        if not theirs:
            return
        for entry in theirs:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(entry.name), signal.SIGKILL)
        time.sleep(0.02)


def _owner(process: Path) -> int:
    try:
        return process.stat().st_uid
    except OSError:
        return -1


def _program(*command: str) -> None:
    """Run a program of the user data base; another one may hold its lock for a moment."""
    found = shutil.which(command[0], path=_SBIN)
    if found is None:
        raise RuntimeError(f"an ordinary user is needed for these tests and {command[0]} is not installed")
    for _ in range(50):
        done = subprocess.run([found, *command[1:]], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return
        if "lock" not in done.stderr:
            break
        time.sleep(0.1)
    raise RuntimeError(f"{' '.join(command)} failed: {done.stderr.strip()}")


def with_python(user: Somebody, folder: Path) -> Somebody:
    """*user* with an interpreter that they can run: this one, or the machine's own and a copy of what it needs.

    One that lies where a guard puts new, empty folders cannot be run inside.
    """
    if not user.python.startswith(tuple(f"{path}/" for path in PRIVATE)) and _imports(user):
        return user
    installed = shutil.which(f"python{sys.version_info[0]}.{sys.version_info[1]}", path="/usr/local/bin:/usr/bin")
    if installed is None:
        raise RuntimeError(f"{user.name} can run neither {sys.executable} under a guard nor a Python of its version")
    packages = folder / "packages"
    copied = user._replace(python=installed, packages=str(packages))
    if not packages.is_dir():
        _copy_packages(packages)
        # Compiled once: the user may not write there, and would compile it anew for every guard.
        subprocess.run([installed, "-m", "compileall", "-q", copied.packages], check=False, capture_output=True)
    if not _imports(copied):
        raise RuntimeError(f"{user.name} cannot import the project with {installed}")
    return copied


def _imports(user: Somebody) -> bool:
    environment = {"PATH": os.defpath, "PYTHONPATH": user.packages, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [user.python, "-c", "import autolab_cli.main, attrs, orjson"]
    try:
        done = subprocess.run(command, env=environment, cwd="/", capture_output=True, check=False, **user.as_them())  # type: ignore[call-overload]
    except PermissionError:
        return False
    return bool(done.returncode == 0)


def _copy_packages(target: Path) -> None:
    """The project and what it needs at run time, copied."""
    target.mkdir()
    for name in ("autolab_cli", "autolab_core", "autolab_verifiers"):
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.submodule_search_locations
        shutil.copytree(spec.submodule_search_locations[0], target / name)
    schemas = importlib.util.find_spec("autolab_core.schemas")
    if schemas is not None and schemas.submodule_search_locations and not (target / "autolab_core/schemas").exists():
        shutil.copytree(schemas.submodule_search_locations[0], target / "autolab_core/schemas")
    for name in _needed("autolab-verify", "pytest"):
        distribution = importlib.metadata.distribution(name)
        for file in distribution.files or ():
            if ".." not in file.parts:
                place = target / file
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(distribution.locate_file(file), place)  # type: ignore[arg-type]
    for folder, _, files in os.walk(target):
        os.chmod(folder, 0o755)
        for file_name in files:
            os.chmod(os.path.join(folder, file_name), 0o644)


@functools.cache
def _needed(*distributions: str) -> frozenset[str]:
    """The distributions that *distributions* require, and what those require; pytest is one of them itself."""
    found = {"pytest"}
    waiting = list(distributions)
    while waiting:
        name = waiting.pop()
        for requirement in importlib.metadata.requires(name) or ():
            if "extra ==" in requirement:
                continue
            needed = re.match(r"[\w.-]+", requirement)
            if needed and needed[0] not in found:
                with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                    importlib.metadata.distribution(needed[0])
                    found.add(needed[0])
                    waiting.append(needed[0])
    return frozenset(found)
