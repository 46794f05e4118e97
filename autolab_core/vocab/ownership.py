"""Which stage writes which of a repository's files, what it needs, and where its agent may edit.

One table each; everything else asks them. ``io.owned`` says where the artifacts lie. The ownership is that of the
stage descriptions: each artifact is the work of the stages that are named, and of no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from autolab_core.vocab.states import Stage

__all__ = ["BRINGS", "EDIT_AREAS", "INPUTS", "OF_A_RUN", "ON_SLURM", "OWNERS", "Area", "Artifact", "owned_by"]


class Artifact(StrEnum):
    """A file or folder that stages hand to one another. The values stand in no file of a user."""

    STATE = "state file"
    BACKLOG = "backlog"
    TODO = "to-do focus"
    CONTROL = "what runs are judged by"
    ENVIRONMENT = "environment page"
    MANIFEST_SCHEMA = "schema of the manifest"
    HYPOTHESIS = "hypothesis"
    DESIGN = "design file"
    REVIEW = "review result"
    LAUNCH_SCRIPTS = "launch scripts"
    MANIFEST = "run manifest"
    LOGS = "logs"
    EXIT_MARKER = "exit marker"
    METRICS = "metrics"
    CHECKSUMS = "checksum list"
    LEDGER = "ledger"
    SUMMARY = "analysis summary"
    DECISION = "decision"


class Area(StrEnum):
    """A part of the repository that a stage's edits are confined to."""

    ITERATION = "iteration"
    RUN = "run"
    DOCS = "docs"
    AUTOLAB = "autolab"


_LAUNCH, _MONITOR, _EXTRACT = Stage.LAUNCH, Stage.SLURM_MONITOR, Stage.EXTRACT_RESULTS

# Who writes it. Nobody's stage writes what has no owner here: it is people's, or the state machine's own.
OWNERS: Final[Mapping[Artifact, frozenset[Stage]]] = MappingProxyType(
    {
        Artifact.HYPOTHESIS: frozenset({Stage.HYPOTHESIS}),
        Artifact.DESIGN: frozenset({Stage.HYPOTHESIS, Stage.DESIGN}),
        Artifact.REVIEW: frozenset({Stage.IMPLEMENTATION_REVIEW}),
        Artifact.LAUNCH_SCRIPTS: frozenset({_LAUNCH}),
        Artifact.MANIFEST: frozenset({_LAUNCH, _MONITOR, _EXTRACT}),
        Artifact.LOGS: frozenset({_LAUNCH, _MONITOR, _EXTRACT}),
        Artifact.CHECKSUMS: frozenset({_MONITOR, _EXTRACT}),
        Artifact.METRICS: frozenset({_EXTRACT}),
        Artifact.LEDGER: frozenset({_LAUNCH, _MONITOR, _EXTRACT}),
        Artifact.SUMMARY: frozenset({Stage.UPDATE_DOCS}),
        Artifact.DECISION: frozenset({Stage.DECIDE_REPEAT}),
        Artifact.STATE: frozenset(),
        Artifact.BACKLOG: frozenset(),
        Artifact.TODO: frozenset(),
        Artifact.CONTROL: frozenset(),
    }
)

# What an agent's stage has to bring before the work goes on. An implementation is no file of its own: what it brings is
# a change, anywhere where it may edit.
BRINGS: Final[Mapping[Stage, Artifact | None]] = MappingProxyType(
    {
        Stage.HYPOTHESIS: Artifact.HYPOTHESIS,
        Stage.DESIGN: Artifact.DESIGN,
        Stage.IMPLEMENTATION: None,
        Stage.IMPLEMENTATION_REVIEW: Artifact.REVIEW,
        Stage.UPDATE_DOCS: Artifact.SUMMARY,
        Stage.DECIDE_REPEAT: Artifact.DECISION,
    }
)

# What a stage reads first of all. Without it, there is nothing to begin with.
INPUTS: Final[Mapping[Stage, tuple[Artifact, ...]]] = MappingProxyType(
    {
        Stage.HYPOTHESIS: (Artifact.STATE, Artifact.BACKLOG),
        Stage.DESIGN: (Artifact.STATE, Artifact.BACKLOG, Artifact.ENVIRONMENT),
        Stage.IMPLEMENTATION: (Artifact.STATE, Artifact.DESIGN, Artifact.ENVIRONMENT),
        Stage.IMPLEMENTATION_REVIEW: (Artifact.STATE, Artifact.DESIGN, Artifact.ENVIRONMENT),
        _LAUNCH: (Artifact.STATE, Artifact.BACKLOG, Artifact.DESIGN, Artifact.REVIEW, Artifact.ENVIRONMENT),
        _MONITOR: (Artifact.STATE, Artifact.MANIFEST_SCHEMA, Artifact.MANIFEST, Artifact.LEDGER),
        _EXTRACT: (Artifact.STATE, Artifact.DESIGN, Artifact.MANIFEST, Artifact.EXIT_MARKER),
        Stage.UPDATE_DOCS: (Artifact.STATE, Artifact.DESIGN, Artifact.MANIFEST, Artifact.METRICS),
        Stage.DECIDE_REPEAT: (Artifact.STATE, Artifact.BACKLOG, Artifact.DESIGN, Artifact.METRICS, Artifact.SUMMARY),
        Stage.HUMAN_REVIEW: (Artifact.STATE, Artifact.BACKLOG),
        Stage.STOP: (Artifact.STATE, Artifact.BACKLOG),
    }
)

# Artifacts that only a run has, and those that only a run on Slurm has.
OF_A_RUN: Final = frozenset(
    {Artifact.MANIFEST, Artifact.LOGS, Artifact.EXIT_MARKER, Artifact.METRICS, Artifact.CHECKSUMS}
)
ON_SLURM: Final = frozenset({Artifact.LEDGER})

# Where edits of a stage belong. None: wherever the policy lets edits be, because what keeps the stage from going on may
# have to be mended anywhere. Nobody but a person works in the last two.
EDIT_AREAS: Final[Mapping[Stage, frozenset[Area] | None]] = MappingProxyType(
    {
        Stage.HYPOTHESIS: frozenset({Area.ITERATION, Area.DOCS, Area.AUTOLAB}),
        Stage.DESIGN: frozenset({Area.ITERATION, Area.DOCS, Area.AUTOLAB}),
        Stage.IMPLEMENTATION: None,
        Stage.IMPLEMENTATION_REVIEW: frozenset({Area.ITERATION}),
        _LAUNCH: None,
        _MONITOR: frozenset({Area.RUN, Area.DOCS}),
        _EXTRACT: None,
        Stage.UPDATE_DOCS: frozenset({Area.ITERATION, Area.DOCS}),
        Stage.DECIDE_REPEAT: frozenset({Area.ITERATION, Area.AUTOLAB}),
        Stage.HUMAN_REVIEW: frozenset(),
        Stage.STOP: frozenset(),
    }
)


def owned_by(stage: Stage) -> tuple[tuple[Artifact, ...], tuple[Artifact, ...]]:
    """What *stage* may write, and what it must not: every artifact that is in ``OWNERS``, on one side or the other."""
    mine = tuple(artifact for artifact, stages in OWNERS.items() if stage in stages)
    return mine, tuple(artifact for artifact in OWNERS if artifact not in mine)
