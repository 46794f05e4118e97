"""Whether a path that a call would write is, lies in, or holds a protected one: by its text and through links."""

from __future__ import annotations

import os

from autolab_core.guard.hook.values import BELOW, UNKNOWN, is_plain, may_equal, placed, plain_start, shown
from autolab_core.guard.hook.verdict import Denied, quoted
from autolab_core.guard.zones import Zones

__all__ = ["Reach"]

# Devices that take what is written and hold no file. `stdin` and the other descriptors may be one that was opened for
# reading, and writing through its name opens it again.
_DEVICES = frozenset(["null", "zero", "full", "tty", "stdout", "stderr", "ptmx", "random", "urandom", "kmsg"])
_FOLDERS_OF_DEVICES = ("/dev/shm", "/dev/pts", "/dev/mqueue", "/dev/tcp", "/dev/udp")
_ALWAYS_WRITABLE = ("/tmp", "/var/tmp", "/run")
_ROUND_ABOUT = frozenset(["cwd", "root", "fd", "task", "map_files"])
_MOST_ENTRIES = 5000


class Reach:
    """What *zones* protect, seen from the repository *root*. Paths are absolute, in their real and their given form."""

    def __init__(self, root: str, zones: Zones) -> None:
        self.root = root
        self._default = zones.default
        self._protected: dict[tuple[str, ...], str] = {}
        self._writable: dict[tuple[str, ...], str] = {}
        for path, writable in zones.entries.items():
            name = os.path.relpath(path, root) if path.startswith(f"{root}/") else path
            for form in (path, os.path.realpath(path)):
                (self._writable if writable else self._protected)[_parts(form)] = name

    def names(self) -> list[str]:
        """The protected paths as a user of the repository calls them."""
        return sorted(set(self._protected.values()))

    def check(
        self, value: str, folders: tuple[str, ...], verb: str, *, tree: bool = False, follow: bool = True
    ) -> None:
        """Raise Denied when ``verb value`` could change a protected path, from any of *folders* as the current one.

        *tree*: everything below the path is meant, too. *follow*: what the path's last name links to is what changes.
        """
        for folder in folders:
            if UNKNOWN in value or (not value.startswith("/") and UNKNOWN in folder):
                where = value if UNKNOWN in value else f"{shown(folder)}/{shown(value)}"
                raise Denied(
                    f"would {verb} {quoted(shown(where))}, and which path that is cannot be seen from the command"
                )
            path = placed(folder, value)
            if not _is_device(path):
                for form in self._forms(path, follow):
                    self._judge(form, verb, value, tree)

    def is_protected(self, value: str, folders: tuple[str, ...]) -> str | None:
        """The protected path that *value* may be or lie in; None when there is none, or nothing is known of *value*."""
        if UNKNOWN in value:
            return None
        for folder in folders:
            path = placed(folder, value)
            if UNKNOWN in path:
                continue
            try:
                for form in self._forms(path, follow=True):
                    self._judge(form, "", value, False, profile=False)
            except _Hit as hit:
                return hit.name
        return None

    def _judge(self, form: tuple[str, ...], verb: str, value: str, tree: bool, profile: bool = True) -> None:
        for target, name in self._protected.items():
            inside = _may_lie_in(form, target)
            if (inside and not self._is_exempt(form, target)) or (tree and not inside and _may_hold(form, target)):
                meant = f"would {verb} {quoted(shown(value))}"
                if inside:
                    raise _Hit(f"{meant}: {name} is protected", name)
                raise _Hit(f"{meant}, and {name} in it is protected; name what lies beside it", name)
        if profile and not self._default and not self._may_be_written(form):
            allowed = ", ".join(sorted(set(self._writable.values()))) or "nothing"
            raise Denied(f"would {verb} {quoted(shown(value))}: of the repository only {allowed} may be written")

    def _is_exempt(self, form: tuple[str, ...], target: tuple[str, ...]) -> bool:
        """Whether *form* certainly lies in a path that may be written again inside the protected *target*."""
        return any(
            len(path) > len(target) and path[: len(target)] == target and form[: len(path)] == path
            for path in self._writable
        )

    def _may_be_written(self, form: tuple[str, ...]) -> bool:
        inside = any(form[: len(root)] == root for root in (_parts(self.root), _parts(os.path.realpath(self.root))))
        free = self._writable if inside else (*self._writable, *(_parts(path) for path in _ALWAYS_WRITABLE))
        return any(form[: len(path)] == path for path in free)

    def _forms(self, path: str, follow: bool) -> dict[tuple[str, ...], None]:
        """The absolute *path* as it is written, and as the file system has it now."""
        known, rest = _split(path)
        real = os.path.realpath(known)
        forms = [_climb(_parts(os.path.normpath(known)), rest), _climb(_parts(real), rest)]
        if not rest and not follow:
            folder, name = os.path.split(os.path.normpath(known))
            forms[1] = _parts(os.path.join(os.path.realpath(folder), name))
        if rest:
            forms += self._through_links(real, rest)
        return dict.fromkeys(forms)

    def _through_links(self, folder: str, rest: list[str]) -> list[tuple[str, ...]]:
        """Where the links in *folder* lead that the first pattern of *rest* may mean."""
        found: list[tuple[str, ...]] = []
        try:
            with os.scandir(folder) as entries:
                for count, entry in enumerate(entries):
                    if count > _MOST_ENTRIES:
                        break
                    if entry.is_symlink() and may_equal(rest[0], entry.name):
                        found.append(_climb(_parts(os.path.realpath(entry.path)), rest[1:]))
        except OSError:
            return found
        return found


