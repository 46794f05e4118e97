"""Which transfer: one of ours, or an entry point of the group ``autolab_transfers`` of another distribution."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from autolab_core.io.installed import Group
from autolab_core.transfer.base import Transfer
from autolab_core.transfer.rsync import RsyncTransfer
from autolab_core.transfer.sftp import SftpTransfer
from autolab_core.vocab.errors import UsageError

__all__ = ["AUTO", "GROUP", "automatic", "choose"]

GROUP: Final = "autolab_transfers"
AUTO: Final = "auto"
_OURS: Final[Mapping[str, Callable[[], Transfer]]] = MappingProxyType({"rsync": RsyncTransfer, "sftp": SftpTransfer})
_KEY: Final = "pull.method"
_OTHERS: Final = Group(GROUP, _KEY, "transfer", f"{AUTO}, {' and '.join(_OURS)} are built in", ("fetch",))


def choose(method: str) -> Transfer | None:
    """The transfer that *method* (``pull.method`` of a profile) names; None for ``auto``, which the far side decides.

    Raises UsageError when none of that name is installed, when several are, and when it cannot be made.
    """
    if method == AUTO:
        return None
    if method in _OURS:
        return _OURS[method]()
    made: Transfer = _OTHERS.make(method)
    if not isinstance(getattr(made, "name", None), str):
        raise UsageError(f"{_KEY}: what brings {method!r} has no `name`, which the manifest would tell")
    return made


def automatic(*, rsync_there: bool) -> Transfer:
    """The transfer that ``auto`` is where rsync is on the far side, or is not."""
    return RsyncTransfer() if rsync_there and shutil.which("rsync") is not None else SftpTransfer()
