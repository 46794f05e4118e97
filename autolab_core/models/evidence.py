"""``evidence.json`` of a run: which of its files prove what, and the check of a verification that bears it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from autolab_core.models.checks import extra, is_relative_path, is_time

__all__ = ["Evidence", "EvidenceFile"]


@attrs.frozen
class Evidence:
    """One record. ``artifact_path`` is relative to the repository's root.

    ``verifier_output_pointer`` is a verification result, ``#``, and a rule's id or the RFC 6901 pointer to a check in
    it. ``excerpt`` is text of the artifact, ``command`` what made it, ``at`` when it was looked at (RFC 3339).
    """

    artifact_path: str = attrs.field(validator=is_relative_path)
    what_it_proves: str = attrs.field(validator=attrs.validators.min_len(1))
    verifier_output_pointer: str = attrs.field(validator=attrs.validators.min_len(1))
    excerpt: str | None = None
    command: str | None = None
    at: str | None = attrs.field(default=None, validator=is_time)
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class EvidenceFile:
    """All evidence for one run."""

    evidence: tuple[Evidence, ...]
    schema_version: str = "1.0"
    extra: Mapping[str, Any] = extra()
