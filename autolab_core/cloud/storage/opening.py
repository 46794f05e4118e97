"""The storage that an address names, opened. What one can do is in ``base``."""

from __future__ import annotations

from autolab_core.cloud.storage.base import Storage, parse_address

__all__ = ["open_storage"]


def open_storage(address: str) -> Storage:
    """The storage at *address*. Nothing is asked of it yet. Raises UsageError, and StorageError where what it needs is
    not installed."""
    parsed = parse_address(address)
    if parsed.kind == "folder":
        from autolab_core.cloud.storage.folder import FolderStorage

        return FolderStorage(_written_once(parsed.place))
    from autolab_core.cloud.storage.s3 import S3Storage

    return S3Storage(parsed)


def _written_once(place: str) -> str:
    """The absolute path *place* as ``pathlib`` writes it: a folder has one address."""
    if "//" not in f"{place}/" and "/./" not in f"{place}/":
        return place
    from pathlib import Path  # most places do without

    return str(Path(place))
