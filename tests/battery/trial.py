"""One attempt, made once: without a guard, or under one level of it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from autolab_core.vocab.guard import GuardLevel, Profile
from tests.battery import judge
from tests.battery.attempt import NOT_HERE, Attempt
from tests.battery.guarding import Sealed, words
from tests.battery.scene import Scene, programs, scene
from tests.battery.somebody import Somebody
from tests.battery.starter import Starter

__all__ = ["Outcome", "make"]

_SECONDS = 20.0
_SBIN = ":/usr/sbin:/sbin"
_WHERE = {" in /tmp": "/tmp", " in /dev/shm": "/dev/shm", " in the run folder": ""}


class Outcome(NamedTuple):
    """What came of it.

    ``worked``: the attempt did what it is made for. ``changed``: how content or name of what is protected differ.
    ``metadata``: whether anything else that is known of it differs. ``detected``: whether verifying the seals shows a
    difference; None where nothing was guarded. ``absent``: why this machine cannot make the attempt at all.
    """

    worked: bool
    changed: tuple[str, ...] = ()
    metadata: bool = False
    detected: bool | None = None
    absent: str = ""
    code: int | None = None
    said: str = ""


def make(attempt: Attempt, who: Somebody, guard: tuple[GuardLevel, Starter] | None, folder: Path) -> Outcome:
    """Make *attempt* as *who* in a new place below *folder*: under a level, or unguarded (None)."""
    missing = [name for name in attempt.programs if shutil.which(name, path=os.environ["PATH"] + _SBIN) is None]
    if missing:
        return Outcome(False, absent=f"{missing[0]} is not installed")
    try:
        with scene(folder, who, loop=attempt.loop) as stage:
            return _make(attempt, stage, guard, programs(os.fspath(folder)))
    except OSError as error:
        if attempt.loop:
            return Outcome(False, absent=str(error))
        raise


def _make(attempt: Attempt, stage: Scene, guard: tuple[GuardLevel, Starter] | None, shelf: str) -> Outcome:
    if attempt.before:
        _shell(attempt.before, stage, stage.environment)
    with _service(attempt, stage, shelf) as given:
        before = judge.look(stage.place)
        sealed = Sealed.of(stage) if guard is not None else None
        environment = {**stage.environment, **given.variables}
        command = ["sh", "-c", attempt.text] if attempt.text else _bare(stage, shelf, attempt)
        if guard is None:
            environment["UNGUARDED"] = "1"
        code, said = _run(command, stage, environment, given, guard, attempt.network, Profile(attempt.profile))
        if code == NOT_HERE and guard is None:
            return Outcome(False, absent=said.strip().splitlines()[-1] if said.strip() else "", code=code)
        _wait(attempt, stage, before)
        if attempt.aftermath:
            _shell(attempt.aftermath, stage, stage.environment)
    stage.fresh()
    after = judge.look(stage.place)
    changed = tuple(judge.differences(before, after))
    other = judge.metadata(before, after)
    saw = os.path.exists(os.path.join(stage.place.outside, "seen")) or "SEEN" in said.splitlines()
    worked = {"change": bool(changed), "metadata": other, "seen": saw, "view": saw}[attempt.proof]
    detected = None if sealed is None else sealed.differ()
    return Outcome(worked, changed, other, detected, "", code, said)


def _bare(stage: Scene, shelf: str, attempt: Attempt) -> list[str]:
    start = f"import sys; sys.path.insert(0, {shelf!r}); from tests.battery.attempt import main; sys.exit(main())"
    return [stage.who.python, "-I", "-S", "-c", start, attempt.module, attempt.name]


def _shell(text: str, stage: Scene, environment: Mapping[str, str]) -> None:
    """What the user does themselves, outside the guard; it may fail."""
    subprocess.run(
        ["sh", "-c", text],
        cwd=_folder(stage),
        env=environment,
        capture_output=True,
        timeout=_SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
        **stage.who.as_them(),  # type: ignore[call-overload]
    )


def _folder(stage: Scene) -> str:
    return stage.place.repo if os.path.isdir(stage.place.repo) else "/"


class _Given(NamedTuple):
    """What the caller of the command hands to it: variables, open descriptors, standard input."""

    variables: Mapping[str, str]
    descriptors: tuple[int, ...] = ()
    standard_input: int = subprocess.DEVNULL


def _run(
    command: list[str],
    stage: Scene,
    environment: Mapping[str, str],
    given: _Given,
    guard: tuple[GuardLevel, Starter] | None,
    network: str,
    profile: Profile,
) -> tuple[int | None, str]:
    """Run the command to its end; (exit code, what it said). None when it did not end in time."""
    with tempfile.TemporaryFile() as said:
        if guard is None:
            code = _plain(command, stage, environment, given, said.fileno())
        else:
            level, starter = guard
            code = starter.run(
                words(level, stage, command, network, profile),
                cwd=stage.place.repo,
                environment=environment,
                standard_input=given.standard_input,
                output=said.fileno(),
                given=given.descriptors,
                seconds=_SECONDS,
            )
        said.seek(0)
        return code, said.read().decode(errors="replace")


def _plain(command: list[str], stage: Scene, environment: Mapping[str, str], given: _Given, output: int) -> int | None:
    process = subprocess.Popen(
        command,
        cwd=stage.place.repo,
        env=environment,
        stdin=given.standard_input,
        stdout=output,
        stderr=output,
        pass_fds=given.descriptors,
        start_new_session=True,
        **stage.who.as_them(),  # type: ignore[call-overload]
    )
    try:
        return int(process.wait(_SECONDS))
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return None


def _wait(attempt: Attempt, stage: Scene, before: judge.State) -> None:
    """Give the change the time in which it may still come."""
    ends = time.monotonic() + attempt.lasting
    while time.monotonic() < ends and not judge.differences(before, judge.look(stage.place)):
        time.sleep(0.02)


@contextlib.contextmanager
def _service(attempt: Attempt, stage: Scene, shelf: str) -> Iterator[_Given]:
    """What stands outside the guard during the attempt."""
    kind = attempt.service
    place = stage.place
    if kind.startswith(("fd: ", "stdin: ")) and "socket" not in kind:
        path = {"the spec": place.spec, "the spec for writing": place.spec, "the folder": place.folder, "the root": "/"}
        held = os.open(path[kind.partition(": ")[2]], os.O_RDWR if kind.endswith("writing") else os.O_RDONLY)
        try:
            yield _Given({}, (), held) if kind.startswith("stdin") else _Given({"FD": str(held)}, (held,))
        finally:
            os.close(held)
        return
    if not kind:
        yield _Given({})
        return
    ours, theirs = socket.socketpair()
    with ours, theirs, _standing(kind, stage, shelf, theirs) as variables:
        theirs.close()
        inherited = kind.startswith("fd: ")
        given = {**variables, "FD": str(ours.fileno())} if inherited else variables
        yield _Given(given, (ours.fileno(),) if inherited else ())


@contextlib.contextmanager
def _standing(kind: str, stage: Scene, shelf: str, theirs: socket.socket) -> Iterator[dict[str, str]]:
    name = os.path.basename(stage.base)
    where = next((each for each in _WHERE if kind.endswith(each)), "")
    folder = _WHERE.get(where, "/tmp") or stage.place.run
    variables = {
        "SOCKET": f"{folder}/autolab-battery-{name}",
        "SPOOL": f"{folder}/autolab-battery-{name}.d",
        "ADDRESS": stage.place.outside + "/address",
        "KEY": str(abs(hash(name)) % 2**30 + 1),
        "SERVICE_FD": str(theirs.fileno()),
    }
    kind = kind.removesuffix(where).removeprefix("fd: a socket to ")
    start = f"import sys; sys.path.insert(0, {shelf!r}); from tests.battery.services import main; main()"
    process = subprocess.Popen(
        [stage.who.python, "-I", "-S", "-c", start, kind],
        env={**stage.environment, **variables},
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=(theirs.fileno(),),
        **stage.who.as_them(),  # type: ignore[call-overload]
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        if process.stdout.readline() != b"ready\n":
            raise OSError(f"the service {kind!r} did not start")
        yield {**variables, "PID": str(process.pid)}
    finally:
        process.stdin.close()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        for left in (variables["SOCKET"], variables["SPOOL"]):
            with contextlib.suppress(OSError):
                shutil.rmtree(left) if os.path.isdir(left) else os.unlink(left)
