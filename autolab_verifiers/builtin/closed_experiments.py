"""``closed_experiments``: what a person closed stays as it is, until a person re-opens it in the backlog.

Changes are looked for since a *base*: the revision that the caller names, else ``settings.closed_experiments.base`` of
the policy, else the upstream of the branch, else HEAD, since which only uncommitted changes are seen. What counts is
the commit where this branch left the base, so that being behind it is no change.

An experiment is protected since a commit, its *reference*:

- the base, when the backlog of the base says that it is closed;
- the commit that closed it, when that came after the base, or after a re-opening.

A *re-opening* is a commit after the base, or the working tree itself, whose backlog has the entry and does not say that
it is closed where the commit before it did. That the entry is missing, or the backlog cannot be read, opens nothing.
Commits on a branch that was merged count like all others: what was re-opened, changed and closed again there is in
order. A branch that left before the closing re-opens nothing by not knowing of it.

The experiment's iteration folder at the reference is then compared with the index and with the files on disk:
committed, staged, unstaged and untracked changes count, ignored files do not, nor do the answers that a verification
writes. An iteration that lies in another of its folders (``plan``, ``done``, …) with the same content did not change.

Git is asked only where something may be closed: a base was named, or the backlog lists something closed, or it is gone.
So name a base to have the deletion of the last closed entry seen.
"""

# No `from __future__ import annotations`: see contract/findings.py.

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from autolab_core.io.layout import BACKLOG, EXPERIMENTS, IterationPaths, RunPaths, iteration_candidates
from autolab_core.vocab.errors import DocumentError, RunnerError, StoreError, UsageError
from autolab_core.vocab.ids import id_problem
from autolab_core.vocab.states import CLOSED_BACKLOG, Severity
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.rules import RuleSet
from autolab_verifiers.contract.values import list_at, show, text_at

if TYPE_CHECKING:
    from autolab_core.git.entries import Entry
    from autolab_core.git.history import History

__all__ = ["VERIFIER"]

VERIFIER: Final = RuleSet(
    "closed_experiments", "What belongs to a closed experiment stays as it was.", scope=Scope.REPOSITORY
)

_SETTING: Final = "base"
_SHOWN: Final = 20  # changed paths of one experiment
_NO_REPOSITORY: Final = "not a git repository"  # as ``Plumbing.absence`` says it
_REOPENED: Final = ""  # stands where a reference would
_WAY_OUT: Final = "put it back, or have a person re-open the experiment: `autolab reopen --who NAME --why TEXT`"


class _Listed(NamedTuple):
    """An experiment as a backlog lists it. Of several entries with one id the closed one counts, else the first."""

    closed: bool
    iteration_id: str | None
    pointer: str


class _Since(NamedTuple):
    """The commit since which an experiment is closed without interruption, and the iteration that it had then."""

    reference: str
    iteration_id: str | None


class _Found:
    """What is closed, since when, and the backlog as it is now. ``note`` says what could not be seen.

    A plain class: one annotation of a NamedTuple that is text costs as much as ten modules; see contract/findings.py.
    """

    __slots__ = ("closed", "history", "note", "now")

    def __init__(
        self, closed: Mapping[str, _Since], now: Mapping[str, _Listed], history: "History", note: str | None
    ) -> None:
        self.closed = closed
        self.now = now
        self.history = history
        self.note = note


@VERIFIER.rule("CE001", "nothing of a closed experiment was changed", hint=_WAY_OUT)
def closed_is_unchanged(context: VerifyContext) -> Iterator[Finding]:
    """A closed experiment is evidence. Where its files may change afterwards nobody can say what was concluded from.

    What is closed is not changed in passing: a person re-opens it, on record, and closes it again. Changes are looked
    for since the revision that the caller names, else since the policy's `settings: {closed_experiments: {base: REV}}`,
    else since the branch left its upstream, else since HEAD.
    """
    found = _closed(context)
    protected = {name: since for name, since in found.closed.items() if _candidates(since.iteration_id)}
    changes = _changes(context, found.history, protected)
    for name, paths in changes.items():
        for path in sorted(paths)[:_SHOWN]:
            yield context.missing(path, f"was {paths[path]} although experiment {show(name)} is closed")
        if len(paths) > _SHOWN:
            message = f"{len(paths)} paths of the closed experiment {show(name)} changed; the first {_SHOWN} are named"
            yield context.missing(EXPERIMENTS, message)
    if found.note is not None:
        hint = "name the revision that changes count from: `settings: {closed_experiments: {base: origin/main}}`"
        yield context.missing(BACKLOG, found.note, severity=Severity.NOTE, hint=hint)


