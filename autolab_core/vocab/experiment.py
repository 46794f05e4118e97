"""The words of an experiment that carries out a spec: phases, arms, metrics, budgets, and what may come of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = [
    "DATA_SIZE_FACTOR",
    "RUN_TIME",
    "Aggregate",
    "Arm",
    "BudgetKind",
    "Comparison",
    "Direction",
    "ExperimentEnd",
    "InProcess",
    "JournalEvent",
    "MetricRole",
    "Phase",
    "PhaseEnd",
    "SanityCheck",
]

# How much more data than the spec assumed makes a limit on the time of a run unrealistic, where the spec names no
# factor of its own.
DATA_SIZE_FACTOR: Final = 2.0
# What an abort criterion may limit beside metrics and budgets: the seconds that one run takes.
RUN_TIME: Final = "time per run"


class Phase(StrEnum):
    """The phases in which numbers are made, in the order that is enforced. ``mve`` only where the spec defines one."""

    SANITY = "sanity"
    BASELINE = "baseline"
    MVE = "mve"
    TREATMENT = "treatment"


class SanityCheck(StrEnum):
    """What the sanity phase asks: does it import or compile, do its tests pass, does one step run."""

    IMPORT = "import"
    TESTS = "tests"
    ONE_STEP = "one_step"


class Arm(StrEnum):
    """Which configuration a number belongs to. A row of ``per_seed`` that does not say is of the treatment."""

    BASELINE = "baseline"
    TREATMENT = "treatment"


class MetricRole(StrEnum):
    """How a spec uses a metric. One of role ``sanity`` goes into ``sanity_checks`` and has no arm."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    SANITY = "sanity"


class Direction(StrEnum):
    """Which way a metric is better."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"


class Aggregate(StrEnum):
    """How the values of all seeds become the arm's. ``once``: there is one value an arm, which no seed has."""

    MEAN = "mean"
    MEDIAN = "median"
    MIN = "min"
    MAX = "max"
    SUM = "sum"
    ONCE = "once"


class Comparison(StrEnum):
    """How a measured number is held against a limit."""

    BELOW = "<"
    AT_MOST = "<="
    ABOVE = ">"
    AT_LEAST = ">="
    EQUAL = "=="


class BudgetKind(StrEnum):
    """What a budget limits, and its unit: seconds, hours of one GPU, runs, optimizer steps."""

    WALL_CLOCK = "wall clock"
    GPU_HOURS = "GPU hours"
    RUNS = "training runs"
    STEPS = "training steps"


class PhaseEnd(StrEnum):
    """How an attempt at a phase ended. ``broken``: a command or the caller failed; it may be tried again."""

    FINISHED = "finished"
    NOT_REPRODUCED = "not_reproduced"
    BROKEN = "broken"
    ABORTED = "aborted"
    INTERRUPTED = "interrupted"


class ExperimentEnd(StrEnum):
    """How an experiment ended; after either nothing more is recorded."""

    FINISHED = "finished"
    ABORTED = "aborted"


class InProcess(StrEnum):
    """How a process that makes numbers itself is guarded: held by the kernel, or only looked after."""

    ENFORCE = "enforce"
    SEAL = "seal"


class JournalEvent(StrEnum):
    """What an entry of an experiment's journal is about; ``docs/experiment.md`` has their keys."""

    SEALED = "sealed"
    OPENED = "opened"
    PHASE_STARTED = "phase_started"
    PHASE_PAUSED = "phase_paused"
    PHASE_CONTINUED = "phase_continued"
    PHASE_ENDED = "phase_ended"
    CHECK = "check"
    COMMAND_STARTED = "command_started"
    COMMAND_ENDED = "command_ended"
    METRIC = "metric"
    REFUSED = "refused"
    CONFIGURATION = "configuration"
    PROGRESS = "progress"
    USAGE_REPORTED = "usage_reported"
    NOTE = "note"
    BASELINE_JUDGED = "baseline_judged"
    BUDGET_EXCEEDED = "budget_exceeded"
    JUSTIFIED = "justified"
    WAIVED = "waived"
    SEALS_COMPARED = "seals_compared"
    ABORTED = "aborted"
    ENDED = "ended"
