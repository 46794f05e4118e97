"""What to do about an end that was no success: one answer for each of Slurm's words, and for exit codes. Pure.

Exit codes of a shell are those of POSIX (Shell Command Language, 2.8.2): 126 and 127 are the shell's own, a number
above 128 is 128 and the signal that ended the command.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from autolab_core.advice.memory import advise_memory
from autolab_core.advice.time import advise_time
from autolab_core.models.job import JobObservation
from autolab_core.models.manifest import ResourceRequest
from autolab_core.vocab.jobs import JobState

__all__ = ["advise", "explain_exit"]

_READ: Final = "read logs/stderr.log of the run"

_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "PREEMPTED": "another job took its place, nothing is wrong with the run: launch again, or ask for a partition "
        "or qos that is not preempted",
        "NODE_FAIL": "a node failed, not the run: launch again; if it happens on the same node again, tell the "
        "cluster's administrators",
        "BOOT_FAIL": "its nodes could not be started, nothing of the run began: launch again, and tell the cluster's "
        "administrators if it happens again",
        "DEADLINE": "it could not have ended before the deadline that it was given: launch again with a later one, or "
        "with a shorter compute.walltime_estimate",
        "REVOKED": "another cluster of the federation runs it: look there before anything is launched again",
    }
)
# Of ours: what the scripts that `autolab launch` writes end with before the command is reached.
_OUR_CODES: Final[Mapping[int, str]] = MappingProxyType(
    {
        70: "the activation block of docs/environment.md ended the script before its command: mend it there",
        73: "the run's logs folder cannot be written from the node: check who owns it and whether the node has it",
        75: "the run had been started before, and a run starts once: `autolab launch` makes a new one",
    }
)
_SIGNALS: Final[Mapping[int, str]] = MappingProxyType(
    {
        signal.SIGHUP: "its terminal or its session was closed",
        signal.SIGINT: "it was interrupted",
        signal.SIGILL: "it holds an instruction that the node's processor does not have: build it for that node",
        signal.SIGABRT: "it gave up by itself: an assertion, or an exception that nobody caught",
        signal.SIGBUS: "it reached for memory or a mapped file that is not there: a full disk or a cut-off file, often",
        signal.SIGFPE: "an arithmetic error that the processor refuses: a whole number divided by zero, often",
        signal.SIGKILL: "the kernel's out-of-memory killer does that, and so does an administrator: compare its memory "
        "with what it asked for",
        signal.SIGSEGV: "it reached for memory that is not its own: a fault in compiled code, or too small a stack",
        signal.SIGPIPE: "whoever read its output was gone",
        signal.SIGTERM: "it was told to stop, by a time limit, a cancellation or a shutdown",
        signal.SIGXCPU: "it used more CPU time than its limit allows: see ulimit -t on the node",
        signal.SIGXFSZ: "it wrote a file longer than its limit allows: see ulimit -f on the node",
    }
)
# Slurm's own numbers where a signal would stand ("0:53"), which no system has.
_NEVER_BEGAN: Final = 53
_OUT_OF_MEMORY: Final = 125
_SHELL: Final = 128
_SIGNALS_END: Final = 65


def advise(observation: JobObservation, request: ResourceRequest | None = None) -> str:
    """What to do about the end that *observation* tells of; *request* is what had been asked for, where that is known.

    The arithmetic is in the words: what was measured, what it was multiplied with, what to write where.
    """
    usage = observation.usage
    native = (observation.native_state or observation.state.value).upper()
    if observation.state is JobState.TIMEOUT:
        asked = request.walltime.seconds if request and request.walltime else None
        limit = usage.limit if usage and usage.limit is not None else asked
        return advise_time(usage.elapsed if usage else None, limit)
    if native == "OUT_OF_MEMORY" or observation.signal == _OUT_OF_MEMORY:
        given = usage.memory if usage and usage.memory is not None else None
        asked_memory = request.memory.bytes if request and request.memory else None
        return advise_memory(usage.max_rss if usage else None, given if given is not None else asked_memory)
    if observation.state is JobState.CANCELLED:
        return "launch again when it may run"
    if native in _WORDS:
        return _WORDS[native]
    explained = explain_exit(observation.exit_code, observation.signal)
    return f"{explained}; {_READ}" if explained else _READ


def explain_exit(code: int | None, killed_by: int | None = None) -> str:
    """What an exit code (0 to 255) or the number of a signal says about the cause; empty when it says nothing."""
    if killed_by == _NEVER_BEGAN and not code:
        return "its script never ran: its output files could not be opened, or its folder is not there on the node"
    if killed_by:
        return f"its script was ended by {_name(killed_by)}{_reason(killed_by)}"
    if code is None or code == 0:
        return ""
    if code in _OUR_CODES:
        return f"exit code {code}: {_OUR_CODES[code]}"
    if code == 126:
        return "exit code 126: the command was found, and cannot be run: it is not executable, or has no interpreter"
    if code == 127:
        return (
            "exit code 127: the command was not found: is it in PATH after the activation block of docs/environment.md?"
        )
    if _SHELL < code < _SHELL + _SIGNALS_END:
        number = code - _SHELL
        return f"exit code {code} = 128 + {number}: its command was ended by {_name(number)}{_reason(number)}"
    return ""


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _reason(number: int) -> str:
    return f": {_SIGNALS[number]}" if number in _SIGNALS else ""
