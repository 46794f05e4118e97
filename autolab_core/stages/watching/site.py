"""What the repository's policy says of Slurm, as the stages need it. A policy that cannot be read is an error."""

from __future__ import annotations

import os
from datetime import timedelta

from autolab_core.models.policy import SlurmPolicy
from autolab_core.models.resources import Duration
from autolab_core.schedulers.slurm.cache import interval_of
from autolab_core.stages.context import StageContext
from autolab_core.stages.watching.pace import LEAST_SECONDS, Pace

__all__ = ["pace_of", "slurm_policy", "span"]


def slurm_policy(context: StageContext) -> SlurmPolicy:
    """How the repository wants its runs on Slurm treated. Raises DocumentError."""
    return context.repository.policy().slurm


def pace_of(context: StageContext) -> Pace:
    """The pace of looks that keeps to what the site allows: the policy, and the environment. Raises DocumentError."""
    return Pace(max(LEAST_SECONDS, interval_of(os.environ, slurm_policy(context).poll_seconds)))


def span(duration: Duration) -> timedelta:
    """*duration* to calculate with; without a limit it is longer than anything lasts."""
    return timedelta.max if duration.seconds is None else timedelta(seconds=duration.seconds)
