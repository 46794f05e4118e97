"""Write the prompts' ``status_vocabulary.md`` from the vocabulary: ``python scripts/generate_status_vocabulary.py
[--check]``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from autolab_core.vocab.states import (
    CLOSED_BACKLOG,
    HostMode,
    ReviewStatus,
    RunStatus,
    StageOutcome,
    SyncStatus,
    Verdict,
)

PAGE = Path(__file__).resolve().parents[1] / "autolab_core/prompts/shipped/shared/status_vocabulary.md"
_HEAD = (
    "Write these words exactly as they stand here, and no others: `queued` or `in_progress` are no status of a run.\n"
)
_RUN = {
    RunStatus.PENDING: "the intent is on disk, or a scheduler has the job queued",
    RunStatus.SUBMITTED: "it was started or accepted, and nobody has looked yet",
    RunStatus.RUNNING: "it was seen running, or has ended and its results are not read yet",
    RunStatus.SYNCED: "it has ended well on Slurm and its files are proven to be here",
    RunStatus.COMPLETED: "its metrics were read and judged; only extraction says so",
    RunStatus.FAILED: "it ended badly, or its results cannot be read",
    RunStatus.PARTIAL: "it has ended and some of the evidence is missing",
}
_SYNC = {
    SyncStatus.PENDING: "nothing was tried yet",
    SyncStatus.SYNCING: "files are on their way",
    SyncStatus.OK: "every expected file is here and hashed",
    SyncStatus.FAILED: "something is missing; the diagnosis names it",
}
_HOST = {
    HostMode.LOCAL: "a process of this machine",
    HostMode.SLURM: "a job of Slurm's",
}
_OUTCOME = {
    StageOutcome.ADVANCE: "on to the next stage",
    StageOutcome.STAY: "nothing has changed; ask again later",
    StageOutcome.NEEDS_RETRY: "back to the stage that has to be mended; counted",
    StageOutcome.HUMAN_REVIEW: "a person decides",
    StageOutcome.STOP: "the experiment is closed, or there is nothing left to do",
}
_REVIEW = {
    ReviewStatus.PASS: "the launch gate is open",
    ReviewStatus.NEEDS_RETRY: "to be mended and reviewed again",
    ReviewStatus.FAILED: "not to be launched",
}
_VERDICT = {
    Verdict.PASS: "the rule holds",
    Verdict.FAIL: "it does not",
    Verdict.ERROR: "it could not be decided",
    Verdict.SKIP: "it does not apply; the reason is given",
}


def page() -> str:
    """The page's text."""
    ends = ", ".join(f"`{status}`" for status in RunStatus if status.ended)
    return "".join(
        (
            _HEAD,
            _section("run status (`status` in `run_manifest.json`)", RunStatus, _RUN),
            f"\nWith {ends} the manifest has `timestamps.completed_at`.\n",
            _section("sync status (`artifact_sync_to_local.status`)", SyncStatus, _SYNC),
            _section("host mode", HostMode, _HOST),
            _section("outcome of a stage", StageOutcome, _OUTCOME),
            _section("review (`status` in `review_result.json`)", ReviewStatus, _REVIEW),
            _section("verdict of a rule", Verdict, _VERDICT),
            f"\nAn experiment is closed when the backlog says {_or(sorted(CLOSED_BACKLOG))}.\n",
        )
    )


def _section(title: str, words: type[StrEnum], meanings: Mapping[StrEnum, str]) -> str:
    rows = "".join(f"- `{word}`: {meanings[word]}\n" for word in words)
    return f"\n**{title[0].upper()}{title[1:]}**\n\n{rows}"


def _or(words: list[str]) -> str:
    return f"{', '.join(f'`{word}`' for word in words[:-1])} or `{words[-1]}`"


if __name__ == "__main__":
    from one_page import write_or_check  # beside this file, which is on the path only when it is run

    sys.exit(write_or_check(PAGE, page()))
