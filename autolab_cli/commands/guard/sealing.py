"""Seals by hand: ``autolab guard seal`` and ``autolab guard verify``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from autolab_cli.commands.guard.paths import below
from autolab_cli.printing import print_json
from autolab_core.guard.comparison import Difference
from autolab_core.guard.verification import Verified, seal_document, verify_file
from autolab_core.io.atomic import write_json
from autolab_core.io.layout import guard_record
from autolab_core.io.repository import Repository
from autolab_core.io.root import find_root
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.times import format_utc

__all__ = ["seal", "verify"]

_UNDECIDED = 2


def seal(options: argparse.Namespace) -> int:
    """Take the seals of files and folders, and print them or write them to a file."""
    root = str(find_root(options.root))
    paths = [below(root, path) for path in options.path]
    output = None if options.output is None else below(root, options.output)
    for path in paths:
        if output is not None and os.path.join(root, output).startswith(os.path.join(root, path) + "/"):
            raise UsageError(f"{options.output!r} lies in {path!r}, which is sealed; write the seals elsewhere")
    document = seal_document(paths, root, format_utc(datetime.now(UTC)))
    if output is None:
        print_json(document)
        return 0
    write_json(os.path.join(root, output), document)
    if options.json:
        print_json({"output": options.output, "seals": len(document["seals"])})
    else:
        print(f"{options.output}: {len(document['seals'])} seals; `autolab guard verify {options.output}` holds them")
    return 0


def verify(options: argparse.Namespace) -> int:
    """Hold what is there against its seals: 1 when something changed, 2 when that cannot be said."""
    root = str(find_root(options.root))
    if options.file is not None and options.run_id is not None:
        raise UsageError("name a file of seals, or a run with --run, not both")
    if options.file is None:
        shown = guard_record(options.run_id or _current(root))
        path = os.path.join(root, shown)
        if not os.path.lexists(path):
            raise UsageError(f"{shown} does not exist: the run was not guarded, or is of another machine")
    else:
        shown = path = options.file
    found = verify_file(path, shown, root, content_only=options.content)
    if options.json:
        print_json(_document(shown, found))
    else:
        _print(shown, found)
    return 1 if found.seen or found.now else _UNDECIDED if found.unended else 0


def _current(root: str) -> str:
    from pathlib import Path

    state = Repository(Path(root)).state()
    run_id = state.pending_run_id or state.last_run_id
    if not run_id:
        raise UsageError("there is no run yet; name a file of seals, or a run with --run")
    return run_id


def _document(shown: str, found: Verified) -> dict[str, object]:
    return {
        "file": shown,
        "sealed_at": found.at,
        "seals": found.sealed,
        "seals_elsewhere": found.elsewhere,
        "holds": not (found.seen or found.now or found.unended),
        "ended": not found.unended,
        "seen_by_the_guard": _listed(found.seen),
        "now": _listed(found.now),
    }


def _listed(differences: Sequence[Difference]) -> list[dict[str, str]]:
    return [{"path": each.path, "what": str(each.what), "meaning": each.what.meaning} for each in differences]


def _print(shown: str, found: Verified) -> None:
    for each in found.seen:
        print(f"{each} (seen right after the command)")
    for each in found.now:
        print(each)
    if found.unended:
        print(f"{shown}: the end of the command is not on record: it goes on, or its guard died", file=sys.stderr)
    if not found.seen and not found.now:
        print(f"{shown}: {found.sealed} seals of {found.at} hold")
    if found.elsewhere:
        print(f"{found.elsewhere} more are of paths outside of a repository that is not here: they are not compared")
