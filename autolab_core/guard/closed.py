"""What is over in a repository and has become evidence: closed iterations, and the results of finished experiments."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

from autolab_core.io.experiment_layout import finished_results
from autolab_core.io.layout import BACKLOG, DONE, RESULTS, iteration_candidates
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import CLOSED_BACKLOG

__all__ = ["closed", "finished"]


def closed(root: str, own: Collection[str] = ()) -> tuple[str, ...]:
    """The folders of closed iterations and of finished results below *root*, sorted, as a policy has them.

    An iteration is closed when it lies in ``experiments/done``, or when the backlog closed its experiment. *own* are
    the paths that are still worked on: what holds one of them, or lies in one, is left out. Raises DocumentError when
    the backlog cannot be read: who cannot say what is closed must not write.
    """
    found = {*finished(root), *(f"{DONE}/{name}" for name in _folders(root, DONE)), *_closed_by_the_backlog(root)}
    kept = (path for path in found if not any(_nest(path, each) for each in own))
    return tuple(sorted(_real(root, path) for path in kept))


def finished(root: str) -> tuple[str, ...]:
    """The results of finished experiments: the folders that hold their metrics."""
    names = (name for name in _folders(root, RESULTS) if os.path.lexists(os.path.join(root, finished_results(name))))
    return tuple(f"{RESULTS}/{name}" for name in names)


def _closed_by_the_backlog(root: str) -> Iterator[str]:
    try:
        with open(os.path.join(root, BACKLOG), "rb") as file:
            words = file.read().decode(errors="replace").lower()
    except FileNotFoundError:
        return
    except OSError as error:
        raise DocumentError(BACKLOG, f"cannot be read: {error.strerror}") from error
    if not any(word in words for word in CLOSED_BACKLOG):
        return  # reading YAML costs more than starting a guard
    from autolab_core.io.tree import Tree

    experiments = Tree(root).mapping(BACKLOG).get("experiments")
    for each in experiments if isinstance(experiments, list) else []:
        status, iteration = (each.get(key) if isinstance(each, dict) else None for key in ("status", "iteration_id"))
        # As ``BacklogExperiment.closed``, whose model a guard does without.
        if isinstance(status, str) and isinstance(iteration, str) and status.strip().lower() in CLOSED_BACKLOG:
            yield from (p for p in iteration_candidates(iteration) if os.path.isdir(os.path.join(root, p)))


def _folders(root: str, path: str) -> list[str]:
    try:
        with os.scandir(os.path.join(root, path)) as entries:
            return [entry.name for entry in entries if entry.is_dir()]
    except OSError:
        return []


def _nest(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _real(root: str, path: str) -> str:
    """*path* as it can be protected. Results often lie on another disk, behind a link, which a policy refuses."""
    top, real = os.path.realpath(root), os.path.realpath(os.path.join(root, path))
    return os.path.relpath(real, top) if real.startswith(f"{top}/") else real
