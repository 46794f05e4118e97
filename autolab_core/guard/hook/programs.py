"""Which judge a program has: those that only read, those that are never run by an agent, those whose words are judged,
and all the others, of which nothing is known."""

from __future__ import annotations

from collections.abc import Callable

from autolab_core.guard.hook.archives import ARCHIVES
from autolab_core.guard.hook.call import Call
from autolab_core.guard.hook.git_command import judge_git, judge_hub
from autolab_core.guard.hook.interpreters import INTERPRETERS
from autolab_core.guard.hook.stream import STREAM_EDITORS
from autolab_core.guard.hook.values import name_set
from autolab_core.guard.hook.wrappers import WRAPPERS
from autolab_core.guard.hook.writers import WRITERS

__all__ = ["judge_program"]

_READERS = name_set(
    "ack ag apropos arch autolab-verify base32 base64 basename bat bc bzcat cal cat cksum"
    " cmp col column comm cut date df diff diff3 diffstat dir dirname du echo egrep eza exa expand expr factor false"
    " fgrep file fmt fold free getent getfacl getfattr getconf grep groups head hexdump hostname"
    " id info jobs join jq kill last ldd locale logname look ls lsattr lsblk lscpu lsof man md5sum more nl nm"
    " nproc numfmt nvidia-smi objdump od paste pgrep pkill pr printenv printf ps pwd"
    " readelf readlink realpath rev sacct scontrol seq sha1sum sha224sum sha256sum sha384sum sha512sum shellcheck sinfo"
    " size sleep squeue stat strings sum sync tac tail test top tr true tsort tty type uname unexpand"
    " uptime users vdir vmstat w wc whatis whereis which who whoami yamllint yes zcat zcmp zdiff zgrep zless"
    " zmore [ b2sum bzgrep bzless xzcat xzgrep zstdcat batcat cloc tokei"
)
_NEVER = {
    "acquires the rights of another user": name_set(
        "su sudo doas pkexec sudoedit runuser run0 sudo-rs setpriv newgrp sg"
    ),
    "can lay another file over a protected one": name_set(
        "mount umount chroot pivot_root nsenter unshare losetup swapon debugfs fusermount fusermount3 bindfs overlayfs"
        " mkfs bwrap"
    ),
    "runs a command where this check does not see it": name_set("at batch crontab systemd-run incrontab"),
}
# They read what they are named, and write where an option says so.
_CHECKERS = name_set("flake8 mypy py.test pylint pyright pytest")
_MODES = name_set("chmod chown chgrp setfacl chattr install chcon setfattr setcap lchown")
_REASONS = {name: why for why, names in _NEVER.items() for name in names}
_JUDGES: dict[str, Callable[[Call], None]] = {
    **WRITERS,
    **ARCHIVES,
    **STREAM_EDITORS,
    **INTERPRETERS,
    **WRAPPERS,
    "git": judge_git,
    "gh": judge_hub,
}
# Those of them after which a folder that is there now is still there.
_HARMLESS = name_set("tee touch mkdir truncate sed awk gawk mawk sort curl wget env timeout time nice nohup")


def judge_program(call: Call) -> bool:
    """Raise Denied when the program could change a protected path; returns whether no folder goes away by it."""
    name = call.name
    if name in _REASONS or name.startswith("mkfs."):
        call.deny(_REASONS.get(name, _REASONS["mkfs"]))
    if name in _MODES:
        if any(not word.startswith("-") for word in call.words):
            call.deny("changes who may write what; that is left to people")
        return True
    if name in _READERS:
        return True
    if name in _CHECKERS:
        call.hand_over(word for word in call.words if "=" in word)
        return True
    judge = _JUDGES.get(name) or _numbered(name)
    if judge is not None:
        judge(call)
        return name in _HARMLESS
    call.hand_over(call.words)
    return False


def _numbered(name: str) -> Callable[[Call], None] | None:
    """``python3.11`` is judged as ``python``."""
    return INTERPRETERS.get(name.rstrip("0123456789.")) or INTERPRETERS.get(name.rstrip("0123456789.w"))
