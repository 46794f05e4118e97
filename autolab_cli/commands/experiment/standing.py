"""``autolab experiment status``, ``note`` and ``finish``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from autolab_cli.commands.experiment.opened import spec_of, taken_up
from autolab_cli.printing import print_json
from autolab_core.experiment.finding import Recorded, recorded
from autolab_core.experiment.order import due, lacks_of_phase, phases_of, spendings
from autolab_core.io.digest import sha256_of_bytes
from autolab_core.io.documents import read_source
from autolab_core.io.root import find_root
from autolab_core.io.spec import MAX_SPEC_BYTES, load_spec
from autolab_core.models.experiment.spec import Spec
from autolab_core.models.experiment.state import ExperimentState
from autolab_core.vocab.experiment import ExperimentEnd

__all__ = ["finish", "note", "status"]


def status(options: argparse.Namespace) -> int:
    """Say where an experiment stands; nothing is written, and no lock is asked for."""
    root = find_root(options.root)
    path = spec_of(options, root)
    source = read_source(root / path, path, max_bytes=MAX_SPEC_BYTES)
    document = _document(root, load_spec(source, path).spec, source)
    if options.json:
        print_json(document)
    else:
        _print(document)
    return 0


def _document(root: Path, spec: Spec, source: bytes) -> dict[str, Any]:
    known = recorded(root, spec.path)
    state = ExperimentState() if known is None else known.state
    sealed = None if state.sealed is None else state.sealed.get("sha256")
    ahead = None if state.end is not None else due(state, spec)
    return {
        "experiment": spec.id,
        "spec": spec.path,
        "sealed_at": None if state.sealed is None else state.sealed.get("at"),
        "spec_unchanged": None if sealed is None else sealed == sha256_of_bytes(source),
        "journal_faults": _faults(known),
        "phases": [_phase(state, spec, each) for each in phases_of(spec)],
        "next": None if ahead is None else str(ahead),
        "budget": [
            {"kind": str(e.kind), "limit": e.limit, "measured": e.measured, "over": e.over}
            for e in spendings(state, spec)
        ],
        "waived": sorted(state.waived),
        "notes": len(state.notes),
        "refused": len(state.refused),
        "end": None if state.end is None else str(state.end),
        "reason": None if state.ended is None else state.ended.get("reason"),
    }


def _faults(known: Recorded | None) -> list[str]:
    return [] if known is None else [f"line {each.line}: {each.message}" for each in known.journal.faults]


def _phase(state: ExperimentState, spec: Spec, phase: Any) -> dict[str, Any]:
    attempts = state.of(phase)
    last = attempts[-1] if attempts else None
    finished = state.finished(phase)
    return {
        "phase": str(phase),
        "attempts": len(attempts),
        "end": None if last is None or last.end is None else str(last.end),
        "open": last is not None and last.goes_on,
        "seconds": round(sum(each.wall_seconds for each in attempts), 3),
        "missing": [] if finished else list(lacks_of_phase(state, spec, phase)),
    }


def _print(document: dict[str, Any]) -> None:
    print(f"{document['experiment']}: {document['end'] or ('sealed' if document['sealed_at'] else 'not begun')}")
    if document["reason"]:
        print(f"  {document['reason']}")
    if document["spec_unchanged"] is False:
        print(f"  {document['spec']} is not as it was sealed")
    for fault in document["journal_faults"]:
        print(f"  journal {fault}")
    for each in document["phases"]:
        stands = each["end"] or ("goes on" if each["open"] else "not begun")
        tries = f", {each['attempts']} attempts" if each["attempts"] > 1 else ""
        lacks = f"; missing {', '.join(each['missing'])}" if each["missing"] and each["attempts"] else ""
        print(f"  {each['phase']:10} {stands}{tries}, {each['seconds']:g} s{lacks}")
    for each in document["budget"]:
        measured = "unknown" if each["measured"] is None else f"{round(each['measured'], 3):g}"
        print(f"  budget     {each['kind']}: {measured} of {each['limit']:g}{' (over)' if each['over'] else ''}")
    if document["next"]:
        print(f"next: {document['next']}")


def note(options: argparse.Namespace) -> int:
    """Put an observation on record; it goes into the notes of the results."""
    with taken_up(options) as recorder:
        recorder.note(options.text)
    return 0


def finish(options: argparse.Namespace) -> int:
    """Write the results; refused by name while something is missing."""
    with taken_up(options) as recorder:
        end = recorder.finish()
        document = {"experiment": recorder.spec.id, "end": str(end), "metrics": recorder.paths.metrics}
        if options.json:
            print_json(document)
        else:
            print(f"{recorder.spec.id}: {end}; {recorder.paths.metrics}")
    return 0 if end is ExperimentEnd.FINISHED else 1
