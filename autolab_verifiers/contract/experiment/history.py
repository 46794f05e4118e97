"""What git knows of the time in which an experiment was carried out: changed files, and what commits say."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from autolab_core.git.entries import Disk
from autolab_core.git.history import History, algorithm_of
from autolab_core.io.layout import AUTOLAB
from autolab_core.vocab.errors import RunnerError, StoreError
from autolab_core.vocab.experiment import JournalEvent
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.experiment.facts import ExperimentFacts
from autolab_verifiers.contract.experiment.untouched import sealed_of
from autolab_verifiers.contract.findings import Skip
from autolab_verifiers.contract.values import mapping_at, text_at

__all__ = ["changed_files", "messages", "outside_the_implementation", "uncommitted"]

_HEX: Final = frozenset("0123456789abcdef")


def _history(context: VerifyContext) -> History:
    """The repository's history. Raises Skip where it has none."""
    history = History.at(context.tree.root)
    absence = history.absence()
    if absence is not None:
        raise Skip(f"nothing can be asked of git: {absence}")
    return history


def _commits(facts: ExperimentFacts) -> tuple[str, str | None]:
    """The commit at the seal, and the last one that the journal names. Raises Skip without the first."""
    first = _sha(sealed_of(facts))
    if first is None:
        raise Skip("the seal names no commit")
    last = None
    for _, entry in facts.events(JournalEvent.PHASE_STARTED, JournalEvent.ENDED):
        last = _sha(entry) or last
    return first, last


def _sha(entry: Mapping[str, Any]) -> str | None:
    """The commit that *entry* names, if it is one: it is handed to git."""
    found = text_at(entry, "/commit/sha")
    return found if found is not None and len(found) in (40, 64) and _HEX.issuperset(found) else None


def changed_files(context: VerifyContext, facts: ExperimentFacts) -> tuple[str, ...]:
    """The files that changed while the experiment went on, as far as git can tell, but for those below ``.autolab``.

    Where the experiment is over and HEAD has moved since, those of the commits that the journal names; otherwise the
    working tree counts as well, and so does what had not been committed at the seal. Raises Skip.
    """
    first, last = _commits(facts)
    history = _history(context)
    try:
        base = history.commit(first)
        if base is None:
            raise Skip(f"git does not have the commit {first[:12]} of the seal")
        if facts.over and last is not None and history.head() != last:
            tip = history.commit(last)
            if tip is None:
                raise Skip(f"git does not have the commit {last[:12]}, where the experiment ended")
            then, now = history.tree(base), history.tree(tip)
            found = {path for path in then.keys() | now.keys() if then.get(path) != now.get(path)}
        else:
            found = set(history.changed_paths(base))
    except (RunnerError, StoreError) as error:
        raise Skip(f"nothing can be asked of git: {error}") from error
    known = mapping_at(sealed_of(facts), "/results")  # results that were there before, committed or not: RU004
    return tuple(sorted(path for path in found if path not in known and not path.startswith(f"{AUTOLAB}/")))


def outside_the_implementation(facts: ExperimentFacts, changed: Iterable[str]) -> Iterator[str]:
    """Those of *changed* that neither the spec's implementation names nor the experiment writes."""
    for path in changed:
        own = path.startswith(f"{facts.paths.folder}/") or path == facts.paths.spec
        if not own and not any(_matches(path, pattern) for pattern in facts.spec.files):
            yield path


def _matches(path: str, pattern: str) -> bool:
    """Whether *pattern*, a file, a folder or a shell pattern of one, names *path*. ``*`` takes slashes, too."""
    pattern = pattern.removeprefix("./").rstrip("/")
    return fnmatchcase(path, pattern) or path.startswith(f"{pattern.removesuffix('/**')}/")


def messages(context: VerifyContext, facts: ExperimentFacts) -> list[tuple[str, str]]:
    """Id and message of each commit that was made while the experiment went on. Raises Skip."""
    first, last = _commits(facts)
    history = _history(context)
    try:
        tip = (last if facts.over else None) or "HEAD"
        if history.commit(first) is None or history.commit(tip) is None:
            raise Skip("git does not have the commits of the experiment")
        return history.messages(first, tip)
    except (RunnerError, StoreError) as error:
        raise Skip(f"nothing can be asked of git: {error}") from error


def uncommitted(context: VerifyContext, paths: Iterable[str]) -> list[str]:
    """Those of *paths* of which HEAD has another content than lies there. Raises Skip where git cannot be asked."""
    history = _history(context)
    try:
        head = history.head()
        if head is None:
            raise Skip("there is no commit yet")
        wanted = sorted(paths)
        entries = history.committed(wanted) or {}
        disk = Disk(context.tree.root.encode(), algorithm_of(head))
        return [path for path in wanted if path in entries and _differs(disk, path, entries[path].blob)]
    except (RunnerError, StoreError) as error:
        raise Skip(f"nothing can be asked of git: {error}") from error


def _differs(disk: Disk, path: str, blob: str) -> bool:
    entry = disk.entry(path.encode("utf-8", "surrogateescape"))
    return entry is None or entry.blob != blob
