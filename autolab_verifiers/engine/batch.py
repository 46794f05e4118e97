"""Judging many runs, one thing at a time: the repository, then each iteration's runs and the iteration itself."""

# No `from __future__ import annotations`: see contract/findings.py.

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from autolab_core.io.layout import ENVIRONMENT, STATE
from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import AutolabError, UsageError
from autolab_core.vocab.states import Stage, Verdict
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.experiment.found import experiments
from autolab_verifiers.engine.collect import ENGINE, Collected
from autolab_verifiers.engine.judge import Judge
from autolab_verifiers.engine.locate import Subject, locate, require_repository
from autolab_verifiers.engine.policy import collect_unblocked
from autolab_verifiers.engine.runs import RUNS_RULE, RunName, all_runs
from autolab_verifiers.engine.select import select
from autolab_verifiers.report.answer import NOTHING_CHECKED, Check

__all__ = ["Batch", "Item", "Part"]

_NOTHING: Final = "no run and no experiment, or no verifier"


class Item(NamedTuple):
    """One verifier for one subject. ``checks`` are there already where there is nothing to judge any more."""

    subject: Subject
    verifier: str
    checks: tuple[Check, ...] = ()


class Part(NamedTuple):
    """The verifiers for one subject, in order. ``checks`` as of an ``Item``."""

    subject: Subject
    verifiers: tuple[str, ...]
    checks: tuple[Check, ...] = ()


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
        self._judges: dict[tuple[str, Scope | None], Judge] = {}
        self._context: VerifyContext | None = None
        self._scope_now: Scope | None = None
        self._chosen: tuple[tuple[str, ...], list[Judge], Scope | None] = ((), [], None)
        self.planned = 0

    def plan(self) -> Iterator[Item]:
        """Each subject with the name of a verifier; the same pairs in the same order for the same tree.

        What is wrong with the state, the policy or a plugin comes first, as checks of the engine; with them nothing is
        left to judge. Where there is nothing else to judge, that is such a check, too.
        """
        for subject, names, checks in self.parts():
            for name in names:
                yield Item(subject, name, checks)

    def parts(self) -> Iterator[Part]:
        """As ``plan``, with all verifiers of a subject at once."""
        tree = Tree(self.root)
        runs, about = self._find(tree)
        self.planned = len(runs)
        collected = self.collected
        only, skip = self._names
        selection = select(tree, about.stage, collected.names, only=only, skip=skip, blocked=collected.blocked_names)
        problems = (*about.problems, *selection.problems, *collected.broken)
        anything = not self._every_run or runs or self._wanted is not None or _has_experiments(tree)
        if not problems and not (anything and selection.run):
            problems = (Check(ENGINE, RUNS_RULE, Verdict.ERROR, reason=f"{_NOTHING}: {NOTHING_CHECKED}"),)
        if problems:
            yield Part(about._replace(problems=()), (ENGINE,), problems)
        names: dict[Scope | None, tuple[str, ...]] = {}
        for subject in self._subjects(runs, bool(anything)) if self._every_run else (about._replace(problems=()),):
            scope = self._scope(subject)
            if scope not in names:
                names[scope] = tuple(name for name in selection.run if self._judge_of(name, scope).rules)
            yield Part(subject, names[scope])

    def judge(self, subject: Subject, verifier: str) -> tuple[Check, ...]:
        """The checks of *verifier* on *subject*. Documents are read once while the same run is asked for."""
        context = self._turn_to(subject)
        return self._judge_of(verifier, self._scope_now).judge(context)

    def answers(self, part: Part) -> tuple[tuple[Check, ...], ...]:
        """The checks of each verifier of *part*; see ``Judge.judge`` for when two of them are one object."""
        if part.checks:
            return (part.checks,)
        context = self._turn_to(part.subject)
        names, judges, scope = self._chosen
        if names is not part.verifiers or scope is not self._scope_now:
            judges = [self._judge_of(name, self._scope_now) for name in part.verifiers]
            self._chosen = part.verifiers, judges, self._scope_now
        return tuple([judge.judge(context) for judge in judges])

    def _turn_to(self, subject: Subject) -> VerifyContext:
        """The context of *subject*: the one at hand, while the same subject is asked for."""
        context = self._context
        stage, iteration_id, run_id, _ = subject
        if context is None or context.run_id != run_id or context.iteration_id != iteration_id:
            self._scope_now = self._scope(subject)
            context = self._context = self._next(stage, iteration_id, run_id)
        return context

    @property
    def collected(self) -> Collected:
        """The verifiers at hand."""
        if self._collected is None:
            self._collected = collect_unblocked(self._tree, self._block)
        return self._collected

    def _find(self, tree: Tree) -> tuple[tuple[RunName, ...], Subject]:
        """The runs to judge one by one, and what is wrong with the way to what is to be judged."""
        if not self._every_run:
            about = locate(tree, self._stage, None, None)
            return (), about
        runs = all_runs(tree)
        wanted = self._wanted
        names = runs.names if wanted is None else tuple(name for name in runs.names if wanted(name))
        return names, Subject(self._stage, None, None, runs.problems)

    def _subjects(self, runs: tuple[RunName, ...], anything: bool) -> Iterator[Subject]:
        """The repository, if there is *anything* to judge, then the runs of each iteration and the iteration itself."""
        if anything:
            yield Subject(self._stage, None, None)
        for index, name in enumerate(runs):
            yield Subject(self._stage, *name)
            if index + 1 == len(runs) or runs[index + 1].iteration_id != name.iteration_id:
                # After its runs: what was learnt of them need not be read again.
                yield Subject(self._stage, name.iteration_id, None)

    def _scope(self, subject: Subject) -> Scope | None:
        """The scope that *subject* is a thing of; None when it stands for everything at once."""
        if not self._every_run:
            return None
        if subject.run_id is not None:
            return Scope.RUN
        return Scope.REPOSITORY if subject.iteration_id is None else Scope.ITERATION

    def _judge_of(self, name: str, scope: Scope | None) -> Judge:
        known = self._judges.get((name, scope))
        if known is None:
            verifier = self.collected.verifier(name)
            rules = tuple(rule for rule in verifier.rules if scope is None or scope in rule.scopes)
            known = self._judges[name, scope] = Judge(verifier, rules)
        return known

    def _next(self, stage: Stage | None, iteration_id: str | None, run_id: str | None) -> VerifyContext:
        """A context for the next subject; what was read of the one before, and is of no more use, is forgotten."""
        tree, before = self._tree, self._context
        if before is not None and (folder := _folder(before)) is not None:
            same = before.iteration_id == iteration_id
            tree.forget(folder if same and before.run_id is not None else before.iteration.folder, values=not same)
        context = VerifyContext(
            tree, stage=stage, iteration_id=iteration_id, run_id=run_id, only=self._scope_now, base=self._base
        )
        if before is None or before.iteration_id != iteration_id:
            self._look_around(context)
        if (folder := _folder(context)) is not None:
            tree.look(folder)
            if run_id is not None and tree.is_folder(context.run.logs):
                tree.look(context.run.logs)
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


def _has_experiments(tree: Tree) -> bool:
    """Whether an experiment of a spec left something to judge. It may stand alone, without an iteration's run."""
    return bool(experiments(VerifyContext(tree, stage=None, iteration_id=None)).experiments)
