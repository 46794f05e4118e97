"""What an experiment must have left alone: its spec, its own record, the results of others, and the roles' files."""

# No `from __future__ import annotations`: see contract/findings.py.

import math
import os
from collections.abc import Iterator, Mapping
from typing import Any, Final

from autolab_core.io.digest import sha256_of_bytes
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.io.journal import parse_journal
from autolab_core.io.layout import HANDOFF, PROGRAM_STATE, QUESTIONS, RESEARCH_LOG, RESULTS
from autolab_core.models.experiment.rows import aggregated, counted, rows, sanity_values
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.experiment import Arm, JournalEvent, Phase
from autolab_core.vocab.times import parse_timestamp
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.experiment.facts import ROWS, ExperimentFacts
from autolab_verifiers.contract.findings import Skip
from autolab_verifiers.contract.values import as_number, list_at, mapping_at, number_at, show, text_at

__all__ = [
    "ROLES",
    "changed_results",
    "end_problems",
    "guard_changes",
    "journal_problems",
    "sealed_of",
    "spec_problems",
    "unlike_the_journal",
]

#: What other roles write, and a run of an experiment never does.
ROLES: Final = (QUESTIONS, HANDOFF, PROGRAM_STATE, RESEARCH_LOG)
_PHASES: Final = {Phase.BASELINE: Arm.BASELINE, Phase.TREATMENT: Arm.TREATMENT}
_NAMED_AT_MOST: Final = 20


def sealed_of(facts: ExperimentFacts) -> Mapping[str, Any]:
    """The journal's seal. Raises Skip where there is none."""
    sealed = facts.state.sealed
    if sealed is None:
        raise Skip("the journal has no seal (RU001)")
    return sealed


def journal_problems(context: VerifyContext, facts: ExperimentFacts) -> Iterator[tuple[int | None, str]]:
    """Where the journal is not whole, and where it is not the one that ``config.json`` was written from."""
    journal = facts.journal
    yield from ((fault.line, fault.message) for fault in journal.faults[:_NAMED_AT_MOST])
    if journal.entries and journal.entries[0].get("event") != JournalEvent.SEALED:
        yield journal.lines[0], "the journal does not begin with a seal"
    elif not journal.entries:
        yield None, "the journal has no entry"
    try:
        told = mapping_at(facts.config, "/journal")
    except Skip:
        return
    entries, sha256 = number_at(told, "/entries"), text_at(told, "/sha256")
    if not isinstance(entries, int) or sha256 is None or entries < 1:
        return
    if entries > len(journal.entries):
        yield None, f"has {len(journal.entries)} entries, but had {entries} when {facts.paths.config} was written"
        return
    lines = context.tree.source(facts.paths.journal).split(b"\n")[: journal.lines[entries - 1]]
    if sha256_of_bytes(b"".join(line + b"\n" for line in lines)) != sha256:
        yield journal.lines[entries - 1], f"up to here it is not the journal that {facts.paths.config} was written from"


def _sha256(context: VerifyContext, path: str) -> str | None:
    """The hash of *path* as a seal has it; None where it is gone. Raises DocumentError."""
    if not context.tree.exists(path):
        return None
    full = context.tree.absolute(path)
    if os.path.islink(full):
        return sha256_of_bytes(os.fsencode(os.readlink(full)))
    return context.tree.sha256(path)


def end_problems(context: VerifyContext, facts: ExperimentFacts) -> Iterator[tuple[str, str]]:
    """Results that are not those with which the experiment ended: each with its path."""
    ended = facts.state.ended
    if ended is None:
        raise Skip("the experiment has not ended")
    for path, key in ((facts.paths.metrics, "metrics_sha256"), (facts.paths.config, "config_sha256")):
        then, now = ended.get(key), _sha256(context, path)
        if then is not None and now != then:
            yield path, "is gone" if now is None else "is not the file that was written when the experiment ended"


def spec_problems(context: VerifyContext, facts: ExperimentFacts) -> Iterator[tuple[int | None, str]]:
    """Where the spec was another than the one that was sealed: a line of the journal, or None for the spec now."""
    if facts.has_journal:
        sealed = text_at(sealed_of(facts), "/sha256")
        for line, entry in facts.events(JournalEvent.PHASE_STARTED, JournalEvent.ENDED):
            seen = entry.get("spec_sha256")
            if seen is not None and seen != sealed:
                yield line, "the spec had changed since it was sealed"
    else:
        sealed = text_at(facts.config, "/spec/sha256")
    if sealed is None:
        raise Skip("nothing says which spec was sealed")
    now = _sha256(context, facts.paths.spec)
    if now != sealed:
        yield None, "does not exist any more" if now is None else "is not the file that was sealed"


