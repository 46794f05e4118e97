"""bubblewrap: its command line for a plan, its version, and what its complaints mean. Nothing is started here.

It is the system's own (``apt-get install bubblewrap``), never bundled. Options up to 0.4 are used, which RHEL 9 has;
the level ``mount`` needs ``--disable-userns`` besides, which came with 0.8.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Final

from autolab_core.guard.plan import Access, GuardPlan, Mount
from autolab_core.vocab.guard import GuardLevel, Network

__all__ = ["NOT_FOUND", "WARN_BELOW", "argv", "find", "parse_version", "why"]

NOT_FOUND: Final = "bubblewrap is not installed: `apt-get install bubblewrap`, or `dnf install bubblewrap`"
# Older ones have known faults; a note in the record says so.
WARN_BELOW: Final = (0, 12)
_USUAL: Final = "/usr/bin/bwrap"
# What `--dev` makes by itself.
_MADE: Final = frozenset(
    f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "mqueue")
)
_RESOLVER: Final = "/etc/resolv.conf"


def find(search: str | None) -> str | None:
    """The bwrap that the PATH *search* names first, or the usual one; None where there is neither."""
    for folder in (search or "").split(":"):
        # A relative entry of PATH would be whatever lies in the current folder.
        if folder.startswith("/") and os.access(path := f"{folder}/bwrap", os.X_OK) and os.path.isfile(path):
            return path
    return _USUAL if os.access(_USUAL, os.X_OK) else None


def parse_version(said: str) -> tuple[int, ...] | None:
    """The version in what ``bwrap --version`` said (``bubblewrap 0.8.0``); None when it said something else."""
    found = re.search(r"\b(\d+(?:\.\d+)+)", said)
    return tuple(int(part) for part in found[1].split(".")) if found else None


def argv(
    program: str,
    plan: GuardPlan,
    level: GuardLevel,
    *,
    info_fd: int,
    user_namespace: bool,
    sockets: tuple[str, ...] = (),
    holder: tuple[str, ...],
) -> tuple[str, ...]:
    """The command that makes the namespaces of *plan* and runs *holder* in them.

    *info_fd* gets bwrap's JSON with ``child-pid``. *sockets* are covered by an empty device. Without *user_namespace*
    the caller must have CAP_SYS_ADMIN; at ``mount`` there always is one, and no other can be made in it.
    """
    words = [program, "--unshare-pid", "--unshare-ipc", "--die-with-parent", "--info-fd", str(info_fd)]
    alone = level is GuardLevel.MOUNT
    if user_namespace or alone:
        words.append("--unshare-user")
    else:
        words += ["--cap-drop", "ALL"]  # of the holder: who enters drops its own
    if alone:
        words.append("--disable-userns")
    if plan.policy.network is Network.NONE:
        words.append("--unshare-net")
    for mount in plan.mounts:
        words += _mount(mount)
        if mount.path == "/":
            words += _system(plan, alone=alone)
        if mount == Mount("/run", Access.EMPTY):
            words += _resolver()
    for path in sockets:
        words += ["--ro-bind", "/dev/null", path]
    if alone:
        # Landlock would refuse what is written below it. Mounted again, nothing of it can be.
        words += ["--remount-ro", "/proc"]
    return (*words, "--", *holder)


def _mount(mount: Mount) -> tuple[str, ...]:
    if mount.access is Access.EMPTY:
        return ("--tmpfs", mount.path)
    if mount.path.startswith("/dev/"):
        return ("--dev-bind", mount.path, mount.path)
    return ("--ro-bind" if mount.access is Access.READ else "--bind", mount.path, mount.path)


def _system(plan: GuardPlan, *, alone: bool) -> Iterator[str]:
    yield from ("--proc", "/proc", "--dev", "/dev")
    for device in plan.devices:
        if device == "/dev/shm":
            yield from ("--bind", device, device)  # the ranks of one job meet there, each in a guard of its own
        elif device not in _MADE:
            yield from ("--dev-bind-try", device, device)
    if alone:
        yield from ("--ro-bind-try", "/sys", "/sys")  # a control group can freeze or kill what is outside


def _resolver() -> tuple[str, ...]:
    """Names are still resolved where ``/etc/resolv.conf`` leads into ``/run``, as systemd has it."""
    real = os.path.realpath(_RESOLVER)
    return ("--ro-bind-try", real, real) if real.startswith("/run/") else ()


def why(complaint: str) -> str:
    """Why bwrap could not make the namespaces, by its *complaint*, and what would have to be allowed."""
    said = complaint.removeprefix("bwrap: ").strip()
    lower = said.lower()
    if "unknown option" in lower:
        return f"this bubblewrap is too old ({said}); the level `mount` needs 0.8 or later"
    if "enospc" in lower or "no space left" in lower or _setting("user/max_user_namespaces") == "0":
        return f"no more namespaces may be made ({said}); raise the sysctl user.max_user_namespaces"
    if _setting("kernel/unprivileged_userns_clone") == "0":
        return f"user namespaces are off ({said}); set the sysctl kernel.unprivileged_userns_clone to 1"
    if _setting("kernel/apparmor_restrict_unprivileged_userns") == "1":
        return (
            f"AppArmor restricts user namespaces ({said}); load the profile bwrap-userns-restrict, or set the sysctl "
            "kernel.apparmor_restrict_unprivileged_userns to 0"
        )
    if "can't mount proc" in lower:
        return f"no new /proc can be mounted ({said}); this container hides parts of /proc, let it show them unmasked"
    if "namespace" in lower or "uid map" in lower:
        return f"namespaces are denied ({said}), as a container or a seccomp filter does; let its profile allow them"
    return f"bubblewrap failed: {said or 'it said nothing'}"


def _setting(name: str) -> str | None:
    try:
        with open(f"/proc/sys/{name}", encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return None
