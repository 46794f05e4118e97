"""``review_result.json``: the gate before a launch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from autolab_core.models.checks import extra, is_time
from autolab_core.vocab.states import ReviewStatus

__all__ = ["Review", "Reviewed"]


@attrs.frozen
class Reviewed:
    """What was reviewed, by content: sha256 hex of the design and of each file, and the commit that was checked out."""

    design_sha256: str | None = None
    commit: str | None = None
    files: Mapping[str, str] = attrs.field(factory=dict)
    by: str | None = None
    at: str | None = attrs.field(default=None, validator=is_time)
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class Review:
    """A review's answer. ``reviewed`` is None in files that ``autolab review approve`` did not write."""

    status: ReviewStatus
    blocking_findings: tuple[Any, ...] = ()
    required_checks: Mapping[str, str] = attrs.field(factory=dict)
    reviewed_at: str | None = attrs.field(default=None, validator=is_time)
    reviewed: Reviewed | None = None
    schema_version: str = "1.0"
    extra: Mapping[str, Any] = extra()
