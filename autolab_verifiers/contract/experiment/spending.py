"""What an experiment used, held against its spec's budget, its journal, and what the scheduler accounts for."""

# No `from __future__ import annotations`: see contract/findings.py.

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from autolab_core.models.experiment.budget import spending
from autolab_core.models.experiment.state import ExperimentState
from autolab_core.models.resources import Duration
from autolab_core.vocab.experiment import BudgetKind, JournalEvent, Phase, PhaseEnd
from autolab_verifiers.contract.experiment.facts import ExperimentFacts
from autolab_verifiers.contract.findings import Skip
from autolab_verifiers.contract.values import as_number, list_at, mapping_at, number_at, show, text_at, word_at

__all__ = [
    "USAGE",
    "accounted_problems",
    "amount_problems",
    "overages",
    "seconds_of",
    "unequal",
    "unjustified",
    "unlogged",
]

USAGE: Final = "/resource_usage"
#: What a budget limits to the key of ``resource_usage`` that measures it.
KEYS: Final = {
    BudgetKind.WALL_CLOCK: "wall_clock_seconds",
    BudgetKind.GPU_HOURS: "gpu_hours",
    BudgetKind.RUNS: "total_runs",
    BudgetKind.STEPS: "total_training_steps",
}
_NUMBER: Final = re.compile(r"(\d[\d_,]*(?:\.\d+)?(?:[eE][+-]?\d{1,3})?)(\s*(?:%|percent))?")
_UNITS: Final = {BudgetKind.WALL_CLOCK: (1.0, 60.0, 3600.0), BudgetKind.GPU_HOURS: (1.0, 1 / 60, 1 / 3600)}
# People round; a number in the notes is that of the overage if it is this near.
_NEAR: Final = 0.02
# Seconds are written with three decimals, and each phase's are rounded.
_ROUNDED: Final = 0.01
# The scheduler counts from the job's start to its end, which is more than the commands took.
_ACCOUNTING: Final = 0.05
_SLACK_SECONDS: Final = 60.0


def measured(facts: ExperimentFacts, kind: BudgetKind) -> float | None:
    """What the metrics say was used of *kind*, None where they say nothing."""
    return number_at(facts.metrics, f"{USAGE}/{KEYS[kind]}")


def amount_problems(facts: ExperimentFacts) -> Iterator[tuple[str, str, bool]]:
    """What of ``resource_usage`` is missing or no amount, and whether it is an error.

    GPU hours may be null: not every machine says. That a limit on them then holds nobody can say either.
    """
    usage = mapping_at(facts.metrics, USAGE)
    for kind, key in KEYS.items():
        number, limit = as_number(usage.get(key)), _limit(facts, kind)
        if usage.get(key) is None:
            if kind is not BudgetKind.GPU_HOURS or key not in usage:
                yield USAGE, f"`{key}` is missing", True
            elif limit is not None:
                yield f"{USAGE}/{key}", f"is not known: whether the limit of {limit:g} holds cannot be said", False
        elif number is None or number < 0:
            yield f"{USAGE}/{key}", f"`{key}` is {show(usage[key])}, not an amount", True


def _limit(facts: ExperimentFacts, kind: BudgetKind) -> float | None:
    try:
        return facts.spec.budget.limit(kind)
    except Skip:
        return None


def overages(facts: ExperimentFacts) -> Iterator[tuple[BudgetKind, float, float]]:
    """Each budget that was exceeded: its kind, its limit, and what was used. Raises Skip where the spec has none."""
    if not facts.spec.budget.limits:
        raise Skip("the spec limits nothing")
    for each in facts.spec.budget.limits:
        used = measured(facts, each.kind)
        if used is not None and used > each.limit:
            yield each.kind, each.limit, used


def unlogged(facts: ExperimentFacts) -> Iterator[tuple[str, str]]:
    """Overages of which the notes name no number."""
    notes = text_at(facts.metrics, "/notes") or ""
    found = [(float(number.replace("_", "").replace(",", "")), bool(sign)) for number, sign in _NUMBER.findall(notes)]
    told = [number for number, share in found if not share]
    shares = [number for number, share in found if share]
    for kind, limit, used in overages(facts):
        if not _names(told, shares, kind, limit, used):
            message = f"{used:g} were used of {limit:g} ({kind}), and the notes do not name the overage"
            yield f"{USAGE}/{KEYS[kind]}", message


def _names(told: list[float], shares: list[float], kind: BudgetKind, limit: float, used: float) -> bool:
    """Whether one of the numbers *told* is what was used, or how much that is too much, in some unit of *kind*.

    *shares* are those with a percent sign.
    """
    scales = _UNITS.get(kind, (1.0,))
    for amount in (used, used - limit):
        if any(math.isclose(number * scale, amount, rel_tol=_NEAR) for number in told for scale in scales):
            return True
    return limit > 0 and any(math.isclose(number, 100 * (used - limit) / limit, rel_tol=_NEAR) for number in shares)


