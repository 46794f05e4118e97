"""Sockets in the file system that belong to the user: whoever listens there may do things for whoever asks.

A read-only mount does not keep a program from connecting, and Landlock has no right for it. Those in `/tmp` and `/run`
are hidden with their folders; the others are found here, so that a mount can cover them.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable

from autolab_core.guard.plan import Access, GuardPlan
from autolab_core.guard.zones import ancestors

__all__ = ["own_sockets", "parse_unix"]

_COVER_AT_MOST = 256


def parse_unix(lines: Iterable[str]) -> list[str]:
    """The absolute paths in ``/proc/net/unix``, sorted, each once. Pure.

    A path is the eighth column, and there only for a socket that is bound to a name; one that begins with ``@`` is in
    no file system.
    """
    columns = (line.rstrip("\n").split(maxsplit=7) for line in lines)
    return sorted({column[7] for column in columns if len(column) == 8 and column[7].startswith("/")})


def own_sockets(plan: GuardPlan) -> tuple[str, ...]:
    """The sockets of this user that a namespace of *plan* would show, as far as this network namespace lists them."""
    try:
        with open("/proc/net/unix", encoding="utf-8", errors="surrogateescape") as file:
            paths = parse_unix(file)
    except OSError:
        return ()
    access = {mount.path: mount.access for mount in plan.mounts}
    found = []
    for path in paths:
        around = next((folder for folder in ancestors(path) if folder in access), "/")
        try:
            status = os.lstat(path)
        except OSError:
            continue
        shown = access.get(around) is not Access.EMPTY and os.path.realpath(path) == path
        if shown and stat.S_ISSOCK(status.st_mode) and status.st_uid == os.geteuid():
            found.append(path)
    return tuple(found[:_COVER_AT_MOST])
