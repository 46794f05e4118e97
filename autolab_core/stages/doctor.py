"""``doctor``: what this machine can do for Autolab, and what to install where it cannot."""

from __future__ import annotations

import os
import platform
import sys
from typing import Final

from autolab_core.exec.command import Runner
from autolab_core.stages.ability import Ability, program
from autolab_core.vocab.errors import DocumentError, UsageError

__all__ = ["Ability", "examine"]


# name, command, needed, what it is for and how to get it
_PROGRAMS: Final = (
    ("git", ("git", "--version"), False, "records the commit of a run; Debian: apt install git"),
    ("bash", ("bash", "--version"), True, "runs the launch scripts; Debian: apt install bash"),
    ("sinfo", ("sinfo", "-V"), False, "part of Slurm; without it and squeue this host is a local one"),
    ("squeue", ("squeue", "-V"), False, "part of Slurm; without it and sinfo this host is a local one"),
    ("ssh", ("ssh", "-V"), False, "reaches a cluster from here; Debian: apt install openssh-client"),
)


def examine(runner: Runner, start: str | os.PathLike[str] | None = None) -> tuple[Ability, ...]:
    """Look at the interpreter, the kernel, the programs, the package's own files, and which remote profiles there are.

    *start* is a folder of the repository (default: the current one); there need be none. No host is connected to.
    """
    version = platform.python_version()
    modern = sys.version_info >= (3, 11)
    programs = tuple(program(runner, *row) for row in _PROGRAMS)
    slurm = all(each.present for each in programs if each.name in {"sinfo", "squeue"})
    return (
        Ability("python", modern, f"{version} at {sys.executable}", True, "" if modern else "Python 3.11 or newer"),
        Ability("kernel", True, f"{platform.system()} {platform.release()}", False),
        _flock(),
        *programs,
        *(_slurm(runner) if slurm else ()),
        _guard(),
        _own_files(),
        *_remotes(start),
    )


def _slurm(runner: Runner) -> tuple[Ability, ...]:
    from autolab_core.stages.doctor_slurm import examine_slurm  # who has no Slurm need not load it

    return examine_slurm(runner)


def _remotes(start: str | os.PathLike[str] | None) -> tuple[Ability, ...]:
    """The remote profiles of the repository, in one line; none where there is no such file."""
    from autolab_core.io.layout import REMOTE_PROFILES
    from autolab_core.io.repository import Repository
    from autolab_core.io.root import find_root

    try:
        repository = Repository(find_root(start))
        found = repository.remote_profiles()
    except UsageError:  # in no repository
        return ()
    except DocumentError as error:
        return (Ability("remote", False, str(error), False, f"mend {REMOTE_PROFILES}"),)
    names = [f"{name} ({each.host})" for name, each in found.profiles.items()]
    if not names:
        return ()
    return (Ability("remote", True, f"{', '.join(names)}; `autolab remote check NAME` asks one", False),)


def _guard() -> Ability:
    """The strongest level of the guard that was entered here, with a spec of its own to try."""
    import tempfile

    from autolab_core.guard.enforce.supervise import try_levels
    from autolab_core.guard.plan import resolve
    from autolab_core.guard.policy import GuardPolicy
    from autolab_core.vocab.guard import Profile

    with tempfile.TemporaryDirectory(prefix="autolab-doctor-") as folder:
        root = os.path.realpath(folder)
        with open(os.path.join(root, "spec"), "w", encoding="utf-8"):
            pass
        tried = try_levels(resolve(GuardPolicy(Profile.RUN, ("spec",), spec="spec"), root), root)
    best = next(each.level for each in tried if each.reason is None)
    lost = "; ".join(f"no {each.level}: {each.reason}" for each in tried if each.reason is not None)
    how = "the kernel holds what a guard protects" if best.enforced else "nothing is enforced, seals alone tell"
    return Ability("guard", best.enforced, f"{best}: {how}", False, lost)


def _flock() -> Ability:
    try:
        import fcntl
    except ImportError:
        return Ability("flock", False, "this system has no flock", True, "use Linux or macOS")
    return Ability("flock", hasattr(fcntl, "flock"), "available", True)


def _own_files() -> Ability:
    """Whether ``autolab_core`` is this distribution's: another one may own the import name."""
    from importlib.metadata import packages_distributions

    owners = sorted(set(packages_distributions().get("autolab_core", [])))
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if len(owners) > 1 or (owners and owners != ["autolab-verify"]):
        return Ability(
            "package",
            False,
            f"autolab_core at {here} is claimed by {', '.join(owners)}",
            True,
            "use an environment that has only autolab-verify of these",
        )
    return Ability("package", True, f"autolab_core at {here}", True)
