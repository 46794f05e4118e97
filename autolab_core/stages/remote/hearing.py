"""Asking about many runs at once: each scheduler, here or behind ssh, one time."""

from __future__ import annotations

from collections.abc import Mapping

from autolab_core.models.job import JobHandle, JobObservation
from autolab_core.stages.context import StageContext
from autolab_core.vocab.errors import RunnerError, SchedulerError, UsageError
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.states import HostMode

__all__ = ["observed"]


def observed(
    context: StageContext, handles: Mapping[str, JobHandle], sent: Mapping[str, str]
) -> dict[str, JobObservation]:
    """One observation for each folder in *handles*. *sent*: folder to the profile of a run on another machine.

    The monitor's own failure is never a job's, and one machine's silence not another's.
    """
    asked: dict[str | None, dict[str, JobHandle]] = {}
    for folder, handle in handles.items():
        asked.setdefault(sent.get(folder), {})[folder] = handle
    found: dict[str, JobObservation] = {}
    none = JobObservation(JobState.UNKNOWN, reason="no answer")
    for profile, these in asked.items():
        try:
            scheduler = context.schedulers[HostMode.SLURM] if profile is None else context.remote(profile).scheduler
            given = scheduler.observe(list(these.values()))
        except (SchedulerError, RunnerError) as error:
            found |= dict.fromkeys(these, JobObservation(JobState.UNKNOWN, reason=str(error)))
            continue
        except UsageError as error:
            if profile is None:
                raise
            found |= dict.fromkeys(these, JobObservation(JobState.UNKNOWN, reason=str(error)))
            continue
        found |= {folder: given.get(handle, none) for folder, handle in these.items()}
    return found
