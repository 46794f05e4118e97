"""The process that becomes the command: it gives up rights, lets itself be probed, and waits for leave to start."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from typing import Final

import attrs

from autolab_core.guard.enforce import landlock, privileges, probe, syscalls
from autolab_core.guard.plan import Access, GuardPlan
from autolab_core.vocab.guard import GuardLevel

__all__ = ["Inside", "prepare_private", "say", "stand_ready"]

_NOT_EXECUTABLE: Final = 126
_NOT_FOUND: Final = 127
_ANYBODYS: Final = 0o1777
_OUTPUTS: Final = (1, 2)


@attrs.frozen
class Inside:
    """What the process inside needs to know.

    ``trees``: what Landlock allows, None where it is not used; ``ports`` likewise. ``mask``: the signals that were held
    back before the guard. ``grace``: seconds for what the command leaves behind.
    """

    plan: GuardPlan
    level: GuardLevel
    command: tuple[str, ...]
    environment: Mapping[str, str]
    cwd: str
    trees: tuple[str, ...] | None
    ports: tuple[int, ...] | None
    abi: int
    mask: frozenset[signal.Signals]
    grace: float


def prepare_private(inside: Inside) -> None:
    """Make the new, empty folders what programs expect of them: `/tmp` open to all, the user's own one below `/run`.

    Raises OSError."""
    empty = {mount.path for mount in inside.plan.mounts if mount.access is Access.EMPTY}
    if "/tmp" in empty:
        os.chmod("/tmp", _ANYBODYS)
    runtime = inside.environment.get("XDG_RUNTIME_DIR", "")
    if "/run" in empty:
        os.makedirs("/run/lock", exist_ok=True)
        if runtime.startswith("/run/"):
            os.makedirs(runtime, exist_ok=True)
            os.chmod(runtime, 0o700)


def stand_ready(inside: Inside, report: int, go: int) -> None:
    """Give up what the command shall not have, say on *report* what a probe then saw, and become the command when a
    byte comes from *go*. Returns only when none comes. Call it in a fork that ends afterwards, and that has no other
    descriptors than these and the standard ones."""
    os.setsid()
    privileges.see_standard_files_from_inside()
    abi = 0
    try:
        if inside.level.enforced:
            privileges.drop()
    except OSError as error:
        say(report, missing=f"rights cannot be given up: {error.strerror}")
        return
    try:
        if inside.trees is not None:
            landlock.restrict(inside.trees, abi=inside.abi, ports=inside.ports, streams=_OUTPUTS)
            abi = inside.abi
    except OSError as error:
        say(report, missing=landlock.missing_because(error))
        return
    seen = probe.probe(inside.plan, create=inside.level.enforced)
    say(
        report,
        abi=abi,
        attempts=[(each.attempt, each.path, each.errno) for each in seen.attempts],
        open_mounts=seen.open_mounts,
        canary=seen.canary,
    )
    os.close(report)
    if os.read(go, 1):
        os.close(go)
        syscalls.die_with_parent(signal.SIGKILL)
        _become(inside)


def say(descriptor: int, **facts: object) -> None:
    """Write *facts* as one line of JSON."""
    text = json.dumps(facts).encode() + b"\n"
    while text:
        text = text[os.write(descriptor, text) :]


def _become(inside: Inside) -> None:
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)  # which Python ignores
    signal.pthread_sigmask(signal.SIG_SETMASK, inside.mask)
    try:
        os.execvpe(inside.command[0], inside.command, dict(inside.environment))
    except OSError as error:
        os.write(2, f"autolab: {inside.command[0]}: {error.strerror}\n".encode(errors="backslashreplace"))
        missing = isinstance(error, FileNotFoundError)
        os._exit(_NOT_FOUND if missing else _NOT_EXECUTABLE)
