"""One command of the fake Slurm, from its words to its end."""

from __future__ import annotations

import os
import signal
import sys
import time

from .faults import STOPPING, Outcome, failed_outcome
from .world import World

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ["PROGRAMS", "answer", "main"]

PROGRAMS = ("sbatch", "squeue", "sacct", "scontrol", "scancel", "sinfo")


def answer(folder: str, program: str, words: list[str], *, stdin: str, cwd: str, environ: Mapping[str, str]) -> Outcome:
    """What *program* would print and how it would end; its effect on the cluster in *folder* is done."""
    with World(folder) as world:
        world.journal(program, words)
        # To be asked for its version, a program needs a configuration and nothing else.
        version = words in (["-V"], ["--version"])
        fault = world.fault(program, frozenset({"not_configured"}) if version else None)
        if fault is not None and fault["kind"] in STOPPING:
            return failed_outcome(fault["kind"], program, words, float(fault.get("seconds", 0)))
        if version:
            return Outcome("slurm-wlm 22.05.8\n")
        outcome = _asked(world, program, words, fault, stdin, cwd)
        if world.settings["execute"]:
            from .run_job import start_waiting

            start_waiting(world, environ)
    return outcome


def _asked(world: World, program: str, words: list[str], fault: dict[str, Any] | None, stdin: str, cwd: str) -> Outcome:
    # One command needs one of these, and each import costs it a millisecond.
    if program == "sbatch":
        from .sbatch import sbatch

        return sbatch(world, words, stdin, cwd, fault)
    if program == "squeue":
        from .squeue import squeue as asked
    elif program == "sacct":
        from .sacct import sacct as asked
    elif program == "scontrol":
        from .scontrol import scontrol as asked
    elif program == "scancel":
        from .scancel import scancel as asked
    else:
        from .sinfo import sinfo as asked
    return asked(world, words, fault)


def main(folder: str, program: str, words: list[str]) -> None:
    """Be *program*: print, and end as it would, which may be never."""
    takes_script = program == "sbatch" and not any(os.path.isfile(word) for word in words)
    stdin = "" if not takes_script or sys.stdin is None or sys.stdin.isatty() else sys.stdin.read()
    outcome = answer(folder, program, words, stdin=stdin, cwd=os.getcwd(), environ=os.environ)
    if outcome.seconds:
        time.sleep(outcome.seconds)
    for stream, text in ((sys.stdout, outcome.stdout), (sys.stderr, outcome.stderr)):
        stream.buffer.write(text.encode("utf-8", "surrogateescape"))
        stream.flush()
    while outcome.code is None:
        time.sleep(3600)
    if outcome.code < 0:
        os.kill(os.getpid(), signal.Signals(-outcome.code))
    sys.exit(outcome.code)