def unjustified(facts: ExperimentFacts) -> Iterator[tuple[int | None, str]]:
    """Phases that were begun on a spent budget without a reason on record: the line of the journal, and the words.

    Without a journal: overages without a reason in ``config.json``, and no line.
    """
    if facts.has_journal:
        yield from _begun_on_spent(facts)
        return
    listed = list_at(facts.config, "/budget")
    reasons = {text_at(each, "/kind") for each in listed if text_at(each, "/justification")}
    for kind, limit, used in overages(facts):
        if str(kind) not in reasons:
            yield None, f"{used:g} were used of {limit:g} ({kind}), and no reason is on record"


def _begun_on_spent(facts: ExperimentFacts) -> Iterator[tuple[int, str]]:
    """As ``unjustified``, by the journal; each budget is named once."""
    budget, state, named = facts.spec.budget, ExperimentState(), set[BudgetKind]()
    for line, entry in zip(facts.journal.lines, facts.journal.entries, strict=True):
        if entry["event"] == JournalEvent.PHASE_STARTED and not _goes_on(state, entry):
            reasons = _reasons(state, entry)
            for one in spending(budget, {each.kind: state.spent(each.kind) for each in budget.limits}):
                if one.spent and str(one.kind) not in reasons and one.kind not in named:
                    named.add(one.kind)
                    used = f"{one.measured:g} of {one.limit:g} used ({one.kind})"
                    yield line, f"a phase was begun with {used}, without a reason"
        state = state.after(entry)


def _reasons(state: ExperimentState, entry: Mapping[str, Any]) -> set[str]:
    """The budgets for which a reason was given to begin the attempt at the phase that *entry* starts."""
    return {
        str(each.get("kind"))
        for each in state.justified
        if each.get("text") and all(each.get(key) in (None, entry.get(key)) for key in ("phase", "attempt"))
    }


def _goes_on(state: ExperimentState, entry: Mapping[str, Any]) -> bool:
    """Whether the phase that *entry* starts had begun before: it goes on whatever was spent. A baseline that did not
    reproduce is begun anew."""
    phase = word_at(entry, "/phase", Phase)
    attempts = () if phase is None else state.of(phase)
    return bool(attempts) and attempts[-1].end is not PhaseEnd.NOT_REPRODUCED


def unequal(facts: ExperimentFacts) -> Iterator[tuple[str, str]]:
    """Amounts of ``resource_usage`` that are not what the journal's phases add up to."""
    if not facts.over:
        raise Skip("the experiment goes on")
    for kind, key in KEYS.items():
        told, found = measured(facts, kind), facts.state.spent(kind)
        if told is None and found is None:
            continue
        if told is None or found is None or not math.isclose(told, found, rel_tol=1e-6, abs_tol=_ROUNDED):
            yield f"{USAGE}/{key}", f"`{key}` is {show(told)}, but by the journal it is {show(found)}"


def seconds_of(duration: object) -> float | None:
    """The seconds of a *duration* as a manifest has it (``H:M:S``); None for anything else."""
    if not isinstance(duration, str):
        return None
    try:
        return Duration.parse(duration).seconds
    except ValueError:
        return None


def accounted_problems(
    facts: ExperimentFacts, elapsed: float, gpus: float, *, alone: bool
) -> Iterator[tuple[str, str, bool]]:
    """What the metrics and the accounting of a job of *elapsed* seconds with *gpus* GPUs disagree about.

    *alone*: no other job worked on the experiment. The last of each is whether it is an error.
    """
    accounted = {BudgetKind.WALL_CLOCK: elapsed, BudgetKind.GPU_HOURS: gpus * elapsed / 3600}
    scales = {BudgetKind.WALL_CLOCK: _SLACK_SECONDS, BudgetKind.GPU_HOURS: gpus * _SLACK_SECONDS / 3600}
    for kind, amount in accounted.items():
        told, limit, pointer = measured(facts, kind), _limit(facts, kind), f"{USAGE}/{KEYS[kind]}"
        if told is None:
            continue
        room = amount * _ACCOUNTING + scales[kind]
        if alone and told > amount + room:
            yield pointer, f"`{KEYS[kind]}` is {told:g}, but the scheduler accounts for {amount:.6g} only", True
        elif kind is BudgetKind.GPU_HOURS and told < amount - room:
            yield pointer, f"`{KEYS[kind]}` is {told:g}, but the scheduler accounts for {amount:.6g}", True
        if limit is not None and told <= limit < amount - room:
            yield pointer, f"the scheduler accounts for {amount:.6g} of {limit:g} ({kind})", False
