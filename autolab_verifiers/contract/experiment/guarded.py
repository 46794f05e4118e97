"""Whether an experiment's numbers were made under a guard: what its journal says of each, and the guards' records."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator, Mapping
from typing import Any, Final

from autolab_core.guard.record import REFUSALS, problems
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.experiment import JournalEvent
from autolab_core.vocab.guard import GuardLevel, at_least, requirement_problem
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.experiment.facts import ExperimentFacts
from autolab_verifiers.contract.findings import Skip
from autolab_verifiers.contract.values import list_at, mapping_at, show, text_at, value_at

__all__ = ["guard_problems", "is_unguarded"]

_GUARD: Final = "/guard"


def guard_problems(context: VerifyContext, facts: ExperimentFacts) -> Iterator[tuple[int, str]]:
    """What speaks against the guards, each with its line of the journal. Raises Skip where none is spoken of."""
    required, spoken = str(GuardLevel.NONE), False
    for line, entry in facts.events(JournalEvent.OPENED, JournalEvent.COMMAND_ENDED):
        guard = mapping_at(entry, _GUARD)
        spoken = spoken or bool(guard)
        if text_at(entry, "/event") == JournalEvent.OPENED:
            asked = text_at(guard, "/require")
            required = asked if asked is not None and requirement_problem(asked) is None else str(GuardLevel.NONE)
            yield from ((line, message) for message in _refusals(guard))
        elif guard and (guard.get("level") is not None or entry.get("exit_code") == 0):
            # One that a guard refused to start ended otherwise, and made nothing.
            yield from ((line, message) for message in _of_command(context, guard, required))
    if not spoken:
        raise Skip("its journal speaks of no guard")


def is_unguarded(facts: ExperimentFacts) -> bool:
    """Whether nobody asked that anything be enforced."""
    guards = [mapping_at(entry, _GUARD) for _, entry in facts.events(JournalEvent.OPENED)]
    return bool(guards) and all(text_at(guard, "/require") in (None, str(GuardLevel.NONE)) for guard in guards)


def _of_command(context: VerifyContext, guard: Mapping[str, Any], required: str) -> Iterator[str]:
    level = text_at(guard, "/level")
    if level not in list(GuardLevel):
        yield f"a command ran under no guard: its level is {show(guard.get('level'))}"
        return
    if not at_least(GuardLevel(level), required):
        yield f"a command ran at the level {level}, and {required} was required"
    path = text_at(guard, "/record")
    if path is None:
        if guard.get("outer") is not True:
            yield "a command has no guard's record"
        return
    yield from _of_record(context, guard, path, level)


def _of_record(context: VerifyContext, guard: Mapping[str, Any], path: str, level: str) -> Iterator[str]:
    if not context.tree.exists(path):
        yield f"{path}, the guard's record of a command, does not exist"
        return
    try:
        record = context.tree.mapping(path)
        sha256 = context.tree.sha256(path)
    except DocumentError as error:
        yield f"{path} cannot be read: {error.message}"
        return
    if text_at(guard, "/record_sha256") not in (None, sha256):
        yield f"{path} is not the record that the guard left"
    wrong = problems(record)
    if wrong:
        pointer, message = wrong[0]
        yield f"{path}: {pointer or 'it'} {message}"
    elif record["level"] != level:
        yield f"{path} is of the level {show(record['level'])}, but the journal says {level}"
    else:
        yield from (f"{path}: {message}" for message in _refusals(record))


def _refusals(record: Mapping[str, Any]) -> Iterator[str]:
    """Attempts of the probe that were not refused, at a level that says it refuses."""
    level = text_at(record, "/level")
    if level not in list(GuardLevel) or not GuardLevel(level).enforced:
        return
    for attempt in list_at(record, "/probe"):
        errno = value_at(attempt, "/errno") if isinstance(attempt, Mapping) else None
        if errno not in REFUSALS:
            what, where = (show(value_at(attempt, key)) for key in ("/attempt", "/path"))
            yield f"the probe's attempt to {what} {where} was not refused"
