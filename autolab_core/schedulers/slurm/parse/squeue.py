"""``squeue`` with the format that ``argv.squeue`` asks for."""

from __future__ import annotations

from autolab_core.schedulers.slurm.argv import QUEUE_FIELDS, SEPARATOR
from autolab_core.schedulers.slurm.job_ids import parse_id
from autolab_core.schedulers.slurm.parse import fields
from autolab_core.schedulers.slurm.parse.rows import JobRow, exit_of, happened
from autolab_core.schedulers.slurm.states import read_state
from autolab_core.vocab.errors import ParseError

__all__ = ["parse_squeue"]


def parse_squeue(stdout: bytes) -> tuple[JobRow, ...]:
    """The rows, in the order in which they stand. No rows is an answer only where the command ended with 0.

    Raises ParseError for a row that is not whole: a cut-off answer must not look as if a job were gone.
    """
    text = fields.as_text(stdout)
    if text and not text.endswith("\n"):
        raise ParseError(f"squeue's answer was cut off in {text.splitlines()[-1][-80:]!r}")
    return tuple(_row(line) for line in text.split("\n")[:-1])


def _row(line: str) -> JobRow:
    values = line.split(SEPARATOR)
    if len(values) != len(QUEUE_FIELDS) + 1 or values[-1].strip():
        raise ParseError(f"squeue: {line[:200]!r} has {len(values) - 1} fields, not {len(QUEUE_FIELDS)}")
    given = {name: value.strip() for name, value in zip(QUEUE_FIELDS, values, strict=False)}
    status = fields.whole("squeue: exit_code", given["exit_code"])
    cluster = fields.present(given["Cluster"])
    identifier = parse_id(given["JobArrayID"])
    state = read_state(given["State"])
    row = JobRow(
        id=identifier._replace(cluster=cluster),
        state=state,
        raw_id=given["JobID"],
        name=given["Name"],
        reason=fields.present(given["Reason"]),
        exit=None if status is None else exit_of(state, fields.wait_status(status)),
        submitted=fields.time("squeue: SubmitTime", given["SubmitTime"]),
        eligible=fields.time("squeue: EligibleTime", given["EligibleTime"]),
        started=fields.time("squeue: StartTime", given["StartTime"]),
        ended=fields.time("squeue: EndTime", given["EndTime"]),
        limit=fields.duration("squeue: TimeLimit", given["TimeLimit"]),
        nodes=fields.present(given["NodeList"]),
        partition=given["Partition"],
        user=given["UserName"],
        restarts=fields.whole("squeue: RestartCnt", given["RestartCnt"]),
    )
    return happened(row)
