"""``local_artifacts``: what a run's checksum list names is here and is what it was, as the sync status claims.

The list is written when a local run gets its results; other tools may write one with ``sha256sum``. A run without one,
of another tool or from before there were lists, is left alone.
"""

# No `from __future__ import annotations`: see contract/findings.py.

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.paths import relative_problem
from autolab_core.vocab.states import ENDED, SYNC_SYNONYMS, RunStatus, Severity, SyncStatus
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.findings import Finding, Skip, finding_of
from autolab_verifiers.contract.rules import RuleSet
from autolab_verifiers.contract.values import mapping_at, show, text_at, value_at, word_at

if TYPE_CHECKING:
    from autolab_core.io.proof import Difference
    from autolab_core.io.run_files import RunFiles

__all__ = ["VERIFIER"]

VERIFIER: Final = RuleSet(
    "local_artifacts", "What a run's checksum list names is here, and is what it was.", scope=Scope.RUN
)

_SYNC: Final = "/artifact_sync_to_local"
_STATUS: Final = f"{_SYNC}/status"
_PINNED: Final = f"{_SYNC}/checksums_sha256"
_NAMED_AT_MOST: Final = 20
_REQUIRE: Final = "require_list"
_WRITE_ONE: Final = "write it with `sha256sum` where the run's files came from, and bring it home with them"


def _manifest(context: VerifyContext) -> dict[str, Any]:
    """The manifest. Raises Skip when there is none, or none that can be read: SC001 says so."""
    try:
        return context.manifest()
    except DocumentError as error:
        raise Skip(f"{context.run.manifest} cannot be read (SC001)") from error


def _why_no_list(context: VerifyContext) -> str | None:
    """Why there is no list to go by; None where there is one. Raises Skip as ``_manifest``.

    A list that a run has not on record while it still goes on was left by an extraction that was cut short.
    """
    manifest = _manifest(context)
    pinned = text_at(manifest, _PINNED) is not None
    if not context.tree.exists(context.run.checksums):
        return "its checksum list is gone (LA001)" if pinned else "the run has no checksum list"
    status = context.manifest_facts.word
    if not pinned and status is not RunStatus.SYNCED and status not in ENDED:
        return "the run has not ended: its checksum list is not final"
    return None


def _listed(context: VerifyContext) -> dict[str, str]:
    """Name to hash, as the run's list has them. Raises DocumentError for a list that cannot be read."""
    from autolab_core.io.checksums import parse

    path = context.run.checksums
    return dict(parse(context.tree.source(path), path))


def _good_list(context: VerifyContext) -> dict[str, str]:
    """As ``_listed``. Raises Skip where there is no list to go by, and for one that cannot be read."""
    reason = context.once(_why_no_list)
    if reason is not None:
        raise Skip(reason)
    try:
        return context.once(_listed)
    except DocumentError as error:
        raise Skip(f"{context.run.checksums} cannot be read (LA001)") from error


def _sync_status(manifest: dict[str, Any]) -> SyncStatus | None:
    word = value_at(manifest, _STATUS)
    return word_at(manifest, _STATUS, SyncStatus) or (SYNC_SYNONYMS.get(word) if isinstance(word, str) else None)


def _found(context: VerifyContext) -> "RunFiles":
    """What lies in the run's folder."""
    from autolab_core.io.run_files import run_files  # who has no list need not load it

    return run_files(context.tree.absolute(context.run.folder), context.run.folder)


def _limited(findings: Iterable[Finding], folder: str, what: str) -> Iterator[Finding]:
    """*findings*, at most so many; then one that says how many more *what* there are."""
    more, severity = 0, Severity.ERROR
    for count, finding in enumerate(findings):
        if count < _NAMED_AT_MOST:
            yield finding
        else:
            more, severity = more + 1, finding.severity
    if more:
        yield Finding(f"{more} more files {what}", folder, severity=severity)


