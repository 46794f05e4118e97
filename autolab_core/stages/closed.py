"""Closed experiments: which backlog entry an iteration belongs to, and whether anybody may touch it. Pure."""

from __future__ import annotations

from autolab_core.io.layout import BACKLOG, STATE
from autolab_core.models.state import Backlog, BacklogExperiment, State
from autolab_core.vocab.errors import UsageError

__all__ = ["closed_reason", "mapped_experiment"]


def mapped_experiment(state: State, backlog: Backlog) -> BacklogExperiment:
    """The backlog entry of the state's experiment: ``experiment_id`` where the state has one, else the iteration's.

    Raises UsageError when there is none, or more than one, and when the entry is another iteration's: which of the two
    files is right, and whether what is to be done is closed, cannot be said then.
    """
    if state.experiment_id:
        found = [entry for entry in backlog.experiments if entry.id == state.experiment_id]
        what = f"experiment {state.experiment_id!r} (experiment_id in {STATE})"
    else:
        found = [entry for entry in backlog.experiments if entry.iteration_id == state.iteration_id]
        what = f"an experiment with iteration_id {state.iteration_id!r}"
    if len(found) != 1:
        count = "no entry" if not found else f"{len(found)} entries"
        raise UsageError(f"{BACKLOG} has {count} for {what}; exactly one is needed")
    entry = found[0]
    if entry.iteration_id not in {None, state.iteration_id}:
        raise UsageError(
            f"{BACKLOG} has experiment {entry.id!r} for iteration_id {entry.iteration_id!r}, but {STATE} is at "
            f"iteration {state.iteration_id!r}; correct iteration_id in one of them"
        )
    return entry


def closed_reason(experiment: BacklogExperiment) -> str | None:
    """Why *experiment* may not be touched; None when it may."""
    if not experiment.closed:
        return None
    return f"experiment {experiment.id!r} is {experiment.status!r} in {BACKLOG}"
