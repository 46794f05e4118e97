"""The values in Slurm's answers, each by one function: times, amounts of time and memory, exit codes. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from autolab_core.models.resources import Duration
from autolab_core.schedulers.slurm.parse.rows import ExitStatus
from autolab_core.vocab.errors import ParseError

__all__ = [
    "as_text",
    "duration",
    "exit_status",
    "json_document",
    "memory",
    "moment",
    "number",
    "present",
    "time",
    "wait_status",
    "whole",
]

# What stands where there is nothing: Slurm's commands differ even among themselves.
_NOTHING: Final = frozenset(
    {
        "",
        "(null)",
        "INVALID",
        "N/A",
        "NONE",
        "NOT_SET",
        "None",
        "None assigned",
        "Partition_Limit",
        "Unknown",
        "n/a",
        "null",
    }
)
_LOCAL_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_DIGITS: Final = re.compile(r"[0-9]{1,19}")
_CLOCK: Final = re.compile(r"(?:([0-9]{1,7})-)?(?:([0-9]{1,7}):)?([0-9]{1,2}):([0-9]{1,2})(?:\.[0-9]{1,9})?")
_AMOUNT: Final = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)([KMGTPE]?)")
_EXIT: Final = re.compile(r"([0-9]{1,3}):([0-9]{1,3})")
_UNITS: Final = {unit: 1024**power for power, unit in enumerate(("", "K", "M", "G", "T", "P", "E"))}
_LAST_TIME: Final = 0xFFFFFFF0  # Slurm's "infinite" and "no value" lie above it


def as_text(source: bytes) -> str:
    """*source* as text; bytes that are not UTF-8 become U+FFFD, because a job's name may hold any."""
    return source.decode("utf-8", "replace")


def present(text: str) -> str:
    """*text*, or nothing where it says that there is nothing."""
    stripped = text.strip()
    return "" if stripped in _NOTHING else stripped


def time(what: str, text: str) -> datetime | None:
    """A time in seconds since 1970, as ``SLURM_TIME_FORMAT=%s`` makes it. None where there is none yet.

    A time of day without a zone is None too: somebody took the format back, and which zone it means nobody can tell.
    """
    given = present(text)
    if not given or _LOCAL_TIME.fullmatch(given):
        return None
    if not _DIGITS.fullmatch(given):
        raise ParseError(f"{what} {given[:80]!r} is not a time in seconds since 1970")
    return moment(int(given))


def moment(seconds: int) -> datetime | None:
    """*seconds* since 1970 as a time; None for 0 and for Slurm's numbers that stand for no time."""
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < _LAST_TIME else None


def duration(what: str, text: str) -> Duration | None:
    """``[D-]H:M:S`` or ``M:S``; UNLIMITED is a Duration without seconds, nothing is None."""
    given = present(text)
    if not given:
        return None
    if given.upper() in {"UNLIMITED", "INFINITE"}:
        return Duration(None)
    match = _CLOCK.fullmatch(given)
    if match is None:
        raise ParseError(f"{what} {given[:80]!r} is not an amount of time")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return Duration(days * 86400 + hours * 3600 + minutes * 60 + seconds)


def memory(what: str, text: str) -> int | None:
    """``3008K`` or ``1.5G`` in bytes; a number without a unit is bytes, as sacct writes MaxRSS."""
    given = present(text)
    if not given:
        return None
    match = _AMOUNT.fullmatch(given)
    if match is None:
        raise ParseError(f"{what} {given[:80]!r} is not an amount of memory")
    return int(float(match.group(1)) * _UNITS[match.group(2)])


def exit_status(what: str, text: str) -> ExitStatus | None:
    """``3:0``: exit code and signal."""
    given = present(text)
    if not given:
        return None
    match = _EXIT.fullmatch(given)
    if match is None:
        raise ParseError(f"{what} {given[:80]!r} is not an exit code and a signal")
    return ExitStatus(int(match.group(1)), int(match.group(2)))


def wait_status(status: int) -> ExitStatus:
    """What wait(2) gave: exit 3 is 768, ended by signal 15 is 15, out of memory is 253 (signal 125, with a core)."""
    return ExitStatus(status >> 8 & 0xFF, status & 0x7F)


def whole(what: str, text: str) -> int | None:
    """A number without a sign."""
    given = present(text)
    if not given:
        return None
    if not _DIGITS.fullmatch(given):
        raise ParseError(f"{what} {given[:80]!r} is not a number")
    return int(given)


def json_document(source: bytes, command: str) -> Mapping[str, Any]:
    """The JSON document that *command* printed. Raises ParseError when it is none, or was cut short."""
    try:
        data = json.loads(as_text(source))
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{command} printed no JSON document: {str(error)[:200]}") from error
    if not isinstance(data, dict):
        raise ParseError(f"{command} printed a JSON {type(data).__name__}, not an object")
    return data


def number(what: str, value: object) -> int | None:
    """A number as JSON has it: plain, or ``{"set": true, "infinite": false, "number": 5}``. Infinite is −1."""
    if isinstance(value, dict):
        if value.get("infinite") is True:
            return -1
        return number(what, value.get("number")) if value.get("set") is True else None
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        if not 0 <= value < 2**64:
            raise ParseError(f"{what} is out of bounds")
        return -1 if value == 0xFFFFFFFF else None if value in {0xFFFFFFFE, 2**64 - 2} else value
    raise ParseError(f"{what} is a {type(value).__name__}, not a number")
