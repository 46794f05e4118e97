"""Judging many runs, one thing at a time: the repository, then each iteration's runs and the iteration itself."""

# No `from __future__ import annotations`: see contract/findings.py.

import os
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from autolab_core.io.layout import ENVIRONMENT, STATE
from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import AutolabError, UsageError
from autolab_core.vocab.states import Stage, Verdict
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.rules import Rule, Scope, Verifier
from autolab_verifiers.engine.collect import ENGINE, Collected
from autolab_verifiers.engine.judge import judge
from autolab_verifiers.engine.locate import Subject, locate, require_repository
from autolab_verifiers.engine.policy import collect_unblocked
from autolab_verifiers.engine.runs import RUNS_RULE, RunName, all_runs
from autolab_verifiers.engine.select import select
from autolab_verifiers.report.answer import NOTHING_CHECKED, Check

__all__ = ["Batch", "Item"]


class Item(NamedTuple):
    """One verifier for one subject. ``checks`` are there already where there is nothing to judge any more."""

    subject: Subject
    verifier: str
    checks: tuple[Check, ...] = ()


class _Asked(NamedTuple):
    verifier: Verifier
    rules: tuple[Rule, ...]


class Batch:
    """The runs of one repository and the verifiers that judge them, one pair at a time.

    *every_run*: all runs of all iterations, as for *stage*, or by every verifier without one; a rule is asked once
    for each thing that it is about. Otherwise the run that the state stands at, by all rules at once. *wanted* says
    which runs are of interest (all); the repository itself always is. *base* is the revision that changes are counted
    from. Raises UsageError when *root* is no repository. ``planned`` is how many runs the last ``plan`` had.
    """

    def __init__(
        self,
        root: str,
        stage: Stage | None,
        *,
        every_run: bool,
        only: Sequence[str] = (),
        skip: Sequence[str] = (),
        block: Sequence[str] = (),
        wanted: Callable[[RunName], bool] | None = None,
        base: str | None = None,
    ) -> None:
        if not os.path.isdir(root):
            raise UsageError(f"{root} is not a folder")
        self._tree = Tree(root, many=every_run)
        require_repository(self._tree)
        self.root = self._tree.root
        self._stage = stage
        self._every_run = every_run
        self._names = (only, skip)
        self._block = block
        self._wanted = wanted
        self._base = base
        self._collected: Collected | None = None
        self._asked: dict[tuple[str, Scope | None], _Asked] = {}
        self._context: VerifyContext | None = None
        self.planned = 0

    def plan(self) -> Iterator[Item]:
        """Each subject with the name of a verifier; the same pairs in the same order for the same tree.

        What is wrong with the state, the policy or a plugin comes first, as checks of the engine; with them nothing is
        left to judge. Where there is nothing else to judge, that is such a check, too.
        """
        tree = Tree(self.root)
        subjects, about = self._subjects(tree)
        self.planned = sum(subject.run_id is not None for subject in subjects)
        collected = self.collected
        only, skip = self._names
        selection = select(tree, about.stage, collected.names, only=only, skip=skip, blocked=collected.blocked_names)
        problems = (*about.problems, *selection.problems, *collected.broken)
        if not problems and not (subjects and selection.run):
            problems = (Check(ENGINE, RUNS_RULE, Verdict.ERROR, reason=f"no run or no verifier: {NOTHING_CHECKED}"),)
        if problems:
            yield Item(about._replace(problems=()), ENGINE, problems)
        for subject in subjects:
            for name in selection.run:
                if self._asked_of(name, self._scope(subject)).rules:
                    yield Item(subject, name)

    def judge(self, subject: Subject, verifier: str) -> tuple[Check, ...]:
        """The checks of *verifier* on *subject*. Documents are read once while the same run is asked for."""
        context = self._context
        stage, iteration_id, run_id, _ = subject
        if context is None or context.run_id != run_id or context.iteration_id != iteration_id:
            context = self._context = self._next(stage, iteration_id, run_id)
        asked = self._asked_of(verifier, self._scope(subject))
        return judge(asked.verifier, context, asked.rules)

    @property
    def collected(self) -> Collected:
        """The verifiers at hand."""
        if self._collected is None:
            self._collected = collect_unblocked(self._tree, self._block)
        return self._collected

    def _subjects(self, tree: Tree) -> tuple[list[Subject], Subject]:
        """What is to be judged, and what is wrong with the way there."""
        if not self._every_run:
            about = locate(tree, self._stage, None, None)
            return [about._replace(problems=())], about
        runs = all_runs(tree)
        names = [name for name in runs.names if self._wanted is None or self._wanted(name)]
        subjects = [Subject(self._stage, None, None)] if names or self._wanted is not None else []
        for index, name in enumerate(names):
            subjects.append(Subject(self._stage, *name))
            if index + 1 == len(names) or names[index + 1].iteration_id != name.iteration_id:
                # After its runs: what was learnt of them need not be read again.
                subjects.append(Subject(self._stage, name.iteration_id, None))
        return subjects, Subject(self._stage, None, None, runs.problems)

    def _scope(self, subject: Subject) -> Scope | None:
        """The scope that *subject* is a thing of; None when it stands for everything at once."""
        if not self._every_run:
            return None
        if subject.run_id is not None:
            return Scope.RUN
        return Scope.REPOSITORY if subject.iteration_id is None else Scope.ITERATION

    def _asked_of(self, name: str, scope: Scope | None) -> _Asked:
        known = self._asked.get((name, scope))
        if known is None:
            verifier = self.collected.verifier(name)
            rules = tuple(rule for rule in verifier.rules if scope is None or scope in rule.scopes)
            known = self._asked[name, scope] = _Asked(verifier, rules)
        return known

    def _next(self, stage: Stage | None, iteration_id: str | None, run_id: str | None) -> VerifyContext:
        """A context for the next subject; what was read of the one before, and is of no more use, is forgotten."""
        tree, before = self._tree, self._context
        if before is not None and (folder := _folder(before)) is not None:
            same = before.iteration_id == iteration_id
            tree.forget(folder if same and before.run_id is not None else before.iteration.folder, values=not same)
        only = self._scope(Subject(stage, iteration_id, run_id))
        context = VerifyContext(tree, stage=stage, iteration_id=iteration_id, run_id=run_id, only=only, base=self._base)
        if before is None or before.iteration_id != iteration_id:
            self._look_around(context)
        if (folder := _folder(context)) is not None:
            tree.look(folder)
        return context

    def _look_around(self, context: VerifyContext) -> None:
        """Look at the folders that every run of an iteration is asked about."""
        paths = [STATE, ENVIRONMENT]
        if _folder(context) is not None:
            iteration = context.iteration
            paths += [iteration.folder, iteration.design, iteration.runs, iteration.run_local, f"{iteration.runs}/-"]
        for path in paths:
            self._tree.look(path.rpartition("/")[0])


def _folder(context: VerifyContext) -> str | None:
    """The folder of what is judged; None when it is the whole repository, and where rules say what is wrong with it."""
    if context.iteration_id is None:
        return None
    try:
        return context.run.folder if context.run_id is not None else context.iteration.folder
    except AutolabError:
        return None
