"""Launch scripts as text: which ones are there, their lines, and the ``#SBATCH`` lines that Slurm would read."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator
from typing import Final, NamedTuple

from autolab_core.io.layout import STATE
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import Severity
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.findings import Finding
from autolab_verifiers.contract.rules import Skip
from autolab_verifiers.contract.values import text_at

__all__ = ["DIRECTIVE", "Directive", "Script", "directives", "scripts"]

DIRECTIVE: Final = "#SBATCH"
_LONG: Final = {"-J": "--job-name", "-o": "--output", "-e": "--error", "-t": "--time", "-p": "--partition"}


class Script(NamedTuple):
    """``latest``: it is the script of the run that is judged (or of the launch that is planned)."""

    path: str
    lines: tuple[str, ...]
    batch: bool
    latest: bool

    def at(self, line: int, message: str, severity: Severity = Severity.ERROR) -> Finding:
        return Finding(message, self.path, line=line, severity=severity)


class Directive(NamedTuple):
    """One option of an ``#SBATCH`` line, by its long name."""

    line: int
    name: str
    value: str


def scripts(context: VerifyContext) -> list[Script]:
    """The scripts that are there. Raises Skip when none is, DocumentError for one that is no text."""
    local, own = context.iteration.run_local, None
    if context.run_id is not None and context.tree.exists(context.run.script):
        local = own = context.run.script
    latest = _is_latest(context)
    found = [
        Script(
            path, tuple(_text(context, path).split("\n")), path == context.iteration.run_slurm, latest or path == own
        )
        for path in (local, context.iteration.run_slurm)
        if context.tree.exists(path)
    ]
    if not found:
        raise Skip("there is no launch script yet")
    return found


def _text(context: VerifyContext, path: str) -> str:
    try:
        return context.tree.source(path).decode()
    except UnicodeDecodeError as error:
        raise DocumentError(path, "is not UTF-8 text") from error


def _is_latest(context: VerifyContext) -> bool:
    """True unless the state says that the iteration's scripts were replaced by a later launch."""
    if context.run_id is None or not context.tree.exists(STATE):
        return True
    try:
        state = context.tree.document(STATE).data
    except DocumentError:
        return True
    runs = [text_at(state, f"/{key}") for key in ("last_run_id", "pending_run_id")]
    return context.run_id in runs or not any(runs)


def directives(script: Script) -> Iterator[Directive]:
    """The ``#SBATCH`` lines that Slurm reads: those before the first command."""
    for number, line in enumerate(script.lines, 1):
        if line.strip() and not line.startswith("#"):
            return
        words = line.split()
        if not words or words[0] != DIRECTIVE:
            continue
        for index, word in enumerate(words[1:], 1):
            name, given, value = word.partition("=")
            if name.startswith("-"):
                following = words[index + 1] if not given and index + 1 < len(words) else value
                yield Directive(number, _LONG.get(name, name), following)
