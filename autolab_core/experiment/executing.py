"""Carrying out the protocol of a spec: the commands that it names, phase by phase, and the results at the end."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator

import attrs

from autolab_core.experiment.order import deviations, phases_of
from autolab_core.experiment.recorder import Recorder
from autolab_core.experiment.runner import Echo, Ended, Task, run_task
from autolab_core.io.documents import parse_yaml, read_source
from autolab_core.models.experiment.commands import commands_of, fill, fill_path, passed, wants_seed
from autolab_core.models.experiment.rows import arm_of
from autolab_core.models.experiment.spec import Spec
from autolab_core.vocab.errors import AbortTriggered, DocumentError, ExperimentRefused, UsageError
from autolab_core.vocab.experiment import Phase, PhaseEnd, SanityCheck

__all__ = ["FILE", "PASSED", "Stopped", "carry_out", "configuration_from", "phase_of_commands"]

# Where a configuration came from: the words of the command, or a file that the command left.
PASSED = "passed"
FILE = "file"


@attrs.frozen
class Stopped:
    """The phase in which the protocol came to a halt, how that ended, and why in one line."""

    phase: Phase
    end: PhaseEnd
    why: str


def carry_out(
    recorder: Recorder, *, echo: Echo, say: Callable[[str], None], justify: str | None = None
) -> Stopped | None:
    """Do every phase that is not done yet, then finish; None when the experiment has its results.

    *say* is told what begins. *justify* is put on record before a phase that a spent budget would keep from starting.
    Raises UsageError for a phase without commands, AbortTriggered, ExperimentRefused, StoreError; KeyboardInterrupt
    after the phase was ended as interrupted.
    """
    spec = recorder.spec
    for phase in phases_of(spec):
        if recorder.state.finished(phase):
            continue
        _require_commands(spec, phase)
        if justify is not None:
            recorder.justify(justify)
        if not recorder.start(phase):
            continue
        stopped = phase_of_commands(recorder, phase, echo=echo, say=say)
        if stopped is not None:
            return stopped
    recorder.finish()
    return None


def phase_of_commands(recorder: Recorder, phase: Phase, *, echo: Echo, say: Callable[[str], None]) -> Stopped | None:
    """Run the spec's commands of *phase*, which has begun, and end it; None when it is finished."""
    try:
        why = _checks(recorder, echo, say) if phase is Phase.SANITY else _numbers(recorder, phase, echo, say)
        if why is None:
            end = recorder.end(PhaseEnd.FINISHED)
            return None if end is PhaseEnd.FINISHED else Stopped(phase, end, _not_reproduced(recorder))
    except KeyboardInterrupt:
        recorder.end(PhaseEnd.INTERRUPTED)
        raise
    except AbortTriggered:
        raise
    except ExperimentRefused as error:
        why = str(error)
    recorder.end(PhaseEnd.BROKEN)
    return Stopped(phase, PhaseEnd.BROKEN, why)


def _require_commands(spec: Spec, phase: Phase) -> None:
    if phase is Phase.SANITY:
        lacking = [str(each) for each in SanityCheck if each not in spec.protocol.sanity]
    else:
        lacking = [] if commands_of(spec, phase) else [str(phase)]
    if lacking:
        raise UsageError(
            f"{spec.path}: its protocol names no command for {', '.join(lacking)}; name it there before it is sealed, "
            f"or run it with `autolab experiment phase {phase} -- COMMAND`"
        )


def _checks(recorder: Recorder, echo: Echo, say: Callable[[str], None]) -> str | None:
    """Make the sanity checks that did not pass yet; why one did not, or None."""
    spec = recorder.spec
    for check in SanityCheck:
        if recorder.state.passed(check):
            continue
        words = fill(spec.protocol.sanity[check], spec, None, spec.seeds[0] if spec.seeds else None)
        say(f"sanity {check}: {shlex.join(words)}")
        why = _why_not(run_task(recorder, Task(words, Phase.SANITY, check=check), echo=echo), words)
        if why is not None:
            return f"{check}: {why}"
    return None


def _numbers(recorder: Recorder, phase: Phase, echo: Echo, say: Callable[[str], None]) -> str | None:
    """Run the commands that make the numbers of *phase*; why one is not well, or None."""
    spec, arm = recorder.spec, arm_of(phase)
    assert arm is not None
    commands = commands_of(spec, phase)
    told = passed(commands, spec, arm)
    if told:
        recorder.configuration(arm, told, PASSED)
    for task in _tasks(recorder, phase, commands):
        say(f"{phase}{'' if task.seed is None else f' seed {task.seed}'}: {shlex.join(task.words)}")
        why = _why_not(run_task(recorder, task, echo=echo), task.words)
        if why is not None:
            return why
    path = spec.protocol.config.get(arm)
    if path is not None:
        first = spec.seeds[0] if spec.seeds else None
        recorder.configuration(arm, configuration_from(recorder, fill_path(path, spec, arm, first)), FILE)
    return None


def _tasks(recorder: Recorder, phase: Phase, commands: tuple[str, ...]) -> Iterator[Task]:
    """The commands in their order, those with a seed once for each seed whose row is not complete.

    The minimum viable experiment takes the first seed alone: it is there to find mistakes before the budget is spent.
    """
    spec, arm, csv = recorder.spec, arm_of(phase), recorder.spec.protocol.csv
    assert arm is not None
    seeds = spec.seeds[:1] if phase is Phase.MVE else recorder.outstanding(phase)
    if phase is not Phase.MVE and not recorder.missing(phase):
        return
    for command in commands:
        for seed in seeds if wants_seed(command) else (None,):
            words = fill(command, spec, arm, seed)
            runs = 1 if seed is not None else max(1, len(seeds))
            table = None if csv is None else fill_path(csv, spec, arm, seed)
            yield Task(words, phase, arm, seed, runs, csv=table)


def _why_not(ended: Ended, words: tuple[str, ...]) -> str | None:
    if ended.changes:
        return f"the guard found a change: {ended.changes[0]}"
    if ended.exit_code != 0:
        return f"`{shlex.join(words)}` ended with {ended.exit_code}"
    return ended.faults[0] if ended.faults else None


def configuration_from(recorder: Recorder, path: str) -> dict[str, object]:
    """The mapping in the file *path* (JSON or YAML), which a command left. Raises ExperimentRefused."""
    try:
        data = parse_yaml(read_source(recorder.root / path, path), path).data
    except DocumentError as error:
        raise ExperimentRefused(f"the configuration cannot be read: {error}") from error
    if not isinstance(data, dict):
        raise ExperimentRefused(f"the configuration {path} is no mapping of names to values")
    return data


def _not_reproduced(recorder: Recorder) -> str:
    """What of the baseline is outside of its tolerance."""
    judged = next((each.judged for each in reversed(recorder.state.of(Phase.BASELINE)) if each.judged), None)
    return f"the baseline did not reproduce: {'; '.join(deviations(recorder.spec, judged))}"
