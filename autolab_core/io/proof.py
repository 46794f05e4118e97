"""Is every file of a checksum list here, and is it the one that is listed? For stages and verifiers alike."""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text, and the first compilation
# of a process costs a quarter of a bare interpreter's start.

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from autolab_core.vocab.errors import DocumentError

if TYPE_CHECKING:
    from autolab_core.io.run_files import RunFiles

__all__ = ["Difference", "differences"]


class Difference(NamedTuple):
    """A file that is not here as it is listed. ``name`` is the list's; ``message`` follows the name in a sentence."""

    name: str
    message: str


def differences(listed: Mapping[str, str], found: "RunFiles", sha256: Callable[[str], str]) -> tuple[Difference, ...]:
    """The files of *listed* (name to SHA-256 in hex) that are not as listed, in the list's order; empty is the proof.

    *found* is what lies in the folder; *sha256* gives the hash of a name that is a regular file there, or raises
    DocumentError. A symbolic link is no file of the run, wherever it leads.
    """
    wrong = []
    for name, wanted in listed.items():
        if name not in found.files:
            wrong.append(Difference(name, _absence(name, found.others)))
            continue
        try:
            if sha256(name) != wanted:
                wrong.append(Difference(name, "is not the file that is listed: its sha256 is another"))
        except DocumentError as error:
            wrong.append(Difference(name, error.message))
    return tuple(wrong)


def _absence(name: str, others: Mapping[str, str]) -> str:
    for link, what in others.items():
        if name == link or name.startswith(f"{link}/"):
            return f"is {what}, not a file of the run" if name == link else f"lies behind {link}, which is {what}"
    return "is listed, but there is no such file"
