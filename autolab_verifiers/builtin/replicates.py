"""``replicates``: a group of replicates and the runs that it lists tell one story.

A group is the run that started a job array; each task of the array is a run of its own, with its own manifest, and is
judged as any run. Here they are held against one another.
"""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from autolab_core.io.layout import RunPaths
from autolab_core.models.replicates import filled, replicate_id, values_of
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.ids import id_problem
from autolab_core.vocab.states import ENDED, RunStatus, Severity
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.rules import RuleSet
from autolab_verifiers.contract.run_facts import run_status
from autolab_verifiers.contract.values import list_at, number_at, show, text_at, value_at

__all__ = ["VERIFIER"]

_LIST: Final = "/replicates"
_PART: Final = "/replicate"
_WELL: Final = frozenset({RunStatus.SYNCED, RunStatus.COMPLETED})
_SETTLED: Final = ENDED | {RunStatus.SYNCED}
_MONITOR: Final = "`autolab monitor` brings the group up to date"


class _Listed(NamedTuple):
    """One entry of a group's list. ``manifest`` is that of the run it names, None where it cannot be read."""

    pointer: str
    number: int
    seed: int
    run_id: str
    paths: RunPaths
    manifest: dict[str, Any] | None

    @property
    def status(self) -> RunStatus | None:
        return run_status(value_at(self.manifest, "/status"))


def _needs_a_part(context: VerifyContext) -> None:
    manifest = context.manifest()
    if not list_at(manifest, _LIST) and value_at(manifest, _PART) is None:
        raise Skip("the run is no group of replicates, and no replicate of one")


VERIFIER: Final = RuleSet(
    "replicates", "A group of replicates and the runs that it lists tell one story.", needs=_needs_a_part
)


def _listed(context: VerifyContext) -> list[_Listed]:
    """The entries of the group at hand that can be read; RP001 objects to the others. Raises Skip for no group."""
    return context.once(_entries)


def _entries(context: VerifyContext) -> list[_Listed]:
    found = []
    entries = list_at(context.manifest(), _LIST)
    if not entries:
        raise Skip("the run is no group of replicates")
    for at, entry in enumerate(entries):
        index, seed, run_id = number_at(entry, "/index"), number_at(entry, "/seed"), text_at(entry, "/run_id")
        if not isinstance(index, int) or not isinstance(seed, int) or run_id is None or id_problem(run_id) is not None:
            continue
        paths = context.iteration.run(run_id)
        try:
            manifest = context.mapping(paths.manifest)
        except (Skip, DocumentError):
            manifest = None
        found.append(_Listed(f"{_LIST}/{at}", index, seed, run_id, paths, manifest))
    return found


@VERIFIER.rule(
    "RP001", "a group and its replicates name one another", hint="launch again; do not copy or rename run folders"
)
def group_and_replicates_name_one_another(context: VerifyContext) -> Iterator[Finding]:
    """A replicate that is missing, listed twice or another group's would let a result stand on other runs than it says.

    A group may list a replicate that an earlier group started and that succeeded there: then it was kept.
    """
    facts = context.manifest_facts
    if facts.replicate:
        yield from _named_by_its_group(context)
    entries = list_at(facts.data, _LIST)
    if not entries:
        return
    listed = _listed(context)
    if len(listed) < len(entries):
        yield context.at(facts.path, _LIST, f"{len(entries) - len(listed)} entries lack `index`, `run_id` or `seed`")
    indices: set[int] = set()
    for each in listed:
        if each.number in indices:
            yield context.at(facts.path, f"{each.pointer}/index", f"replicate {each.number} is listed twice")
        indices.add(each.number)
        yield from _names_its_group(context, each)


def _names_its_group(context: VerifyContext, each: _Listed) -> Iterator[Finding]:
    """What is wrong with one entry of the group at hand."""
    path, run = context.manifest_facts.path, f"{each.pointer}/run_id"
    if each.manifest is None:
        yield context.at(path, run, f"{each.paths.manifest} does not exist, or cannot be read")
        return
    for key, wanted in (("index", each.number), ("seed", each.seed)):
        said = value_at(each.manifest, f"{_PART}/{key}")
        if said != wanted:
            yield context.at(path, f"{each.pointer}/{key}", f"is {wanted}, but {show(each.run_id)} says {show(said)}")
    group = text_at(each.manifest, f"{_PART}/group")
    if group != context.run_id and (group is None or each.status not in _WELL):
        message = f"{show(each.run_id)} is of the group {show(group)} and did not succeed there: nothing was to be kept"
        yield context.at(path, run, message)


def _named_by_its_group(context: VerifyContext) -> Iterator[Finding]:
    """What is wrong with the replicate at hand, seen from its group."""
    facts = context.manifest_facts
    group = facts.group
    if group is None:
        yield context.at(facts.path, _PART, "`replicate.group` names no run")
        return
    above = context.iteration.run(group).manifest
    if not context.tree.exists(above):
        # A launch that was cut short before it wrote the group: nothing was submitted.
        severity = Severity.WARNING if facts.word is RunStatus.PENDING else Severity.ERROR
        yield context.at(facts.path, f"{_PART}/group", f"{above} does not exist", severity=severity)
        return
    try:
        entries = list_at(context.mapping(above), _LIST)
    except DocumentError:
        return  # it is judged when the group is judged
    index = facts.replicate.get("index")
    if not any(text_at(entry, "/run_id") == context.run_id and value_at(entry, "/index") == index for entry in entries):
        message = f"the group {show(group)} does not list {show(context.run_id)} as its replicate {show(index)}"
        yield context.at(facts.path, f"{_PART}/index", message)


