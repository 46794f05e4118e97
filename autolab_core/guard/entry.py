"""The words that put a run's command under the guard: written into launch scripts, and known again there. Pure."""

# No `from __future__ import annotations`: see guard/policy.py.

from collections.abc import Sequence
from typing import Final

__all__ = ["guard_words", "without_guard"]

# `-I`: what lies in the current folder or stands in PYTHONPATH must not take the place of what judges.
_ENTRY: Final = ("-I", "-m", "autolab_cli", "guard", "run")
_END: Final = "--"


def guard_words(python: str, root: str, policy: str, run_id: str) -> tuple[str, ...]:
    """What stands before the command of the run *run_id*. *python*, *root* and *policy* are absolute paths."""
    return (python, *_ENTRY, "--root", root, "--policy", policy, "--run-id", run_id, _END)


def without_guard(words: Sequence[str]) -> Sequence[str]:
    """The command in *words*: what follows the guard's own, or all of it where there are none."""
    if tuple(words[1 : 1 + len(_ENTRY)]) != _ENTRY or _END not in words:
        return words
    return words[list(words).index(_END) + 1 :]
