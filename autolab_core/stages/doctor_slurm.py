"""What ``doctor`` finds of Slurm: the programs, the cluster, whether it can be asked about jobs, and how far back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

from autolab_core.exec.command import Runner
from autolab_core.models.job import Answer
from autolab_core.schedulers.slurm import argv
from autolab_core.schedulers.slurm.asking import Asker, complaint_of
from autolab_core.schedulers.slurm.errors import Complaint
from autolab_core.schedulers.slurm.parse.sacct import parse_sacct
from autolab_core.schedulers.slurm.parse.scontrol import SiteConfig, parse_config
from autolab_core.schedulers.slurm.parse.squeue import parse_squeue
from autolab_core.stages.ability import Ability, program
from autolab_core.vocab.errors import ParseError

__all__ = ["examine_slurm"]

_PROGRAMS: Final = {
    "sbatch": "part of Slurm; without it nothing can be submitted",
    "scancel": "part of Slurm; without it no job can be stopped",
    "scontrol": "part of Slurm; without it exit codes above 127 cannot be told",
    "sacct": "part of Slurm; without it a job that slurmctld has forgotten cannot be asked about",
}
_NO_ANSWER: Final = "slurmctld does not answer; a launch would not know whether its job is there"
_NO_JOBS: Final = "a launch asks for its job by name and submits nothing while that is not answered; ask your site"
_NO_ACCOUNTS: Final = "monitor a run before the cluster has forgotten it (MinJobAge); its own markers are read as well"
_WITHOUT: Final = frozenset({Complaint.ACCOUNTING_DISABLED, Complaint.NOT_PERMITTED})
# No job has it: what is asked for is the answer "none".
_NOBODY: Final = "autolab-doctor"


def examine_slurm(runner: Runner) -> tuple[Ability, ...]:
    """The four programs, and what the cluster answers. One that does not answer is asked one question, not three."""
    asker = Asker(runner, os.environ, lambda: datetime.now(UTC))
    found = tuple(program(runner, name, argv.version(name).argv, False, advice) for name, advice in _PROGRAMS.items())
    answer = asker.ask(argv.scontrol_config())
    try:
        problem = _problem(answer, parse_config)
        site = SiteConfig() if problem else parse_config(answer.stdout.encode())
    except ParseError as error:
        problem, site = str(error), SiteConfig()
    if problem:
        return (*found, Ability("cluster", False, problem, False, _NO_ANSWER))
    return (*found, Ability("cluster", True, _cluster(site), False), *_questions(asker, site), *_allocation())


def _cluster(site: SiteConfig) -> str:
    version = "" if site.version is None else f", Slurm {'.'.join(f'{part:02d}' for part in site.version[:2])}"
    remembers = "" if site.min_job_age is None else f"; it forgets a job {site.min_job_age.seconds} s after its end"
    return f"{site.cluster}{version}{remembers}"


def _questions(asker: Asker, site: SiteConfig) -> Iterator[Ability]:
    problem = _problem(asker.ask(argv.squeue_named([_NOBODY])), parse_squeue)
    yield Ability("jobs", not problem, problem or "squeue lists them", False, _NO_JOBS if problem else "")
    if site.accounting is False:
        yield Ability("accounting", False, "the cluster keeps none", False, _NO_ACCOUNTS)
        return
    said = asker.ask(argv.sacct_named([_NOBODY], datetime.now(UTC)))
    problem = _problem(said, parse_sacct)
    if complaint_of(said) in _WITHOUT:
        problem = f"there is none for you: {problem}"
    yield Ability("accounting", not problem, problem or "sacct can be asked", False, _NO_ACCOUNTS if problem else "")


def _allocation() -> Iterator[Ability]:
    identifier = os.environ.get("SLURM_JOB_ID")
    if identifier:
        yield Ability(
            "allocation", True, f"this is inside job {identifier[:80]}: a run that fits is started in it", False
        )


def _problem(answer: Answer, parse: Callable[[bytes], object]) -> str:
    """What is wrong with *answer*, in its own words; empty when nothing is."""
    complaint = complaint_of(answer)
    if complaint is not Complaint.NONE:
        return answer.stderr.strip().replace("\n", "; ")[-200:] or str(complaint)
    try:
        parse(answer.stdout.encode())
    except ParseError as error:
        return str(error)
    return ""
