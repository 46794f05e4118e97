"""``scontrol show job``, ``scontrol show config`` and the version line that every command prints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import attrs

from autolab_core.models.resources import Duration
from autolab_core.schedulers.slurm.job_ids import JobId, parse_id
from autolab_core.schedulers.slurm.parse import fields
from autolab_core.schedulers.slurm.parse.rows import JobRow, exit_of, happened
from autolab_core.schedulers.slurm.states import read_state
from autolab_core.vocab.errors import ParseError

__all__ = ["SiteConfig", "pairs", "parse_config", "parse_jobs", "parse_version"]

_KEY: Final = re.compile(r"(?:^|(?<= ))([A-Z][A-Za-z/:]*)=")
_CONFIG: Final = re.compile(r"([A-Za-z][A-Za-z0-9_\[\]]*)\s*= ?(.*)")
_SECONDS: Final = re.compile(r"([0-9]{1,9})(?: sec(?:onds)?)?")
_VERSION: Final = re.compile(r"slurm(?:-wlm)? ([0-9]{1,2})\.([0-9]{1,2})(?:\.([0-9]{1,3}))?[A-Za-z0-9.~+-]*")
# Whatever follows one of these on its line belongs to it: a person chose it, and it may look like other keys.
_FREE: Final = frozenset(
    {"Comment", "AdminComment", "SystemComment", "Command", "JobName", "StdErr", "StdIn", "StdOut"}
)
_NEEDED: Final = ("JobId", "JobState")


def parse_jobs(stdout: bytes) -> tuple[JobRow, ...]:
    """The blocks of ``scontrol show job``, one a job or array task. Its exit codes are whole (8 bits), sacct's are not.

    Raises ParseError for text that is no such block, for one without its state and for one that says it twice.
    """
    text = fields.as_text(stdout)
    if text.strip() == "No jobs in the system":
        return ()
    blocks: list[dict[str, str]] = []
    for line in text.split("\n"):
        if line.startswith("JobId="):
            blocks.append({})
        elif line.strip() and not blocks:
            raise ParseError(f"scontrol: {line[:200]!r} is no part of a job")
        for key, value in pairs(line.strip()):
            if key in _NEEDED and key in blocks[-1]:
                raise ParseError(f"scontrol: {key} stands twice in one job")
            blocks[-1].setdefault(key, value)
    return tuple(_job(block) for block in blocks)


def pairs(line: str) -> list[tuple[str, str]]:
    """``A=1 B=two words``, one line, in its pieces: a value reaches to the next key."""
    found = []
    free = 0
    keys = list(_KEY.finditer(line))
    for index, match in enumerate(keys):
        key = match.group(1)
        if match.start() < free:
            continue
        if key in _FREE:
            # One line for a whole job (--oneliner) goes on behind the name, and always with the same key.
            free = line.find(" UserId=", match.end()) if key == "JobName" else -1
            free = len(line) if free < 0 else free
            found.append((key, line[match.end() : free]))
            continue
        end = keys[index + 1].start() if index + 1 < len(keys) else len(line)
        found.append((key, line[match.end() : end].strip()))
    return found


def _job(block: Mapping[str, str]) -> JobRow:
    for key in _NEEDED:
        if not block.get(key):
            raise ParseError(f"scontrol: a job without {key}: {str(dict(block))[:200]}")
    raw = parse_id(block["JobId"])
    state = read_state(block["JobState"])
    row = JobRow(
        id=_shown(raw, block),
        state=state,
        raw_id=str(raw),
        name=block.get("JobName", ""),
        reason=fields.present(block.get("Reason", "")),
        exit=exit_of(state, fields.exit_status("scontrol: ExitCode", block.get("ExitCode", ""))),
        derived_exit=fields.exit_status("scontrol: DerivedExitCode", block.get("DerivedExitCode", "")),
        submitted=fields.time("scontrol: SubmitTime", block.get("SubmitTime", "")),
        eligible=fields.time("scontrol: EligibleTime", block.get("EligibleTime", "")),
        started=fields.time("scontrol: StartTime", block.get("StartTime", "")),
        ended=fields.time("scontrol: EndTime", block.get("EndTime", "")),
        elapsed=fields.duration("scontrol: RunTime", block.get("RunTime", "")),
        limit=fields.duration("scontrol: TimeLimit", block.get("TimeLimit", "")),
        nodes=fields.present(block.get("NodeList", "")),
        partition=block.get("Partition", ""),
        user=block.get("UserId", "").partition("(")[0],
        restarts=fields.whole("scontrol: Restarts", block.get("Restarts", "")),
    )
    return happened(row)


def _shown(raw: JobId, block: Mapping[str, str]) -> JobId:
    """The id as squeue and sacct show it: array and task, or job and offset."""
    task, offset = block.get("ArrayTaskId", ""), block.get("HetJobOffset", "")
    if "ArrayJobId" in block and task:
        return parse_id(f"{block['ArrayJobId']}_{task if task.isdigit() else f'[{task}]'}")
    if "HetJobId" in block and offset:
        return parse_id(f"{block['HetJobId']}+{offset}")
    return raw


@attrs.frozen
class SiteConfig:
    """What of a cluster's configuration decides how it is asked. None where it was not said.

    A job that has ended is forgotten by slurmctld after ``min_job_age``; a command gives up on a silent slurmctld after
    ``message_timeout``; ``accounting`` tells whether sacct can know anything.
    """

    cluster: str = ""
    version: tuple[int, int, int] | None = None
    min_job_age: Duration | None = None
    message_timeout: Duration | None = None
    kill_wait: Duration | None = None
    accounting: bool | None = None
    max_array_size: int | None = None


def parse_config(stdout: bytes) -> SiteConfig:
    """``scontrol show config``. Raises ParseError when it is not that."""
    given: dict[str, str] = {}
    for line in fields.as_text(stdout).split("\n"):
        match = _CONFIG.fullmatch(line.rstrip())
        if match is not None:
            given.setdefault(match.group(1), match.group(2).strip())
    if "ClusterName" not in given:
        raise ParseError("scontrol show config: there is no ClusterName in the answer")
    storage = given.get("AccountingStorageType", "")
    version = given.get("SLURM_VERSION", "")
    return SiteConfig(
        cluster=given["ClusterName"],
        version=parse_version(f"slurm {version}".encode()) if version else None,
        min_job_age=_seconds(given, "MinJobAge"),
        message_timeout=_seconds(given, "MessageTimeout"),
        kill_wait=_seconds(given, "KillWait"),
        accounting=storage.endswith(("slurmdbd", "mysql")) if storage else None,
        max_array_size=fields.whole("scontrol show config: MaxArraySize", given.get("MaxArraySize", "")),
    )


def _seconds(given: Mapping[str, str], key: str) -> Duration | None:
    text = fields.present(given.get(key, ""))
    match = _SECONDS.fullmatch(text)
    if match is None and text:
        raise ParseError(f"scontrol show config: {key} {text[:80]!r} is no number of seconds")
    return Duration(int(match.group(1))) if match is not None else None


def parse_version(stdout: bytes) -> tuple[int, int, int]:
    """``slurm 23.11.4`` (Debian says ``slurm-wlm``) as numbers that compare. Raises ParseError."""
    text = fields.as_text(stdout).strip()
    match = _VERSION.fullmatch(text)
    if match is None:
        raise ParseError(f"{text[:200]!r} is not a version of Slurm")
    major, minor, micro = (int(part or 0) for part in match.groups())
    return major, minor, micro
