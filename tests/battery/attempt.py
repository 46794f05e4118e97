"""What an attempt is: a small program that tries to change a spec, with a name and one sentence that says how.

This module and those in ``attempts/`` are loaded twice: by the tests, and by the attempt itself, in a bare interpreter
(``python -I -S``). So they import nothing but the standard library.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from typing import NamedTuple, NoReturn

__all__ = [
    "CHANGED",
    "NOT_HERE",
    "Attempt",
    "Place",
    "attempt",
    "best_effort",
    "not_here",
    "read",
    "seen",
    "shell",
    "write",
]

CHANGED = b"changed: true\n"
NOT_HERE = 77
"""The exit code of an attempt that this machine cannot make; its last line on standard error says why."""


class Place(NamedTuple):
    """Where an attempt works. All paths are absolute."""

    repo: str
    experiments: str
    folder: str
    """The protected folder, ``experiments/task``."""
    spec: str
    """The spec, ``experiments/task/spec.yaml``."""
    run: str
    """A folder beside the protected one that may be written: ``experiments/run``."""
    outside: str
    """A folder beside the repository that belongs to the same user."""

    def variables(self) -> dict[str, str]:
        """The same for a shell: ``$R $E $D $S $W $O``."""
        return dict(zip("REDSWO", self, strict=True))


class Attempt(NamedTuple):
    """One attempt. ``proof`` says what shows that it worked: see ``judge.py``."""

    name: str
    group: str
    says: str
    module: str
    text: str = ""
    """The program for ``sh -c``; empty for a function of ``module``."""
    root: bool = False
    """Only root can do it."""
    programs: tuple[str, ...] = ()
    """What must be installed."""
    before: str = ""
    """A shell program that prepares the place, before anything is sealed."""
    service: str = ""
    """The kind of process that stands outside the guard meanwhile: see ``services.py``."""
    aftermath: str = ""
    """A shell program that the user runs later, outside the guard."""
    proof: str = "change"
    lasting: float = 0.0
    """Seconds after the command's end within which the change may still come."""
    network: str = ""
    """What the policy says of the network, when the attempt is about it."""
    limit: str = ""
    """Why no guard of this kind can prevent it."""
    long: bool = False
    """One more way to make the same system calls: left to ``make test-long``."""
    profile: str = "agent"
    """What kind of policy it is made against: ``agent``, or ``run`` with the run folder's logs protected."""
    loop: bool = False
    """The repository lies on a disk of its own, a file behind a loop device. ``$DISK`` names the device."""


_attempts: dict[str, Attempt] = {}
_calls: dict[str, Callable[[Place], object]] = {}


def attempt(group: str, **options: object) -> Callable[[Callable[[Place], object]], Callable[[Place], object]]:
    """Register a function as an attempt: its name is the attempt's name, its docstring the sentence."""

    def register(call: Callable[[Place], object]) -> Callable[[Place], object]:
        name = call.__name__.replace("_", " ")
        _add(Attempt(name, group, str(call.__doc__), call.__module__, **options))  # type: ignore[arg-type]
        _calls[name] = call
        return call

    return register


def shell(group: str, name: str, says: str, text: str, **options: object) -> None:
    """Register a program for ``sh -c``. ``$NEW`` is a file outside the repository that holds the changed bytes."""
    _add(Attempt(name, group, says, "", text, **options))  # type: ignore[arg-type]


def _add(found: Attempt) -> None:
    if found.name in _attempts:
        raise ValueError(f"two attempts are called {found.name!r}")
    _attempts[found.name] = found


def registered() -> tuple[Attempt, ...]:
    """Every attempt of the modules that were imported, in their order."""
    return tuple(_attempts.values())


def not_here(why: str) -> NoReturn:
    """End the attempt: this machine does not offer what it needs."""
    print(why, file=sys.stderr)
    raise SystemExit(NOT_HERE)


def write(path: str, content: bytes = CHANGED, *, directory: int | None = None) -> None:
    """Replace a file's bytes in place."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644, dir_fd=directory)
    try:
        os.write(descriptor, content)
    finally:
        os.close(descriptor)


def read(path: str) -> bytes:
    """A file's bytes."""
    with open(path, "rb") as held:
        return held.read()


def seen(place: Place) -> None:
    """Say that the attempt worked in its own eyes, where nobody else can see it afterwards."""
    write(os.path.join(place.outside, "seen"), b"yes\n")


def best_effort(call: Callable[..., object], *arguments: object) -> None:
    """Take a step of an escape that is needed under some guards only."""
    try:
        call(*arguments)
    except OSError as error:
        print(f"{getattr(call, '__name__', call)}: {error}", file=sys.stderr)


def run(*command: str, **options: object) -> None:
    """Run a program of the machine; OSError when it fails."""
    found = shutil.which(command[0], path=os.environ["PATH"])
    if found is None:
        not_here(f"{command[0]} is not installed")
    done = subprocess.run([found, *command[1:]], check=False, **options)  # type: ignore[call-overload]
    if done.returncode:
        raise OSError(f"{command[0]} ended with {done.returncode}")


def until(condition: Callable[[], object], seconds: float = 1.5) -> bool:
    """Wait for something that happens soon."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.01)
    return False


def main() -> int:
    """Make one attempt: ``MODULE NAME``, the place in the environment."""
    module, name = sys.argv[1:3]
    __import__(module)
    place = Place(*(os.environ[letter] for letter in "REDSWO"))
    try:
        _calls[name](place)
    except OSError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0
