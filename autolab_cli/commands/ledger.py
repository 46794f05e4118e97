"""The ledger of Slurm jobs: ``autolab ledger append``, ``verify``, ``show``, ``merge``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from autolab_cli.printing import print_json
from autolab_core.io.layout import LEDGER
from autolab_core.io.ledger.survey import Fault, Survey
from autolab_core.io.root import find_root
from autolab_core.stages.ledger import append_to_ledger, merge_ledger, read_ledger, survey_ledger
from autolab_core.vocab.errors import UsageError

__all__ = ["append", "merge", "show", "verify"]

_SHOWN: Final = ("time", "run_id", "job_id", "status", "native_state", "sync", "notes")


def _relative(root: Path, given: str) -> str:
    """The path *given*, which counts from the current folder, as one that counts from *root*."""
    folder, name = os.path.split(given)
    path = os.path.relpath(os.path.join(os.path.realpath(folder or os.curdir), name), root)
    if path.split(os.sep)[0] == os.pardir or not name:
        raise UsageError(f"{given} is no file of the repository {root}")
    return path


def _doc(root: Path, options: argparse.Namespace) -> str:
    return LEDGER if options.doc is None else _relative(root, options.doc)


def append(options: argparse.Namespace) -> int:
    """Add a row when there is something new; 1 when the run must not be in the ledger as it is."""
    root = find_root(options.root)
    done = append_to_ledger(root, _relative(root, options.manifest), doc=_doc(root, options), notes=options.notes)
    if options.json:
        print_json(done._asdict())
    else:
        print(done.said, file=sys.stderr if done.refused else sys.stdout)
    return 1 if done.refused else 0


def verify(options: argparse.Namespace) -> int:
    """Say whether the chain holds; 1 when it does not, or when a merge is open."""
    root = find_root(options.root)
    doc = _doc(root, options)
    found = survey_ledger(root, doc=doc)
    holds = not found.faults and not found.is_open
    if options.json:
        print_json(
            {
                "doc": doc,
                "holds": holds,
                "rows": found.rows,
                "faults": [fault._asdict() for fault in found.faults],
                "cut_short": list(found.cut),
                "conflict_markers": list(found.markers),
                "ends": [{"line": line, "sha256": sha256} for line, sha256 in found.ends.items()],
            }
        )
        return 0 if holds else 1
    _print_faults(doc, found.faults)
    for line in found.cut:
        print(f"{doc}:{line}: was cut short when its writer died; that is no fault")
    if found.is_open:
        print(f"{doc}: {_open(found)}; close it with `autolab ledger merge`")
    if holds:
        print(f"{doc}: {found.rows} rows, the chain holds; the last row's hash is {next(iter(found.ends.values()))}")
    return 0 if holds else 1


def _open(found: Survey) -> str:
    if found.markers:
        return f"git left conflict markers in it (line {found.markers[0]})"
    return f"two branches were merged and not joined: they end at the lines {', '.join(map(str, found.ends))}"


def _print_faults(doc: str, faults: tuple[Fault, ...]) -> None:
    for fault in faults:
        print(f"{doc}:{fault.line}: {fault.message}")


def show(options: argparse.Namespace) -> int:
    """Print the rows, the oldest first."""
    root = find_root(options.root)
    rows = read_ledger(root, doc=_doc(root, options), run_id=options.run_id)
    if options.current:
        rows = tuple({(row.iteration_id, row.run_id): row for row in rows if not row.closes_a_merge}.values())
    if options.json:
        print_json({"rows": [row._asdict() for row in rows]})
        return 0
    lines = [tuple(_visible(getattr(row, name)) for name in _SHOWN) for row in rows]
    widths = [max((len(line[column]) for line in lines), default=0) for column in range(len(_SHOWN))]
    for line in lines:
        print("  ".join(f"{text:{width}}" for text, width in zip(line, widths, strict=True)).rstrip())
    if not lines:
        print("no rows")
    return 0


def _visible(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text) or "-"


def merge(options: argparse.Namespace) -> int:
    """Join the branches; 1 when the chain is broken, which a merge must not cover up."""
    root = find_root(options.root)
    doc = _doc(root, options)
    done = merge_ledger(root, doc=doc)
    if options.json:
        print_json({"doc": doc, **done._asdict(), "faults": [fault._asdict() for fault in done.faults]})
        return 1 if done.faults else 0
    _print_faults(doc, done.faults)
    if done.faults:
        print(f"{doc}: nothing was merged, because a row was changed, moved or removed: bring it back first")
        return 1
    if done.markers:
        print(f"{doc}: took {done.markers} conflict markers out")
    if done.ends:
        print(f"{doc}: appended a row that joins {len(done.ends)} branches")
    elif not done.markers:
        print(f"{doc}: there is no open merge")
    return 0
