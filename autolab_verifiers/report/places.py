"""Where a finding is shown by services that accept existing files only."""

from __future__ import annotations

import os
from collections.abc import Iterator

from autolab_core.io.layout import STATE, IterationPaths, iteration_candidates, schema_file
from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_verifiers.contract.findings import Finding
from autolab_verifiers.report.answer import Judgement

__all__ = ["Place", "Places"]


class Place:
    """A file of the repository, and the line and column in it (from 1) where they are known."""

    __slots__ = ("column", "line", "path")

    def __init__(self, path: str, line: int | None = None, column: int | None = None) -> None:
        self.path = path
        self.line = line
        self.column = column


class Places:
    """The places in the repository *root* that the findings of *judgement* can be shown at."""

    def __init__(self, root: str, judgement: Judgement) -> None:
        self._tree = Tree(root)
        self._judgement = judgement
        self._found: dict[str, bool] = {}

    def of(self, finding: Finding) -> Place:
        """Where *finding* is; without a file of its own that exists, the nearest file that does, without a line."""
        if not self._is_file(finding.path):
            return Place(self._nearest(finding.path))
        if finding.line is None or finding.line < 1:
            return Place(finding.path)
        return Place(finding.path, finding.line, self._column(finding))

    def _column(self, finding: Finding) -> int | None:
        """The column of the finding's pointer, when that is what its line was taken from."""
        if finding.pointer is None or not finding.path.endswith((".json", ".yaml", ".yml")):
            return None
        try:
            found = self._tree.document(finding.path).place(finding.pointer)
        except DocumentError:
            return None
        return found.column if found.line == finding.line else None

    def _nearest(self, path: str) -> str:
        """The first file that exists: the run's manifest, the iteration's design, the state, a schema.

        The first two only for what lies in their folders, and for what lies nowhere. Every repository that is judged
        has the schema.
        """
        for folder, candidate in self._candidates():
            if (not path or not folder or f"{path}/".startswith(f"{folder}/")) and self._is_file(candidate):
                return candidate
        return schema_file("run_manifest")

    def _candidates(self) -> Iterator[tuple[str, str]]:
        """(folder, the file that stands for what is in it)."""
        iteration_id, run_id = self._judgement.iteration_id, self._judgement.run_id
        for folder in () if iteration_id is None else _folders(iteration_id):
            iteration = IterationPaths(folder)
            if run_id is not None:
                yield iteration.run(run_id).folder, iteration.run(run_id).manifest
            yield folder, iteration.design
        yield "", STATE

    def _is_file(self, path: str) -> bool:
        """True when *path* is relative and leads to a regular file that really lies in the repository."""
        found = self._found.get(path)
        if found is None:
            found = self._found[path] = self._look(path)
        return found

    def _look(self, path: str) -> bool:
        if not path or path.startswith("/") or "\0" in path or {"", ".", ".."} & set(path.split("/")):
            return False
        try:
            real = os.path.realpath(os.path.join(self._tree.root, path))
            return real.startswith(self._tree.root.rstrip(os.sep) + os.sep) and os.path.isfile(real)
        except (OSError, ValueError):  # a surrogate that no file name can have
            return False


def _folders(iteration_id: str) -> tuple[str, ...]:
    try:
        return iteration_candidates(iteration_id)
    except UsageError:
        return ()
