"""The far side's checksum list, computed there while the files are on their way."""

from __future__ import annotations

import threading

from autolab_core.transfer.base import FarFolder, TransferError, Wanted
from autolab_core.transfer.far_side import FarList, checksums
from autolab_core.vocab.errors import AutolabError
from autolab_core.vocab.transfers import TransferFault

__all__ = ["Listing"]


class Listing:
    """Asks for the list at once. A transfer that fails meanwhile does not wait for it."""

    def __init__(self, far: FarFolder, wanted: Wanted) -> None:
        self._list: FarList | None = None
        self._error: AutolabError | None = None
        self._thread = threading.Thread(target=self._ask, args=(far, wanted), daemon=True)
        self._thread.start()

    def wait(self) -> FarList:
        """The list, once it is there. Raises TransferError."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        if self._list is None:  # what ended the thread was told on standard error
            raise TransferError(TransferFault.UNKNOWN, "the far side's checksum list could not be asked for")
        return self._list

    def _ask(self, far: FarFolder, wanted: Wanted) -> None:
        try:
            self._list = checksums(far, wanted)
        except AutolabError as error:
            self._error = error
