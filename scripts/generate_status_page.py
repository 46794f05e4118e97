"""Write ``docs/status.md`` from the table of Slurm's words: ``python scripts/generate_status_page.py [--check]``."""

from __future__ import annotations

import sys
from pathlib import Path

from autolab_core.schedulers.slurm.states import TABLE, Kind, Word
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState

PAGE = Path(__file__).resolve().parents[1] / "docs/status.md"
_HEAD = """\
# What Slurm says about a job

Made from the code by `python scripts/generate_status_page.py`. What becomes of a run's status is in
[words.md](words.md); here stand the words of Slurm 20 to 25 that lead there. They are read in every form in which a
command writes them: long or short, in either case, decorated (`CANCELLED by 1000`, `COMPLETED*`), cut to a column
(`OUT_OF_ME+`), several at once (`RUNNING,COMPLETING`, `["COMPLETED", "COMPLETING"]`).
"""
_STATES = """
## States

A job has one of them. An exit code decides nothing where the state says more.

| state | code | read as | means |
|---|---|---|---|
"""
_FLAGS = """
## Flags

They stand beside a state, or in its place. A *strong* flag decides alone, also beside a state that looks like an end; a
*weak* one only while the state is none that ends a job; a *remark* only where nothing else is said. Among several of a
kind, the one that stands higher here decides.

| flag | code | kind | read as | means |
|---|---|---|---|---|
"""
_REST = """
## Everything else

A word that is not in these tables, two different states in one answer, and a beginning that several words share
(`RES+`) are read as `unknown`: the run keeps its status, and the text is noted. An unknown word beside a state that
does not end a job is noted and changes nothing. A job that is not listed is `absent`, which is never "done".
"""


def page() -> str:
    """The page's text."""
    states = "".join(_state(word) for word in TABLE if word.kind is Kind.STATE)
    flags = "".join(_flag(word) for word in TABLE if word.kind is not Kind.STATE)
    return _HEAD + _STATES + states + _FLAGS + flags + _REST


def _state(word: Word) -> str:
    return f"| {_name(word)} | {_code(word)} | {_read_as(word.means)} | {word.sentence} |\n"


def _flag(word: Word) -> str:
    kind = word.kind.removesuffix(" flag")
    return f"| {_name(word)} | {_code(word)} | {kind} | {_read_as(word.means)} | {word.sentence} |\n"


def _name(word: Word) -> str:
    since = f" (since {word.since})" if word.since else ""
    return f"`{word.name}`{since}"


def _code(word: Word) -> str:
    return f"`{word.code}`" if word.code else "–"


def _read_as(state: JobState) -> str:
    return f"`{state}`, an end" if state in ENDED_JOB_STATES else f"`{state}`"


if __name__ == "__main__":
    from one_page import write_or_check  # beside this file, which is on the path only when it is run

    sys.exit(write_or_check(PAGE, page()))
