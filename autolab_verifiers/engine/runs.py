"""Judging many runs: which ones a repository holds, in both layouts, and which verifier is to judge each."""

# No `from __future__ import annotations`: see contract/findings.py.

import os
from collections.abc import Iterator
from typing import Final, NamedTuple

from autolab_core.io.layout import EXPERIMENTS, IterationPaths, iteration_candidates
from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import AutolabError, DocumentError, UsageError
from autolab_core.vocab.ids import check_id
from autolab_core.vocab.states import Stage, Verdict
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.findings import Finding, finding_of
from autolab_verifiers.engine.collect import ENGINE, Collected, collect
from autolab_verifiers.engine.judge import judge
from autolab_verifiers.engine.locate import Subject, locate, require_repository
from autolab_verifiers.engine.select import select
from autolab_verifiers.report.answer import NOTHING_CHECKED, Check

__all__ = ["Batch", "RunName", "Runs", "all_runs"]

RUNS_RULE: Final = "AV005"

_ANY: Final = "x"  # an iteration id, to ask the layout where iterations lie
_RUNS_OF_ONE_TREE: Final = 50  # they share what was read of their iteration; what was read stays in memory


class Batch:
    """The runs of one repository and the verifiers that judge them, one pair at a time.

    *every_run*: all runs of all iterations, as for *stage*, or by every verifier without one. Otherwise the run that
    the state stands at. Raises UsageError when *root* is no repository.
    """

    def __init__(self, root: str, stage: Stage | None, *, every_run: bool) -> None:
        if not os.path.isdir(root):
            raise UsageError(f"{root} is not a folder")
        tree = Tree(root)
        require_repository(tree)
        self.root = tree.root
        self._stage = stage
        self._every_run = every_run
        self._collected: Collected | None = None
        self._subject: Subject | None = None
        self._context: VerifyContext | None = None
        self._runs_of_tree = 0

    def plan(self) -> Iterator[tuple[Subject, str, tuple[Check, ...]]]:
        """Each subject with the name of a verifier, run by run; the same pairs in the same order for the same tree.

        What is wrong with the state, the policy or a plugin comes first, as checks of the engine; with them nothing is
        left to judge. Where there is nothing else to judge, that is such a check, too.
        """
        tree = Tree(self.root)
        if self._every_run:
            runs = all_runs(tree)
            about = Subject(self._stage, None, None, runs.problems)
            subjects = [Subject(self._stage, *name) for name in runs.names]
        else:
            about = locate(tree, self._stage, None, None)
            subjects = [about._replace(problems=())]
        collected = self._verifiers()
        selection = select(tree, about.stage, collected.names)
        problems = (*about.problems, *selection.problems, *collected.broken)
        if not problems and not (subjects and selection.run):
            problems = (Check(ENGINE, RUNS_RULE, Verdict.ERROR, reason=f"no run or no verifier: {NOTHING_CHECKED}"),)
        if problems:
            yield about._replace(problems=()), ENGINE, problems
        yield from ((subject, name, ()) for subject in subjects for name in selection.run)

    def judge(self, subject: Subject, verifier: str) -> tuple[Check, ...]:
        """The checks of *verifier* on *subject*. Documents are read once while the same run is asked for."""
        if self._context is None or subject != self._subject:
            self._context, self._subject = self._next_context(subject), subject
        return judge(self._verifiers().verifier(verifier), self._context)

    def _verifiers(self) -> Collected:
        if self._collected is None:
            self._collected = collect(self.root)
        return self._collected

    def _next_context(self, subject: Subject) -> VerifyContext:
        """A context on the tree of the run before while it is of the same iteration, and the tree has not grown big."""
        stage, iteration_id, run_id, _ = subject
        same = self._subject is not None and self._subject.iteration_id == iteration_id
        self._runs_of_tree = self._runs_of_tree + 1 if same else 1
        if self._context is None or not same or self._runs_of_tree > _RUNS_OF_ONE_TREE:
            self._runs_of_tree = 1
            tree = Tree(self.root)
        else:
            tree = self._context.tree
        return VerifyContext(tree, stage=stage, iteration_id=iteration_id, run_id=run_id)


class RunName(NamedTuple):
    """One run, by its iteration and its own id."""

    iteration_id: str
    run_id: str


class Runs(NamedTuple):
    """``names`` in a fixed order, each once. ``problems`` says what may be a run and cannot be judged."""

    names: tuple[RunName, ...]
    problems: tuple[Check, ...]


def all_runs(tree: Tree) -> Runs:
    """The runs of *tree*: the folders in each iteration's ``runs/``. Hidden folders are nobody's.

    A folder whose name is no id, and one that cannot be listed, is a problem and not passed over. Raises nothing.
    """
    problems: list[Check] = []
    names: dict[RunName, None] = {}
    for iteration_id, folder in _iterations(tree, problems):
        runs = IterationPaths(folder).runs
        for run_id in _folders(tree, runs, problems):
            try:
                name = RunName(check_id("iteration id", iteration_id), check_id("run id", run_id))
            except AutolabError as error:
                problems.append(_problem(Finding(str(error), f"{runs}/{run_id}", hint="rename the folder")))
            else:
                names[name] = None
    return Runs(tuple(sorted(names)), tuple(problems))


def _iterations(tree: Tree, problems: list[Check]) -> Iterator[tuple[str, str]]:
    """Name and path of each folder that may be an iteration."""
    places = [path.removesuffix(f"/{_ANY}") for path in iteration_candidates(_ANY)]
    for place in places:
        for name in _folders(tree, place, problems):
            path = f"{place}/{name}"
            if path not in places:
                yield name, path


def _folders(tree: Tree, path: str, problems: list[Check]) -> Iterator[str]:
    """The names of the folders in *path* that are not hidden; none when it is not a folder."""
    try:
        names = tree.names(path) if tree.is_folder(path) else ()
    except DocumentError as error:
        problems.append(_problem(finding_of(error)))
        return
    for name in names:
        if name.startswith("."):
            continue
        try:
            if tree.is_folder(f"{path}/{name}"):
                yield name
        except DocumentError as error:
            problems.append(_problem(finding_of(error)))


def _problem(finding: Finding) -> Check:
    return Check(ENGINE, RUNS_RULE, Verdict.ERROR, (finding,), f"a run below {EXPERIMENTS}/ cannot be judged")
