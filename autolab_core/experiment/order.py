"""The protocol's order: whether a phase may begin, and what the experiment still lacks, each by name. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from autolab_core.models.experiment.attempts import Entry
from autolab_core.models.experiment.budget import Spending, spending
from autolab_core.models.experiment.rows import aggregated, counted, lacking, sanity_values
from autolab_core.models.experiment.spec import Baseline, Spec
from autolab_core.models.experiment.state import ExperimentState
from autolab_core.vocab.experiment import BudgetKind, MetricRole, Phase, PhaseEnd, SanityCheck

__all__ = [
    "deviations",
    "due",
    "lacks_of_experiment",
    "lacks_of_phase",
    "outside_of",
    "phases_of",
    "refusal_to_start",
    "spendings",
    "unjustified",
]


def phases_of(spec: Spec) -> tuple[Phase, ...]:
    """The phases of *spec*, in their order."""
    return tuple(phase for phase in Phase if phase is not Phase.MVE or spec.mve is not None)


def due(state: ExperimentState, spec: Spec) -> Phase | None:
    """The first phase that is not finished; None when all are."""
    return next((phase for phase in phases_of(spec) if not state.finished(phase)), None)


def refusal_to_start(state: ExperimentState, spec: Spec, phase: Phase) -> str | None:
    """Why *phase* may not begin, or be gone on with; None when it may. One that is finished is not asked about."""
    if state.end is not None:
        return f"the experiment has ended ({state.end}): nothing more is recorded"
    if phase not in phases_of(spec):
        return f"the spec defines no minimum viable experiment: there is no phase {phase}"
    for before in phases_of(spec):
        if before is phase:
            break
        if not state.finished(before):
            return f"the phase {phase} may not begin: {_unfinished(state, spec, before)}"
    first = next(iter(unjustified(state, spec, phase)), None)
    if first is not None:
        return (
            f"the phase {phase} may not begin: the budget for {first.kind} is spent ({_number(first.measured)} of "
            f"{_number(first.limit)}); say why it goes on all the same (--justify, or justify())"
        )
    return None


def _unfinished(state: ExperimentState, spec: Spec, phase: Phase) -> str:
    """What is to be said of *phase*, which is not finished."""
    attempts = state.of(phase)
    if not attempts:
        return f"{phase} comes before it and was not begun"
    last = attempts[-1]
    if last.end is PhaseEnd.NOT_REPRODUCED:
        outside = "; ".join(deviations(spec, last.judged))
        return f"the baseline did not reproduce in attempt {last.number}{f' ({outside})' if outside else ''}"
    return f"{phase} comes before it and is not finished (attempt {last.number}: {last.end or 'it was left open'})"


def deviations(spec: Spec, judged: Entry | None) -> list[str]:
    """What the entry *judged* says of numbers outside their tolerance, a clause each."""
    outside = [] if judged is None else judged.get("outside")
    return [
        f"`{each.get('metric')}` {each.get('value')}, expected {each.get('expected')} ± {each.get('tolerance')}"
        for each in (outside if isinstance(outside, list) else [])
        if isinstance(each, dict)
    ]


def spendings(state: ExperimentState, spec: Spec) -> tuple[Spending, ...]:
    """What the phases used so far against each limit of *spec*."""
    return spending(spec.budget, {kind: state.spent(kind) for kind in BudgetKind})


def unjustified(state: ExperimentState, spec: Spec, phase: Phase) -> Iterator[Spending]:
    """The limits that are spent, and for which nobody said why *phase* begins all the same.

    A phase that had begun goes on whatever was spent; another attempt at a baseline begins anew.
    """
    attempts = state.of(phase)
    if attempts and attempts[-1].end is not PhaseEnd.NOT_REPRODUCED:
        return
    number = len(attempts) + 1
    given = {
        entry.get("kind") for entry in state.justified if entry.get("phase") == phase and entry.get("attempt") == number
    }
    yield from (each for each in spendings(state, spec) if each.spent and each.kind not in given)


def lacks_of_phase(state: ExperimentState, spec: Spec, phase: Phase) -> tuple[str, ...]:
    """What keeps *phase* from its end, a clause each; empty when nothing does."""
    if phase is Phase.SANITY:
        return tuple(_lacks_of_checks(state))
    found = [str(each) for each in lacking(spec, phase, counted(state, spec, phase))]
    if phase is Phase.TREATMENT:
        found += _lacks_of_sanity(state, spec)
    return tuple(found)


def _lacks_of_checks(state: ExperimentState) -> Iterator[str]:
    for check in SanityCheck:
        if not state.passed(check):
            code = state.checks.get(str(check), {}).get("exit_code")
            yield f"the check `{check}`" if code is None else f"the check `{check}`, which ended with {code}"


def _lacks_of_sanity(state: ExperimentState, spec: Spec) -> list[str]:
    there = sanity_values(state, spec)
    names = [metric.name for metric in spec.metrics if metric.role is MetricRole.SANITY]
    return [f"`{name}`" for name in names if name not in there]


def lacks_of_experiment(state: ExperimentState, spec: Spec) -> tuple[str, ...]:
    """What keeps the experiment from being finished, a clause each."""
    found = []
    for phase in phases_of(spec):
        if not state.finished(phase):
            lacks = lacks_of_phase(state, spec, phase)
            found.append(f"the phase {phase} ({', '.join(lacks)})" if lacks else f"the phase {phase}")
    return (*found, *(_lacks_of_sanity(state, spec) if not found else ()))


def outside_of(spec: Spec, state: ExperimentState) -> tuple[tuple[Baseline, float], ...]:
    """The expected values that the numbers of the baseline do not reproduce, with what was measured."""
    values = aggregated(spec, Phase.BASELINE, counted(state, spec, Phase.BASELINE))
    return tuple(
        (each, float(values[each.metric]))
        for each in spec.baselines
        if each.metric in values and not each.reproduced_by(float(values[each.metric]))
    )


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{round(value, 3):.15g}"
