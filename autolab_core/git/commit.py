"""What is checked out, as records have it: asked of git, with what Autolab itself writes left out."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from autolab_core.exec.command import Runner
from autolab_core.git.reader import GitReader
from autolab_core.io.layout import AGENT_LOGS, HANDOVER, LEDGER, PROMPTS_RENDERED, STATE, VERIFICATION_RESULT
from autolab_core.models.manifest import Commit
from autolab_core.vocab.errors import RunnerError, StoreError

__all__ = ["OWN_RECORDS", "commit_at"]

# What Autolab itself rewrites at every step, tracked or not: it would make every commit look changed.
OWN_RECORDS: Final = (STATE, VERIFICATION_RESULT, LEDGER, f"{PROMPTS_RENDERED}/", HANDOVER, f"{AGENT_LOGS}/")


def commit_at(runner: Runner, root: str, apart_from: Collection[str] = ()) -> Commit:
    """What is checked out at *root*; ``note`` says plainly when there is no git to say it.

    Autolab's own records are no change, nor is what *apart_from* names (see ``GitReader.checkout``).
    """
    reader = GitReader(runner, root)
    absence = reader.absence()
    if absence is not None:
        return Commit(note=absence)
    try:
        checkout = reader.checkout(apart_from=(*OWN_RECORDS, *apart_from))
    except (StoreError, RunnerError) as error:
        return Commit(note=f"git could not answer: {error}")
    note = None if checkout.sha else "no commit yet"
    return Commit(checkout.sha, checkout.branch, checkout.dirty, checkout.diff_sha256, checkout.untracked, note)
