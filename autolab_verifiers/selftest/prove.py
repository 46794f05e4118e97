"""The proof that a verifier's rules can fail: each objects to its own mutation and not to the original."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from autolab_core.io.tree import Tree
from autolab_core.vocab.states import Verdict
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.rules import Rule, Verifier
from autolab_verifiers.engine.boundary import Fault, attempt, last_line
from autolab_verifiers.engine.judge import Judge, judge
from autolab_verifiers.engine.locate import locate
from autolab_verifiers.report.answer import Check
from autolab_verifiers.selftest.mutation import Change, Mutation
from autolab_verifiers.selftest.repository import Repository, build
from autolab_verifiers.selftest.scratch import scratch

__all__ = ["Proof", "Unproven", "judged", "prove", "subject_of"]


class Unproven(NamedTuple):
    """Why *rule* is not shown to fail; ``mutation`` is None when that is not about a single one."""

    verifier: str
    rule: str
    mutation: str | None
    reason: str


class Proof(NamedTuple):
    """What was shown of one verifier: ``rules`` are the ids of all of them, ``mutations`` is how many were tried."""

    verifier: str
    rules: tuple[str, ...]
    mutations: int
    unproven: tuple[Unproven, ...]

    @property
    def proven(self) -> tuple[str, ...]:
        """The ids of the rules about which nothing is wrong."""
        wrong = {each.rule for each in self.unproven}
        return tuple(rule for rule in self.rules if rule not in wrong)


def prove(verifier: Verifier, mutations: Sequence[Mutation]) -> Proof:
    """Try each of *mutations* on a sample repository of its own; a rule of *verifier* that has none is unproven.

    Everything happens in a temporary folder, which is gone afterwards. Whatever a mutation raises is a reason.
    """
    unproven: list[Unproven] = []
    for rule in verifier.rules:
        own = [mutation for mutation in mutations if mutation.rule == rule.id]
        if not own:
            unproven.append(Unproven(verifier.name, rule.id, None, "no mutation shows that it can fail"))
        for mutation in own:
            reason = _objection_to(verifier, rule, mutation)
            if reason is not None:
                unproven.append(Unproven(verifier.name, rule.id, mutation.name, reason))
    ids = tuple(rule.id for rule in verifier.rules)
    unproven += _strangers(verifier.name, ids, mutations)
    return Proof(verifier.name, ids, len(mutations), tuple(unproven))


def judged(verifier: Verifier, root: Path) -> dict[str, Check]:
    """Rule id to what *verifier*, installed or not, says of what the state of the repository *root* stands at."""
    return {check.rule: check for check in judge(verifier, subject_of(root))}


def subject_of(root: Path) -> VerifyContext:
    """A context on what the state of the repository *root* stands at, as it lies there now."""
    tree = Tree(str(root))
    subject = locate(tree, None, None, None)
    return VerifyContext(tree, stage=subject.stage, iteration_id=subject.iteration_id, run_id=subject.run_id)


def _strangers(name: str, ids: tuple[str, ...], mutations: Sequence[Mutation]) -> Iterator[Unproven]:
    for mutation in mutations:
        if mutation.rule not in ids:
            yield Unproven(name, mutation.rule, mutation.name, f"{name} has no rule of this id")


def _objection_to(verifier: Verifier, rule: Rule, mutation: Mutation) -> str | None:
    """Why *mutation* does not prove *rule*; None when it does."""
    with scratch() as folder:
        repository = build(Path(folder) / "repository")
        wrong = _change(repository, mutation.prepare, "prepare")
        if wrong is not None:
            return wrong
        wrong = _of_the_original(_asked(verifier, rule, repository), mild=mutation.mild)
        if wrong is not None:
            return wrong
        wrong = _change(repository, mutation.damage, "damage")
        if wrong is not None:
            return wrong
        return _of_the_damaged(_asked(verifier, rule, repository), mild=mutation.mild)


def _change(repository: Repository, change: Change | None, name: str) -> str | None:
    if change is None:
        return None
    done = attempt(lambda: change(repository))
    return f"its `{name}` failed: {last_line(done.error)}" if isinstance(done, Fault) else None


def _asked(verifier: Verifier, rule: Rule, repository: Repository) -> Check:
    (check,) = Judge(verifier, (rule,)).judge(subject_of(repository.root))
    return check


def _of_the_original(check: Check, *, mild: bool) -> str | None:
    if check.status is not Verdict.PASS:
        return f"on the original it is no pass but {check.status}{_said(check)}"
    if mild and check.findings:
        return f"it warns of the original already{_said(check)}"
    return None


def _of_the_damaged(check: Check, *, mild: bool) -> str | None:
    if check.traceback is not None:
        return f"it broke instead of objecting{_said(check)}"
    if mild:
        if check.status is not Verdict.PASS:
            return f"the mutation is called mild, but the answer is {check.status}{_said(check)}"
        return None if check.findings else "the broken copy passes without a warning"
    if check.status in (Verdict.FAIL, Verdict.ERROR):
        return None
    return f"the broken copy does not fail but is {check.status}{_said(check)}"


def _said(check: Check) -> str:
    if check.reason is not None:
        return f": {check.reason}"
    return f": {check.findings[0].message}" if check.findings else ""