@VERIFIER.rule("LA001", "the run's checksum list is there and can be read", hint="bring it back; do not edit it")
def list_can_be_read(context: VerifyContext) -> Iterator[Finding]:
    """``artifacts.sha256`` is what ``sha256sum`` writes: nothing about the run's files can be proven without it.

    A name that leads out of the run's folder is refused. A run that has no list and records none is left alone.
    """
    path, reason = context.run.checksums, context.once(_why_no_list)
    if reason is not None:
        if not context.tree.exists(path) and text_at(_manifest(context), _PINNED) is not None:
            yield context.missing(path, "does not exist, but the manifest has its hash")
            return
        raise Skip(reason)
    try:
        context.once(_listed)
    except DocumentError as error:
        yield finding_of(error)


@VERIFIER.rule(
    "LA002", "every listed file is here, and is the listed one", hint="bring the run's own files back, or launch again"
)
def files_are_the_listed_ones(context: VerifyContext) -> Iterator[Finding]:
    """What was a result then has to be the same now, byte for byte. Symbolic links are not files of the run.

    While the manifest does not claim that the files are here (``pending``, ``syncing``, ``failed``), what is not is
    only remarked on.
    """
    _good_list(context)
    differences = context.once(_differences)
    claimed = _sync_status(_manifest(context)) in (SyncStatus.OK, None)
    severity = Severity.ERROR if claimed else Severity.WARNING
    found = (context.missing(path, message, severity=severity) for path, message in differences)
    yield from _limited(found, context.run.checksums, "are not here as listed")


def _differences(context: VerifyContext) -> "tuple[Difference, ...]":
    """The files that are not here as they are listed, by their paths. Raises Skip as ``_good_list``."""
    return _differing(context, _good_list(context))


def _differing(context: VerifyContext, listed: dict[str, str]) -> "tuple[Difference, ...]":
    from autolab_core.io.proof import Difference, differences  # who has no list need not load it

    folder = context.run.folder
    wrong = differences(listed, context.once(_found), lambda name: _sha256(context, f"{folder}/{name}"))
    return tuple(Difference(f"{folder}/{name}", message) for name, message in wrong)


def _sha256(context: VerifyContext, path: str) -> str:
    """The hash of *path*, which was reached without a link. A run may name its files as no author of ours may."""
    if relative_problem(path) is None:
        return context.tree.sha256(path)
    from autolab_core.io.digest import sha256_of

    return sha256_of(os.path.join(context.tree.root, path), path)


@VERIFIER.rule("LA003", "the list is the one that the manifest records", hint="bring the list of the extraction back")
def list_is_the_recorded_one(context: VerifyContext) -> Iterator[Finding]:
    """Who changes a result could change the list with it: the manifest has the list's hash, and what it adds up to.

    A list that the manifest of an ended run does not know is only remarked on: another tool may have written it.
    """
    listed, manifest = _good_list(context), _manifest(context)
    path, recorded = context.run.manifest, text_at(manifest, _PINNED)
    if recorded is None:
        message = "`artifact_sync_to_local.checksums_sha256` is missing: nothing says that the list is the run's"
        yield context.at(path, _PINNED, message, severity=Severity.WARNING)
        return
    if recorded.removeprefix("sha256:").lower() != context.tree.sha256(context.run.checksums):
        yield context.at(path, _PINNED, "is not the sha256 of the run's checksum list")
    lengths = context.once(_found).files
    sums = {"files": len(listed)}
    if all(name in lengths for name in listed):
        sums["bytes"] = sum(lengths[name] for name in listed)
    for key, value in sums.items():
        given = mapping_at(manifest, _SYNC).get(key)
        if given is not None and given != value:
            yield context.at(path, f"{_SYNC}/{key}", f"`{key}` is {show(given)}, but the listed files have {value}")


