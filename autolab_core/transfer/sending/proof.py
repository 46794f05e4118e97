"""The proof that a tree on the far side is the parcel: every name, every kind, every byte, as the far side has them."""

from __future__ import annotations

import attrs

from autolab_core.transfer.base import FarFolder, TransferError, Wanted
from autolab_core.transfer.far_side import checksums, survey
from autolab_core.transfer.names import PARTIAL
from autolab_core.transfer.sending.far import executables
from autolab_core.transfer.sending.parcel import (
    EXECUTABLE,
    FILE,
    LINK,
    OutgoingFile,
    Parcel,
    first_difference,
)
from autolab_core.vocab.transfers import TransferFault

__all__ = ["difference", "require_equal"]


def difference(far: FarFolder, parcel: Parcel, *, others: bool = False) -> str | None:
    """What is the first to differ between the folder *far* and the *parcel*; None when nothing does.

    *others*: files that were not sent may be there, as where a job has run already.
    The far side hashes every regular file of the parcel. Raises TransferError when it cannot be asked.
    """
    found = survey(far).files
    can_run = executables(far)
    there: dict[str, OutgoingFile] = {}
    for path, each in found.items():
        sent = parcel.files.get(path)
        if (sent is None and others) or path.split("/")[-2:-1] == [PARTIAL]:
            continue
        mode = {"f": EXECUTABLE if path in can_run else FILE, "l": LINK}.get(each.kind, each.kind)
        same_link = sent is not None and mode == sent.mode == LINK and each.target == sent.target
        there[path] = OutgoingFile(mode, each.bytes, sent.sha256 if sent is not None and same_link else "")
    hashed = {
        path: each.bytes for path, each in there.items() if path in parcel.files and each.mode in (FILE, EXECUTABLE)
    }
    if hashed:
        sha256 = checksums(far, Wanted(hashed)).sha256
        there |= {path: attrs.evolve(there[path], sha256=sha256[path]) for path in hashed}
    return first_difference(parcel.files, there)


def require_equal(far: FarFolder, parcel: Parcel) -> None:
    """Raise TransferError naming the first path that differs: then nothing may be started there."""
    if (what := difference(far, parcel)) is not None:
        message = f"{far.shown} is not what was sent: {what}; nothing was submitted, try again"
        raise TransferError(TransferFault.CHANGED, message, transient=True)
