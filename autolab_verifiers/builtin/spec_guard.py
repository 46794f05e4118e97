"""``spec_guard``: the spec was sealed, a guard held it while the run went on, and it is still what was sealed.

Judged are runs whose design names a spec, runs with a guard on record, and every run where the policy asks for a
level: by ``guard: {require: …}``, or by this verifier's own setting ``require``, which may ask for more. Launches go by
both as well. The record is the supervisor's; that it holds against
somebody who may write all of the repository's files rests on the manifest's hash of it, and on who keeps that.
"""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator
from typing import Any, Final

from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import Severity
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.findings import Finding, Skip, finding_of
from autolab_verifiers.contract.rules import RuleSet
from autolab_verifiers.contract.values import show, text_at, value_at

__all__ = ["VERIFIER"]

_NAME: Final = "spec_guard"
_REQUIRE: Final = "require"
_SECTION: Final = "/guard"
_CONTENT: Final = "content"  # vocab.guard.REQUIRE_CONTENT
_NOTHING: Final = "none"  # GuardLevel.NONE; the guard's words are loaded for guarded runs alone


def _is_guarded(context: VerifyContext) -> None:
    """Raises Skip for a run that nobody asks a guard of, and for a group: each of its replicates has its own."""
    try:
        if context.manifest().get("replicates"):
            raise Skip("the run is a group, and its replicates were guarded one by one")
    except DocumentError:
        pass
    if _of_spec(context):
        return
    try:
        if context.manifest().get("guard") is not None:
            return
    except DocumentError:
        pass
    if context.setting(_NAME, _REQUIRE) in (None, _NOTHING) and _section(context) in (None, _NOTHING):
        raise Skip("the design names no spec, and the run was not guarded")


VERIFIER: Final = RuleSet(_NAME, "The spec was guarded while the run went on.", scope=Scope.RUN, needs=_is_guarded)


def _of_spec(context: VerifyContext) -> bool:
    try:
        return text_at(context.design(), "/spec") is not None
    except (Skip, DocumentError):
        return False


def _section(context: VerifyContext) -> Any:
    """What the policy's ``guard`` requires, of any type; None where there is no such section."""
    section = context.in_policy(_SECTION)
    return section.get(_REQUIRE, _CONTENT) if isinstance(section, dict) else None


def _wanted(context: VerifyContext) -> str:
    """The level that the verifier policy asks for; see ``vocab.guard.required``. Raises DocumentError for a word that
    is none."""
    from autolab_core.vocab.guard import required, requirement_problem

    section, setting = _section(context), context.setting(_NAME, _REQUIRE)
    for pointer, wanted in ((f"{_SECTION}/{_REQUIRE}", section), (f"/settings/{_NAME}/{_REQUIRE}", setting)):
        if wanted is None:
            continue
        problem = requirement_problem(wanted) if isinstance(wanted, str) else "it is no word"
        if problem is not None:
            found = context.at_policy(pointer, f"`{_REQUIRE}` is refused: {problem}")
            raise DocumentError(found.path, found.message, line=found.line, pointer=found.pointer or "")
    return required(section, setting, of_spec=_of_spec(context))


@VERIFIER.rule(
    "SG001",
    "a guarded run has its record, and it is the one that the manifest knows",
    hint="launch with the guard; bring the record back as it was written",
)
def record_is_the_runs(context: VerifyContext) -> Iterator[Finding]:
    """The record is all that speaks for the guard. The manifest holds its hash and the gist of it.

    A run whose design names a spec and that had no guard fails: a launch guards it without being asked. Where the
    policy says ``guard: {require: none}``, it is remarked on.
    """
    from autolab_verifiers.contract.guard_facts import guard_facts

    facts, manifest = context.once(guard_facts), context.run.manifest
    if facts.error is not None:
        yield finding_of(facts.error)
    elif facts.record is None and facts.section:
        yield context.missing(facts.path, "does not exist, but the manifest says that the run was guarded")
    elif facts.record is None:
        wanted = _wanted(context)
        asked = wanted != _NOTHING
        why = f"the policy asks for {wanted}" if asked else "nothing shows that the spec was not changed meanwhile"
        severity = Severity.ERROR if asked else Severity.WARNING
        yield context.missing(manifest, f"the run was not guarded: {why}", severity=severity)
    elif facts.section:
        recorded, found = text_at(facts.section, "/record_sha256"), context.tree.sha256(facts.path)
        if recorded != found and (recorded is not None or facts.ended):
            yield context.at(manifest, "/guard/record_sha256", f"is not the sha256 of {facts.path}")
        policy = text_at(facts.section, "/policy_sha256")
        if policy is not None and policy != _sha256_of(value_at(facts.record, "/policy")):
            yield context.at(manifest, "/guard/policy_sha256", "is not the sha256 of the policy on record")
        for key in ("level", "require", "profile"):
            given, said = facts.section.get(key), text_at(facts.record, f"/{key}")
            if given != said and (given is not None or facts.ended):
                yield context.at(manifest, f"/guard/{key}", f"`{key}` is {show(given)}, but {show(said)} on record")
    elif facts.ended:
        yield context.at(manifest, "/guard", f"the manifest says nothing of the guard that {facts.path} speaks of")


def _sha256_of(policy: object) -> str:
    """The hash of the file that a launch writes for *policy*."""
    import hashlib

    from autolab_core.io.documents import dump_json

    return hashlib.sha256(dump_json(policy)).hexdigest()


