"""Slurm's words for a job: every state and flag of Slurm 20 to 25, in every form in which a command writes them. Pure.

The names and short codes are those of "JOB STATE CODES" in squeue(1) and of ``enum job_states`` and the ``JOB_*`` flags
in ``slurm.h``. ``docs/status.md`` is made from this table by ``scripts/generate_status_page.py``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState

__all__ = ["TABLE", "Kind", "SlurmState", "Word", "read_state"]


class Kind(StrEnum):
    """What a word says: a job has one state, and any number of flags beside it.

    A ``strong`` flag decides alone, also beside a state that looks like an end. A ``weak`` one decides only while the
    state beside it is none that ends a job. A ``remark`` decides only where nothing else is said.
    """

    STATE = "state"
    STRONG = "strong flag"
    WEAK = "weak flag"
    REMARK = "remark"


class Word(NamedTuple):
    """One word of Slurm's. ``since`` is a version, empty where all of 20 to 25 have it."""

    name: str
    code: str
    kind: Kind
    means: JobState
    sentence: str
    since: str = ""


# In this order a flag wins over the ones below it, as in Slurm's own ``job_state_string``.
TABLE: Final[tuple[Word, ...]] = (
    Word("PENDING", "PD", Kind.STATE, JobState.PENDING, "It waits; the reason beside it says for what."),
    Word("RUNNING", "R", Kind.STATE, JobState.RUNNING, "It has its nodes and runs."),
    Word(
        "SUSPENDED", "S", Kind.STATE, JobState.RUNNING, "It is stopped and has given its cores to others; it goes on."
    ),
    Word("COMPLETED", "CD", Kind.STATE, JobState.COMPLETED, "Its script ended with 0. A step of it may have failed."),
    Word("CANCELLED", "CA", Kind.STATE, JobState.CANCELLED, "A person, or Slurm itself, cancelled it."),
    Word("FAILED", "F", Kind.STATE, JobState.FAILED, "Its script ended with another code than 0, or by a signal."),
    Word("TIMEOUT", "TO", Kind.STATE, JobState.TIMEOUT, "It was ended at its time limit."),
    Word("NODE_FAIL", "NF", Kind.STATE, JobState.FAILED, "A node of it failed."),
    Word("PREEMPTED", "PR", Kind.STATE, JobState.FAILED, "Another job took its place."),
    Word("BOOT_FAIL", "BF", Kind.STATE, JobState.FAILED, "Its nodes could not be booted."),
    Word("DEADLINE", "DL", Kind.STATE, JobState.FAILED, "It could not have ended before its deadline."),
    Word("OUT_OF_MEMORY", "OOM", Kind.STATE, JobState.FAILED, "It needed more memory than it had asked for."),
    Word("COMPLETING", "CG", Kind.STRONG, JobState.RUNNING, "It ends: some node is still cleaning up."),
    Word("STAGE_OUT", "SO", Kind.STRONG, JobState.RUNNING, "Its burst buffer is being copied out."),
    Word(
        "CONFIGURING", "CF", Kind.WEAK, JobState.PENDING, "Its nodes are chosen and are made ready; nothing runs yet."
    ),
    Word("RESIZING", "RS", Kind.WEAK, JobState.RUNNING, "Its size is about to change."),
    Word(
        "REQUEUED", "RQ", Kind.STRONG, JobState.PENDING, "It goes back to the queue. In `sacct -D`: an earlier attempt."
    ),
    Word("REQUEUE_FED", "RF", Kind.STRONG, JobState.PENDING, "A federation puts it back into the queue."),
    Word("REQUEUE_HOLD", "RH", Kind.STRONG, JobState.PENDING, "It was put back and is held until it is released."),
    Word("SPECIAL_EXIT", "SE", Kind.STRONG, JobState.PENDING, "It was put back and held because of its exit code."),
    Word("STOPPED", "ST", Kind.WEAK, JobState.RUNNING, "It was sent SIGSTOP and keeps its cores."),
    Word("REVOKED", "RV", Kind.STRONG, JobState.UNKNOWN, "Another cluster of the federation runs it: ask that one."),
    Word("RESV_DEL_HOLD", "RD", Kind.WEAK, JobState.PENDING, "It is held because its reservation was deleted."),
    Word("SIGNALING", "SI", Kind.WEAK, JobState.RUNNING, "A signal is on its way to it."),
    Word(
        "EXPEDITING",
        "",
        Kind.STRONG,
        JobState.PENDING,
        "It is being looked at for a requeue at once; it may start again.",
        since="25.11",
    ),
    Word("POWER_UP_NODE", "", Kind.REMARK, JobState.PENDING, "Its nodes were powered down and are starting."),
    Word("LAUNCH_FAILED", "", Kind.REMARK, JobState.PENDING, "It could not be launched and is put back."),
    Word("RECONFIG_FAIL", "", Kind.REMARK, JobState.PENDING, "Its nodes could not be set up and it is put back."),
    Word("GETENV_FAILED", "", Kind.REMARK, JobState.PENDING, "The user's environment could not be loaded."),
    Word("UPDATE_DB", "", Kind.REMARK, JobState.UNKNOWN, "Accounting is to be told again."),
)

