"""Launch scripts as text: which ones are there, their lines, and the ``#SBATCH`` lines that Slurm would read."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator
from typing import Final, NamedTuple

from autolab_core.io.layout import STATE
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import Severity
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.values import text_at

__all__ = ["DIRECTIVE", "Directive", "Script", "directives", "scripts", "started_by"]

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
    own: dict[str, str] = {}
    if context.covers(Scope.RUN):
        run = context.launched
        kept = {context.iteration.run_local: run.script, context.iteration.run_slurm: run.batch_script}
        own = {launch: path for launch, path in kept.items() if context.tree.exists(path)}
    paths = list(own.values())
    if context.covers(Scope.ITERATION):
        paths += [path for path in (context.iteration.run_local, context.iteration.run_slurm) if path not in own]
    paths = [path for path in paths if context.tree.exists(path)]
    latest = bool(paths) and _is_latest(context)
    batch = (context.iteration.run_slurm, own.get(context.iteration.run_slurm))
    found = [
        Script(path, tuple(_text(context, path).split("\n")), path in batch, latest or path in own.values())
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
    if context.run_id is None:
        return True
    runs = _launched_last(_state(context))
    return _launched_as(context) in runs or not runs


def _launched_as(context: VerifyContext) -> str:
    return context.launched.folder.rpartition("/")[2]


def started_by(context: VerifyContext) -> tuple[str, ...]:
    """The runs that the scripts may be of, one of which they have to name; () where that cannot be said.

    It is the run that is judged. Where many are, an iteration's scripts are those of its last launch: the state knows
    which run that was while it stands at the iteration; otherwise it may be any of them.
    """
    if context.run_id is not None:
        return (_launched_as(context),)
    if context.covers(Scope.REPOSITORY):
        return ()  # one launch is judged, and who names no run means that there is none yet
    state = _state(context)
    runs = tuple(name for name in context.tree.names(context.iteration.runs) if not name.startswith("."))
    if text_at(state, "/iteration_id") != context.iteration_id:
        return runs
    pending = text_at(state, "/pending_run_id")  # its folder may not be there yet; a last run's is (CN004)
    return tuple(run for run in _launched_last(state) if run in runs or run == pending) or runs


def _state(context: VerifyContext) -> object:
    """The state's data, of any shape; None when there is none that can be read."""
    try:
        return context.tree.document(STATE).data if context.tree.exists(STATE) else None
    except DocumentError:
        return None


def _launched_last(state: object) -> tuple[str, ...]:
    return tuple(run for key in ("last_run_id", "pending_run_id") if (run := text_at(state, f"/{key}")) is not None)


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
