"""The words for why files did not come home."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["TransferFault"]


class TransferFault(StrEnum):
    """``artifact_sync_to_local.fault.kind``: where whoever mends it has to look first."""

    CONNECTIVITY = "connectivity"
    REMOTE_PATH = "remote_path"
    DISK_SPACE = "disk_space"
    PERMISSION = "permission"
    CHANGED = "changed"  # what is on the far side changed while it was brought home, again and again
    VANISHED = "vanished"
    NAMES = "names"  # a name, a link or a kind of file that cannot come home as it is
    LIMITS = "limits"  # longer or more than the profile allows
    UNKNOWN = "unknown"
