"""What an experiment wrote in words, piece by piece: notes, files below its results, logs and commit messages."""

# No `from __future__ import annotations`: see contract/findings.py.

import os
from collections.abc import Iterator
from typing import Final, NamedTuple

from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.experiment import JournalEvent
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.experiment.facts import ExperimentFacts
from autolab_verifiers.contract.experiment.interpretation import Judged, judged_sentences
from autolab_verifiers.contract.values import text_at

__all__ = ["Unread", "Written", "in_files", "in_journal", "in_messages", "in_metrics"]

_READ_AT_MOST: Final = 256 * 1024
_ALL_AT_MOST: Final = 4 * 1024 * 1024
_FILES_AT_MOST: Final = 2000
_NAMED_AT_MOST: Final = 20
_IN_WORDS: Final = ("/notes", "/abort_reason")


class Written(NamedTuple):
    """Words that judge, and where they stand: a line of a file, or the value at a pointer in it."""

    judged: Judged
    path: str
    line: int | None = None
    pointer: str | None = None
    where: str = ""

    @property
    def message(self) -> str:
        return f"{self.where}{self.judged.words!r} is {self.judged.kind}: results are stated here, not judged"


class Unread(NamedTuple):
    """What was too much to be read."""

    path: str
    message: str


def in_metrics(facts: ExperimentFacts) -> Iterator[Written | Unread]:
    """Of the notes and the reason of an abort."""
    for pointer in _IN_WORDS:
        text = text_at(facts.metrics, pointer)
        for judged in _first(judged_sentences(text[:_READ_AT_MOST])) if text else ():
            yield Written(judged, facts.paths.metrics, pointer=pointer)
        if text is not None and len(text) > _READ_AT_MOST:
            yield Unread(facts.paths.metrics, f"`{pointer[1:]}` has {len(text)} characters: the rest was not read")


def in_journal(facts: ExperimentFacts) -> Iterator[Written]:
    """Of notes, of what was said to go on with a spent budget, and of why a criterion was waived."""
    for line, entry in facts.events(JournalEvent.NOTE, JournalEvent.JUSTIFIED, JournalEvent.WAIVED):
        text = text_at(entry, "/reason" if entry["event"] == JournalEvent.WAIVED else "/text")
        for judged in _first(judged_sentences(text[:_READ_AT_MOST])) if text else ():
            yield Written(judged, facts.paths.journal, line=line)


def in_files(context: VerifyContext, facts: ExperimentFacts, folder: str) -> Iterator[Written | Unread]:
    """Of every text file below *folder* but for the metrics. Of a long one the beginning is read."""
    own, left = (facts.paths.metrics, facts.paths.config), _ALL_AT_MOST
    for count, path in enumerate(_files(context.tree, folder)):
        if count >= _FILES_AT_MOST or left <= 0:
            yield Unread(
                folder, f"more than {_FILES_AT_MOST} files or {_ALL_AT_MOST} bytes of text: the rest was not read"
            )
            return
        if path not in own:
            text = _text(context.tree, path)
            left -= len(text)
            for judged in _first(judged_sentences(text)):
                yield Written(judged, path, line=judged.line)


def in_messages(context: VerifyContext, facts: ExperimentFacts) -> Iterator[Written]:
    """Of the commits that were made while the experiment went on."""
    from autolab_verifiers.contract.experiment.history import messages

    for sha, message in messages(context, facts):
        for judged in _first(judged_sentences(message)):
            yield Written(judged, facts.paths.spec, where=f"the message of commit {sha[:12]}: ")


def _first(found: Iterator[Judged]) -> Iterator[Judged]:
    for index, judged in enumerate(found):
        if index < _NAMED_AT_MOST:
            yield judged


def _files(tree: Tree, folder: str) -> Iterator[str]:
    """The files below *folder*, links left out. What cannot be listed is not there."""
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            names = [name for name in tree.names(here) if not name.startswith(".")]
        except DocumentError:
            continue
        for name in names:
            path = f"{here}/{name}"
            if os.path.islink(f"{tree.root}/{path}"):
                continue
            if tree.is_folder(path):
                waiting.append(path)
            else:
                yield path


def _text(tree: Tree, path: str) -> str:
    """The beginning of the file *path*; nothing where it is no text."""
    try:
        with open(tree.absolute(path), "rb", opener=_opener) as file:
            source = file.read(_READ_AT_MOST)
    except (OSError, DocumentError):
        return ""
    return "" if b"\0" in source else source.decode("utf-8", "replace")


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)  # a FIFO must not keep us waiting
