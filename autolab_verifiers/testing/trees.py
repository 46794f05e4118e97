"""Any tree at all: the sample repository with files and folders that hold what nobody expects."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

from autolab_core.io.tree import Tree
from autolab_core.vocab.states import Stage
from autolab_verifiers.selftest.repository import DOCUMENTS, ITERATION, RUN, RUN_DOCUMENTS, build

__all__ = ["Case", "cases", "documents", "strange_values"]

_GONE: Final = "gone"
_FOLDER: Final = "folder"
_SUBJECTS: Final = ((ITERATION, RUN), (ITERATION, RUN), (ITERATION, RUN), (ITERATION, None), (None, None))

_HOSTILE: Final[st.SearchStrategy[Any]] = st.sampled_from(
    [
        *(None, True, False, 0, -1, 3.5, 10**400, float("inf")),
        *("", " ", "..", "/etc/passwd", "a/../b", "x\x00", "<RUN_ID>", "{{x}}", "\u2028", "a" * 300),
        *([], {}, [[]], [None], {"": None}, {"status": []}, [{"name": {}}], ["x", 1]),
    ]
)
_ANYTHING: Final = st.recursive(
    _HOSTILE, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=6), inner, max_size=2)
)


class Case(NamedTuple):
    """A tree and what of it is to be judged. ``changes``: path to its bytes, or to what became of it."""

    stage: Stage | None
    iteration_id: str | None
    run_id: str | None
    changes: dict[str, bytes | str]
    empty: bool

    @contextmanager
    def on_disk(self) -> Iterator[Path]:
        """Its root, in a temporary folder that is gone afterwards."""
        with TemporaryDirectory(prefix="autolab-any-") as folder:
            root = Path(folder) / "repository"
            repository = build(root)
            if self.empty:
                for path in _paths():
                    repository.remove(path)
            for path, content in self.changes.items():
                if (root / path).is_file():
                    repository.remove(path)
                if content == _FOLDER:
                    repository.folder(path)
                elif content != _GONE:
                    repository.write(path, content)
            yield root


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """The sample with up to four files changed: gone, a folder, arbitrary bytes, or a document with a strange value."""
    iteration_id, run_id = draw(st.sampled_from(_SUBJECTS))
    changes: dict[str, bytes | str] = {}
    for path in draw(st.lists(st.sampled_from(_paths()), max_size=4, unique=True)):
        kinds: list[st.SearchStrategy[Any]] = [st.just(_GONE), st.just(_FOLDER), st.binary(max_size=80)]
        if path in documents():
            kinds += [_strange(path), _strange(path), _strange(path)]
        changes[path] = draw(st.one_of(kinds))
    stage = draw(st.sampled_from([None, *Stage]))
    return Case(stage, iteration_id, run_id, changes, empty=draw(st.integers(0, 9)) == 0)


@st.composite
def _strange(draw: st.DrawFn, path: str) -> bytes:
    """The document *path* with one value, or the whole of it, replaced by something."""
    data = copy.deepcopy(documents()[path])
    places = list(_places(data))
    value = draw(_ANYTHING)
    if not places or draw(st.integers(0, 9)) == 0:
        data = value
    else:
        container, key = draw(st.sampled_from(places))
        container[key] = value
    return json.dumps(data, default=str).encode("utf-8", "surrogatepass")


def _places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in *data* with each of its keys."""
    keys = list(data) if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    for key in keys:
        yield data, key
        yield from _places(data[key])


def strange_values(path: str) -> Iterator[bytes]:
    """The sample's document *path* with each of its values in turn left out, or replaced by one of another type."""
    data = copy.deepcopy(documents()[path])
    for container, key in list(_places(data)):
        kept = container[key]
        others: tuple[Any, ...] = (
            (None, "") if isinstance(kept, dict | list) else ([], -1) if kept is None else (None, [])
        )
        for value in others:
            container[key] = value
            yield json.dumps(data, default=str).encode()
        del container[key]
        yield json.dumps(data, default=str).encode()
        if isinstance(container, list):
            container.insert(key, kept)
        else:
            container[key] = kept


@cache
def documents() -> dict[str, Any]:
    """Path to data of the sample's documents; not to be changed."""
    with TemporaryDirectory() as folder:
        build(Path(folder) / "repository")
        tree = Tree(f"{folder}/repository")
        return {path: tree.document(path).data for path in (*DOCUMENTS, *RUN_DOCUMENTS)}


@cache
def _paths() -> tuple[str, ...]:
    """The sample's files, but for its schemas, which are what documents are judged by."""
    with TemporaryDirectory() as folder:
        root = Path(folder) / "repository"
        build(root)
        found = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return tuple(path for path in found if not path.endswith(".schema.json"))
