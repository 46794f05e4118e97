"""What rules ask of a run's guard: the record, what the manifest has of it, and the spec it was about.

Loaded for runs that have a guard or should have had one; all others do without.
"""

# No `from __future__ import annotations`: see contract/findings.py.

import posixpath
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from autolab_core.guard.launched import LAUNCHED
from autolab_core.guard.record import CREATE, OPEN, REFUSALS, problems, seals_of
from autolab_core.guard.seal import Seal
from autolab_core.io.layout import guard_launched, guard_record
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.guard import Change, GuardLevel
from autolab_core.vocab.states import ENDED, RunStatus
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.findings import Skip
from autolab_verifiers.contract.values import mapping_at, show, text_at, value_at

__all__ = [
    "GuardFacts",
    "changes_seen",
    "coverage_problems",
    "good_record",
    "guard_facts",
    "launch_problems",
    "level_of",
    "probe_problems",
    "record_problems",
    "sealed_spec",
    "spec_of",
]


_NAMED_AT_MOST: Final = 20


class GuardFacts(NamedTuple):
    """``path``: where the record lies, or would. ``section``: the manifest's ``guard``, empty where it has none.

    ``record``: of any shape; None where there is none. ``error``: why there is none that can be read. ``ended``: the
    run is over, so that its guard has to be.
    """

    path: str
    section: dict[str, Any]
    record: Any
    error: DocumentError | None
    ended: bool


def guard_facts(context: VerifyContext) -> GuardFacts:
    """The facts about the run. Raises Skip while nothing can be asked of a guard yet: the run has not started."""
    path = guard_record(context.run_id or "")
    manifest = context.manifest_facts
    section = mapping_at(manifest.data, "/guard")
    status = manifest.word
    ended = status in ENDED or status is RunStatus.SYNCED
    if not context.tree.exists(path):
        if not section and (not ended or manifest.time("started_at") is None):
            raise Skip("the run has not started" if not ended else "the run never started")
        return GuardFacts(path, section, None, None, ended)
    try:
        return GuardFacts(path, section, context.tree.document(path).data, None, ended)
    except DocumentError as error:
        return GuardFacts(path, section, None, error, ended)


def good_record(context: VerifyContext) -> dict[str, Any]:
    """The record. Raises Skip where there is none, and for one that is not complete: SG001 and SG002 say so."""
    facts = context.once(guard_facts)
    if facts.record is None:
        raise Skip("the run has no guard record that can be read (SG001)")
    if context.once(record_problems):
        raise Skip("the guard record is not complete (SG002)")
    record: dict[str, Any] = facts.record
    return record


def record_problems(context: VerifyContext) -> list[tuple[str, str]]:
    """What is wrong with the record, once for all rules."""
    return problems(context.once(guard_facts).record)


def level_of(context: VerifyContext) -> GuardLevel:
    """The level on record. Raises as ``good_record``."""
    return GuardLevel(good_record(context)["level"])


def spec_of(context: VerifyContext) -> str:
    """The spec that the run's design names or, in its absence, the guard's policy; a plain path from the root.

    Raises Skip when neither names one, and as ``good_record``.
    """
    named = _design_spec(context) or text_at(good_record(context), "/policy/spec")
    if named is None:
        raise Skip("neither the design nor the guard's policy names a spec")
    return posixpath.normpath(named)


def _design_spec(context: VerifyContext) -> str | None:
    """The design's ``spec``; None where it has none, or cannot be read (SC002)."""
    try:
        return text_at(context.design(), "/spec")
    except (Skip, DocumentError):
        return None


def _seal_of(context: VerifyContext, spec: str) -> Seal | None:
    found = [seal for seal in seals_of(good_record(context)) if posixpath.normpath(seal.path) == spec]
    return found[0] if found and found[0].sha256 is not None else None


def sealed_spec(context: VerifyContext) -> tuple[str, Seal]:
    """The spec, and its seal before the command. Raises Skip where it was not sealed, and as ``spec_of``."""
    spec = spec_of(context)
    seal = _seal_of(context, spec)
    if seal is None:
        raise Skip("the spec was not sealed (SG008)")
    return spec, seal


def probe_problems(context: VerifyContext) -> Iterator[tuple[str, str]]:
    """What the probe's attempts on record leave open. Raises Skip at a level that refuses nothing."""
    record, level, spec = good_record(context), level_of(context), spec_of(context)
    if not level.enforced:
        raise Skip(f"the level {level} refuses nothing")
    attempts = record["probe"]
    for index, each in enumerate(attempts):
        errno = each.get("errno")
        if errno not in REFUSALS:
            came = "worked" if errno is None else f"ended with {errno}, which is no refusal"
            yield f"/probe/{index}", f"the attempt to {each['attempt']} {show(each['path'])} {came}"
    path = posixpath.join(record["root"], spec)
    needed = [(OPEN, path)]
    if spec not in record["policy"]["protected"]:  # else it is held as a single file, and its folder may be written
        needed.append((CREATE, posixpath.dirname(path)))
    for attempt, target in needed:
        if not any(each["attempt"] == attempt and each["path"] == target for each in attempts):
            yield "/probe", f"the probe did not try to {attempt} {show(target)}"


def changes_seen(context: VerifyContext) -> Iterator[tuple[str, str]]:
    """What the supervisor saw changed. Raises Skip while the run goes on."""
    after = good_record(context)["after"]
    if after is None:
        if not context.once(guard_facts).ended:
            raise Skip("the run has not ended")
        yield "/after", "the seals were never taken again: the guard died before the end"
        return
    changes = after["changes"]
    for index, each in enumerate(changes[:_NAMED_AT_MOST]):
        word = each["what"]
        meaning = Change(word).meaning if word in list(Change) else f"changed ({word})"
        yield f"/after/changes/{index}", f"{show(each['path'])} {meaning}"
    if len(changes) > _NAMED_AT_MOST:
        yield "/after/changes", f"{len(changes) - _NAMED_AT_MOST} more files changed"


def coverage_problems(context: VerifyContext) -> Iterator[tuple[str, str]]:
    """Why the guard was not about the spec."""
    record, spec = good_record(context), spec_of(context)
    given = record["policy"].get("spec")
    if given != spec:
        yield "/policy/spec", f"`spec` is {show(given)}, but the design's is {show(spec)}"
    if _seal_of(context, spec) is None:
        yield "/before/seals", f"there is no seal of {show(spec)}"
    if level_of(context).enforced and not any(_holds(each, spec) for each in record["covered"]):
        yield "/covered", f"nothing that is covered holds {show(spec)}"


def launch_problems(context: VerifyContext) -> Iterator[tuple[str, str]]:
    """Where the manifest differs from what the launch wrote down of it. Raises Skip for a run that no launch guarded,
    DocumentError where the launch's own copy is no mapping."""
    path = guard_launched(context.run_id or "")
    section = context.once(guard_facts).section
    if not context.tree.exists(path):
        if text_at(section, "/policy_sha256") is None:
            raise Skip("no launch put the run under its guard")
        yield "/guard", f"{path} does not exist: what the launch wrote of the run is gone"
        return
    said, manifest = context.tree.mapping(path), context.manifest()
    for pointer in LAUNCHED:
        if pointer in said and value_at(manifest, pointer) != said[pointer]:
            now = show(value_at(manifest, pointer))
            yield pointer, f"`{pointer.rpartition('/')[2]}` is {now}, but {show(said[pointer])} when it was launched"


def _holds(covered: str, path: str) -> bool:
    return covered in (".", path) or path.startswith(f"{covered}/")
