"""The gate before a launch: the review's answer, and whether it was given about these very files."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from autolab_core.io.layout import IterationPaths
from autolab_core.io.repository import Repository
from autolab_core.models.policy import Policy
from autolab_core.models.review import Review, Reviewed
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import ReviewStatus

__all__ = ["GateAnswer", "check_gate", "sha256_of"]

_APPROVE = "look at what changed, then `autolab review approve --who NAME`"


class GateAnswer(NamedTuple):
    """``refusal`` is None when the gate is open. ``evidence`` goes into the manifest (``review``)."""

    refusal: str | None
    advice: str = ""
    evidence: dict[str, object] | None = None


def sha256_of(source: bytes) -> str:
    """sha256 of *source*, hex."""
    return hashlib.sha256(source).hexdigest()


def check_gate(repository: Repository, paths: IterationPaths, policy: Policy) -> GateAnswer:
    """Judge ``review_result.json``: present, valid, ``pass``, nothing blocking, and not stale."""
    if not repository.tree().exists(paths.review):
        return GateAnswer(f"{paths.review} does not exist", "have the implementation reviewed")
    try:
        review = repository.review(paths)
    except DocumentError as error:
        return GateAnswer(f"the review cannot be used: {error}", "mend the file, or have it reviewed again")
    if review.status is not ReviewStatus.PASS:
        return GateAnswer(
            f"{paths.review} says {review.status}, not {ReviewStatus.PASS}",
            "settle the findings, then have it reviewed again",
        )
    if review.blocking_findings:
        count = len(review.blocking_findings)
        return GateAnswer(f"{paths.review} says pass but lists {count} blocking findings", "settle the findings first")
    return _freshness(repository, paths, review, policy)


def _freshness(repository: Repository, paths: IterationPaths, review: Review, policy: Policy) -> GateAnswer:
    reviewed = review.reviewed
    if reviewed is None or not (reviewed.design_sha256 or reviewed.files):
        if policy.launch.require_reviewed:
            return GateAnswer(f"{paths.review} records no content hashes, and policy asks for them", _APPROVE)
        note = "the review records no content hashes: that these files were reviewed is taken on trust"
        return GateAnswer(None, evidence={"status": review.status.value, "note": note})
    changed = _changed(repository, paths, reviewed)
    if changed:
        return GateAnswer(f"what was reviewed is not what is here: {'; '.join(changed)}", _APPROVE)
    evidence: dict[str, object] = {
        "status": review.status.value,
        "design_sha256": reviewed.design_sha256,
        "commit": reviewed.commit,
        "files": len(reviewed.files),
    }
    return GateAnswer(None, evidence=evidence)


def _changed(repository: Repository, paths: IterationPaths, reviewed: Reviewed) -> list[str]:
    wanted = dict(reviewed.files)
    if reviewed.design_sha256:
        wanted[paths.design] = reviewed.design_sha256
    tree = repository.tree()
    changed = []
    for path, digest in sorted(wanted.items()):
        try:
            now = sha256_of(tree.source(path))
        except DocumentError as error:
            changed.append(f"{path} {error.message}")
            continue
        if now != digest.removeprefix("sha256:"):
            changed.append(f"{path} has changed")
    return changed
