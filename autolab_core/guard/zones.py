"""Where may be written and where not, when folders of both kinds nest: the deeper path wins. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

__all__ = ["Zones", "ancestors"]


class Zones:
    """``entries``: absolute path to whether it may be written. What lies below none of them is as *default* says."""

    def __init__(self, default: bool, entries: Mapping[str, bool]) -> None:
        self.default = default
        self.entries = dict(sorted(entries.items()))

    def writable(self, path: str) -> bool:
        """Whether the absolute *path* may be written."""
        own = self.entries.get(path)
        if own is not None:
            return own
        for folder in ancestors(path):
            above = self.entries.get(folder)
            if above is not None:
                return above
        return self.default

    def around(self, path: str) -> bool:
        """Whether the folder that *path* lies in may be written."""
        return self.writable(posixpath.dirname(path))

    def tops(self) -> list[str]:
        """Where something that may be written begins; below a top nothing else begins unless a protected path does."""
        begins = [path for path, writable in self.entries.items() if writable and not self.around(path)]
        return ["/", *begins] if self.default else begins

    def protects_below(self, path: str) -> bool:
        """Whether a protected path lies somewhere below the folder *path*."""
        inside = "/" if path == "/" else f"{path}/"
        return any(not writable and each.startswith(inside) for each, writable in self.entries.items())


def ancestors(path: str) -> Iterator[str]:
    """The folders that the absolute *path* lies in, the nearest first, up to ``/``; of a relative one up to ``""``."""
    while path not in ("/", ""):
        path = posixpath.dirname(path)
        yield path
