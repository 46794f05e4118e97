"""``doctor``: what this machine can do for Autolab, and what to install where it cannot."""

from __future__ import annotations

import os
import platform
import sys
from typing import Final, NamedTuple

from autolab_core.exec.command import Command, Runner
from autolab_core.vocab.errors import ParseError, RunnerError

__all__ = ["Ability", "examine"]


class Ability(NamedTuple):
    """``needed`` ones must be there for a local launch; ``advice`` is empty where nothing is missing."""

    name: str
    present: bool
    detail: str
    needed: bool
    advice: str = ""


# name, command, needed, what it is for and how to get it
_PROGRAMS: Final = (
    ("git", ("git", "--version"), False, "records the commit of a run; Debian: apt install git"),
    ("bash", ("bash", "--version"), True, "runs the launch scripts; Debian: apt install bash"),
    ("sinfo", ("sinfo", "-V"), False, "part of Slurm; without it and squeue this host is a local one"),
    ("squeue", ("squeue", "-V"), False, "part of Slurm; without it and sinfo this host is a local one"),
    ("ssh", ("ssh", "-V"), False, "reaches a cluster from here; Debian: apt install openssh-client"),
)

_SLURM_PROGRAMS: Final = {
    "sbatch": "part of Slurm; without it nothing can be submitted",
    "scancel": "part of Slurm; without it no job can be stopped",
    "scontrol": "part of Slurm; without it exit codes above 127 cannot be told",
    "sacct": "part of Slurm; without it a job that slurmctld has forgotten cannot be asked about",
}
_NO_ANSWER: Final = "slurmctld does not answer; a launch would not know whether its job is there"


def examine(runner: Runner) -> tuple[Ability, ...]:
    """Look at the interpreter, the kernel, the programs and the package's own files."""
    version = platform.python_version()
    modern = sys.version_info >= (3, 11)
    programs = tuple(_program(runner, *row) for row in _PROGRAMS)
    slurm = all(each.present for each in programs if each.name in {"sinfo", "squeue"})
    return (
        Ability("python", modern, f"{version} at {sys.executable}", True, "" if modern else "Python 3.11 or newer"),
        Ability("kernel", True, f"{platform.system()} {platform.release()}", False),
        _flock(),
        *programs,
        *(_slurm(runner) if slurm else ()),
        _own_files(),
    )


def _slurm(runner: Runner) -> tuple[Ability, ...]:
    """What of Slurm is there beyond the two probes: what a run is submitted, stopped and accounted for with."""
    from autolab_core.schedulers.slurm import argv

    commands = tuple(
        _program(runner, name, argv.version(name).argv, False, advice) for name, advice in _SLURM_PROGRAMS.items()
    )
    call = argv.scontrol_config()
    environment = call.environment(os.environ)
    try:
        result = runner.run(Command(call.argv, env=environment, timeout=call.timeout))
    except RunnerError as error:
        return (*commands, Ability("cluster", False, str(error), False, _NO_ANSWER))
    if result.exit_code != 0:
        said = result.complaint or f"exit code {result.exit_code}"
        return (*commands, Ability("cluster", False, said, False, _NO_ANSWER))
    return (*commands, *_site(result.stdout))


def _site(said: bytes) -> tuple[Ability, ...]:
    """The cluster's own words about how long it remembers jobs, and whether it keeps accounts."""
    from autolab_core.schedulers.slurm.parse.scontrol import parse_config

    try:
        site = parse_config(said)
    except ParseError as error:
        return (Ability("cluster", False, str(error), False, _NO_ANSWER),)
    remembers = "" if site.min_job_age is None else f"; it forgets a job {site.min_job_age.seconds} s after its end"
    accounting = Ability("accounting", bool(site.accounting), "sacct can be asked", False)
    if not site.accounting:
        said_of_it = "not known" if site.accounting is None else "the cluster keeps none"
        advice = "monitor a run before the cluster has forgotten it (MinJobAge); its own markers are read as well"
        accounting = Ability("accounting", False, said_of_it, False, advice)
    return (Ability("cluster", True, f"{site.cluster}{remembers}", False), accounting)


def _program(runner: Runner, name: str, argv: tuple[str, ...], needed: bool, advice: str) -> Ability:
    try:
        result = runner.run(Command(argv, timeout=20.0))
    except RunnerError as error:
        return Ability(name, False, str(error), needed, advice)
    said = (result.text or result.stderr.decode("utf-8", "replace")).strip().splitlines()
    return Ability(name, result.exit_code == 0, said[0] if said else f"exit code {result.exit_code}", needed)


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
