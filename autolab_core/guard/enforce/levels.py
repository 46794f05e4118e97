"""Entering a level: what it needs is made, a child is put into it, and what its probe saw decides whether it counts."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Mapping
from contextlib import ExitStack

import attrs

from autolab_core.guard.enforce import bwrap, landlock, modes
from autolab_core.guard.enforce.inside import Inside
from autolab_core.guard.enforce.namespace import NoNamespace, begin
from autolab_core.guard.enforce.privileges import has_sys_admin
from autolab_core.guard.enforce.probe import canary, judge
from autolab_core.guard.enforce.sockets import own_sockets
from autolab_core.guard.enforce.standing import Missing, Standing, prepare
from autolab_core.guard.plan import Access, GuardPlan
from autolab_core.vocab.errors import StoreError
from autolab_core.vocab.guard import LEVEL_VARIABLE, PROFILE_VARIABLE, GuardLevel, Network, Profile

__all__ = ["LEVEL_VARIABLE", "Pauses", "Task", "enter"]

# What the supervisor has to do anyway: the first while the namespaces are made, the second while a child enters them.
Pauses = tuple[Callable[[], None], Callable[[], None]]


@attrs.frozen
class Task:
    """What is to be guarded. ``mask``: the signals that were held back before. ``grace``: seconds that what the
    command leaves behind has to end by itself."""

    plan: GuardPlan
    command: tuple[str, ...]
    environment: Mapping[str, str]
    cwd: str
    mask: frozenset[signal.Signals]
    grace: float


def enter(level: GuardLevel, task: Task, meanwhile: Pauses) -> Standing:
    """A child that stands at *level* and whose probe was refused. Every signal must be held back.

    *meanwhile* is called in its order while others work. Raises Missing with the reason; then nothing is left of the
    attempt.
    """
    abi = _abi(level, task.plan)
    if level.mounts:
        return _in_namespace(level, task, abi, meanwhile)
    if level is GuardLevel.LANDLOCK:
        folder = _private_folder(task)
        trees = (*task.plan.trees.allowed, *task.plan.devices, *folder)
        inside = _inside(level, task, abi, trees, folder)
        return _judged(prepare(inside, lambda: _remove(folder)).stand(None, meanwhile))
    try:
        taken = modes.take(task.plan)
    except StoreError as error:
        raise Missing(f"what is taken cannot be written down: {error}") from error
    return prepare(_inside(level, task, 0, None, ()), taken.give_back, held=(taken.descriptor,)).stand(None, meanwhile)


def _abi(level: GuardLevel, plan: GuardPlan) -> int:
    """Landlock's version for *level*, 0 where it is not used. Raises Missing when the policy asks for what the level
    cannot give."""
    network = plan.policy.network
    if level is GuardLevel.LANDLOCK and network is Network.NONE:
        raise Missing("the policy asks for no network, and only a namespace can give that")
    if level is GuardLevel.MOUNT and isinstance(network, tuple):
        raise Missing("the policy lists TCP ports, and only Landlock can hold a command to them")
    if level not in (GuardLevel.MOUNT_LANDLOCK, GuardLevel.LANDLOCK):
        return 0
    try:
        abi = landlock.usable_abi()
    except OSError as error:
        raise Missing(landlock.missing_because(error)) from error
    if isinstance(network, tuple) and abi < landlock.ABI_NETWORK:
        raise Missing(f"the policy lists TCP ports, which needs Landlock ABI {landlock.ABI_NETWORK}; this is {abi}")
    return abi


def _in_namespace(level: GuardLevel, task: Task, abi: int, meanwhile: Pauses) -> Standing:
    program = bwrap.find(os.environ.get("PATH"))
    if program is None:
        raise Missing(bwrap.NOT_FOUND)
    trees = None if level is GuardLevel.MOUNT else (*task.plan.broad, *task.plan.devices)
    with ExitStack() as undo:
        try:
            beginning = begin(program, task.plan, level, sockets=own_sockets(task.plan), privileged=has_sys_admin())
            undo.callback(beginning.abandon)
            preparing = prepare(_inside(level, task, abi, trees, ()), _nothing)
            undo.callback(preparing.abandon)
            meanwhile[0]()
            holder = beginning.complete()
            undo.callback(holder.end)
        except NoNamespace as error:
            outer = os.environ.get(LEVEL_VARIABLE)
            raise Missing(f"{error}; this is inside a guard of level {outer}" if outer else str(error)) from error
        standing = preparing.stand(holder, meanwhile[1:])
        undo.pop_all()
    return _judged(standing)


def _inside(level: GuardLevel, task: Task, abi: int, trees: tuple[str, ...] | None, private: tuple[str, ...]) -> Inside:
    ports = task.plan.policy.network if isinstance(task.plan.policy.network, tuple) and trees is not None else None
    return Inside(
        plan=task.plan,
        level=level,
        command=task.command,
        environment=_environment(level, task, private),
        cwd=task.cwd,
        trees=trees,
        ports=ports,
        abi=abi,
        mask=task.mask,
        grace=task.grace,
    )


def _environment(level: GuardLevel, task: Task, private: tuple[str, ...]) -> dict[str, str]:
    """What the command is told: how it is guarded, and a folder for temporary files that it can write."""
    found = {**task.environment, LEVEL_VARIABLE: str(level), PROFILE_VARIABLE: str(task.plan.policy.profile)}
    temporary = task.environment.get("TMPDIR", "/tmp")
    if private:
        found["TMPDIR"] = private[0]
    elif level.mounts and not _can_write(task.plan, temporary):
        found["TMPDIR"] = "/tmp"
    return found


def _can_write(plan: GuardPlan, folder: str) -> bool:
    """Whether *folder* is there in the namespace of *plan* and may be written."""
    empty = [mount.path for mount in plan.mounts if mount.access is Access.EMPTY]
    hidden = any(folder.startswith(f"{each}/") for each in empty)
    return folder in empty or (plan.zones.writable(folder) and not hidden)


def _private_folder(task: Task) -> tuple[str, ...]:
    """A new folder for temporary files where the command may write nothing else outside of its own; empty where it may.

    Raises Missing when there is none to make it in.
    """
    if task.plan.policy.profile is not Profile.RUN:
        return ()
    path = os.path.join(task.environment.get("TMPDIR", "/tmp"), f"autolab-guard-{os.urandom(8).hex()}")
    try:
        os.mkdir(path, 0o700)
    except OSError as error:
        raise Missing(f"no folder for temporary files can be made at {path!r}: {error.strerror}") from error
    return (os.path.realpath(path),)


def _judged(standing: Standing) -> Standing:
    """*standing* when its probe shows its level. Raises Missing otherwise, and ends it."""
    reason = judge(standing.inside.level, standing.seen, canary_lives=canary() is None)
    if reason is not None:
        standing.end()
        raise Missing(reason)
    return standing


def _remove(folder: tuple[str, ...]) -> None:
    for path in folder:
        shutil.rmtree(path, ignore_errors=True)


def _nothing() -> None:
    return None