_BY_NAME: Final = {word.name: word for word in TABLE}
_BY_CODE: Final = {word.code: word for word in TABLE if word.code}
# Written by some commands and versions for the words above (``COMPLETE`` is the name in slurm.h).
_ALSO: Final = {"COMPLETE": "COMPLETED", "CANCELED": "CANCELLED"}
_BY: Final = re.compile(r"\bBY\s+(\S+)\s*$", re.IGNORECASE)
_DECORATION: Final = "*~#!%$@^-"
_BETWEEN: Final = re.compile(r"[\s,|;\[\]\"'()]+")


class SlurmState(NamedTuple):
    """A state as Slurm wrote it: ``base`` its state, ``flags`` in the table's order, ``by`` who cancelled (a user id).

    ``text`` is what was read, ``strange`` the words in it that nobody knows. ``base`` is empty where only a flag is.
    """

    text: str
    base: str = ""
    flags: tuple[str, ...] = ()
    by: str = ""
    strange: tuple[str, ...] = ()

    @property
    def means(self) -> JobState:
        """The conclusion. What is not understood never ends a job: it is ``unknown``."""
        base = _BY_NAME[self.base].means if self.base else None
        over = base in ENDED_JOB_STATES
        if self.strange and (over or base is None):
            return JobState.UNKNOWN
        flags = [_BY_NAME[name] for name in self.flags]
        for kind in (Kind.STRONG, Kind.WEAK):
            for flag in flags:
                if flag.kind is kind and (kind is Kind.STRONG or not over):
                    return flag.means
        if base is not None:
            return base
        return flags[0].means if flags else JobState.UNKNOWN

    @property
    def native(self) -> str:
        """The one word to show: the flag that decided, else the state, else the text."""
        deciding = [name for name in self.flags if _BY_NAME[name].kind is Kind.STRONG]
        return (*deciding, *filter(None, (self.base,)), *self.flags, self.text)[0]


def read_state(said: str | Sequence[str]) -> SlurmState:
    """Read what a command wrote in a column or field of states. Never raises.

    Understood are long names and short codes in either case, ``CANCELLED by 1000``, names that were cut to a column
    (``OUT_OF_ME+``), decorated ones (``COMPLETED*``), several in one text (``RUNNING,COMPLETING``, ``["RUNNING"]``,
    ``RUNNING|SIGNALING``) and lists of them. Two different states in one answer contradict each other: both are
    ``strange``.
    """
    text = said if isinstance(said, str) else ",".join(said)
    rest, by = text.strip(" \t\n[]\"'"), ""
    match = _BY.search(rest)
    if match is not None:
        rest, by = rest[: match.start()], match.group(1)
    bases: list[str] = []
    flags: set[str] = set()
    strange: list[str] = []
    for token in filter(None, _BETWEEN.split(rest)):
        word = _find(token.upper())
        if word is None:
            strange.append(token)
        elif word.kind is Kind.STATE:
            bases.append(word.name)
        else:
            flags.add(word.name)
    if len(set(bases)) > 1:
        strange += bases
        bases = []
    ordered = tuple(word.name for word in TABLE if word.name in flags)
    return SlurmState(text, bases[0] if bases else "", ordered, by, tuple(strange))


def _find(token: str) -> Word | None:
    """The word that *token* (upper case) stands for; None for none, or for a beginning that several words share."""
    bare = token.rstrip(_DECORATION)
    cut = bare.endswith("+")
    bare = bare.rstrip("+")
    found = _BY_NAME.get(_ALSO.get(bare, bare))
    if found is not None:
        return found
    if not cut:
        return _BY_CODE.get(bare)
    begun = [word for word in TABLE if word.name.startswith(bare)] if len(bare) > 2 else []
    return begun[0] if len(begun) == 1 else None
