"""Real answers of Slurm's commands, as recorded below ``tests/recorded/slurm/<version>/<case>/``.

One file is one command: ``{"argv": [...], "exit_code": 0, "stdout": "...", "stderr": "..."}``, named in the order in
which they were given.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from autolab_core.schedulers.slurm.argv import SEPARATOR
from autolab_core.schedulers.slurm.parse.document import parse_sacct_json, parse_squeue_json
from autolab_core.schedulers.slurm.parse.rows import JobRow
from autolab_core.schedulers.slurm.parse.sacct import parse_sacct
from autolab_core.schedulers.slurm.parse.scontrol import parse_jobs

FOLDER = Path(__file__).parents[3] / "recorded/slurm/22.05.8"


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


def answers(case: str = "*") -> list[Answer]:
    found = []
    for path in sorted(FOLDER.glob(f"{case}/*.json")):
        data = json.loads(path.read_text())
        given = (tuple(data["argv"]), data["exit_code"], data["stdout"].encode(), data["stderr"].encode())
        found.append(Answer(path.relative_to(FOLDER).as_posix(), *given))
    return found


def of(command: str, case: str = "*") -> list[Answer]:
    return [answer for answer in answers(case) if answer.command == command]


def accounting(case: str) -> tuple[JobRow, ...]:
    """The richest and last thing that sacct said about *case*, as rows; JSON apart."""
    tables = [answer for answer in of("sacct", f"seen_{case}") if answer.exit_code == 0 and answer.stdout]
    most = max(tables, key=lambda answer: (answer.stdout.count(b"batch"), len(answer.stdout), answer.place))
    return sacct_rows(most)


def sacct_rows(answer: Answer) -> tuple[JobRow, ...]:
    separator = SEPARATOR if f"--delimiter={SEPARATOR}" in answer.argv else "|"
    return parse_sacct(header(answer, separator) + answer.stdout, separator)


def header(answer: Answer, separator: str) -> bytes:
    """The line that sacct leaves out where it was told to."""
    if not {"-n", "--noheader"} & set(answer.argv):
        return b""
    named = [word.partition("=")[2] for word in answer.argv if word.startswith("--format=")]
    named += [after for word, after in zip(answer.argv, answer.argv[1:], strict=False) if word == "-o"]
    return (separator.join(name.partition("%")[0] for name in named[0].split(",")) + "\n").encode()


def shown(case: str) -> tuple[JobRow, ...]:
    """The last ``scontrol show job`` of *case*."""
    return parse_jobs([each for each in of("scontrol show job", f"seen_{case}") if each.exit_code == 0][-1].stdout)


PARSERS = {
    "sacct --json": lambda answer: parse_sacct_json(answer.stdout),
    "scontrol show job": lambda answer: parse_jobs(answer.stdout),
    "squeue --json": lambda answer: parse_squeue_json(answer.stdout),
}
