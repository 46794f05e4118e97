"""The scratch place of one attempt: a small repository with a spec, and what belongs to it."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import itertools
import os
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.battery.attempt import CHANGED, Place
from tests.battery.somebody import Somebody

__all__ = ["SPEC", "Scene", "prepare", "programs", "scene"]

SPEC = b"task: alpha\nmetric: accuracy\nthreshold: 0.9\nseed: 7\n"
_BATTERY = Path(__file__).parent
_GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@example.invalid",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@example.invalid",
}
_numbers = itertools.count()


class Scene(NamedTuple):
    """One attempt's place, and the environment in which its processes start."""

    base: str
    place: Place
    who: Somebody
    environment: Mapping[str, str]
    device: str
    """The loop device that holds the repository's file system; empty where it is the machine's own."""

    def fresh(self) -> None:
        """See the disk as it is: what was written around the file system comes to light."""
        if self.device:
            mounted = self.environment["MOUNTED"]
            _unmount(mounted)
            subprocess.run(["mount", self.device, mounted], check=True, capture_output=True)


def prepare(folder: Path) -> None:
    """Make what all scenes below *folder* share; to be called once, before threads begin."""
    _template(os.fspath(folder))
    programs(os.fspath(folder))


@functools.cache
def _template(folder: str) -> str:
    """A repository with two commits and a branch, made once: ``experiments/task`` holds the spec."""
    template = os.path.join(folder, f"template-{os.getpid()}")
    task = os.path.join(template, "experiments", "task")
    os.makedirs(task)
    for name in ("logs", "outputs"):
        os.makedirs(os.path.join(template, "experiments", "run", name))
    os.mkdir(os.path.join(template, ".autolab"))
    # A module, because somebody will ask Python to compile what lies there.
    files = {"limits.yaml": b"hours: 1\n", "score.py": b"WEIGHT = 1\n", "spec.yaml": b"task: older\n" + SPEC[12:]}
    for name, content in files.items():
        Path(task, name).write_bytes(content)
    Path(template, "notes.md").write_bytes(b"notes\n")
    Path(template, "experiments", "run", "out.txt").write_bytes(b"0\n")
    Path(template, "experiments", "run", "logs", "signal.json").write_bytes(b"{}\n")

    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=template, check=True, capture_output=True, env={**os.environ, **_GIT})

    git("init", "-q", "-b", "main", "--template=")
    os.mkdir(os.path.join(template, ".git", "hooks"))
    git("config", "gc.auto", "0")
    git("add", "-A")
    git("commit", "-q", "-m", "older")
    git("branch", "other")
    Path(task, "spec.yaml").write_bytes(SPEC)
    git("commit", "-q", "-a", "-m", "newer")
    git("checkout", "-q", "other")
    Path(task, "spec.yaml").write_bytes(b"task: other\n" + SPEC[12:])
    git("commit", "-q", "-a", "-m", "other")
    git("checkout", "-q", "main")
    # Few files and folders: this is copied thousands of times.
    git("gc", "-q", "--prune=now")
    shutil.rmtree(os.path.join(template, ".git", "logs"))
    return template


@functools.cache
def programs(folder: str) -> str:
    """A copy of the attempts that everybody can read, as the attempts import them."""
    target = os.path.join(folder, f"programs-{os.getpid()}")
    shutil.copytree(_BATTERY, os.path.join(target, "tests", "battery"), ignore=shutil.ignore_patterns("__pycache__"))
    for walked, _, files in os.walk(target):
        os.chmod(walked, 0o755)
        for name in files:
            os.chmod(os.path.join(walked, name), 0o644)
    return target


