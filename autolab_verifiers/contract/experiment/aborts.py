"""Abort criteria after the fact: what was triggered, what should have been, what was waived, and what came after."""

# No `from __future__ import annotations`: see contract/findings.py.

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from autolab_core.models.experiment.abort import meets
from autolab_core.models.experiment.spec import AbortCriterion
from autolab_core.vocab.experiment import (
    DATA_SIZE_FACTOR,
    RUN_TIME,
    Arm,
    BudgetKind,
    JournalEvent,
    Phase,
)
from autolab_verifiers.contract.experiment.facts import ExperimentFacts
from autolab_verifiers.contract.experiment.spending import measured
from autolab_verifiers.contract.findings import Skip
from autolab_verifiers.contract.values import as_number, list_at, mapping_at, show, text_at, value_at, word_at

__all__ = ["flag_problems", "later_entries", "not_triggered", "waiver_problems"]

#: Who may waive: the size of the data that was measured, and the person who runs the experiment.
DATA_SIZE: Final = "data_size"
_REASON: Final = "/abort_reason"
_FLAG: Final = "/abort_triggered"
# What records numbers or starts work. Notes and the end may follow an abort.
_WORK: Final = (
    JournalEvent.PHASE_STARTED,
    JournalEvent.PHASE_CONTINUED,
    JournalEvent.METRIC,
    JournalEvent.COMMAND_STARTED,
    JournalEvent.CONFIGURATION,
    JournalEvent.PROGRESS,
    JournalEvent.CHECK,
)
_NAMED_AT_MOST: Final = 10


class _Fact(NamedTuple):
    """Something that was measured: of the criterion's metric or kind. ``line`` is the journal's, where it is from."""

    value: float
    what: str
    line: int | None = None


def flag_problems(facts: ExperimentFacts) -> Iterator[tuple[str, str]]:
    """What is wrong with ``abort_triggered`` and ``abort_reason``."""
    metrics = facts.metrics
    flag, reason = value_at(metrics, _FLAG), value_at(metrics, _REASON)
    if not isinstance(flag, bool):
        yield _FLAG if "abort_triggered" in metrics else "", f"`abort_triggered` is {show(flag)}, not true or false"
        return
    if flag and not (isinstance(reason, str) and reason.strip()):
        yield _REASON if "abort_reason" in metrics else "", "an abort has no reason"
    elif flag and not _names_a_criterion(facts, str(reason)):
        yield _REASON, f"{show(reason)} names no abort criterion of the spec"
    elif not flag and reason not in (None, ""):
        yield _REASON, f"nothing was aborted, but there is a reason: {show(reason)}"
    if facts.has_journal and facts.over and (facts.state.aborted is not None) != flag:
        yield _FLAG, f"`abort_triggered` is {show(flag)}, but the journal says otherwise"


def _names_a_criterion(facts: ExperimentFacts, reason: str) -> bool:
    """Whether *reason* tells which criterion it was: its id, its text, or what it is about."""
    try:
        criteria = facts.spec.abort
    except Skip:
        return True
    words = set(reason.replace("(", " ").replace(")", " ").replace(":", " ").replace(",", " ").split())
    plain = " ".join(reason.replace("`", "").casefold().split())
    return any(
        each.id in words
        or each.text.replace("`", "").casefold() in plain
        or str(each.metric or each.kind).casefold() in plain
        for each in criteria
    )


def later_entries(facts: ExperimentFacts) -> Iterator[tuple[int, str]]:
    """Lines of the journal that record work after an abort, or after the end."""
    stopped: str | None = None
    found = 0
    for line, entry in zip(facts.journal.lines, facts.journal.entries, strict=True):
        event = word_at(entry, "/event", JournalEvent)
        if event in (JournalEvent.ABORTED, JournalEvent.ENDED):
            stopped = stopped or str(event)
        elif stopped is not None and event in _WORK and found < _NAMED_AT_MOST:
            found += 1
            yield line, f"`{event}` was recorded after the experiment had {stopped}"


def not_triggered(facts: ExperimentFacts) -> Iterator[tuple[AbortCriterion, str, int | None]]:
    """Criteria that something measured meets, though nothing was aborted and nobody waived them."""
    if facts.aborted:
        raise Skip("the experiment was aborted")
    if not facts.spec.abort:
        raise Skip("the spec has no abort criteria")
    waived = _waived(facts)
    for criterion in facts.spec.abort:
        if criterion.id in waived:
            continue
        for fact in _facts_of(facts, criterion):
            if meets(criterion, fact.value):
                yield criterion, f"{fact.what} is {fact.value:g}", fact.line
                break


