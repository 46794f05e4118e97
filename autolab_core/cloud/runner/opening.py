"""The storage that an address names, opened as the runner uses it."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

from autolab_core.cloud.runner.stores import FolderStore, Store, StoreFault

__all__ = ["open_store"]


def open_store(address: str) -> Store:
    """The storage at *address* (``folder:///path``, ``s3://bucket/prefix?region=…&endpoint=…``). Raises StoreFault."""
    parts = urlsplit(address)
    if parts.scheme == "folder" and parts.path.startswith("/"):
        return FolderStore(unquote(parts.path))
    if parts.scheme == "s3" and parts.netloc:
        from autolab_core.cloud.runner.s3 import S3Store

        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        return S3Store(parts.netloc, unquote(parts.path).strip("/"), asked.get("region"), asked.get("endpoint"))
    raise StoreFault(f"the storage {address!r} is of no kind that this runner knows")
