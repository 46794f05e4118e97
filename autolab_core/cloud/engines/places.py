"""Where the storage of a back end is, as its row of the policy says. Pure."""

from __future__ import annotations

import os
from collections.abc import Mapping

from autolab_core.cloud.engines.base import FOLDER, S3
from autolab_core.cloud.storage.base import StorageAddress
from autolab_core.io.layout import POLICY
from autolab_core.models.policy import BackendPolicy
from autolab_core.vocab.compute import ON_THIS_MACHINE
from autolab_core.vocab.errors import UsageError

__all__ = ["storage_address"]


def storage_address(backend: BackendPolicy, environ: Mapping[str, str]) -> str:
    """The address of the storage: ``settings.bucket``, else ``settings.folder``.

    An engine of this machine needs neither: its storage is in the user's own state folder (XDG Base Directory
    Specification). Raises UsageError naming what has to be written, for both, and for a folder that is not absolute.
    """
    settings = {key: value for key, value in backend.settings.items() if isinstance(value, str) and value}
    where = f"compute.backends, {backend.name}, in {POLICY}"
    if "bucket" in settings and "folder" in settings:
        raise UsageError(f"{where}: write settings.bucket or settings.folder, not both")
    if "bucket" in settings:
        prefix = settings.get("prefix", "").strip("/")
        place = settings["bucket"]
        return str(StorageAddress(S3, place, prefix, settings.get("region"), settings.get("endpoint")))
    folder = settings.get("folder")
    if folder is None and backend.kind in ON_THIS_MACHINE:
        state = environ.get("XDG_STATE_HOME") or os.path.join(environ.get("HOME") or "/", ".local/state")
        folder = os.path.join(state, "autolab", "cloud")
    if folder is None:
        raise UsageError(f"{where}: no storage is named; write settings.bucket (S3) or settings.folder")
    if not os.path.isabs(folder):
        raise UsageError(f"{where}: settings.folder {folder!r} is not absolute")
    return str(StorageAddress(FOLDER, folder))
