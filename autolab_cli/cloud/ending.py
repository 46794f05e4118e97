"""``cloud-run terminate`` and ``cloud-run gc``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from autolab_cli.cloud.progress import say
from autolab_cli.printing import print_json
from autolab_core.cloud import operations
from autolab_core.io.root import locate_root

__all__ = ["gc", "terminate"]


def terminate(options: argparse.Namespace) -> int:
    """End the job of a run."""
    intent, outcome = operations.terminate(Path(locate_root(options.root)), options.run_id)
    document = {"run_id": intent.run_id, "outcome": None if outcome is None else outcome.value}
    if options.json:
        print_json(document)
    elif outcome is None:
        print(f"{intent.run_id}: it has no job; it is given up")
    else:
        print(f"{intent.run_id}: {outcome}")
        if intent.pulled_at is None:
            say(f"once it is over, `cloud-run pull {intent.run_id}` brings what it made until then")
    return 0


def gc(options: argparse.Namespace) -> int:
    """End what outlived its run, with every engine; 2 when one of them could not be asked."""
    faults: list[str] = []
    found = operations.gc(Path(locate_root(options.root)), dry_run=options.dry_run, fault=faults.append)
    if options.json:
        rows: list[dict[str, Any]] = [
            {"run_id": each.run_id, "engine": each.engine, "why": each.why, "ended": each.ended} for each in found
        ]
        print_json({"outlived": rows, "not_asked": faults})
    else:
        for each in found:
            print(f"{each.run_id} ({each.engine}): {'ended' if each.ended else 'would be ended'}: {each.why}")
        if not found and not faults:
            print("nothing goes on that is over")
    for fault in faults:
        say(f"not asked: {fault}")
    return 2 if faults else 0
