"""What may be changed and installed for an experiment: ``- files: `src/train.py``` and ``- dependencies: `numpy```."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from autolab_core.io.spec.findings import Findings, Unclear
from autolab_core.io.spec.outline import Item
from autolab_core.io.spec.scan import Scanner
from autolab_core.vocab.paths import relative_problem

__all__ = ["FORM", "print_implementation", "read_implementation"]

FORM: Final = "- files: `src/train.py`, `configs/**` or - dependencies: `numpy`"
_FILES: Final = "files"
_DEPENDENCIES: Final = "dependencies"


def read_implementation(items: Sequence[Item], found: Findings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files and the dependencies that *items* name; what is wrong goes to *found*."""
    named: dict[str, list[str]] = {_FILES: [], _DEPENDENCIES: []}
    for item in items:
        with found.reading(item.line):
            scanner = Scanner(item.text)
            kind = scanner.one_of(named, "what the implementation names")
            scanner.colon(f"the {kind}")
            found.lines.setdefault(f"implementation/{kind}", item.line)
            for name in _names(scanner):
                problem = relative_problem(name) if kind == _FILES else None
                if problem:
                    raise Unclear(f"{name!r} is refused: {problem}")
                if name in named[kind]:
                    raise Unclear(f"{name!r} is named twice")
                named[kind].append(name)
    return tuple(named[_FILES]), tuple(named[_DEPENDENCIES])


def print_implementation(files: Sequence[str], dependencies: Sequence[str]) -> list[str]:
    """The list items' texts."""
    both = ((_FILES, files), (_DEPENDENCIES, dependencies))
    return [f"{kind}: {', '.join(f'`{name}`' for name in names)}" for kind, names in both if names]


def _names(scanner: Scanner) -> list[str]:
    names = []
    while True:
        name = scanner.quoted()
        if name is None:
            name = scanner.word(", ")
        if not name:
            raise Unclear(f"a name is missing; write {FORM}")
        names.append(name)
        if scanner.take(",") is None:
            break
    scanner.end(FORM)
    return names
