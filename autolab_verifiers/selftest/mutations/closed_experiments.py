"""Mutations for each rule of ``closed_experiments``. They start from a sample that git keeps, with a closed experiment.

The closed experiment is another one than the sample's own, so that no other rule has a say in it.
"""

from __future__ import annotations

from typing import Final

from autolab_core.git.record import Recorder
from autolab_core.io.layout import BACKLOG, POLICY, iteration_candidates
from autolab_verifiers.selftest.mutation import Mutation
from autolab_verifiers.selftest.repository import Repository
from autolab_verifiers.selftest.sample import BACKLOG_TEXT, POLICY_TEXT

__all__ = ["TABLE"]

_DIRECTLY, _PLANNED, _, _DONE = iteration_candidates("iter_closed")
_NOTES: Final = f"{_DONE}/notes.md"
_DATA: Final = f"{_DONE}/data/table.csv"
_CLOSED: Final = "  - {id: e_closed, hypothesis_id: h_golden, status: done, type: done, iteration_id: iter_closed}\n"
_OPEN: Final = _CLOSED.replace("status: done", "status: open")
_OF_CHANGES: Final = "settings: {closed_experiments: {base: sample}}\n"


def _close(r: Repository) -> Repository:
    """Put the sample and a closed experiment on record; the branch ``sample`` is what changes count from."""
    r.write(BACKLOG, BACKLOG_TEXT + _CLOSED).write(_NOTES, "It did not help.\n").write(_DATA, "seed,value\n0,1\n")
    r.write(POLICY, POLICY_TEXT + _OF_CHANGES)
    Recorder.at(str(r.root)).commit("the experiment is closed")
    return _branch(r)


def _branch(r: Repository) -> Repository:
    Recorder.at(str(r.root)).branch("sample")
    return r


def _commit(r: Repository) -> Repository:
    Recorder.at(str(r.root)).commit("later")
    return r


def _change(r: Repository) -> Repository:
    return r.write(_NOTES, "It did help.\n")


def _opened(r: Repository) -> Repository:
    """Re-open, change and close again, each in a commit of its own: nothing objects to that."""
    r.write(BACKLOG, BACKLOG_TEXT + _OPEN)
    _change(_commit(r))
    return _commit(_commit(r).write(BACKLOG, BACKLOG_TEXT + _CLOSED))


def _open(r: Repository) -> Repository:
    """A sample on record in which the experiment is not closed yet."""
    r.write(BACKLOG, BACKLOG_TEXT + _OPEN).write(_NOTES, "It may help.\n").write(POLICY, POLICY_TEXT + _OF_CHANGES)
    return _branch(_commit(r))


def _again(r: Repository) -> Repository:
    return r.write(_NOTES, "It helped a lot.\n")


def _moved(r: Repository) -> Repository:
    """The same files in the folder for what is planned: no change in itself."""
    (r.root / _DONE).rename(r.root / _PLANNED)
    return r


TABLE: Final[tuple[Mutation, ...]] = (
    Mutation("CE001", "file_was_changed", _change, prepare=_close),
    Mutation("CE001", "change_is_committed", lambda r: _commit(_change(r)), prepare=_close),
    Mutation("CE001", "file_was_added", lambda r: r.write(f"{_DONE}/more.md", "more\n"), prepare=_close),
    Mutation("CE001", "file_is_gone", lambda r: r.remove(_DATA), prepare=_close),
    Mutation("CE001", "folder_is_gone", lambda r: r.remove(_DONE), prepare=_close),
    Mutation("CE001", "file_can_be_run", lambda r: (r.root / _NOTES).chmod(0o755), prepare=_close),
    Mutation("CE001", "second_folder", lambda r: r.write(f"{_DIRECTLY}/notes.md", "else\n"), prepare=_close),
    Mutation(
        "CE001",
        "changed_where_it_was_moved_to",
        lambda r: r.write(f"{_PLANNED}/notes.md", "else\n"),
        prepare=lambda r: _moved(_close(r)),
    ),
    Mutation("CE001", "changed_after_it_was_closed_again", _again, prepare=lambda r: _opened(_close(r))),
    Mutation(
        "CE001",
        "changed_since_it_was_closed",
        _again,
        prepare=lambda r: _commit(_open(r).write(BACKLOG, BACKLOG_TEXT + _CLOSED)),
    ),
    Mutation(
        "CE001",
        "only_what_is_not_committed_is_seen",
        lambda r: r.write(POLICY, POLICY_TEXT),
        prepare=_close,
        mild=True,
    ),
    Mutation(
        "CE001",
        "base_is_not_there",
        lambda r: r.replace(POLICY, "sample", "gone"),
        frozenset({"CE002", "CE003"}),
        prepare=_close,
    ),
    Mutation("CE002", "entry_is_gone", lambda r: r.write(BACKLOG, BACKLOG_TEXT), prepare=_close),
    Mutation("CE002", "entry_was_renamed", lambda r: r.replace(BACKLOG, "id: e_closed", "id: e_2"), prepare=_close),
    Mutation("CE002", "loss_is_committed", lambda r: _commit(r.write(BACKLOG, BACKLOG_TEXT)), prepare=_close),
    Mutation(
        "CE003",
        "entry_names_another_iteration",
        lambda r: r.replace(BACKLOG, "iteration_id: iter_closed", "iteration_id: iter_other"),
        prepare=_close,
    ),
    Mutation(
        "CE003",
        "entry_lost_its_iteration",
        lambda r: r.replace(BACKLOG, ", iteration_id: iter_closed", ""),
        prepare=_close,
    ),
)