@contextlib.contextmanager
def scene(folder: Path, who: Somebody, *, loop: bool = False) -> Iterator[Scene]:
    """A new place below *folder* that belongs to *who*; it is gone afterwards.

    With *loop* the repository lies on a file system of its own behind a loop device; OSError where there is none.
    """
    # The name is random to nobody: it only has to be new, also among processes.
    base = os.path.join(folder, f"{os.getpid()}-{next(_numbers)}")
    os.mkdir(base)
    os.chmod(base, 0o755)
    disk = os.path.join(base, "disk")
    device = ""
    try:
        if loop:
            device = _loop_device(base, disk)
        made = _furnish(base, disk if loop else os.path.join(base, "work"), os.fspath(folder), who, device)
        yield made
    finally:
        if device:
            _unmount(disk)
            subprocess.run(["losetup", "-d", device], check=False, capture_output=True)
        _remove(base)


def _furnish(base: str, above: str, folder: str, who: Somebody, device: str) -> Scene:
    repo, outside, home = (os.path.join(above, "repo"), os.path.join(base, "outside"), os.path.join(base, "home"))
    shutil.copytree(_template(folder), repo, symlinks=True)
    os.mkdir(outside)
    os.mkdir(home)
    new = os.path.join(base, "new.yaml")
    Path(new).write_bytes(CHANGED)
    if who.uid != os.geteuid():
        for walked, _, files in os.walk(base):
            for path in (walked, *(os.path.join(walked, name) for name in files)):
                os.chown(path, who.uid, who.gid, follow_symlinks=False)
    experiments = os.path.join(repo, "experiments")
    task = os.path.join(experiments, "task")
    place = Place(repo, experiments, task, os.path.join(task, "spec.yaml"), os.path.join(experiments, "run"), outside)
    environment = {
        "PATH": _their_path(),
        "HOME": home,
        "USER": who.name,
        "LANG": "C.UTF-8",
        "PY": who.python,
        "NEW": new,
        "PYTHONDONTWRITEBYTECODE": "1",
        **_GIT,
        **place.variables(),
    }
    if device:
        environment |= {"DISK": device, "MOUNTED": above, "BLOCK": str(_block(place.spec))}
    return Scene(base, place, who, environment, device)


def _their_path() -> str:
    """The PATH of a shell of theirs: without the virtual environment that the tests may have put on their own, whose
    ``python3`` looks at no user's site-packages (``ENABLE_USER_SITE``)."""
    ours = os.path.join(sys.prefix, "bin") if sys.prefix != sys.base_prefix else ""
    return os.pathsep.join(each for each in os.environ.get("PATH", os.defpath).split(os.pathsep) if each != ours)


def _loop_device(base: str, disk: str) -> str:
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    image = base + "/image"
    with open(image, "wb") as held:
        held.truncate(4 << 20)
    os.mkdir(disk)
    device = ""
    try:
        _run("mkfs.ext4", "-q", "-F", "-O", "^has_journal", image)
        device = _run("losetup", "--find", "--show", image).strip()
        _run("mount", device, disk)
    except (OSError, subprocess.CalledProcessError) as error:
        if device:
            subprocess.run(["losetup", "-d", device], check=False)
        raise OSError(f"no file system behind a loop device: {error}") from error
    return device


def _unmount(folder: str) -> None:
    """Unmount it; whoever still stands in it is given a second, so that the next mount is not the same one."""
    for _ in range(20):
        if subprocess.run(["umount", folder], check=False, capture_output=True).returncode == 0:
            return
        time.sleep(0.05)
    subprocess.run(["umount", "-l", folder], check=False, capture_output=True)


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _block(path: str) -> int:
    """Where the first byte of a file lies on its device (FIEMAP)."""
    with open(path, "rb") as held:
        os.fsync(held.fileno())
        request = bytearray(struct.pack("=QQIIII", 0, 1 << 20, 1, 0, 1, 0) + b"\0" * 56)
        fcntl.ioctl(held, 0xC020660B, request)
    return int(struct.unpack_from("=Q", request, 32 + 8)[0])


def _remove(base: str) -> None:
    def allow(_: object, path: str, __: object) -> None:
        # Some attempts take the permissions away, or set an attribute that a removal does not ask about.
        with contextlib.suppress(OSError):
            os.chmod(os.path.dirname(path), 0o700)
            os.unlink(path)

    if os.path.lexists(base):
        shutil.rmtree(base, onerror=allow)
        shutil.rmtree(base, ignore_errors=True)
