"""``autolab experiment run`` and ``autolab experiment phase``."""

from __future__ import annotations

import argparse
import os
from typing import Any

from autolab_cli.commands.experiment.opened import echo_of, guarded, say
from autolab_cli.printing import print_json
from autolab_core.experiment.executing import Stopped, carry_out, phase_of_commands
from autolab_core.experiment.reading import Reader
from autolab_core.experiment.recorder import Recorder
from autolab_core.experiment.runner import Ended, Task, run_task
from autolab_core.experiment.tables import Table
from autolab_core.models.experiment.rows import arm_of
from autolab_core.vocab.errors import AbortTriggered, ExperimentRefused, UsageError
from autolab_core.vocab.experiment import ExperimentEnd, Phase, PhaseEnd, SanityCheck

__all__ = ["phase", "run"]


def run(options: argparse.Namespace) -> int:
    """Carry out the spec's protocol; 1 when it was aborted, refused or the baseline did not reproduce."""
    with guarded(options) as recorder:
        if recorder.state.end is not None:
            recorder.finish()
            return _tell(recorder, None, options)
        try:
            stopped = carry_out(recorder, echo=echo_of(options), say=say, justify=options.justify)
        except AbortTriggered as error:
            say(str(error))
            stopped = None
        return _tell(recorder, stopped, options)


def _tell(recorder: Recorder, stopped: Stopped | None, options: argparse.Namespace) -> int:
    state, paths = recorder.state, recorder.paths
    ended = state.ended or {}
    if options.json:
        document: dict[str, Any] = {
            "experiment": recorder.spec.id,
            "end": None if state.end is None else str(state.end),
            "reason": ended.get("reason") if stopped is None else stopped.why,
            "stopped": None if stopped is None else {"phase": str(stopped.phase), "end": str(stopped.end)},
            "metrics": paths.metrics if state.end is not None else None,
            "config": paths.config if state.end is not None else None,
            "journal": paths.journal,
        }
        print_json(document)
    elif stopped is not None:
        print(f"{recorder.spec.id}: stopped in the phase {stopped.phase} ({stopped.end}): {stopped.why}")
    else:
        reason = f": {ended['reason']}" if ended.get("reason") else ""
        print(f"{recorder.spec.id}: {state.end}{reason}; {paths.metrics}")
    return 0 if stopped is None and state.end is ExperimentEnd.FINISHED else 1


def phase(options: argparse.Namespace) -> int:
    """Do one phase, or a part of one; the command's own exit code where it failed."""
    command = tuple(options.argv)
    wanted = Phase(options.phase)
    if command and not command[0]:
        raise UsageError("the command behind `--` has no name")
    if wanted is Phase.SANITY and bool(command) is not bool(options.check):
        raise UsageError("a sanity check is named and has a command: --check import -- COMMAND")
    if wanted is not Phase.SANITY and options.check:
        raise UsageError("--check is for the sanity phase")
    with guarded(options) as recorder:
        if wanted is not Phase.SANITY:
            _sanity_first(recorder, options)
        if options.justify is not None:
            recorder.justify(options.justify)
        if not recorder.start(wanted):
            say(f"{wanted} is finished already")
            return 0
        if not command and options.csv is None:
            stopped = phase_of_commands(recorder, wanted, echo=echo_of(options), say=say)
            return _said(recorder, wanted, stopped, options)
        try:
            return _part(recorder, wanted, command, options)
        except KeyboardInterrupt:
            recorder.end(PhaseEnd.INTERRUPTED)
            raise


def _sanity_first(recorder: Recorder, options: argparse.Namespace) -> None:
    """Make the spec's own sanity checks where they were not made yet."""
    if recorder.state.finished(Phase.SANITY) or not recorder.spec.protocol.sanity or recorder.state.end is not None:
        return
    recorder.start(Phase.SANITY)
    stopped = phase_of_commands(recorder, Phase.SANITY, echo=echo_of(options), say=say)
    if stopped is not None:
        raise ExperimentRefused(f"the sanity phase: {stopped.why}")


def _part(recorder: Recorder, wanted: Phase, command: tuple[str, ...], options: argparse.Namespace) -> int:
    """The caller's own command, or a table that its commands left; the phase ends with it unless it is to stay open."""
    ended = Ended(0)
    check = None if options.check is None else SanityCheck(options.check)
    if command:
        task = Task(command, wanted, arm_of(wanted), options.seed, check=check, csv=options.csv)
        ended = run_task(recorder, task, echo=echo_of(options))
    elif options.csv is not None:
        reader = Reader(recorder, arm_of(wanted), options.seed, say)
        table = Table(os.path.realpath(recorder.root), options.csv, fresh=True)
        reader.take(table.new_items([each.name for each in recorder.spec.metrics]))
        ended = Ended(0, tuple(reader.faults))
    if not ended.well:
        for line in ended.changes:
            say(f"the guard found a change: {line}")
        why = ended.faults[0] if ended.faults else f"the command ended with {ended.exit_code}"
        end = recorder.end(PhaseEnd.BROKEN)
        _said(recorder, wanted, Stopped(wanted, end, why), options)
        return ended.exit_code or 1
    checks_left = wanted is Phase.SANITY and not all(recorder.state.passed(each) for each in SanityCheck)
    if options.unfinished or checks_left:
        recorder.leave()
        return _said(recorder, wanted, None, options)
    try:
        end = recorder.end(PhaseEnd.FINISHED)
    except AbortTriggered:
        raise
    except ExperimentRefused:
        recorder.leave()
        raise
    return _said(recorder, wanted, None if end is PhaseEnd.FINISHED else Stopped(wanted, end, str(end)), options)


def _said(recorder: Recorder, wanted: Phase, stopped: Stopped | None, options: argparse.Namespace) -> int:
    """Where the phase stands after this call."""
    last = recorder.state.of(wanted)[-1]
    missing = recorder.missing(wanted) if last.goes_on else ()
    if options.json:
        document: dict[str, Any] = {
            "experiment": recorder.spec.id,
            "phase": str(wanted),
            "attempt": last.number,
            "end": None if last.end is None else str(last.end),
            "missing": list(missing),
            "why": None if stopped is None else stopped.why,
        }
        print_json(document)
    else:
        what = f"open, {len(missing)} missing" if last.goes_on else str(last.end)
        say(f"{wanted}: {what}{f': {stopped.why}' if stopped is not None else ''}")
    return 0 if stopped is None else 1
