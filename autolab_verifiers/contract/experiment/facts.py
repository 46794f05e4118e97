"""What rules about experiments ask of one: its spec, its results, and the journal that was kept of it.

Results may be anybody's: a value of any type is looked at with care, and what is missing is a reason to skip a rule
(or the very thing that a rule objects to), never a crash. Loaded only where an experiment is judged.
"""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.io.journal import Journal, parse_journal
from autolab_core.io.spec import load_spec
from autolab_core.models.experiment.rows import required
from autolab_core.models.experiment.spec import Metric, Spec
from autolab_core.models.experiment.state import ExperimentState, fold
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.experiment import Arm, ExperimentEnd, JournalEvent, MetricRole
from autolab_core.vocab.states import Severity
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.lazy import lazy
from autolab_verifiers.contract.values import as_number, mapping_at, text_at, value_at, word_at

__all__ = ["ROWS", "ExperimentFacts", "Row"]

ROWS: Final = "/per_seed"


class Row(NamedTuple):
    """One row of ``per_seed`` that is a mapping. ``arm`` and ``seed`` are None where they are no such thing."""

    pointer: str
    seed: int | None
    arm: Arm | None
    values: Mapping[str, Any]


class ExperimentFacts:
    """One experiment. Attributes that need a file which is not there, or cannot be read, raise Skip with the reason."""

    def __init__(self, context: VerifyContext, paths: ExperimentPaths) -> None:
        self._tree = context.tree
        self.paths = paths

    @lazy
    def understood(self) -> Spec | DocumentError:
        """The spec, or why there is none that can be read."""
        try:
            return load_spec(self._tree.source(self.paths.spec), self.paths.spec).spec
        except DocumentError as error:
            return error

    @property
    def spec(self) -> Spec:
        """The spec. Raises Skip where it cannot be read: MC001 says why."""
        if isinstance(self.understood, DocumentError):
            raise Skip(f"{self.paths.spec} cannot be read (MC001)")
        return self.understood

    @lazy
    def metrics(self) -> dict[str, Any]:
        """``metrics.json``."""
        return self._mapping(self.paths.metrics)

    @lazy
    def config(self) -> dict[str, Any]:
        """``config.json``."""
        return self._mapping(self.paths.config)

    def _mapping(self, path: str) -> dict[str, Any]:
        if not self._tree.exists(path):
            raise Skip(f"{path} does not exist")
        try:
            return self._tree.mapping(path)
        except DocumentError as error:
            raise Skip(f"{path} cannot be read (SC001, SC012, SC013)") from error

    @property
    def has_journal(self) -> bool:
        """True when something lies where its journal would."""
        return self._tree.exists(self.paths.journal)

    @lazy
    def journal(self) -> Journal:
        """Its journal, whole or not. Raises Skip where there is none, DocumentError for one that cannot be read."""
        if not self.has_journal:
            raise Skip("it has no journal")
        return parse_journal(self._tree.source(self.paths.journal))

    @lazy
    def state(self) -> ExperimentState:
        """What the journal amounts to. Raises as ``journal``."""
        return fold(self.journal.entries)

    @property
    def over(self) -> bool:
        """False while its journal says that it goes on. One without a journal is taken as it lies there."""
        return not self.has_journal or self.state.end is not None

    @property
    def aborted(self) -> bool:
        """True when its metrics or its journal say that a criterion stopped it."""
        told = value_at(self._or_nothing(), "/abort_triggered") is True
        return told or (self.has_journal and self.state.end is ExperimentEnd.ABORTED)

    def _or_nothing(self) -> dict[str, Any]:
        try:
            return self.metrics
        except Skip:
            return {}

    def values(self, arm: Arm) -> dict[str, Any]:
        """What ``metrics.json`` says of *arm*, of any type."""
        return mapping_at(self.metrics, f"/{arm}")

    @lazy
    def rows(self) -> tuple[Row, ...]:
        """The rows of ``per_seed``; one that names no arm is of the treatment."""
        return tuple(_rows(self.metrics))

    def role(self, *roles: MetricRole) -> tuple[Metric, ...]:
        """The spec's metrics of these *roles*."""
        return tuple(metric for metric in self.spec.metrics if metric.role in roles)

    @lazy
    def of_the_baseline(self) -> frozenset[str]:
        """The metrics that the baseline has to have: those it is judged by, and those that success is measured by."""
        return frozenset(metric.name for metric in required(self.spec, Arm.BASELINE))

    def events(self, *events: JournalEvent) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """The journal's entries of these kinds, each with its line. Raises as ``journal``."""
        for line, entry in zip(self.journal.lines, self.journal.entries, strict=True):
            if word_at(entry, "/event", JournalEvent) in events:
                yield line, entry

    def in_journal(self, line: int | None, message: str, severity: Severity = Severity.ERROR) -> Finding:
        """A finding about a line of the journal."""
        return Finding(message, self.paths.journal, severity=severity, line=line)


def _rows(metrics: dict[str, Any]) -> Iterator[Row]:
    rows = value_at(metrics, ROWS)
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        if isinstance(row, dict):
            seed = as_number(row.get("seed"))
            arm = (
                Arm.TREATMENT if text_at(row, "/arm") is None and row.get("arm") is None else word_at(row, "/arm", Arm)
            )
            yield Row(f"{ROWS}/{index}", seed if isinstance(seed, int) else None, arm, row)