@VERIFIER.rule("LA004", "the sync status claims no more than the list proves", hint="bring the files home again")
def status_is_proven(context: VerifyContext) -> Iterator[Finding]:
    """``ok`` (or a synonym) means that the run's files are on this machine. The list proves it; a word alone does not.

    A run of another tool has no list: then there is only the word, and the skip says so. With the setting
    ``require_list: true`` a run that is synced or completed must have one.
    """
    manifest = _manifest(context)
    if _sync_status(manifest) is not SyncStatus.OK:
        raise Skip("the sync status does not claim that the files are here")
    if not context.tree.exists(context.run.checksums) and text_at(manifest, _PINNED) is None:
        yield from _without_list(context, manifest)
        return
    wrong, listed = len(context.once(_differences)), _good_list(context)
    if wrong:
        word = show(value_at(manifest, _STATUS))
        message = f"`status` is {word}, but {wrong} of {len(listed)} listed files are not here as listed"
        yield context.at(context.run.manifest, _STATUS, message)


def _without_list(context: VerifyContext, manifest: dict[str, Any]) -> Iterator[Finding]:
    required = context.setting(VERIFIER.name, _REQUIRE)
    if not isinstance(required, bool | None):
        yield context.at_setting(VERIFIER.name, _REQUIRE, f"`{_REQUIRE}` is {show(required)}, not true or false")
    elif required and word_at(manifest, "/status", RunStatus) in (RunStatus.SYNCED, RunStatus.COMPLETED):
        word = show(value_at(manifest, _STATUS))
        message = f"`status` is {word}, but the run has no checksum list, and the policy asks for one"
        yield context.at(context.run.manifest, _STATUS, message, hint=_WRITE_ONE)
    else:
        method = show(value_at(manifest, f"{_SYNC}/method"))
        raise Skip(f"the run has no checksum list: that its files are here (method {method}) is taken on trust")


@VERIFIER.rule("LA005", "nothing lies unlisted beside what is listed", hint="keep later files out of the run's folder")
def nothing_is_unlisted(context: VerifyContext) -> Iterator[Finding]:
    """What came after the results looks like one of them. A list speaks for the folders that it names files in.

    A symbolic link is on no list, because what it leads to may change at any time. Both are only remarked on.
    """
    listed, found = _good_list(context), context.once(_found)
    from autolab_core.io.run_files import settled_files

    covered = {name.rpartition("/")[0] for name in listed}
    late = "is on no list: it came after the results, or in their place"
    said = dict.fromkeys(settled_files(found, context.run), late)
    said |= {name: f"is {what}: nothing proves what it leads to or holds" for name, what in found.others.items()}
    unlisted = (
        context.missing(f"{context.run.folder}/{name}", said[name], severity=Severity.WARNING)
        for name in sorted(said)
        if name not in listed and not covered.isdisjoint(_folders(name))
    )
    yield from _limited(unlisted, context.run.checksums, "are on no list")


def _folders(name: str) -> Iterator[str]:
    """The folders that *name* lies in, up to the run's own, which is the empty name."""
    while name:
        name = name.rpartition("/")[0]
        yield name


@VERIFIER.rule("LA006", "what came from another machine is what it was there", hint="bring the run's files home again")
def files_are_those_of_the_other_machine(context: VerifyContext) -> Iterator[Finding]:
    """``remote.sha256`` is the checksum list that the machine wrote where the run ran; it came home with the files.

    The run's own list is made here, so it could be made anew for files that are not those of the run. The metrics may
    be extracted anew, and are judged by rules of their own.
    """
    path = context.run.far_checksums
    if not context.tree.exists(path):
        raise Skip("the run's files did not come from another machine")
    try:
        listed = context.once(_far_listed)
    except DocumentError as error:
        yield finding_of(error)
        return
    differing = _differing(context, {name: sha256 for name, sha256 in listed.items() if name != _metrics(context)})
    yield from _limited((context.missing(where, what) for where, what in differing), path, "are not as they were there")


def _far_listed(context: VerifyContext) -> dict[str, str]:
    """As ``_listed``, of the list of the machine that the run ran on."""
    from autolab_core.io.checksums import parse

    return dict(parse(context.tree.source(context.run.far_checksums), context.run.far_checksums))


def _metrics(context: VerifyContext) -> str:
    return context.run.metrics.removeprefix(f"{context.run.folder}/")