@VERIFIER.rule("CE002", "what was closed is still listed, as closed or as re-opened", hint=_WAY_OUT)
def closed_is_still_listed(context: VerifyContext) -> Iterator[Finding]:
    """The backlog's word is what protects an experiment: it would be enough to delete its entry."""
    found = _closed(context)
    if not context.tree.exists(BACKLOG):
        names = ", ".join(map(show, list(found.closed)[:_SHOWN]))
        yield context.missing(BACKLOG, f"does not exist, but listed {len(found.closed)} closed experiments: {names}")
        return
    for name in found.closed:
        if name not in found.now:
            yield context.at(BACKLOG, "/experiments", f"the closed experiment {show(name)} is not listed any more")


@VERIFIER.rule("CE003", "what is closed keeps its iteration", hint=_WAY_OUT)
def closed_keeps_its_iteration(context: VerifyContext) -> Iterator[Finding]:
    """The iteration says which files are protected. With another one those of the closed experiment are fair game."""
    found = _closed(context)
    for name, since in found.closed.items():
        entry = found.now.get(name)
        if entry is not None and entry.iteration_id != since.iteration_id:
            message = f"is {show(entry.iteration_id)}, but {show(name)} was closed with {show(since.iteration_id)}"
            yield context.at(BACKLOG, f"{entry.pointer}/iteration_id", message)


def _closed(context: VerifyContext) -> _Found:
    """What is closed and protected. Raises Skip when that is nothing; see ``_look`` for the rest."""
    found = context.once(_look)
    if not found.closed:
        raise Skip("no experiment was closed before")
    return found


def _look(context: VerifyContext) -> _Found:
    """Ask git what is closed, if need be. Raises Skip when nothing is, or when there is no git repository.

    Raises DocumentError, UsageError and StoreError when something may be closed and git cannot answer: a check that is
    missing must not look like one that passed.
    """
    try:
        named = _named_base(context)
        now = _listed_now(context, named)
    except DocumentError as error:
        if context.base is None and not _in_git(context.tree.root):
            raise Skip(_NO_REPOSITORY) from error  # what is wrong is said by SC001 or AV002
        raise
    if named is None and not _in_git(context.tree.root):
        raise Skip(_NO_REPOSITORY)
    from autolab_core.git.history import History

    history = History.at(context.tree.root)
    base, note = _base(context, history, named)
    since = _closed_since(history, base)
    closed = {name: each for name, each in since.items() if name not in now or now[name].closed}
    return _Found(closed, now, history, note)


def _named_base(context: VerifyContext) -> str | None:
    """The base that the caller or the policy names. Raises DocumentError when the policy's is no text."""
    if context.base is not None:
        return context.base
    value = context.setting(VERIFIER.name, _SETTING)
    if value is not None and not isinstance(value, str):
        raise _wrong_setting(context, f"is {show(value)}, not a git revision")
    return value


def _wrong_setting(context: VerifyContext, message: str, hint: str = "") -> DocumentError:
    where = context.at_setting(VERIFIER.name, _SETTING, message)
    return DocumentError(where.path, message, line=where.line, pointer=where.pointer or "", hint=hint)


def _in_git(root: str) -> bool:
    """Whether *root* may lie in a git repository, for the price of a look at each folder above it."""
    while not os.path.lexists(os.path.join(root, ".git")):
        root, below = os.path.dirname(root), root
        if root == below:
            return False
    return True


