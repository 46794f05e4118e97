"""Timing whole processes: CPU seconds of each finished child, interleaved, so that drift hits all alike."""

from __future__ import annotations

import os
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from typing import NamedTuple

__all__ = ["Case", "Figures", "measure"]


class Case(NamedTuple):
    """A command to time. ``expect`` is the exit code that it must have: a command that fails early would look fast.

    ``given`` is a file for its standard input.
    """

    name: str
    argv: tuple[str, ...]
    cwd: str
    expect: int = 0
    given: str = os.devnull


class Figures(NamedTuple):
    """Medians: CPU (user and system) seconds, and the largest resident set in MiB."""

    cpu: float
    peak_mib: float


def _clean_environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}


def _run(case: Case) -> tuple[float, float]:
    with open(case.given, "rb") as given:
        process = subprocess.Popen(
            case.argv,
            cwd=case.cwd,
            env=_clean_environment(),
            stdin=given,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != case.expect:
        raise SystemExit(f"{case.name} ended with {process.returncode}, not {case.expect}: {' '.join(case.argv)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure(cases: Sequence[Case], rounds: int) -> Mapping[str, Figures]:
    """Time every case *rounds* times, in turn, after one round that is not counted."""
    seen: dict[str, list[tuple[float, float]]] = {case.name: [] for case in cases}
    for case in cases:
        _run(case)
    for _ in range(rounds):
        for case in cases:
            seen[case.name].append(_run(case))
    return {
        name: Figures(statistics.median(cpu for cpu, _ in runs), statistics.median(peak for _, peak in runs))
        for name, runs in seen.items()
    }