class _Hit(Denied):
    """``name`` is the protected path that was hit."""

    def __init__(self, message: str, name: str) -> None:
        super().__init__(message)
        self.name = name


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


def _split(path: str) -> tuple[str, list[str]]:
    """The leading part of *path* that is known to the letter, and the names that follow it."""
    names = [name for name in path.split("/") if name not in ("", ".")]
    for index, name in enumerate(names):
        if not is_plain(name):
            return "/" + "/".join(names[:index]), names[index:]
    return "/" + "/".join(names), []


def _climb(start: tuple[str, ...], names: list[str]) -> tuple[str, ...]:
    """*start* and then *names*, each ``..`` taking one away."""
    parts = list(start)
    for name in names:
        if name != "..":
            parts.append(name)
        elif parts:
            if BELOW in parts[-1]:
                raise Denied("would write a path that climbs from a place that cannot be seen from the command")
            parts.pop()
    return tuple(parts)


def _may_lie_in(form: tuple[str, ...], target: tuple[str, ...]) -> bool:
    """Whether a path of the form *form* may be *target* or lie in it."""
    for index, name in enumerate(target):
        if index >= len(form):
            return False
        if BELOW in form[index]:
            return name.startswith(plain_start(form[index]))
        if not may_equal(form[index], name):
            return False
    return True


def _may_hold(form: tuple[str, ...], target: tuple[str, ...]) -> bool:
    """Whether *target* may lie in a path of the form *form*."""
    return len(form) < len(target) and _may_lie_in(form, target[: len(form)])


def _is_device(path: str) -> bool:
    """Whether *path* is one that anything may be written to. Raises Denied for one that may be any file."""
    plain = "/" + "/".join(_parts(path))
    if plain.startswith("/dev/"):
        if plain[5:] in _DEVICES or plain in ("/dev/fd/1", "/dev/fd/2") or plain.startswith(_FOLDERS_OF_DEVICES):
            return ".." not in plain
        raise Denied(f"would write {quoted(shown(path))}, and which file that changes cannot be seen from the command")
    if plain.startswith("/proc/"):
        if plain in ("/proc/self/fd/1", "/proc/self/fd/2"):
            return True
        if _ROUND_ABOUT & set(_parts(plain)):
            raise Denied(f"would write {quoted(shown(path))}, and which file that is cannot be seen from the command")
    return False
