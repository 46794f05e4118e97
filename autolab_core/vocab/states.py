"""The words for runs, syncs, hosts, stages, outcomes, reviews, backlog entries and verdicts.

This module owns them: nothing else spells one of these literals (``tests/architecture`` scans for it),
and the enums in ``schemas/`` are checked equal to it. The values are the ones users' files hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

__all__ = [
    "CLOSED_BACKLOG",
    "ENDED",
    "LEGAL_RUN_MOVES",
    "SYNC_SYNONYMS",
    "HostMode",
    "MetricsStatus",
    "ReviewStatus",
    "RunStatus",
    "Severity",
    "Stage",
    "StageOutcome",
    "SyncStatus",
    "Verdict",
]


class RunStatus(StrEnum):
    """``run_manifest.json`` ``status``: what we conclude about a run."""

    PENDING = "pending"
    SUBMITTED = "submitted"
    RUNNING = "running"
    SYNCED = "synced"
    COMPLETED = "completed"
    FAILED = "failed"
    PARTIAL = "partial"

    @property
    def ended(self) -> bool:
        """True when nothing more will happen by itself; then ``timestamps.completed_at`` is required."""
        return self in ENDED


# See ``RunStatus.ended``.
ENDED: Final = frozenset({RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.PARTIAL})

LEGAL_RUN_MOVES: Final[Mapping[RunStatus, frozenset[RunStatus]]] = MappingProxyType(
    {
        RunStatus.PENDING: frozenset({RunStatus.SUBMITTED, RunStatus.RUNNING, RunStatus.SYNCED, RunStatus.FAILED}),
        RunStatus.SUBMITTED: frozenset({RunStatus.PENDING, RunStatus.RUNNING, RunStatus.SYNCED, RunStatus.FAILED}),
        # A requeued job goes back to pending.
        RunStatus.RUNNING: frozenset(
            {
                RunStatus.PENDING,
                RunStatus.SYNCED,
                RunStatus.COMPLETED,
                RunStatus.FAILED,
                RunStatus.PARTIAL,
            }
        ),
        RunStatus.SYNCED: frozenset({RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.PARTIAL}),
        RunStatus.COMPLETED: frozenset(),
        # A run that ended well but whose results could not be read may be extracted again once the parser is mended.
        RunStatus.FAILED: frozenset({RunStatus.COMPLETED, RunStatus.PARTIAL}),
        RunStatus.PARTIAL: frozenset({RunStatus.COMPLETED, RunStatus.FAILED}),
    }
)


class SyncStatus(StrEnum):
    """``artifact_sync_to_local.status``: what happened to files. Canonical words only; see ``SYNC_SYNONYMS``."""

    PENDING = "pending"
    SYNCING = "syncing"
    OK = "ok"
    FAILED = "failed"


# What other tools write. Read, reported, and replaced by the canonical word when we write.
SYNC_SYNONYMS: Final[Mapping[str, SyncStatus]] = MappingProxyType(
    {
        "completed": SyncStatus.OK,
        "success": SyncStatus.OK,
        "succeeded": SyncStatus.OK,
        "done": SyncStatus.OK,
        "synced": SyncStatus.OK,
        "in_progress": SyncStatus.SYNCING,
        "running": SyncStatus.SYNCING,
        "queued": SyncStatus.PENDING,
        "not_started": SyncStatus.PENDING,
        "error": SyncStatus.FAILED,
        "failure": SyncStatus.FAILED,
    }
)


class HostMode(StrEnum):
    """Where a run happens, as concluded from the host probes."""

    LOCAL = "local"
    SLURM = "slurm"


class Stage(StrEnum):
    """``.autolab/state.json`` ``stage``."""

    HYPOTHESIS = "hypothesis"
    DESIGN = "design"
    IMPLEMENTATION = "implementation"
    IMPLEMENTATION_REVIEW = "implementation_review"
    LAUNCH = "launch"
    SLURM_MONITOR = "slurm_monitor"
    EXTRACT_RESULTS = "extract_results"
    UPDATE_DOCS = "update_docs"
    DECIDE_REPEAT = "decide_repeat"
    HUMAN_REVIEW = "human_review"
    STOP = "stop"


class StageOutcome(StrEnum):
    """What a stage concluded; ``history[].status`` in ``.autolab/state.json``."""

    ADVANCE = "advance"
    STAY = "stay"
    NEEDS_RETRY = "needs_retry"
    HUMAN_REVIEW = "human_review"
    STOP = "stop"


class ReviewStatus(StrEnum):
    """``review_result.json`` ``status``; only ``pass`` opens the launch gate."""

    PASS = "pass"
    NEEDS_RETRY = "needs_retry"
    FAILED = "failed"


# ``.autolab/backlog.yaml`` experiment statuses that mean "do not touch until a person re-opens it".
CLOSED_BACKLOG: Final = frozenset({"done", "completed", "closed", "resolved"})


class MetricsStatus(StrEnum):
    """``metrics.json`` ``status`` of an iteration's run."""

    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"


class Verdict(StrEnum):
    """The answer of one verifier rule. A skip carries its reason; nothing checked is not a pass."""

    PASS = "pass"
    FAIL = "fail"
    ERROR = "error"
    SKIP = "skip"


class Severity(StrEnum):
    """How a finding counts: an ``error`` fails its rule; ``warning`` and ``note`` are shown and do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
