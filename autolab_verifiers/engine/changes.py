"""Which runs a change since a revision may have altered the verdict of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from autolab_core.io.layout import (
    AUTOLAB,
    ENVIRONMENT,
    EXPERIMENTS,
    PYPROJECT,
    STATE,
    TODO_FOCUS,
    VERIFICATION_RESULT,
    IterationPaths,
    iteration_candidates,
)
from autolab_core.vocab.errors import StoreError
from autolab_verifiers.engine.runs import RunName

__all__ = ["altered", "changed_runs"]

# Where the work stands, which no run is judged by.
_PASSING: Final = frozenset({STATE, TODO_FOCUS, VERIFICATION_RESULT})
# The depth of `runs` in the two layouts: experiments/<id>/runs, experiments/plan/<id>/runs.
_RUNS_AT: Final = (2, 3)


def changed_runs(root: str, revision: str) -> Callable[[RunName], bool]:
    """Whether a run may be judged otherwise than at *revision*, or where HEAD's history left it.

    Raises StoreError when git cannot say.
    """
    from autolab_core.git.history import History

    history = History.at(root)
    if (absence := history.absence()) is not None:
        raise StoreError(root, f"what changed since {revision!r} cannot be said: {absence}")
    commit = history.commit(revision)
    base = commit and (history.fork_point(commit) or commit)
    return altered(history.changed_paths(base or revision))


def altered(paths: Iterable[str]) -> Callable[[RunName], bool]:
    """Whether a change of *paths*, relative to the repository's root, may alter a run's verdict.

    A file of a run alters that run, any other file of an iteration all of its runs, and what judges alters all.
    """
    runs: set[str] = set()
    iterations: set[str] = set()
    everything = False
    for path in paths:
        if path.startswith(f"{EXPERIMENTS}/"):
            *folders, _ = path.split("/")
            run = next((index + 2 for index in _RUNS_AT if folders[index : index + 1] == ["runs"]), 0)
            if 0 < run <= len(folders):
                runs.add("/".join(folders[:run]))
            else:
                iterations |= {"/".join(folders[:depth]) for depth in range(2, len(folders) + 1)}
        elif path.startswith(f"{AUTOLAB}/"):
            everything = everything or path not in _PASSING
        else:
            everything = everything or path in (ENVIRONMENT, PYPROJECT)

    def may_alter(run: RunName) -> bool:
        candidates = iteration_candidates(run.iteration_id)
        return everything or any(
            each in iterations or IterationPaths(each).run(run.run_id).folder in runs for each in candidates
        )

    return may_alter
