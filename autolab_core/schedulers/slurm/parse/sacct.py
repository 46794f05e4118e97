"""``sacct --parsable2`` with its header, which names the columns: steps stand below the job that they belong to."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from autolab_core.schedulers.slurm.argv import SEPARATOR
from autolab_core.schedulers.slurm.job_ids import JobId, parse_id
from autolab_core.schedulers.slurm.parse import fields
from autolab_core.schedulers.slurm.parse.rows import JobRow, StepRow, exit_of
from autolab_core.schedulers.slurm.states import read_state
from autolab_core.vocab.errors import ParseError

__all__ = ["parse_sacct"]


def parse_sacct(stdout: bytes, separator: str = SEPARATOR) -> tuple[JobRow, ...]:
    """The jobs with their steps, in the order in which they stand; with ``--duplicates`` each attempt is a row.

    Raises ParseError where there is no header (sacct always prints one), for a row that is not whole, and for a step
    without its job.
    """
    text = fields.as_text(stdout)
    if text and not text.endswith("\n"):
        raise ParseError(f"sacct's answer was cut off in {text.splitlines()[-1][-80:]!r}")
    lines = text.split("\n")[:-1]
    start = next((at for at, line in enumerate(lines) if line.split(separator)[0] == "JobID"), None)
    if start is None:
        raise ParseError(f"sacct's answer has no header: {text[:200]!r}")
    names = lines[start].split(separator)
    if "State" not in names:
        raise ParseError(f"sacct's answer has no column State: {lines[start][:200]!r}")
    rows: list[JobRow] = []
    for line in lines[start + 1 :]:
        values = line.split(separator)
        if len(values) != len(names):
            raise ParseError(f"sacct: {line[:200]!r} has {len(values)} fields, not {len(names)}")
        given = dict(zip(names, values, strict=True))
        identifier = parse_id(given["JobID"])._replace(cluster=fields.present(given.get("Cluster", "")))
        if identifier.step:
            _add_step(rows, identifier, given)
        else:
            rows.append(_job(identifier, given))
    return tuple(rows)


def _add_step(rows: list[JobRow], identifier: JobId, given: Mapping[str, str]) -> None:
    # While an array starts, its steps stand below the array's own id, and a little later below the task's.
    if not rows or rows[-1].id.job != identifier.job:
        raise ParseError(f"sacct: the step {identifier} stands below another job")
    rows[-1] = attrs.evolve(rows[-1], steps=(*rows[-1].steps, _step(identifier, given)))


def _job(identifier: JobId, given: Mapping[str, str]) -> JobRow:
    state = read_state(given["State"])
    status = fields.exit_status("sacct: ExitCode", given.get("ExitCode", ""))
    return JobRow(
        id=identifier,
        state=state,
        raw_id=given.get("JobIDRaw", ""),
        name=given.get("JobName", ""),
        reason=fields.present(given.get("Reason", "")),
        exit=exit_of(state, status),
        derived_exit=fields.exit_status("sacct: DerivedExitCode", given.get("DerivedExitCode", "")),
        submitted=fields.time("sacct: Submit", given.get("Submit", "")),
        eligible=fields.time("sacct: Eligible", given.get("Eligible", "")),
        started=fields.time("sacct: Start", given.get("Start", "")),
        ended=fields.time("sacct: End", given.get("End", "")),
        elapsed=fields.duration("sacct: Elapsed", given.get("Elapsed", "")),
        limit=fields.duration("sacct: Timelimit", given.get("Timelimit", "")),
        requested_memory=given.get("ReqMem", ""),
        nodes=fields.present(given.get("NodeList", "")),
        partition=given.get("Partition", ""),
        user=given.get("User", ""),
        restarts=fields.whole("sacct: Restarts", given.get("Restarts", "")),
    )


def _step(identifier: JobId, given: Mapping[str, str]) -> StepRow:
    state = read_state(given["State"])
    return StepRow(
        id=identifier,
        state=state,
        name=given.get("JobName", ""),
        exit=exit_of(state, fields.exit_status("sacct: ExitCode", given.get("ExitCode", ""))),
        started=fields.time("sacct: Start", given.get("Start", "")),
        ended=fields.time("sacct: End", given.get("End", "")),
        elapsed=fields.duration("sacct: Elapsed", given.get("Elapsed", "")),
        max_rss=fields.memory("sacct: MaxRSS", given.get("MaxRSS", "")),
        nodes=fields.present(given.get("NodeList", "")),
    )
