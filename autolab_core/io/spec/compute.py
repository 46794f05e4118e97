"""The compute profile: the fenced YAML block below ``### Compute Profile``."""

from __future__ import annotations

from typing import Any, Final

from autolab_core.io.spec.amounts import duration
from autolab_core.io.spec.findings import Findings, Unclear
from autolab_core.io.spec.scan import Scanner
from autolab_core.io.spec.yaml_block import YamlBlock
from autolab_core.models.experiment.spec import ComputeProfile
from autolab_core.models.resources import Duration, Memory
from autolab_core.vocab.paths import relative_problem

__all__ = ["KEYS", "compute_data", "read_compute"]

KEYS: Final = ("cpus", "memory", "gpus", "gpu_memory", "disk", "wall_time", "preference", "data_dirs")
_PREFERENCES: Final = ("auto", "local", "cloud")


def read_compute(block: YamlBlock, found: Findings) -> ComputeProfile:
    """The profile in *block*; what is wrong goes to *found*, keys that are not ours are kept and noted."""
    values: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for key, value in block.data.items():
        line = found.lines[f"compute/{key}"] = block.line(f"/{key}")
        if key not in KEYS:
            extra[key] = value
            found.note(line, f"the compute profile's key {key!r} is kept and not understood; known: {', '.join(KEYS)}")
            continue
        with found.reading(line):
            values[key] = _value(key, value)
    return ComputeProfile(**{key: value for key, value in values.items() if value is not None}, extra=extra)


def compute_data(profile: ComputeProfile) -> dict[str, Any]:
    """*profile* as the mapping that reads back the same; what was not said is left out."""
    said = {
        "cpus": profile.cpus,
        "memory": profile.memory and str(profile.memory),
        "gpus": profile.gpus or None,
        "gpu_memory": profile.gpu_memory and str(profile.gpu_memory),
        "disk": profile.disk and str(profile.disk),
        "wall_time": profile.wall_time and str(profile.wall_time),
        "preference": profile.preference if profile.preference != _PREFERENCES[0] else None,
        "data_dirs": list(profile.data_dirs) or None,
    }
    return {**{key: value for key, value in said.items() if value is not None}, **profile.extra}


def _value(key: str, value: Any) -> Any:
    if value is None:
        return None
    if key in ("cpus", "gpus"):
        least = 1 if key == "cpus" else 0
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise Unclear(f"{key} is {value!r}; write a whole number, {least} or more")
        return value
    if key == "data_dirs":
        return _folders(value)
    if key == "preference":
        if value not in _PREFERENCES:
            raise Unclear(f"preference is {value!r}; write one of {', '.join(_PREFERENCES)}")
        return value
    return _wall_time(value) if key == "wall_time" else _memory(key, value)


def _memory(key: str, value: Any) -> Memory:
    if isinstance(value, int) and not isinstance(value, bool):
        raise Unclear(f"{key} is {value} of what? write a unit: {value}G or {value}M")
    try:
        return Memory.parse(value.replace(" ", "").replace("i", "") if isinstance(value, str) else value)
    except (TypeError, ValueError) as error:
        raise Unclear(f"{key}: {error}") from error


def _wall_time(value: Any) -> Duration:
    if isinstance(value, str) and ("-" in value or value.count(":") == 2 or value.isupper()):
        try:
            return Duration.parse(value)
        except ValueError as error:
            raise Unclear(f"wall_time: {error}") from error
    if not isinstance(value, str):
        raise Unclear(f"wall_time is {value!r} of what? write 90 min, 2 h or HH:MM:SS")
    scanner = Scanner(value)
    seconds = duration(scanner, "wall_time")
    scanner.end("90 min, 2 h or HH:MM:SS")
    if seconds <= 0 or not seconds.is_integer():
        raise Unclear(f"wall_time is {value!r}; write whole seconds, more than 0")
    return Duration(int(seconds))


def _folders(value: Any) -> tuple[str, ...]:
    folders = [value] if isinstance(value, str) else value
    if not isinstance(folders, list) or not all(isinstance(each, str) for each in folders):
        raise Unclear("data_dirs should be a list of folders")
    for each in folders:
        if problem := relative_problem(each):
            raise Unclear(f"data_dirs: {each!r} is refused: {problem}")
    return tuple(folders)
