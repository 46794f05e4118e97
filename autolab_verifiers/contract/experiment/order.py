"""Whether the baseline came first: present, within its tolerance, and before the treatment by what is on record."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator, Mapping
from typing import Any, Final

from autolab_core.models.experiment.spec import Baseline
from autolab_core.vocab.experiment import Arm, JournalEvent, Phase, SanityCheck
from autolab_verifiers.contract.experiment.facts import ExperimentFacts
from autolab_verifiers.contract.findings import Skip
from autolab_verifiers.contract.values import as_number, list_at, number_at, show, text_at, word_at

__all__ = ["attempt_problems", "check_problems", "has_treatment", "missing_baseline", "order_problems", "outside"]

# What a sum of floats may be off by, as a share of the numbers.
_SLACK: Final = 1e-9
_AFTER: Final = (Phase.MVE, Phase.TREATMENT)
_OF_A_PHASE: Final = (JournalEvent.PHASE_STARTED, JournalEvent.METRIC, JournalEvent.COMMAND_STARTED)


def has_treatment(facts: ExperimentFacts) -> bool:
    """True when the metrics have any number of the treatment."""
    return any(as_number(value) is not None for value in facts.values(Arm.TREATMENT).values())


def baselines_of(facts: ExperimentFacts) -> tuple[Baseline, ...]:
    """The baselines of the spec. Raises Skip where it has none."""
    if not facts.spec.baselines:
        raise Skip("the spec names no baseline")
    return facts.spec.baselines


def missing_baseline(facts: ExperimentFacts) -> Iterator[tuple[str, str]]:
    """Baselines of the spec that the metrics have no number of."""
    values = facts.values(Arm.BASELINE)
    lacking = [each for each in baselines_of(facts) if as_number(values.get(each.metric)) is None]
    if lacking and not has_treatment(facts) and (facts.aborted or not facts.over):
        raise Skip("the experiment did not come as far as its baseline")
    for each in lacking:
        yield f"/{Arm.BASELINE}", f"there is no number of `{each.metric}`, which is to be {each.expected:g}"


def is_outside(baseline: Baseline, value: float) -> bool:
    """True when *value* is not what *baseline* expects, within its tolerance."""
    off = abs(value - baseline.expected)
    return off > baseline.margin + _SLACK * max(abs(value), abs(baseline.expected))


def outside(facts: ExperimentFacts) -> Iterator[tuple[str, str]]:
    """Baselines that were not reproduced."""
    values, compared = facts.values(Arm.BASELINE), False
    for each in baselines_of(facts):
        value = as_number(values.get(each.metric))
        if value is None:
            continue
        compared = True
        if is_outside(each, value):
            message = f"`{each.metric}` is {value}, which is not within {each.margin:g} of {each.expected:g}"
            yield f"/{Arm.BASELINE}/{each.metric}", message
    if not compared:
        raise Skip("the metrics have no number of a baseline (BF001)")


def _phase(entry: Mapping[str, Any]) -> Phase | None:
    return word_at(entry, "/phase", Phase)


def order_problems(facts: ExperimentFacts) -> Iterator[tuple[int | None, str]]:
    """Lines of the journal where a later phase goes ahead of a baseline that reproduced."""
    reproduced = False
    for line, entry in facts.events(*_OF_A_PHASE, JournalEvent.BASELINE_JUDGED):
        if entry["event"] == JournalEvent.BASELINE_JUDGED:
            reproduced = reproduced or entry.get("reproduced") is True
            if entry.get("reproduced") is True:
                yield from ((line, message) for message in _wrongly_judged(facts, entry))
        elif _phase(entry) in _AFTER and not reproduced:
            yield line, f"the {_phase(entry)} began before the baseline had reproduced"
            return


def _wrongly_judged(facts: ExperimentFacts, entry: Mapping[str, Any]) -> Iterator[str]:
    for each in facts.spec.baselines:
        value = number_at(entry, f"/values/{each.metric}")
        if value is None:
            yield f"is called reproduced without a number of `{each.metric}`"
        elif is_outside(each, value):
            message = f"`{each.metric}` is {value}, not within {each.margin:g} of {each.expected:g}"
            yield f"is called reproduced, but {message}"


def attempt_problems(facts: ExperimentFacts) -> Iterator[tuple[str, str]]:
    """Attempts at the baseline that the journal has and the configuration lacks, or tells otherwise."""
    attempts = facts.state.of(Phase.BASELINE)
    written = list_at(facts.config, "/baseline_attempts")
    if len(attempts) != len(written):
        where = "/baseline_attempts" if "baseline_attempts" in facts.config else ""
        yield where, f"lists {len(written)} attempts at the baseline, but the journal has {len(attempts)}"
        return
    for index, (attempt, each) in enumerate(zip(attempts, written, strict=True)):
        judged: Mapping[str, Any] = attempt.judged or {}
        wanted = {
            "attempt": attempt.number,
            "reproduced": judged.get("reproduced"),
            "values": judged.get("values") or {},
        }
        for key, value in wanted.items():
            told = each.get(key) if isinstance(each, dict) else None
            if told != value:
                yield f"/baseline_attempts/{index}", f"`{key}` is {show(told)}, but {show(value)} in the journal"


def check_problems(facts: ExperimentFacts) -> Iterator[tuple[int | None, str]]:
    """Sanity checks that had not passed when the first attempt at the baseline began. Without a journal those that
    the configuration does not call passed."""
    passed: dict[str, Any] = {}
    began: int | None = None
    if not facts.has_journal:
        listed = list_at(facts.config, "/sanity")
        passed = {str(text_at(each, "/check")): number_at(each, "/exit_code") for each in listed}
    else:
        for line, entry in facts.events(JournalEvent.CHECK, JournalEvent.PHASE_STARTED):
            if entry["event"] == JournalEvent.CHECK:
                passed[str(entry.get("check"))] = entry.get("exit_code")
            elif _phase(entry) is Phase.BASELINE:
                began = line
                break
        if began is None:
            raise Skip("the baseline was not begun")
    for check in SanityCheck:
        code = passed.get(str(check))
        if code is None:
            yield began, f"the sanity check `{check}` was not made before the baseline"
        elif code != 0 or isinstance(code, bool):
            yield began, f"the sanity check `{check}` had ended with {show(code)} when the baseline began"
