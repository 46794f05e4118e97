"""Imports go one way among the modules of the three packages: no module can reach itself by what it imports.

Imports within functions and those for types alone count, too: they do not break a start, but whoever reads one module
of a circle has to read all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from tests.architecture import house
from tests.architecture.house import Module, modules

# (module, what it imports): why that circle may stand.
ACCEPTED: dict[tuple[str, str], str] = {}


def dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported(every: Iterable[Module]) -> dict[str, set[str]]:
    """What each of the modules imports of the others; a name that is no module is looked for in its parent."""
    by_name = {dotted(module.path): module for module in every}
    found: dict[str, set[str]] = {}
    for importer, module in by_name.items():
        asked = (name if name in by_name else name.rpartition(".")[0] for _, name in module.imports())
        found[importer] = {
            name for name in asked if name in by_name and name != importer and (importer, name) not in ACCEPTED
        }
    return found


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """The modules of one circle, each imported by the one after it; none where there is no circle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def test_no_module_imports_itself_through_others():
    graph = imported(modules())

    assert sum(map(len, graph.values())) > len(graph), "imports were found at all"
    assert circle(graph) == []


def test_a_circle_is_found_however_its_imports_are_written(tmp_path, monkeypatch):
    sources = {
        "part/__init__.py": "",
        "part/top.py": "import part.low\n",
        "part/low.py": "def later():\n    from . import middle\n",
        "part/middle.py": "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from part.top import Name\n",
    }
    (tmp_path / "part").mkdir()
    for path, text in sources.items():
        (tmp_path / path).write_text(text)
    monkeypatch.setattr(house, "ROOT", tmp_path)

    found = circle(imported([Module(path) for path in sources]))

    assert set(found) == {"part.top", "part.low", "part.middle"}
