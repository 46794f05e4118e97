"""An experiment's spec, as it was understood: ``docs/spec.md`` is its grammar, ``io.spec`` reads and prints it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import attrs

from autolab_core.models.checks import is_id, is_relative_path
from autolab_core.models.resources import Duration, Memory
from autolab_core.vocab.experiment import Aggregate, Arm, BudgetKind, Comparison, Direction, MetricRole, SanityCheck

__all__ = [
    "AbortCriterion",
    "Baseline",
    "Budget",
    "BudgetLimit",
    "ComputeProfile",
    "Metric",
    "Protocol",
    "Setting",
    "Spec",
    "SuccessCriterion",
]

Plain = str | int | float | bool | None
# Four units in the last place of a float: what a difference of two decimals and a product can be off by.
_ROUNDING: Final = 4 * 2.0**-53


@attrs.frozen
class Setting:
    """An independent variable or a control: its name (dots nest, ``optimizer.momentum``) and its value in each arm.

    A control has the same value in both.
    """

    name: str
    values: Mapping[Arm, Plain]


@attrs.frozen
class Metric:
    """``unit`` is None where the spec names none; ``integer`` metrics take whole numbers only."""

    name: str
    role: MetricRole
    description: str = ""
    unit: str | None = None
    direction: Direction | None = None
    aggregate: Aggregate = Aggregate.MEAN
    integer: bool = False


@attrs.frozen
class Baseline:
    """The value that the baseline arm is to reproduce, to within ``tolerance``: an amount, or a share of ``expected``
    where ``relative`` (0.05 is 5 %). ``source`` says where the value comes from."""

    metric: str
    expected: float
    tolerance: float
    relative: bool
    source: str

    @property
    def margin(self) -> float:
        """The tolerance as an amount."""
        return abs(self.expected) * self.tolerance if self.relative else self.tolerance

    def reproduced_by(self, value: float) -> bool:
        """Whether *value* lies within the tolerance. Its very edge does, also where decimals are not exact in binary:
        0.55 reproduces 0.5 ± 0.05."""
        slack = _ROUNDING * max(abs(self.expected), abs(value))
        return math.isfinite(value) and abs(value - self.expected) <= self.margin + slack


@attrs.frozen
class SuccessCriterion:
    """``left`` is ``treatment``, ``baseline``, ``treatment - baseline`` or ``treatment / baseline`` of the metric."""

    metric: str
    left: str
    comparison: Comparison
    limit: float


@attrs.frozen
class AbortCriterion:
    """When to stop. ``id`` is A1, A2, … in the spec's order.

    Exactly one of three: ``metric`` with a comparison and a limit; ``metric`` with ``comparison`` None, which is met by
    a value that is not finite; or ``kind``, which is ``vocab.experiment.RUN_TIME`` (seconds) or a budget's kind, with a
    limit in that kind's unit. ``assumes`` is the data size on which a limit on the time of a run rests, counted in
    ``assumes_unit``, and ``factor`` how much more data makes it unrealistic (None: ``DATA_SIZE_FACTOR``).
    """

    id: str
    text: str
    metric: str | None = None
    kind: str | None = None
    comparison: Comparison | None = None
    limit: float | None = None
    assumes: float | None = None
    assumes_unit: str | None = None
    factor: float | None = None


@attrs.frozen
class BudgetLimit:
    """``limit`` in the unit of ``kind``: seconds, GPU hours, runs, steps."""

    kind: BudgetKind
    limit: float


@attrs.frozen
class ComputeProfile:
    """What a run of the full protocol needs. None is "not said". ``preference`` is ``auto``, ``local`` or ``cloud``."""

    cpus: int | None = None
    memory: Memory | None = None
    gpus: int = 0
    gpu_memory: Memory | None = None
    disk: Memory | None = None
    wall_time: Duration | None = None
    preference: str = "auto"
    data_dirs: tuple[str, ...] = ()
    extra: Mapping[str, Any] = attrs.field(factory=dict, kw_only=True)


@attrs.frozen
class Budget:
    """``tier`` is the author's word for its size."""

    tier: str
    limits: tuple[BudgetLimit, ...]
    compute: ComputeProfile = attrs.field(factory=ComputeProfile)

    def limit(self, kind: BudgetKind) -> float | None:
        """The limit on *kind*, or None."""
        return next((each.limit for each in self.limits if each.kind is kind), None)


@attrs.frozen
class Protocol:
    """The commands of each phase: lines that are split by the shell's quoting rules and run without a shell.

    ``{seed}`` and ``{<setting's name>}`` stand for values; a command with ``{seed}`` runs once for each seed.
    ``csv`` is a file that commands write metrics to, ``config`` the file that holds an arm's resolved configuration;
    both relative to the repository, with the same placeholders.
    """

    sanity: Mapping[SanityCheck, str] = attrs.field(factory=dict)
    baseline: tuple[str, ...] = ()
    mve: tuple[str, ...] = ()
    treatment: tuple[str, ...] = ()
    csv: str | None = None
    config: Mapping[Arm, str] = attrs.field(factory=dict)


@attrs.frozen
class Spec:
    """A whole spec. ``id`` is its file's name without the suffix: ``exp-001-momentum``.

    ``mve`` is the text of the minimum viable experiment, None where the spec defines none. ``seeds`` are the
    treatment's; ``baseline_seeds`` are those that the baseline needs where it has any, the same unless the spec says
    otherwise. ``files`` may be changed for the implementation, ``dependencies`` may be installed.
    """

    id: str = attrs.field(validator=is_id)
    path: str = attrs.field(validator=is_relative_path)
    title: str
    hypothesis: str
    variables: tuple[Setting, ...]
    controls: tuple[Setting, ...]
    metrics: tuple[Metric, ...]
    baselines: tuple[Baseline, ...]
    success: tuple[SuccessCriterion, ...]
    mve: str | None
    procedure: str
    protocol: Protocol
    seeds: tuple[int, ...]
    baseline_seeds: tuple[int, ...]
    budget: Budget
    abort: tuple[AbortCriterion, ...]
    confounds: tuple[str, ...]
    files: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()

    def metric(self, name: str) -> Metric | None:
        """The metric *name*, or None."""
        return next((each for each in self.metrics if each.name == name), None)