def _waived(facts: ExperimentFacts) -> set[str]:
    found = {str(text_at(each, "/criterion")) for each in _config_waivers(facts)}
    return found | set(facts.state.waived) if facts.has_journal else found


def _config_waivers(facts: ExperimentFacts) -> list[Any]:
    try:
        return list_at(facts.config, "/waived")
    except Skip:
        return []


def _facts_of(facts: ExperimentFacts, criterion: AbortCriterion) -> Iterator[_Fact]:
    """Everything that was measured of what *criterion* is about, from the journal where there is one."""
    if criterion.metric is not None:
        yield from _recorded(facts, criterion.metric) if facts.has_journal else _written(facts, criterion.metric)
    elif criterion.kind == RUN_TIME:
        if facts.has_journal:
            for line, entry in facts.events(JournalEvent.COMMAND_ENDED):
                seconds = as_number(entry.get("seconds"))
                if seconds is not None and word_at(entry, "/phase", Phase) is not Phase.SANITY:
                    yield _Fact(seconds, "the time of a run", line)
    elif criterion.kind is not None:
        kind = BudgetKind(criterion.kind)
        used = facts.state.spent(kind) if facts.has_journal else measured(facts, kind)
        if used is not None:
            yield _Fact(used, criterion.kind)


def _recorded(facts: ExperimentFacts, metric: str) -> Iterator[_Fact]:
    for line, entry in facts.events(JournalEvent.METRIC, JournalEvent.REFUSED):
        if entry.get("metric") == metric:
            value = _any_number(entry.get("value"))
            if value is not None and (entry["event"] == JournalEvent.METRIC or not math.isfinite(value)):
                yield _Fact(value, f"`{metric}`", line)


def _written(facts: ExperimentFacts, metric: str) -> Iterator[_Fact]:
    rows = (row.values for row in facts.rows)
    places = (*rows, *(facts.values(arm) for arm in Arm), mapping_at(facts.metrics, "/sanity_checks"))
    for place in places:
        value = _any_number(place.get(metric))
        if value is not None:
            yield _Fact(value, f"`{metric}`")


def _any_number(value: object) -> float | None:
    """*value* as a number, infinities and NaN included, which are written as texts."""
    number = as_number(value)
    if number is not None or not isinstance(value, str):
        return number
    word = value.strip().lower().lstrip("+-")
    return float(value.strip()) if word in ("nan", "inf", "infinity") else None


def waiver_problems(facts: ExperimentFacts) -> Iterator[tuple[int | None, str]]:
    """Waivers that are not accounted for: the journal's by their line, those of ``config.json`` alone without one."""
    written = {str(text_at(each, "/criterion")): each for each in _config_waivers(facts)}
    known = {each.id: each for each in facts.spec.abort}
    entries = list(facts.events(JournalEvent.WAIVED)) if facts.has_journal else []
    if not entries and not written:
        raise Skip("no criterion was waived")
    for line, entry in entries:
        for message in _wrong_waiver(facts, known, entry):
            yield line, message
        name = str(text_at(entry, "/criterion"))
        if facts.over and name not in written:
            yield line, f"{name} was waived, and {facts.paths.config} does not say so"
    recorded = {str(text_at(entry, "/criterion")) for _, entry in entries}
    for name, each in written.items():
        if facts.has_journal and name not in recorded:
            yield None, f"{name} is called waived, but the journal has no word of it"
        elif not facts.has_journal:
            for message in _wrong_waiver(facts, known, each):
                yield None, message


def _wrong_waiver(
    facts: ExperimentFacts, known: Mapping[str, AbortCriterion], entry: Mapping[str, Any]
) -> Iterator[str]:
    name = str(text_at(entry, "/criterion"))
    criterion = known.get(name)
    if criterion is None:
        yield f"{name} was waived, but the spec has no such criterion"
        return
    if text_at(entry, "/reason") is None:
        yield f"{name} was waived without a reason"
    if text_at(entry, "/by") != DATA_SIZE:
        return
    if criterion.kind != RUN_TIME or criterion.assumes is None:
        yield f"{name} was waived for the size of the data, but it assumes none"
        return
    size = facts.state.data_size if facts.has_journal else None
    least = criterion.assumes * (DATA_SIZE_FACTOR if criterion.factor is None else criterion.factor)
    if size is not None and not size > least:
        yield f"{name} was waived for the size of the data, but {size:g} is not more than {least:g}"
    elif size is None and facts.has_journal:
        yield f"{name} was waived for the size of the data, which nobody measured"
