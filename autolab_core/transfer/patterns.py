"""Which files a profile's rules mean: patterns as gitignore(5) has them, and the caps on sizes. Pure.

Names are text as ``os.fsdecode`` makes it, relative to the tree, with ``/`` between the parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from autolab_core.models.remote import SyncRules
from autolab_core.models.resources import Memory
from autolab_core.transfer.base import TransferError
from autolab_core.vocab.transfers import TransferFault

__all__ = ["Patterns", "check_caps", "is_taken", "shown"]


class Patterns:
    """A list of patterns, of which the last that fits decides. ``!`` before a pattern takes back what was named."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._rules = [rule for line in patterns if (rule := _rule(line)) is not None]
        self._folders: dict[str, bool] = {}

    def names(self, path: str) -> bool:
        """Whether the file *path* is named, by itself or by a folder above it.

        As in git, a file below a named folder cannot be taken back.
        """
        above = path.rpartition("/")[0]
        return (bool(above) and self._names_folder(above)) or self._last(path, folder=False)

    def _names_folder(self, path: str) -> bool:
        if path not in self._folders:
            above = path.rpartition("/")[0]
            self._folders[path] = (bool(above) and self._names_folder(above)) or self._last(path, folder=True)
        return self._folders[path]

    def _last(self, path: str, *, folder: bool) -> bool:
        for expression, wanted, folders_only in reversed(self._rules):
            if (folder or not folders_only) and expression.fullmatch(path):
                return wanted
        return False


def is_taken(include: Patterns, exclude: Patterns, path: str, *, anyway: bool) -> bool:
    """Whether *path* is copied: it is taken *anyway* or included, and in no case excluded."""
    return (anyway or include.names(path)) and not exclude.names(path)


def check_caps(rules: SyncRules, sizes: Mapping[str, int]) -> None:
    """Raise TransferError naming the file when one of *sizes* (bytes), or all in all, is more than *rules* allow."""
    if rules.max_file is not None:
        for path in sorted(sizes):
            if sizes[path] > rules.max_file.bytes:
                raise _too_large(f"{path} has {shown(sizes[path])}", "max_file", rules.max_file)
    if rules.max_total is not None and (total := sum(sizes.values())) > rules.max_total.bytes:
        largest = max(sizes, key=lambda path: (sizes[path], path))
        what = f"{len(sizes)} files have {shown(total)}, {largest} alone {shown(sizes[largest])}"
        raise _too_large(what, "max_total", rules.max_total)


def shown(count: int) -> str:
    """*count* bytes as people write it: ``1.5 GB``."""
    amount, units = float(count), ["bytes", "kB", "MB", "GB", "TB"]
    while amount >= 1000 and len(units) > 1:
        amount /= 1000
        units.pop(0)
    return f"{amount:.1f} {units[0]}" if units[0] != "bytes" else f"{count} bytes"


def _too_large(what: str, key: str, cap: Memory) -> TransferError:
    return TransferError(
        TransferFault.LIMITS, f"{what}, more than {key} ({cap}) allows; name it in `exclude`, or raise {key}"
    )


def _rule(line: str) -> tuple[re.Pattern[str], bool, bool] | None:
    """The expression, whether it names (or takes back), and whether it is about folders alone."""
    text = line if line.endswith("\\ ") else line.rstrip(" ")
    if not text or text.startswith("#"):
        return None
    wanted = not text.startswith("!")
    text = text if wanted else text[1:]
    folders_only = text.endswith("/")
    text = text.removesuffix("/")
    if not text:
        return None
    anchored = "/" in text
    body = _expression(text.removeprefix("/"))
    return re.compile(body if anchored else f"(?:.*/)?{body}", re.DOTALL), wanted, folders_only


def _expression(glob: str) -> str:
    parts = glob.split("/")
    found = ""
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        if part == "**":
            found += ".+" if last else "(?:.+/)?"
        else:
            found += _part(part) + ("" if last else "/")
    return found


def _part(glob: str) -> str:
    """One part of a path: ``*``, ``?``, ``[a-z]``, ``[!a-z]`` and a backslash before a character that is meant."""
    found, place = "", 0
    while place < len(glob):
        character = glob[place]
        place += 1
        if character == "*":
            found += "[^/]*"
        elif character == "?":
            found += "[^/]"
        elif character == "\\" and place < len(glob):
            found += re.escape(glob[place])
            place += 1
        elif character == "[" and (end := glob.find("]", place + 1 + (glob[place : place + 1] in ("!", "^")))) > 0:
            found += _class(glob[place:end])
            place = end + 1
        else:
            found += re.escape(character)
    return found


def _class(inside: str) -> str:
    negated = inside[:1] in ("!", "^")
    members = re.sub(r"([\\\[\]^&~|])", r"\\\1", inside[1:] if negated else inside)
    if re.search(r"(.)-(.)", members) and any(a > b for a, b in re.findall(r"(.)-(.)", members)):
        return r"(?!)"  # a range that is empty fits nothing
    return f"(?!/)[{'^' if negated else ''}{members}]"
