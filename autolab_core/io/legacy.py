"""Where other tools put what our manifests hold elsewhere: read from there, said in notes, written back where we write.

Pure: nothing is opened, and the data that is handed in is not changed.
"""

from __future__ import annotations

from typing import Any, Final

from autolab_core.vocab.times import is_timestamp

__all__ = ["normalise_manifest"]

# The order in which the places are asked. The schema ``run_manifest`` accepts exactly these.
_JOB_ID_PLACES: Final = (("slurm", "job_id"), ("resource_request", "job_id"), ("resource_request", "slurm", "job_id"))
_TIMES: Final = ("started_at", "completed_at")


def normalise_manifest(data: Any) -> tuple[Any, tuple[str, ...]]:
    """The manifest *data* with ``job_id`` and ``timestamps`` filled from where other tools put them, and notes.

    A note is one line that says what was read from where, or which of two answers won; no note means that the
    result is *data* itself. The keys of other tools stay where they were. What is not a manifest comes back as
    it is: it is for the schema to refuse.
    """
    if not isinstance(data, dict):
        return data, ()
    changes: dict[str, Any] = {}
    notes: list[str] = []
    _fill_job_id(data, changes, notes)
    _fill_times(data, changes, notes)
    return ({**data, **changes} if changes else data), tuple(notes)


def _fill_job_id(data: dict[str, Any], changes: dict[str, Any], notes: list[str]) -> None:
    own = data.get("job_id")
    elsewhere = [("/" + "/".join(place), text) for place in _JOB_ID_PLACES if (text := _job_id(_at(data, place)))]
    if own is None or own == "":
        if elsewhere:
            pointer, changes["job_id"] = elsewhere[0]
            notes.append(f"job_id {changes['job_id']!r} was read from {pointer}")
    elif not isinstance(own, str) and (text := _job_id(own)):
        changes["job_id"] = text
        notes.append(f"job_id is a number; it was read as {text!r}")
    chosen = changes.get("job_id", own)
    notes += [f"{pointer} says {text!r}; job_id {chosen!r} counts" for pointer, text in elsewhere if text != chosen]


def _fill_times(data: dict[str, Any], changes: dict[str, Any], notes: list[str]) -> None:
    times = data.get("timestamps", {})
    if not isinstance(times, dict):
        return
    filled: dict[str, Any] = {}
    for key in _TIMES:
        value = data.get(key)
        if value is None:
            continue
        if not is_timestamp(value):
            notes.append(f"/{key} is not a time and was not read")
        elif times.get(key) is None:
            filled[key] = value
            notes.append(f"timestamps/{key} was read from /{key}")
        elif times[key] != value:
            notes.append(f"/{key} differs; timestamps/{key} counts")
    if filled:
        changes["timestamps"] = {**times, **filled}


def _at(data: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if not isinstance(data, dict):
            return None
        data = data.get(key)
    return data


def _job_id(value: Any) -> str | None:
    """*value* as a job id, None when it is none. A number is its digits; 4242.0 is what some writers make of 4242."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return str(value)
    return None