@VERIFIER.rule(
    "RP002", "the replicates are those that the design asks for", hint="one seed each; `autolab launch` counts them up"
)
def replicates_are_the_designs(context: VerifyContext) -> Iterator[Finding]:
    """Two replicates of one seed are one replicate, counted twice. Only with ``seed_strategy: fixed`` are they meant.

    How many there are, and with which seeds, the design says; it may have changed since: then it is only remarked on.
    """
    listed, path = _listed(context), context.manifest_facts.path
    design = context.design_facts if context.tree.exists(context.iteration.design) else None
    seeds: dict[int, int] = {}
    for each in listed:
        other = seeds.setdefault(each.seed, each.number)
        if other != each.number and not (design is not None and design.fixed):
            yield context.at(path, f"{each.pointer}/seed", f"{each.seed} is the seed of replicate {other}, too")
    if design is None or design.replicates is None:
        return
    if len(listed) != design.replicates:
        message = f"lists {len(listed)} replicates, and the design asks for {design.replicates}"
        yield context.at(path, _LIST, message, severity=Severity.WARNING)
    elif design.seeds is not None and sorted(seeds) != design.seeds:
        yield context.at(path, _LIST, "the seeds are not those of the design", severity=Severity.WARNING)


@VERIFIER.rule("RP003", "a group's status follows from its replicates'", hint=_MONITOR)
def status_follows(context: VerifyContext) -> Iterator[Finding]:
    """Nobody is asked about a group. It is completed when all of its replicates are, and partial when only some are.

    As long as one of them goes on, so does the group.
    """
    status = context.manifest_facts.status
    words = [each.status for each in _listed(context)]
    if not words or None in words:
        raise Skip("a replicate is missing, or its status is no canonical word (RP001, RH002)")
    found = {word for word in words if word is not None}
    if status in _SETTLED and not found <= _SETTLED:
        going = ", ".join(sorted(found - _SETTLED))
        yield context.at(context.run.manifest, "/status", f"is {status}, but a replicate is still {going}")
    elif not _agrees(status, found):
        said = ", ".join(sorted(found))
        yield context.at(context.run.manifest, "/status", f"is {status}, but its replicates are {said}")


def _agrees(status: RunStatus, found: set[RunStatus]) -> bool:
    """True when a group of this *status* can have replicates of the statuses *found*."""
    if status is RunStatus.COMPLETED:
        return found == {RunStatus.COMPLETED}
    if status is RunStatus.SYNCED:
        return found <= _WELL
    if status is RunStatus.PARTIAL:
        return bool(found & _WELL)
    if status is RunStatus.FAILED:
        return not found & _WELL
    return not found <= _SETTLED


@VERIFIER.rule("RP004", "the replicates did the group's work", hint="`autolab launch --whole` runs all of them again")
def work_is_the_groups(context: VerifyContext) -> Iterator[Finding]:
    """What is put together must be of one kind: the same commit and changes, the same command but for the seed.

    A replicate that the group started itself also has the group's script, and is the task of its job that it says.
    """
    manifest, path = context.manifest(), context.manifest_facts.path
    command = text_at(manifest, "/command")
    for each in _listed(context):
        if each.manifest is None:
            continue  # RP001
        for pointer in ("/commit/sha", "/commit/diff_sha256"):
            mine, theirs = value_at(manifest, pointer), value_at(each.manifest, pointer)
            if mine != theirs:
                message = (
                    f"`{pointer[1:].replace('/', '.')}` of {show(each.run_id)} is {show(theirs)}, not {show(mine)}"
                )
                yield context.at(path, f"{each.pointer}/run_id", message)
        said = text_at(each.manifest, "/command")
        if command is not None and not _is_filled(command, said or "", each):
            message = f"{show(each.run_id)} runs {show(said)}, which is not the group's command with its seed"
            yield context.at(path, f"{each.pointer}/run_id", message)
        if each.run_id == replicate_id(context.run_id or "", each.number):
            yield from _is_its_task(context, each)


def _is_filled(command: str, said: str, each: _Listed) -> bool:
    """True when *said* is *command* with the placeholders filled for this replicate."""
    import shlex

    try:
        return filled(shlex.split(command), values_of(each.number, each.seed)) == tuple(shlex.split(said))
    except ValueError:
        return command == said


def _is_its_task(context: VerifyContext, each: _Listed) -> Iterator[Finding]:
    manifest, path = context.manifest(), context.manifest_facts.path
    for pointer in ("/submission/token", "/submission/script_sha256"):
        mine, theirs = text_at(manifest, pointer), text_at(each.manifest, pointer)
        if mine != theirs:
            message = f"`{pointer[1:].replace('/', '.')}` of {show(each.run_id)} is not the group's"
            yield context.at(path, f"{each.pointer}/run_id", message)
    job, task = text_at(manifest, "/job_id"), text_at(each.manifest, "/job_id")
    if job is not None and task is None:
        message = f"{show(each.run_id)} has no job id yet; the group is job {show(job)}"
        yield context.at(path, f"{each.pointer}/run_id", message, hint=_MONITOR, severity=Severity.WARNING)
    elif task is not None and task != f"{job}_{each.number}":
        message = f"{show(each.run_id)} is job {show(task)}, not task {each.number} of the group's {show(job)}"
        yield context.at(path, f"{each.pointer}/run_id", message)
