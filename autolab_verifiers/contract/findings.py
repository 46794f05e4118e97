"""What a rule says: that something is wrong, or that it does not apply."""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text, and the first
# compilation of a process costs a quarter of a bare interpreter's start.

from typing import NamedTuple

from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import Severity

__all__ = ["Finding", "Skip", "finding_of"]


class Finding(NamedTuple):
    """One thing that is wrong: what, where (path from the repository's root, JSON Pointer, line from 1), the way out.

    The same fields as ``autolab_core.models.report.Finding``, which mirrors the written document. This one is a
    tuple because judging must not pay for attrs: importing it costs more than two bare interpreters.
    """

    message: str
    path: str
    severity: Severity = Severity.ERROR
    pointer: str | None = None
    line: int | None = None
    hint: str | None = None


class Skip(Exception):
    """Raised by a rule that does not apply; the reason is reported. A skip is never a pass."""

    @property
    def reason(self) -> str:
        """Why it does not apply, as one line."""
        return str(self.args[0]) if self.args else ""


def finding_of(error: DocumentError) -> Finding:
    """What *error* says, as a finding."""
    return Finding(error.message, error.path, pointer=error.pointer or None, line=error.line, hint=error.hint or None)
