"""How podman has to be spoken to on this machine, and what it needs here."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Final

from autolab_core.cloud.engines.base import EngineFinding
from autolab_core.cloud.engines.podman import argv, parse
from autolab_core.exec.command import Command, Runner
from autolab_core.vocab.errors import EngineUnreachable, ParseError, RunnerError
from autolab_core.vocab.states import Severity

__all__ = ["check", "find_habits", "has_gpus", "notes"]

# linux/capability.h
_SYS_RESOURCE: Final = 24
# Podman itself is held to fewer than its caller where it runs with less than all capabilities; 50,000 were refused.
_PROCESSES: Final = 16384
_CDI: Final = (Path("/etc/cdi"), Path("/var/run/cdi"))
_PGREP: Final = "install it (Debian: apt-get install procps)"
_INSTALL: Final = "install it (Debian: apt-get install podman runc), or name another engine with --engine"


def find_habits(runner: Runner, network: str | None = None) -> argv.Habits:
    """What this machine needs. Raises EngineUnreachable when podman does not answer."""
    try:
        answer = runner.run(Command(argv.info(), timeout=60.0))
    except RunnerError as error:
        raise EngineUnreachable(f"podman does not answer: {error}; {_INSTALL}") from error
    if answer.exit_code != 0:
        raise EngineUnreachable(f"podman does not answer: {answer.complaint}")
    try:
        kept = parse.usable_controllers(answer.stdout)
    except ParseError as error:
        raise EngineUnreachable(str(error)) from error
    return argv.Habits(network, _ulimits(), kept, os.path.exists("/sys/fs/selinux/enforce"))


def has_gpus() -> bool:
    """Whether GPUs are described for containers here (the Container Device Interface)."""
    return any(path for folder in _CDI for path in folder.glob("nvidia*"))


def notes(habits: argv.Habits) -> tuple[str, ...]:
    """The limits that cannot be kept here, one sentence each."""
    what = {"memory": "--memory", "cpu": "--cpus"}
    return tuple(
        f"podman cannot keep {option} here: the {controller} controller of control groups is not given to it"
        for controller, option in what.items()
        if controller not in habits.kept
    )


def check(runner: Runner, image: str | None) -> tuple[EngineFinding, ...]:
    """Podman, its limits, and the image that is taken when none is named."""
    try:
        habits = find_habits(runner)
    except EngineUnreachable as error:
        return (EngineFinding(Severity.ERROR, "podman", str(error), _INSTALL),)
    found = [EngineFinding(Severity.NOTE, "podman", "podman answers")]
    try:
        runner.run(Command(("pgrep", "--version"), timeout=60.0))
    except RunnerError as error:
        found.append(
            EngineFinding(Severity.ERROR, "pgrep", f"a container that is being made cannot be seen: {error}", _PGREP)
        )
    found += [EngineFinding(Severity.WARNING, "limits", each) for each in notes(habits)]
    if image is not None:
        found.append(_image(runner, image))
    if not has_gpus():
        found.append(EngineFinding(Severity.NOTE, "GPUs", "podman knows no GPU here"))
    return tuple(found)


def _image(runner: Runner, image: str) -> EngineFinding:
    try:
        here = runner.run(Command(argv.image_exists(image), timeout=60.0)).exit_code == 0
    except RunnerError as error:
        return EngineFinding(Severity.ERROR, "image", str(error))
    message = f"the image {image} is here" if here else f"the image {image} is not here; a run will pull it"
    return EngineFinding(Severity.NOTE, "image", message)


def _ulimits() -> tuple[str, ...]:
    """Podman as root asks for 1,048,576 files, and fails as a root that may not raise limits (in a container, say)."""
    if os.geteuid() != 0 or _may_raise_limits():
        return ()
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    processes = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    most = processes if 0 < processes < _PROCESSES else _PROCESSES
    open_files = f"nofile={files}:{files}" if files != resource.RLIM_INFINITY else ""
    return (*((open_files,) if open_files else ()), f"nproc={most}:{most}")


def _may_raise_limits() -> bool:
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return True
    effective = next((line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), "0")
    return bool(int(effective, 16) >> _SYS_RESOURCE & 1)