def _listed_now(context: VerifyContext, named: str | None) -> dict[str, _Listed]:
    """The backlog as it is now, empty when it is gone. Raises Skip when there is nothing that git need be asked."""
    if not context.tree.exists(BACKLOG):
        return {}
    now = _listed(context.tree.mapping(BACKLOG))
    if named is None and not any(entry.closed for entry in now.values()):
        raise Skip("no experiment is closed")
    return now


def _listed(backlog: object) -> dict[str, _Listed]:
    """Id to entry, as far as *backlog* has the shape of one."""
    found: dict[str, _Listed] = {}
    for index, entry in enumerate(list_at(backlog, "/experiments")):
        name = text_at(entry, "/id")
        status = text_at(entry, "/status") or ""
        closed = status.strip().lower() in CLOSED_BACKLOG  # as ``BacklogExperiment.closed``
        if name is not None and (name not in found or (closed and not found[name].closed)):
            found[name] = _Listed(closed, text_at(entry, "/iteration_id"), f"/experiments/{index}")
    return found


def _base(context: VerifyContext, history: "History", named: str | None) -> tuple[str, str | None]:
    """The commit that changes are looked for since, and a note where it is only HEAD."""
    try:
        if named is not None:
            tip = history.commit(named)
            if tip is None:
                raise _unknown(context, named, history.absence() or "git knows no such commit")
            base = history.fork_point(tip)
            if base is None:
                raise _unknown(context, named, "it has no commit in common with HEAD")
            return base, None
        base = history.fork_point("@{upstream}")
        if base is not None:
            return base, None
        head = history.commit("HEAD")
        if head is not None:
            return head, "no base is named and the branch has no upstream: only uncommitted changes were looked for"
        absence = history.absence()
    except RunnerError as error:
        if named is not None:
            raise _unknown(context, named, str(error)) from error
        raise Skip(str(error)) from error
    if absence not in (None, _NO_REPOSITORY):
        raise StoreError(context.tree.root, f"whether closed experiments changed cannot be said: {absence}")
    raise Skip(absence or "there is no commit yet")


def _unknown(context: VerifyContext, named: str, why: str) -> DocumentError | UsageError:
    hint = "fetch it: a shallow clone has only the newest commits"
    if context.base is not None:
        return UsageError(f"the base {named!r} cannot be used: {why} ({hint})")
    return _wrong_setting(context, f"{show(named)} cannot be used: {why}", hint)


def _closed_since(history: "History", base: str) -> dict[str, _Since]:
    """What is closed at HEAD since the base or since a later commit; see above for what that means."""
    log = history.log(BACKLOG, base)
    before = {parent for commit in log for parent in commit.parents} - {commit.sha for commit in log} - {base}
    sources = history.contents(BACKLOG, [base, *sorted(before), *(commit.sha for commit in log)])
    if sources[base] is None and history.holds(BACKLOG, base):
        raise StoreError(BACKLOG, f"its content at {base[:12]} is not in this clone", hint="fetch it whole")
    parsed: dict[bytes, dict[str, _Listed]] = {}  # most commits that merge others change nothing here
    listings: dict[str, dict[str, _Listed]] = {}
    for sha, source in sources.items():
        if source is not None and source not in parsed:
            parsed[source] = _parsed(source, sha, strict=sha == base)
        listings[sha] = {} if source is None else parsed[source]
    at_base = {name: base for name, entry in listings[base].items() if entry.closed}
    # Since when each experiment is closed, as each commit knows it. An old branch is held to the base, too.
    known = {
        sha: {name: base for name, entry in listings[sha].items() if entry.closed and name in at_base} for sha in before
    }
    known[base] = at_base
    order = {base: -1} | {commit.sha: place for place, commit in enumerate(log)}
    for commit in log:
        listing, inherited = listings[commit.sha], [known[parent] for parent in commit.parents]
        known[commit.sha] = states = {}
        for name in {*listing, *(name for parent in inherited for name in parent)}:
            parents = [parent[name] for parent in inherited if name in parent]
            latest = max((sha for sha in parents if sha != _REOPENED), key=order.__getitem__, default=None)
            if name not in listing:
                state = _REOPENED if _REOPENED in parents else latest
            elif not listing[name].closed:
                state = _REOPENED if parents else None
            else:
                state = commit.sha if _REOPENED in parents else latest or at_base.get(name, commit.sha)
            if state is not None:
                states[name] = state
    tip = known[log[-1].sha if log else base]
    return {
        name: _Since(sha, listings[sha][name].iteration_id) for name, sha in sorted(tip.items()) if sha != _REOPENED
    }


