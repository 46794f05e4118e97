"""Mutations for each rule of ``budget``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from autolab_core.vocab.experiment import JournalEvent
from autolab_verifiers.selftest.experimenting import METRICS, carried_out, journal, known, reported
from autolab_verifiers.selftest.mutation import Change, Mutation
from autolab_verifiers.selftest.repository import Repository

__all__ = ["TABLE"]

_USAGE: Final = "/resource_usage"


def _of(rule: str, name: str, damage: Change, *also: str, mild: bool = False, prepare: Change = reported) -> Mutation:
    return Mutation(rule, name, damage, frozenset(also), mild, prepare)


def _used(key: str, value: Any) -> Callable[[Repository], Repository]:
    return lambda r: r.set(METRICS, f"{_USAGE}/{key}", value)


def _slow_baseline(r: Repository) -> Repository:
    """Let the baseline have taken the whole budget, and the notes and the numbers tell of it."""

    def change(entries: list[dict[str, Any]]) -> None:
        for entry in entries:
            if entry["event"] == JournalEvent.PHASE_ENDED and entry["wall_seconds"] == 20.0:
                entry["wall_seconds"] = 7300.0

    r.set(METRICS, f"{_USAGE}/wall_clock_seconds", 7363).set(METRICS, "/notes", "Wall clock 7363 s of 7200 s.")
    return journal(r, change)


def _allocated(r: Repository) -> Repository:
    """Let the run of the spec be a job with one GPU that Slurm accounts for."""
    carried_out(r).to_slurm().manifest("/resource_request/gpu_count", 1)
    r.manifest("/scheduler", {"state": "COMPLETED", "elapsed": "00:01:40"}).set(METRICS, f"{_USAGE}/gpu_hours", 0.02)
    return journal(r, _gpu_hours)


def _gpu_hours(entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        if entry["event"] == JournalEvent.PHASE_ENDED and entry["wall_seconds"] == 60.0:
            entry["gpu_hours"] = 0.02


TABLE: Final[tuple[Mutation, ...]] = (
    _of("BU001", "wall_clock_is_missing", lambda r: r.drop(METRICS, f"{_USAGE}/wall_clock_seconds")),
    _of("BU001", "steps_are_a_text", _used("total_training_steps", "4000"), "SC012"),
    _of("BU001", "runs_are_negative", _used("total_runs", -4), "SC012"),
    _of("BU001", "gpu_hours_are_not_known", _used("gpu_hours", None), mild=True),
    _of("BU002", "overage_is_not_told", _used("wall_clock_seconds", 7412)),
    _of(
        "BU002",
        "overage_is_told_without_its_number",
        lambda r: r.set(METRICS, f"{_USAGE}/total_runs", 9).set(METRICS, "/notes", "More runs than planned were made."),
    ),
    _of(
        "BU003",
        "no_reason_was_given",
        lambda r: r.set(METRICS, f"{_USAGE}/total_runs", 9).set(METRICS, "/notes", "There were 9 runs, 3 over."),
        mild=True,
    ),
    _of("BU003", "phase_was_begun_on_a_spent_budget", _slow_baseline, prepare=carried_out),
    _of(
        "BU004",
        "wall_clock_is_another",
        lambda r: known(_used("wall_clock_seconds", 60)(r)),
        prepare=carried_out,
    ),
    _of("BU004", "runs_are_an_agents_figure", lambda r: known(_used("total_runs", 3)(r)), prepare=carried_out),
    _of(
        "BU005",
        "less_than_the_scheduler_counts",
        lambda r: r.manifest("/scheduler/elapsed", "01:56:40"),
        prepare=_allocated,
    ),
    _of(
        "BU005",
        "more_than_the_scheduler_counts",
        lambda r: r.manifest("/scheduler/elapsed", "00:00:01"),
        prepare=_allocated,
    ),
)
