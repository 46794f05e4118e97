"""Whose turn it is at each stage, in the words of ``autolab run`` and ``autolab status``. Light: vocabulary only."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from autolab_core.vocab.states import Stage

__all__ = ["AUTOLABS", "TURNS"]

# The stages that need nobody.
AUTOLABS: Final = frozenset({Stage.LAUNCH, Stage.SLURM_MONITOR, Stage.EXTRACT_RESULTS})

TURNS: Final[Mapping[Stage, str]] = MappingProxyType(
    {
        Stage.HYPOTHESIS: "write the hypothesis",
        Stage.DESIGN: "write or mend design.yaml, then `autolab review approve --who NAME`",
        Stage.IMPLEMENTATION: "implement the design, then `autolab review approve --who NAME`",
        Stage.IMPLEMENTATION_REVIEW: "review it, then `autolab review approve --who NAME`",
        Stage.LAUNCH: "`autolab launch` starts the run",
        Stage.SLURM_MONITOR: "`autolab run` looks at the run",
        Stage.EXTRACT_RESULTS: "`autolab run` reads the results once the run has ended",
        Stage.UPDATE_DOCS: "write analysis/summary.md from the run's metrics",
        Stage.DECIDE_REPEAT: "decide whether to repeat",
        Stage.HUMAN_REVIEW: "a person looks at the state's history, then `autolab reopen --who NAME --why TEXT`",
        Stage.STOP: "nothing is left to do; a person continues with `autolab reopen --who NAME --why TEXT`",
    }
)
