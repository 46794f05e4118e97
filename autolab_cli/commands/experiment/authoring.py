"""Writing a spec: ``autolab experiment new`` and ``autolab experiment check``."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from autolab_cli.commands.guard.paths import below
from autolab_cli.printing import print_json
from autolab_core.io.root import locate_root
from autolab_core.vocab.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autolab_core.io.spec import Problem, SpecDocument
    from autolab_core.io.spec.understood import Understood

__all__ = ["check", "new"]

# The widest column of names; a longer one runs into what it means.
_WIDEST = 32


def new(options: argparse.Namespace) -> int:
    """Write the template of a new spec and say where it is."""
    from autolab_core.io.atomic import make_dirs, write_bytes
    from autolab_core.io.experiment_layout import ExperimentPaths
    from autolab_core.io.spec.source import next_spec
    from autolab_core.io.spec.template import template

    root = locate_root(options.root)
    path = next_spec(root, options.name)
    target = Path(root, path)
    make_dirs(target.parent)
    write_bytes(target, template(ExperimentPaths(path).id).encode())
    if options.json:
        print_json({"experiment": ExperimentPaths(path).id, "spec": path})
    else:
        print(f"wrote {path}")
        print(f"next: write what is TODO in it, then `autolab experiment check {path}`")
    return 0


def check(options: argparse.Namespace) -> int:
    """Say what is wrong with a spec and what was understood of it: 1 when something is wrong."""
    from autolab_core.io.spec import read_spec, spec_source
    from autolab_core.io.spec.understood import understood

    root = locate_root(options.root)
    path = below(root, options.spec)
    if os.path.isabs(path):
        raise UsageError(f"{options.spec!r} is not in the repository {root}; a spec is part of what it is about")
    document = read_spec(spec_source(root, path), path)
    rows = understood(document)
    if options.json:
        print_json(_document(document, rows))
    else:
        _print(document, rows)
    return 1 if document.problems else 0


def _document(document: SpecDocument, rows: Iterable[Understood]) -> dict[str, object]:
    return {
        "experiment": document.spec.id,
        "spec": document.spec.path,
        "good": not document.problems,
        "problems": _listed(document.problems),
        "notes": _listed(document.notes),
        "understood": [row._asdict() for row in rows],
    }


def _listed(problems: Iterable[Problem]) -> list[dict[str, object]]:
    return [{"line": problem.line, "message": problem.message} for problem in problems]


def _print(document: SpecDocument, rows: list[Understood]) -> None:
    path = document.spec.path
    for problem in document.problems:
        print(problem.error(path))
    for note in document.notes:
        print(f"{path}:{note.line}: note: {note.message}")
    if document.problems or document.notes:
        print()
    print(f"understood of {path}: {document.spec.title or 'no title'}")
    whats = max((len(row.what) for row in rows), default=0)
    names = min(_WIDEST, max((len(row.name) for row in rows), default=0))
    for line, what, name, meaning in rows:
        print(f"{line:5}  {what:{whats}}  {name:{names}}  {meaning}".rstrip())
    count = len(document.problems)
    print(f"{path}: {'1 problem' if count == 1 else f'{count} problems' if count else 'nothing is missing'}")
