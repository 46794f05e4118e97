"""A repository as a tree of documents, read once and never left.

``Tree`` reads; it has no models and imports nothing heavy, because the verifiers start here. Paths are POSIX and
relative to the root. A path whose real place is outside the root (a symlink, ``..``) is refused.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

from autolab_core.io.documents import Document, parse_json, parse_yaml, read_source
from autolab_core.io.layout import EXPERIMENTS, SCHEMAS, iteration_candidates
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.paths import relative_problem

if TYPE_CHECKING:
    from autolab_core.io.schemas import SchemaStore

__all__ = ["Tree"]

_T = TypeVar("_T")


class _Kind(Enum):
    MISSING = 0
    FOLDER = 1
    OTHER = 2
    ASK = 3  # a link or an odd name: what a listing says of it is not enough


# What may stand in a name beside letters and digits without a further look at it.
_DROPPED: Final = str.maketrans("", "", "._+-")


@lru_cache(maxsize=256)  # run folders hold the same few names
def _is_plain(name: str) -> bool:
    return name.translate(_DROPPED).isalnum()


def _kind(entry: os.DirEntry[str]) -> _Kind:
    if entry.is_symlink() or not _is_plain(entry.name):
        return _Kind.ASK
    return _Kind.FOLDER if entry.is_dir(follow_symlinks=False) else _Kind.OTHER


def _parser_of(path: str, many: bool) -> Callable[[bytes, str], Document]:
    if path.endswith((".yaml", ".yml")):
        return parse_yaml
    if path.endswith(".toml"):
        from autolab_core.io.documents.toml_reader import parse_toml

        return parse_toml
    if many:
        from autolab_core.io.documents.json_fast import parse_json_fast

        return parse_json_fast
    return parse_json


class Tree:
    """The files below *root*, with *overlay* (path to bytes) laid over them: what is about to be written.

    Every file is read at most once; what was read first is what everybody sees.
    """

    def __init__(self, root: str, overlay: Mapping[str, bytes] | None = None, *, many: bool = False) -> None:
        """*many*: so many documents will be read that libraries which are slow to load and fast to run are worth it."""
        self.root = os.path.realpath(root)
        self._many = many
        if many:
            from autolab_core.io.digest import load_openssl

            load_openssl()
        self._overlay = dict(overlay or {})
        self._absolute: dict[str, str] = {}
        self._listings: dict[str, dict[str, _Kind]] = {}
        self._iterations: dict[str, str] = {}
        self._values: dict[tuple[str, str], Any] = {}
        self._sources: dict[str, bytes] = {}
        self._digests: dict[str, str] = {}
        self._documents: dict[str, Document | DocumentError] = {}
        self._schemas: SchemaStore | None = None
        self._once: dict[Callable[[Tree], Any], Any] = {}
        self._derived: dict[str, dict[Callable[[Any], Any], Any]] = {}
        known = (self._absolute, self._listings, self._sources, self._digests, self._documents, self._derived)
        self._by_path: tuple[dict[str, Any], ...] = known

    def once(self, compute: Callable[[Tree], _T]) -> _T:
        """What *compute* gives for this tree, computed once for all who ask. What it raises is not kept."""
        if compute not in self._once:
            self._once[compute] = compute(self)
        found: _T = self._once[compute]
        return found

    def derived(self, path: str, compute: Callable[[dict[str, Any]], _T]) -> _T:
        """What *compute* gives for the mapping *path*, computed once until *path* is forgotten. Raises as ``mapping``.

        For what many ask about one document; whoever computes must not look at anything else.
        """
        known = self._derived.get(path)
        if known is None:
            known = self._derived[path] = {}
        if compute not in known:
            known[compute] = compute(self.mapping(path))
        found: _T = known[compute]
        return found

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
        kind = self._listed(path)
        joined = f"{self.root}/{path}"
        if kind in (_Kind.FOLDER, _Kind.OTHER):
            return joined  # the folder was found inside, and this is no link
        problem = relative_problem(path)
        if problem is not None:
            raise DocumentError(path, f"is refused: {problem}")
        above = self._listed(path.rpartition("/")[0])
        if kind is _Kind.ASK or (kind is None and (above is not _Kind.FOLDER or os.path.islink(joined))):
            real = os.path.realpath(joined)
            if real != self.root and not real.startswith(self.root + os.sep):
                raise DocumentError(path, "leads out of the repository", hint="replace the symlink by the file itself")
        self._absolute[path] = joined
        return joined

    def look(self, folder: str) -> None:
        """Read once what is in *folder*, so that questions about its entries need not ask the file system again.

        Worth it where several entries are asked about. A folder that is not there, cannot be listed or leads out of the
        repository changes nothing: who asks about its entries is told.
        """
        try:
            with os.scandir(self.absolute(folder)) as entries:
                self._listings[folder] = {entry.name: _kind(entry) for entry in entries}
        except (OSError, DocumentError):
            return

    def forget(self, folder: str, *, values: bool = False) -> None:
        """Drop what was read below *folder*, to judge many runs in little memory; with *values* what ``value`` gave."""
        inside = f"{folder}/"
        for known in self._by_path:
            for path in [path for path in known if path.startswith(inside)]:
                del known[path]
            known.pop(folder, None)
        if values:
            self._values.clear()

    def _listed(self, path: str) -> _Kind | None:
        """What kind *path* is, where its folder was looked at; None where it was not."""
        folder, _, name = path.rpartition("/")
        listing = self._listings.get(folder)
        if listing is None:
            return None
        found = listing.get(name)
        if found is None:
            return _Kind.MISSING if _is_plain(name) else _Kind.ASK
        return found

    def exists(self, path: str) -> bool:
        """True when something is at *path*: in the overlay, or a file, a folder or a link, even a dangling one."""
        if path in self._sources or path in self._overlay:
            return True
        kind = self._listed(path)
        return os.path.lexists(self.absolute(path)) if kind in (None, _Kind.ASK) else kind is not _Kind.MISSING

    def is_folder(self, path: str) -> bool:
        """True when *path* is a folder."""
        kind = self._listed(path)
        return os.path.isdir(self.absolute(path)) if kind in (None, _Kind.ASK) else kind is _Kind.FOLDER

    def names(self, path: str) -> tuple[str, ...]:
        """The sorted names in the folder *path*; empty when it is not there. Raises DocumentError when unreadable."""
        looked = self._listings.get(path)
        if looked is not None:
            return tuple(sorted(looked))
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

    def sha256(self, path: str) -> str:
        """The SHA-256 (hex) of the regular file *path*, which is read in blocks. Raises DocumentError."""
        if path not in self._digests:
            from autolab_core.io.digest import sha256_of, sha256_of_bytes  # not every tree needs it

            known = self._overlay.get(path, self._sources.get(path))
            found = sha256_of(self.absolute(path), path) if known is None else sha256_of_bytes(known)
            self._digests[path] = found
        return self._digests[path]

    def document(self, path: str) -> Document:
        """The JSON, YAML or TOML document *path*, by its ending. Raises DocumentError, the same one each time."""
        found = self._documents.get(path)
        if found is None:
            try:
                found = _parser_of(path, self._many)(self.source(path), path)
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

    def value(self, path: str, key: str) -> Any:
        """The value of *key* in the mapping *path*. Raises as ``mapping``.

        The value is remembered, also when *path* is forgotten; a document that is read for it alone is not kept.
        """
        known = (path, key)
        if known not in self._values:
            parsed, read = path in self._documents, path in self._sources
            try:
                self._values[known] = self.mapping(path).get(key)
            finally:
                if not read:
                    self._sources.pop(path, None)
            if not parsed:
                del self._documents[path]
        return self._values[known]

    def mode(self, path: str) -> int | None:
        """The permission bits of *path*, or None when it is not there (or only in the overlay)."""
        try:
            return stat.S_IMODE(os.stat(self.absolute(path)).st_mode)
        except OSError:
            return None

    def iteration_folder(self, iteration_id: str) -> str:
        """The folder of *iteration_id*, in either layout. Raises UsageError when there is none, or more than one."""
        known = self._iterations.get(iteration_id)
        if known is not None:
            return known
        found = [path for path in iteration_candidates(iteration_id) if self.is_folder(path)]
        if not found:
            raise UsageError(
                f"iteration {iteration_id!r} has no folder: looked for {EXPERIMENTS}/{iteration_id} and below "
                f"{EXPERIMENTS}/plan, in_progress and done"
            )
        if len(found) > 1:
            raise UsageError(f"iteration {iteration_id!r} lies in {len(found)} folders: {', '.join(found)}; keep one")
        self._iterations[iteration_id] = found[0]
        return found[0]
