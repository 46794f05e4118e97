"""``autolab experiment advise``: where an experiment is to run, and the arithmetic that says so."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from autolab_cli.commands.guard.paths import below
from autolab_cli.printing import print_json
from autolab_core.io.root import locate_root

if TYPE_CHECKING:
    from autolab_core.advice.compute import Advice
    from autolab_core.models.machine import Machine

__all__ = ["advise"]


def advise(options: argparse.Namespace) -> int:
    """Print the section, or say in one line on standard error why there is none."""
    from autolab_core.advice.compute_here import advise_here
    from autolab_core.advice.compute_text import compute_section, why_nothing
    from autolab_core.exec.local import LocalRunner
    from autolab_core.io.spec import load_spec
    from autolab_core.io.tree import Tree

    root = locate_root(options.root)
    path = below(root, options.spec)
    spec = load_spec(Tree(root).source(path), path).spec
    advice, machine = advise_here(root, spec, LocalRunner(), os.environ)
    section = compute_section(advice)
    if options.json:
        print_json(_document(advice, machine, section))
    elif section:
        sys.stdout.write(section)
    if not section:
        print(f"autolab: no compute advisory: {why_nothing(advice)}", file=sys.stderr)
    return 0


def _document(advice: Advice, machine: Machine, section: str) -> dict[str, Any]:
    """The advice for programs. Amounts of memory are bytes."""
    from autolab_core.advice.compute_document import advice_document

    return {
        **advice_document(advice),
        "machine": {
            "cores": machine.cores,
            "affinity": machine.affinity,
            "quota": machine.quota,
            "memory_total": machine.memory_total,
            "memory_limit": machine.memory_limit,
            "memory_available": machine.memory_available,
            "disk_free": machine.disk_free,
            "gpus": [{"name": gpu.name, "memory": gpu.memory} for gpu in machine.gpus],
            "notes": list(machine.notes),
        },
        "section": section or None,
    }
