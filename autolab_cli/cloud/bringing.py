"""``cloud-run pull``, and the last words of a run that somebody waited for."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autolab_cli.cloud.progress import Bars, say
from autolab_cli.commands.copying import size
from autolab_cli.commands.guard.paths import below
from autolab_cli.printing import print_json
from autolab_core.cloud import operations
from autolab_core.io.root import locate_root
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.experiment import PhaseEnd

if TYPE_CHECKING:
    from autolab_core.cloud.pulling.pull import Pulled

__all__ = ["in_repository", "pull", "pulled"]


def pull(options: argparse.Namespace) -> int:
    """Bring the results: 1 when the run failed, or its numbers could not end the experiment's phase."""
    root = Path(locate_root(options.root))
    folder = None if options.output_dir is None else in_repository(root, "--output-dir", options.output_dir)
    return pulled(root, options.run_id, folder, as_json=options.json, partial=options.partial, force=options.force)


def pulled(
    root: Path,
    run_id: str | None,
    folder: str | None,
    *,
    as_json: bool,
    partial: bool = False,
    force: bool = False,
) -> int:
    """Pull the run, say what came of it, and return the exit code. Raises as ``operations.pull`` does."""
    with Bars("receiving", sys.stderr) as bars:
        done = operations.pull(
            root, run_id, output_dir=folder, partial=partial, force=force, progress=bars, say=bars.say
        )
    if as_json:
        print_json(_document(done))
    else:
        _print(done)
    return 1 if _bad(done) else 0


def in_repository(root: Path, what: str, given: str) -> str:
    """The path *given*, which counts from the current folder, relative to *root*. Raises UsageError outside of it."""
    path = below(str(root), given)
    if os.path.isabs(path):
        raise UsageError(f"{what} {given!r} does not lie in the repository {root}")
    return path


def _bad(done: Pulled) -> bool:
    if done.result is None:
        return False
    unfinished = done.merged is not None and done.merged.end != PhaseEnd.FINISHED
    return done.result.exit_code != 0 or unfinished


def _document(done: Pulled) -> dict[str, Any]:
    result, merged = done.result, done.merged
    return {
        "run_id": done.intent.run_id,
        "folder": done.folder,
        "files": done.files,
        "bytes": done.bytes,
        "kept": done.kept,
        "left_out": list(done.left_out),
        "so_far": result is None,
        "exit_code": None if result is None else result.exit_code,
        "message": None if result is None else result.message,
        "last_lines": [] if result is None else list(result.last_lines),
        "record": None if merged is None else {"merged": merged.merged, "end": merged.end, "why": merged.why},
    }


def _print(done: Pulled) -> None:
    partial = " that was saved so far" if done.result is None else ""
    print(f"{done.intent.run_id}: {done.files} files, {size(done.bytes)},{partial} in {done.folder}")
    if done.kept is not None:
        print(f"what was there before is in {done.kept}")
    for each in done.left_out:
        say(f"not brought: {each}")
    if done.result is not None and done.result.exit_code != 0:
        for line in done.result.last_lines:
            print(f"| {line}", file=sys.stderr)
        say(f"{done.result.message} (exit code {done.result.exit_code})")
    merged = done.merged
    if merged is not None and not merged.merged:
        say(f"its numbers are not on the experiment's record: {merged.why}; mend that, and pull again")
    elif merged is not None and merged.end != PhaseEnd.FINISHED:
        say(f"the full phase is {merged.end}: {merged.why}")
    elif merged is not None:
        print(f"its numbers are on the record of {done.intent.spec}")
