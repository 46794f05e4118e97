"""A repository as a tree of documents, read once and never left.

``Tree`` reads; it has no models and imports nothing heavy, because the verifiers start here. Paths are POSIX and
relative to the root. A path whose real place is outside the root (a symlink, ``..``) is refused.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autolab_core.io.documents import Document, parse_json, parse_yaml, read_source
from autolab_core.io.layout import EXPERIMENTS, SCHEMAS, iteration_candidates
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.paths import relative_problem

if TYPE_CHECKING:
    from autolab_core.io.schemas import SchemaStore

__all__ = ["Tree"]


class Tree:
    """The files below *root*, with *overlay* (path to bytes) laid over them: what is about to be written.

    Every file is read at most once; what was read first is what everybody sees.
    """

    def __init__(self, root: str, overlay: Mapping[str, bytes] | None = None) -> None:
        self.root = os.path.realpath(root)
        self._overlay = dict(overlay or {})
        self._absolute: dict[str, str] = {}
        self._sources: dict[str, bytes] = {}
        self._documents: dict[str, Document | DocumentError] = {}
        self._schemas: SchemaStore | None = None

    @property
    def schemas(self) -> SchemaStore:
        """The schemas in force: the repository's own copies where there are any."""
        if self._schemas is None:
            from autolab_core.io.schemas import SchemaStore  # who only looks does not judge

            self._schemas = SchemaStore(self.absolute(SCHEMAS))
        return self._schemas

    def absolute(self, path: str) -> str:
        """The absolute path of *path*. Raises DocumentError when it leads out of the repository."""
        found = self._absolute.get(path)
        if found is not None:
            return found
        problem = relative_problem(path)
        if problem is not None:
            raise DocumentError(path, f"is refused: {problem}")
        joined = os.path.join(self.root, path)
        real = os.path.realpath(joined)
        if real != self.root and not real.startswith(self.root + os.sep):
            raise DocumentError(path, "leads out of the repository", hint="replace the symlink by the file itself")
        self._absolute[path] = joined
        return joined

    def exists(self, path: str) -> bool:
        """True when something is at *path*: in the overlay, or a file, a folder or a link, even a dangling one."""
        return path in self._overlay or os.path.lexists(self.absolute(path))

    def is_folder(self, path: str) -> bool:
        """True when *path* is a folder."""
        return os.path.isdir(self.absolute(path))

    def names(self, path: str) -> tuple[str, ...]:
        """The sorted names in the folder *path*; empty when it is not there. Raises DocumentError when unreadable."""
        try:
            return tuple(sorted(os.listdir(self.absolute(path))))
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise DocumentError(path, f"cannot be listed: {error.strerror}") from error

    def source(self, path: str) -> bytes:
        """The bytes of the regular file *path*. Raises DocumentError."""
        if path not in self._sources:
            overlaid = self._overlay.get(path)
            self._sources[path] = read_source(self.absolute(path), path) if overlaid is None else overlaid
        return self._sources[path]

    def document(self, path: str) -> Document:
        """The JSON or YAML document *path*, judged by its ending. Raises DocumentError, the same one each time."""
        found = self._documents.get(path)
        if found is None:
            try:
                parse = parse_yaml if path.endswith((".yaml", ".yml")) else parse_json
                found = parse(self.source(path), path)
            except DocumentError as error:
                found = error
            self._documents[path] = found
        if isinstance(found, DocumentError):
            raise found
        return found

    def mapping(self, path: str) -> dict[str, Any]:
        """The document *path* as a mapping, with values of any type. Raises DocumentError when it is none."""
        data = self.document(path).data
        if not isinstance(data, dict):
            raise DocumentError(path, "is not a mapping of keys to values")
        return data

    def mode(self, path: str) -> int | None:
        """The permission bits of *path*, or None when it is not there (or only in the overlay)."""
        try:
            return stat.S_IMODE(os.stat(self.absolute(path)).st_mode)
        except OSError:
            return None

    def iteration_folder(self, iteration_id: str) -> str:
        """The folder of *iteration_id*, in either layout. Raises UsageError when there is none, or more than one."""
        found = [path for path in iteration_candidates(iteration_id) if self.is_folder(path)]
        if not found:
            raise UsageError(
                f"iteration {iteration_id!r} has no folder: looked for {EXPERIMENTS}/{iteration_id} and below "
                f"{EXPERIMENTS}/plan, in_progress and done"
            )
        if len(found) > 1:
            raise UsageError(f"iteration {iteration_id!r} lies in {len(found)} folders: {', '.join(found)}; keep one")
        return found[0]