@VERIFIER.rule("SG002", "the guard's record is complete", hint="a record is never edited; launch again")
def record_is_complete(context: VerifyContext) -> Iterator[Finding]:
    """A level is worth what it stood on: the kernel, Landlock's ABI, bubblewrap's version, the user, what was covered
    and what was not, the policy, the probe and the seals. What is missing cannot be held against anybody."""
    from autolab_verifiers.contract.guard_facts import guard_facts, record_problems

    facts = context.once(guard_facts)
    if facts.record is None:
        raise Skip("the run has no guard record that can be read (SG001)")
    for pointer, message in context.once(record_problems):
        yield context.at(facts.path, pointer, message)


@VERIFIER.rule("SG003", "the guard was as strong as was asked", hint="`autolab guard check` says what is missing")
def level_is_enough(context: VerifyContext) -> Iterator[Finding]:
    """What was asked: by the guard's own policy, and by the verifier policy as a launch understands it.

    At ``none`` nothing but mode bits kept the spec from being changed; that is remarked on where nobody asked for more.
    """
    from autolab_core.vocab.guard import at_least
    from autolab_verifiers.contract.guard_facts import good_record, guard_facts, level_of

    level, path = level_of(context), context.once(guard_facts).path
    asked = {"its policy": str(good_record(context)["require"]), "the verifier policy": _wanted(context)}
    short = [(who, wanted) for who, wanted in asked.items() if not at_least(level, wanted)]
    for who, wanted in short:
        yield context.at(path, "/level", f"the level is {level}, but {who} asks for {wanted}")
    if not short and not level.enforced:
        message = f"the level is {level}: nothing kept the command from changing the spec"
        yield context.at(path, "/level", message, severity=Severity.WARNING)


@VERIFIER.rule("SG004", "a probe tried to change the spec before the command, and was refused", hint="launch again")
def probe_was_refused(context: VerifyContext) -> Iterator[Finding]:
    """A level is a claim; that opening the spec for writing ended with EROFS, EACCES or EPERM is an observation.

    Where the spec's folder is protected with it, the probe tried to create a name there, too.
    """
    from autolab_verifiers.contract.guard_facts import guard_facts, probe_problems

    path = context.once(guard_facts).path
    for pointer, message in probe_problems(context):
        yield context.at(path, pointer, message)


@VERIFIER.rule(
    "SG005", "nothing that was protected changed while the run went on", hint="`autolab guard verify --run RUN_ID`"
)
def nothing_changed(context: VerifyContext) -> Iterator[Finding]:
    """Once every process of the run is gone, the supervisor takes the seals again. What it saw stands here, whatever
    was brought back since."""
    from autolab_verifiers.contract.guard_facts import changes_seen, guard_facts

    path = context.once(guard_facts).path
    for pointer, message in changes_seen(context):
        yield context.at(path, pointer, message)


@VERIFIER.rule(
    "SG006", "the spec is still what was sealed", hint="bring the spec back: `git log -p` shows who changed it"
)
def spec_is_the_sealed_one(context: VerifyContext) -> Iterator[Finding]:
    """Results are of the spec that was carried out. If another one lies in its place, they seem to be of that."""
    from autolab_verifiers.contract.guard_facts import sealed_spec

    spec, seal = sealed_spec(context)
    if not context.tree.exists(spec):
        yield context.missing(spec, "does not exist, but the run was of it")
    elif context.tree.sha256(spec) != seal.sha256:
        yield context.missing(spec, "is not the file that was sealed before the run: its sha256 is another")


@VERIFIER.rule("SG007", "the spec that was sealed is the committed one", hint="commit a spec before it is carried out")
def spec_was_committed(context: VerifyContext) -> Iterator[Finding]:
    """A commit that others have is a seal that nobody here can rewrite. The blob id is computed from the spec's bytes.

    A spec that was not committed as it was is only remarked on: its own seal holds, but a commit says nothing of it.
    """
    from autolab_verifiers.contract.guard_facts import sealed_spec

    spec, seal = sealed_spec(context)
    if seal.git_blob != seal.head_blob:
        how = "was not in the commit" if seal.head_blob is None else "differed from that of the commit"
        message = f"{how} that HEAD named when the run began"
        yield context.missing(spec, message, severity=Severity.WARNING)


@VERIFIER.rule("SG008", "the guard's policy is about the run's spec", hint="launch again, with the spec of the design")
def spec_was_covered(context: VerifyContext) -> Iterator[Finding]:
    """A guard that protected something else proves nothing of this spec: it has to be the policy's, to be sealed, and
    to lie in what the level covered."""
    from autolab_verifiers.contract.guard_facts import coverage_problems, guard_facts

    path = context.once(guard_facts).path
    for pointer, message in coverage_problems(context):
        yield context.at(path, pointer, message)


@VERIFIER.rule(
    "SG009",
    "the manifest of a guarded run says what its launch said",
    hint="put the manifest's values back; `.autolab/guard/<run_id>.launched.json` has them",
)
def manifest_is_the_launchs(context: VerifyContext) -> Iterator[Finding]:
    """A run may write its own folder, and its manifest lies there: it could give itself another commit or command. The
    launch kept what it wrote of both where the run could not reach it."""
    from autolab_verifiers.contract.guard_facts import launch_problems

    for pointer, message in launch_problems(context):
        yield context.at(context.run.manifest, pointer, message)
