"""A group's replicates as the tasks of one job array: what the batch script says of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from autolab_core.models.replicates import FIXED, replicate_id
from autolab_core.schedulers.script import PLACES
from autolab_core.vocab.errors import UsageError

__all__ = ["TASK_IDENTITY", "TaskArray", "spans_of"]

# Bash counts in 64 bits; whatever is added to it, a seed below this stays what it says.
_SEED_LIMIT: Final = 2**62


def spans_of(indices: Sequence[int]) -> str:
    """*indices*, each once, as Slurm writes the tasks of an array: ``0-3,7``."""
    spans: list[list[int]] = []
    for index in sorted(set(indices)):
        if spans and index == spans[-1][1] + 1:
            spans[-1][1] = index
        else:
            spans.append([index, index])
    return ",".join(f"{first}-{last}" if last > first else str(first) for first, last in spans)


@attrs.frozen
class TaskArray:
    """``indices`` are the tasks; the seed of each is ``base_seed`` and its index, or ``base_seed`` (``FIXED``).

    Raises UsageError for no task at all, and for a seed that a shell cannot count to.
    """

    indices: tuple[int, ...]
    strategy: str
    base_seed: int

    def __attrs_post_init__(self) -> None:
        if not self.indices:
            raise UsageError("a job array needs at least one task")
        if abs(self.base_seed) + max(self.indices) >= _SEED_LIMIT:
            raise UsageError(f"the base seed {self.base_seed} is too large for a shell to count from: choose another")

    def options(self) -> tuple[str, ...]:
        """What the ``#SBATCH`` lines say of the array."""
        return (f"--array={spans_of(self.indices)}",)

    @staticmethod
    def folder(group_folder: str) -> str:
        """The folder of a task, given its group's, as Slurm fills it in."""
        return replicate_id(group_folder, "%a")

    def words(self) -> dict[str, str]:
        """What ``TASK_IDENTITY`` is formatted with, beside the words of the script."""
        seed = str(self.base_seed)
        return {"seed": seed if self.strategy == FIXED else f"$(({seed} + AUTOLAB_REPLICATE))"}


# The current folder is the repository by then. Slurm sets the task's number; whoever runs the script by hand has none.
TASK_IDENTITY: Final = (
    """\
case "${{SLURM_ARRAY_TASK_ID-}}" in
  '' | *[!0-9]*) echo "this script runs as a task of a job array" >&2; exit 2 ;;
esac
export AUTOLAB_ITERATION_ID={iteration_id}
export AUTOLAB_ITERATION_PATH={iteration_folder}
export AUTOLAB_GROUP_ID={run_id}
export AUTOLAB_REPLICATE="$SLURM_ARRAY_TASK_ID"
export AUTOLAB_SEED="{seed}"
export AUTOLAB_RUN_ID="$AUTOLAB_GROUP_ID-r$AUTOLAB_REPLICATE"
export AUTOLAB_RUN_DIR="$PWD"/{run_folder}-r"$AUTOLAB_REPLICATE"
"""
    + PLACES
)
