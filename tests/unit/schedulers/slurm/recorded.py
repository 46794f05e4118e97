"""Real answers of Slurm's commands, as ``python -m tests.recorded.slurm.record`` has put them on record.

One file is one command: ``{"argv": [...], "exit_code": 0, "stdout": "...", "stderr": "..."}``. Its name is that of the
step; a case of several jobs has a prefix before each.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from autolab_core.schedulers.slurm.parse.document import parse_sacct_json, parse_squeue_json
from autolab_core.schedulers.slurm.parse.rows import JobRow
from autolab_core.schedulers.slurm.parse.sacct import parse_sacct
from autolab_core.schedulers.slurm.parse.scontrol import parse_jobs
from tests.recorded.slurm.record import FOLDER as PLACE

FOLDER = PLACE / "slurm-wlm-22.05.8"


class Answer(NamedTuple):
    place: str
    argv: tuple[str, ...]
    exit_code: int
    stdout: bytes
    stderr: bytes

    @property
    def command(self) -> str:
        """``sacct``, ``sacct --json``, ``scontrol show job``: what tells which parser it is for."""
        if self.argv[0] == "scontrol":
            return " ".join(("scontrol", *[word for word in self.argv[1:] if not word.startswith("-")][:2]))
        return f"{self.argv[0]} --json" if "--json" in self.argv else self.argv[0]


def answers(case: str = "*", step: str = "*") -> list[Answer]:
    found = []
    for path in sorted(FOLDER.glob(f"{case}/{step}.json")):
        data = json.loads(path.read_text())
        given = (tuple(data["argv"]), data["exit_code"], data["stdout"].encode(), data["stderr"].encode())
        found.append(Answer(path.relative_to(FOLDER).as_posix(), *given))
    return found


def of(command: str, case: str = "*") -> list[Answer]:
    return [answer for answer in answers(case) if answer.command == command]


def answer(case: str, step: str) -> Answer:
    (found,) = answers(case, step)
    return found


def accounting(case: str, prefix: str = "") -> tuple[JobRow, ...]:
    """What sacct said about *case*, as rows."""
    return parse_sacct(answer(case, f"{prefix}sacct").stdout)


def shown(case: str, prefix: str = "") -> tuple[JobRow, ...]:
    """What ``scontrol show job`` said about *case*, as rows."""
    return parse_jobs(answer(case, f"{prefix}scontrol").stdout)


PARSERS = {
    "sacct --json": lambda answer: parse_sacct_json(answer.stdout),
    "scontrol show job": lambda answer: parse_jobs(answer.stdout),
    "squeue --json": lambda answer: parse_squeue_json(answer.stdout),
}
