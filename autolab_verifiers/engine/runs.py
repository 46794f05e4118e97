"""Which runs a repository holds, in both layouts."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator
from typing import Final, NamedTuple

from autolab_core.io.layout import EXPERIMENTS, IterationPaths, iteration_candidates
from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import AutolabError, DocumentError
from autolab_core.vocab.ids import check_id
from autolab_core.vocab.states import Verdict
from autolab_verifiers.contract.findings import Finding, finding_of
from autolab_verifiers.engine.collect import ENGINE
from autolab_verifiers.report.answer import Check

__all__ = ["RUNS_RULE", "RunName", "Runs", "all_runs"]

RUNS_RULE: Final = "AV005"

_ANY: Final = "x"  # an iteration id, to ask the layout where iterations lie


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
        tree.look(path)
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
    tree.forget(path)  # ten thousand names are worth more than they are of use


def _problem(finding: Finding) -> Check:
    return Check(ENGINE, RUNS_RULE, Verdict.ERROR, (finding,), f"a run below {EXPERIMENTS}/ cannot be judged")