def _parsed(source: bytes, sha: str, *, strict: bool) -> dict[str, _Listed]:
    """The backlog *source* of the commit *sha*; empty when it cannot be read, unless *strict* raises DocumentError."""
    from autolab_core.io.documents import MAX_YAML_BYTES, parse_yaml

    try:
        if len(source) > MAX_YAML_BYTES:
            raise DocumentError(BACKLOG, f"is larger than {MAX_YAML_BYTES} bytes")
        return _listed(parse_yaml(source, f"{sha[:12]}:{BACKLOG}").data)
    except DocumentError:
        if strict:
            raise
        return {}


def _candidates(iteration_id: str | None) -> tuple[str, ...]:
    """The folders where the iteration may lie; none without one, or when its id is none (SC003)."""
    return () if iteration_id is None or id_problem(iteration_id) is not None else iteration_candidates(iteration_id)


def _changes(context: VerifyContext, history: "History", protected: Mapping[str, _Since]) -> dict[str, dict[str, str]]:
    """For each *protected* experiment the changed paths of its iteration, each with what happened to it."""
    from autolab_core.git.history import algorithm_of

    if not protected:
        return {}
    folders = frozenset(folder for since in protected.values() for folder in _candidates(since.iteration_id))
    references = sorted({since.reference for since in protected.values()})
    trees = {sha: _by_folder(history.tree(sha, EXPERIMENTS), folders) for sha in references}
    work = history.working_tree(algorithm_of(references[0]), EXPERIMENTS, lambda path: bool(_owners(path, folders)))
    index, disk = _by_folder(work.staged, folders), _by_folder(work.disk, folders)
    found = {}
    for name, since in protected.items():
        then, candidates = trees[since.reference], _candidates(since.iteration_id)
        found[name] = _compared(then, index, candidates) | _compared(then, disk, candidates)
    return found


_Folders = dict[str, dict[str, "Entry"]]


def _by_folder(entries: Mapping[str, "Entry"], folders: frozenset[str]) -> _Folders:
    """The *entries* below each of *folders*, by their paths from there, without the answers of verifications."""
    found: _Folders = {}
    for path, entry in entries.items():
        for folder in _owners(path, folders):
            if not _is_answer(path, folder):
                found.setdefault(folder, {})[path[len(folder) + 1 :]] = entry
    return found


def _owners(path: str, folders: frozenset[str]) -> list[str]:
    """Those of *folders* that *path* is or lies below; they are two or three levels deep."""
    parts = path.split("/", 3)
    return [folder for depth in (2, 3) if (folder := "/".join(parts[:depth])) in folders and len(parts) >= depth]


def _is_answer(path: str, folder: str) -> bool:
    run, _, _ = path.rpartition("/")
    return run.startswith(f"{IterationPaths(folder).runs}/") and path == RunPaths(run).verification


def _compared(then: _Folders, now: _Folders, candidates: tuple[str, ...]) -> dict[str, str]:
    """What differs between *then* and *now* in the iteration that lies in *candidates*, by its path now."""
    old = [folder for folder in candidates if folder in then]
    new = [folder for folder in candidates if folder in now]
    if not new:
        return dict.fromkeys(old, "deleted")
    # One folder then and one now: it may have been moved. Otherwise nothing says which of them belong together.
    pairs = [(old[0], new[0])] if len(old) == len(new) == 1 else [(folder, folder) for folder in {*old, *new}]
    found = {}
    for before, after in pairs:
        had, has = then.get(before, {}), now.get(after, {})
        for name in had.keys() | has.keys():
            if had.get(name) != has.get(name):
                word = "added" if name not in had else "deleted" if name not in has else "changed"
                found[f"{after}/{name}" if name else after] = word
    return found