def changed_results(context: VerifyContext, facts: ExperimentFacts) -> Iterator[tuple[str, str, bool]]:
    """Files of other experiments' results that are not as they were at the seal: each with its path, and whether that
    is an error. What an experiment that was going on meanwhile changed of its own is none."""
    seal = sealed_of(facts)
    sealed = {path: known for path, known in mapping_at(seal, "/results").items() if known}
    ended = facts.state.ended
    after = {} if ended is None else mapping_at(ended, "/results")
    theirs = {_experiment(path) for path in sealed}
    at_work = {folder for folder in theirs if _was_at_work(context, folder, str(seal.get("at")))}
    found = 0
    for path, known in sealed.items():
        if found >= _NAMED_AT_MOST:
            return
        try:
            now = _sha256(context, path)
        except DocumentError as error:
            now = error.message
        if now != known:
            found += 1
            meanwhile = ended is not None and after.get(path) not in (None, "", known)
            when = "while the experiment went on" if meanwhile else "since the experiment was sealed"
            own = _experiment(path) in at_work
            whose = ", and its own experiment was at work then" if own else ""
            yield path, f"was {'deleted' if now is None else 'changed'} {when}{whose}", not own
    for path in after:
        folder = _experiment(path)
        if path not in sealed and folder in theirs and folder not in at_work and found < _NAMED_AT_MOST:
            found += 1
            yield path, "was added to the results of another experiment while this one went on", True


def _was_at_work(context: VerifyContext, folder: str, since: str) -> bool:
    """Whether the experiment whose results lie in *folder* recorded something after the time *since*."""
    journal = ExperimentPaths(f"{folder}.md").journal
    try:
        entries = parse_journal(context.tree.source(journal)).entries if context.tree.exists(journal) else ()
    except DocumentError:
        return False
    sealed, last = parse_timestamp(since), parse_timestamp(str(entries[-1]["at"])) if entries else None
    return sealed is not None and last is not None and last > sealed


def _experiment(path: str) -> str:
    return "/".join(path.split("/", 2)[:2]) if path.count("/") > 1 else RESULTS


def guard_changes(facts: ExperimentFacts) -> Iterator[tuple[int, str, str]]:
    """What guards saw change while commands ran, or while the process recorded, of what is to be left alone: line,
    path, and what happened."""
    for line, entry in facts.events(JournalEvent.COMMAND_ENDED, JournalEvent.SEALS_COMPARED):
        for change in (*list_at(entry, "/guard/changes"), *list_at(entry, "/changes")):
            path = change if isinstance(change, str) else text_at(change, "/path")
            if path is not None:
                yield line, path, (text_at(change, "/what") or text_at(change, "/kind") or "changed")


def unlike_the_journal(facts: ExperimentFacts, *, missing_only: bool = False) -> Iterator[tuple[str, str]]:
    """Numbers of the metrics that are not those of the journal, with *missing_only* those that are not there."""
    state, spec = facts.state, facts.spec
    found: list[tuple[str, str, object, object]] = []
    for phase, arm in _PHASES.items():
        values = counted(state, spec, phase)
        for row in rows(spec, phase, values):
            written = next((each for each in facts.rows if each.arm is arm and each.seed == row["seed"]), None)
            for name, number in row.items():
                if name != "seed":
                    told = None if written is None else written.values.get(name)
                    where = ROWS if written is None else written.pointer
                    found.append((where, f"`{name}` of the {arm} for seed {row['seed']}", told, number))
        for name, number in aggregated(spec, phase, values).items():
            found.append((f"/{arm}", f"`{name}` of the {arm}", facts.values(arm).get(name), number))
    checks = mapping_at(facts.metrics, "/sanity_checks")
    found += [
        ("/sanity_checks", f"`{name}`", checks.get(name), each) for name, each in sanity_values(state, spec).items()
    ]
    for pointer, what, told, wanted in found:
        if told is None:
            yield pointer, f"{what} is missing, but the journal has {show(wanted)}"
        elif not missing_only and not _is(told, wanted):
            yield pointer, f"{what} is {show(told)}, but {show(wanted)} in the journal"


def _is(told: object, number: object) -> bool:
    """Whether *told* is *number*, but for what a sum of floats depends on its order."""
    found, wanted = as_number(told), as_number(number)
    return found is not None and wanted is not None and math.isclose(found, wanted, rel_tol=1e-12, abs_tol=0.0)
