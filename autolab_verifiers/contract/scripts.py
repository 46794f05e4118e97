"""Launch scripts as text: which ones are there, their lines, and the ``#SBATCH`` lines that Slurm would read."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator
from typing import Final, NamedTuple

from autolab_core.io.layout import STATE
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import Severity
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.findings import Finding
from autolab_verifiers.contract.rules import Scope, Skip
from autolab_verifiers.contract.values import text_at

__all__ = ["DIRECTIVE", "Directive", "Script", "directives", "scripts"]

DIRECTIVE: Final = "#SBATCH"
_MAX_BYTES: Final = 4 * 1024 * 1024  # what Slurm takes (slurm.conf, max_script_size)
_MAX_LINES: Final = 50_000
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
    return context.once(_scripts)


def _scripts(context: VerifyContext) -> list[Script]:
    paths, own = [], None
    if context.covers(Scope.RUN) and context.tree.exists(context.run.script):
        paths.append(own := context.run.script)
    if context.covers(Scope.ITERATION):
        paths += [context.iteration.run_slurm] if own else [context.iteration.run_local, context.iteration.run_slurm]
    paths = [path for path in paths if context.tree.exists(path)]
    latest = bool(paths) and _is_latest(context)
    found = [
        Script(
            path, tuple(_text(context, path).split("\n")), path == context.iteration.run_slurm, latest or path == own
        )
        for path in paths
    ]
    if not found:
        raise Skip("there is no launch script yet")
    return found


def _text(context: VerifyContext, path: str) -> str:
    source = context.tree.source(path)
    if len(source) > _MAX_BYTES or source.count(b"\n") > _MAX_LINES:
        raise DocumentError(path, f"is no launch script: more than {_MAX_BYTES} bytes or {_MAX_LINES} lines")
    try:
        return source.decode()
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
