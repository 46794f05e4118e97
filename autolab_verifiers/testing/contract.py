"""The contract of a verifier, as one assertion: what the engine and its users rely on, whatever a tree holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from hypothesis import HealthCheck, given, settings

from autolab_core.io.layout import IterationPaths, RunPaths
from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.states import Severity
from autolab_verifiers.builtin import BUILTIN, load
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.rules import Rule, Verifier
from autolab_verifiers.engine.boundary import Fault, attempt, last_line
from autolab_verifiers.selftest.mutation import Mutation
from autolab_verifiers.selftest.prove import prove
from autolab_verifiers.selftest.repository import ITERATION, RUN
from autolab_verifiers.testing.trees import Case, cases, documents, strange_values

__all__ = ["assert_verifier_contract"]

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_ID: Final = re.compile(r"[A-Z]{2,}[0-9]{3,}")
_EXPECTED: Final = (Skip, DocumentError, UsageError)


def assert_verifier_contract(verifier: Verifier, mutations: Sequence[Mutation] = (), *, max_examples: int = 50) -> None:
    """Raise AssertionError, with every reason that is found, unless *verifier* keeps the contract:

    - its name and the ids of its rules are well formed, the ids are unique, and each rule has a summary, a hint and a
      docstring;
    - each rule has a mutation among *mutations* that makes it object, and passes on the original;
    - on any tree (the sample with each value of its documents left out or of another type, then *max_examples*
      arbitrary ones) it only yields findings, raises nothing but Skip, DocumentError and UsageError, writes nothing,
      gives the same answers whatever the order of the rules, and no rule looks at things narrower than its scopes.
    """
    problems = list(_form(verifier))
    if not problems:
        unproven = prove(verifier, mutations).unproven
        problems += [f"{each.rule} {each.mutation or ''}: {each.reason}".replace(" :", ":") for each in unproven]
    if problems:
        raise AssertionError("\n".join([f"{getattr(verifier, 'name', verifier)!r} breaks the contract:", *problems]))

    @settings(max_examples=max_examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(cases())
    def holds(case: Case) -> None:
        _assert_holds(verifier, case)

    _assert_takes_any_value(verifier)
    holds()


def _form(verifier: Verifier) -> Iterator[str]:
    """What is wrong with what *verifier* says of itself."""
    name: Any = getattr(verifier, "name", None)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield f"its name {name!r} is not in lower case with underscores"
    elif name in BUILTIN and verifier is not load(name):
        yield f"its name {name!r} is that of a builtin verifier"
    rules: Any = getattr(verifier, "rules", None)
    if not isinstance(rules, tuple) or not rules or not all(isinstance(rule, Rule) for rule in rules):
        yield "its rules are not a tuple of `Rule` with at least one"
        return
    ids = [rule.id for rule in rules]
    yield from (f"{each}: the id is not unique" for each in sorted(set(ids)) if ids.count(each) > 1)
    for rule in rules:
        if not _ID.fullmatch(rule.id):
            yield f"{rule.id}: the id is not capital letters and three digits"
        for what, text in (("summary", rule.summary), ("hint", rule.hint), ("docstring", rule.check.__doc__)):
            if not text or not text.strip():
                yield f"{rule.id}: it has no {what}"
        if not rule.scopes or not all(isinstance(scope, Scope) for scope in rule.scopes):
            yield f"{rule.id}: its scopes are not a tuple of `Scope` with at least one"


class _Watched(VerifyContext):
    """A context that remembers the narrowest scope which a rule has asked it for."""

    asked = Scope.REPOSITORY

    @property
    def iteration(self) -> IterationPaths:
        self.asked = max(self.asked, Scope.ITERATION)
        return super().iteration

    @property
    def run(self) -> RunPaths:
        self.asked = Scope.RUN
        return super().run


def _assert_takes_any_value(verifier: Verifier) -> None:
    """Run the rules with every value that they may look at missing, or of another type. Nothing is written to disk."""
    case = Case(None, ITERATION, RUN, {}, empty=False)
    with case.on_disk() as root:
        usual = _answers(verifier, verifier.rules, case, Tree(str(root)))
        for path in documents():
            if _answers(verifier, verifier.rules, case, Tree(str(root), {path: b"\0"})) == usual:
                continue  # nobody reads it
            for content in strange_values(path):
                _answers(verifier, verifier.rules, case, Tree(str(root), {path: content}))


def _assert_holds(verifier: Verifier, case: Case) -> None:
    with case.on_disk() as root:
        before = _lying_at(root)
        first = _answers(verifier, verifier.rules, case, Tree(str(root)))
        again = _answers(verifier, verifier.rules[::-1], case, Tree(str(root)))
        if _lying_at(root) != before:
            raise AssertionError(f"{verifier.name} wrote to the repository")
        for rule in verifier.rules:
            if first[rule.id] != again[rule.id]:
                raise AssertionError(
                    f"{rule.id} answers differently when the rules run in another order:\n"
                    f"{first[rule.id]}\n{again[rule.id]}"
                )


def _lying_at(root: Path) -> dict[str, tuple[int, int, int]]:
    """Every path below *root*, with what changes when it is written to."""
    found = {}
    for path in (root, *root.rglob("*")):
        facts = path.lstat()
        found[str(path)] = (facts.st_mode, facts.st_mtime_ns, facts.st_size)
    return found


def _answers(verifier: Verifier, rules: Sequence[Rule], case: Case, tree: Tree) -> dict[str, list[object]]:
    """Rule id to its findings and how it ended, for *rules* in this order; ``applies`` to what that answered."""
    context = _Watched(tree, stage=case.stage, iteration_id=case.iteration_id, run_id=case.run_id)
    applies = attempt(lambda: verifier.applies(context))
    if isinstance(applies, Fault) and not isinstance(applies.error, _EXPECTED):
        raise AssertionError(f"{verifier.name}.applies raised {last_line(applies.error)}") from applies.error
    if not isinstance(applies, Fault | Skip | None):
        raise AssertionError(f"{verifier.name}.applies returned {applies!r}, neither None nor a Skip")
    ended = applies.error if isinstance(applies, Fault) else applies
    return {"applies": [repr(ended)], **{rule.id: _said(rule, context) for rule in rules}}


def _said(rule: Rule, context: _Watched) -> list[object]:
    said: list[object] = []
    context.asked = Scope.REPOSITORY
    ended = attempt(lambda: said.extend(_iterated(rule, context)))
    if isinstance(ended, Fault):
        if isinstance(ended.error, AssertionError):
            raise ended.error
        if not isinstance(ended.error, _EXPECTED):
            raise AssertionError(f"{rule.id} raised {last_line(ended.error)}") from ended.error
        said.append(repr(ended.error))
    if context.asked > max(rule.scopes):
        raise AssertionError(f"{rule.id} looked at a thing of the scope {context.asked.name}, which is none of its own")
    return said


def _iterated(rule: Rule, context: VerifyContext) -> Iterator[Finding]:
    made: object = rule.check(context)
    if not isinstance(made, Iterator):
        raise AssertionError(f"{rule.id} returned {type(made).__name__}; a rule is a generator of findings")
    for finding in made:
        if not isinstance(finding, Finding):
            raise AssertionError(f"{rule.id} yielded {type(finding).__name__}; a rule yields findings")
        if not _is_sound(finding):
            raise AssertionError(f"{rule.id} yielded a finding with a field of the wrong type: {finding!r}")
        yield finding


def _is_sound(finding: Any) -> bool:
    texts = (finding.pointer, finding.hint)
    sound: bool = (
        isinstance(finding.message, str)
        and finding.message != ""
        and isinstance(finding.path, str)
        and isinstance(finding.severity, Severity)
        and all(text is None or isinstance(text, str) for text in texts)
        and (finding.line is None or (isinstance(finding.line, int) and finding.line > 0))
    )
    return sound
