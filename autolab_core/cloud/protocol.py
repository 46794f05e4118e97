"""The experiment protocol around a run in the cloud: what has to be proven before it, and its numbers after it.

The full phase begins here before the run is submitted, so that its order is checked and its commit recorded, and is
left open. When the results are home their numbers go through the recorder, as if the command had run here: the same
order, seals, abort criteria and refusals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from autolab_core.cloud.models import CloudIntent, RunDocument, RunResult
from autolab_core.cloud.pulling.placing import leftovers
from autolab_core.experiment.executing import FILE, configuration_from
from autolab_core.experiment.finding import recorded
from autolab_core.experiment.guarding import policy_of
from autolab_core.experiment.lines import Item, Number, lines_of, read_line
from autolab_core.experiment.order import refusal_to_start
from autolab_core.experiment.reading import Reader
from autolab_core.experiment.recorder import Recorder
from autolab_core.experiment.sealing import commit_facts
from autolab_core.io.documents import parse_json, read_source
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.io.spec import load_spec, spec_source
from autolab_core.models.experiment.commands import fill_path
from autolab_core.models.experiment.spec import Spec
from autolab_core.models.experiment.state import ExperimentState
from autolab_core.vocab.cloud import CloudEnd
from autolab_core.vocab.errors import AbortTriggered, DocumentError, ExperimentRefused
from autolab_core.vocab.experiment import Aggregate, Arm, MetricRole, Phase, PhaseEnd

__all__ = ["Merged", "checkout_of", "hand_over", "merge", "order_problem", "require_open", "words_of"]

_PHASE: Final = Phase.TREATMENT


@attrs.frozen
class Merged:
    """Whether the numbers are on the experiment's record now, how the phase ended, and why it is not finished ("")."""

    merged: bool
    end: str
    why: str = ""


def checkout_of(root: Path, spec: str, output_dir: str) -> dict[str, Any]:
    """What is checked out, as the journal has it. What the experiment itself writes is no change, nor are results that
    come home to *output_dir*, or a pull that was broken off: its run would not be found again."""
    return commit_facts(str(root), ExperimentPaths(spec), (output_dir, *leftovers(root, output_dir)))


def order_problem(root: Path, spec: str) -> str | None:
    """Why the full phase of *spec* may not begin now; None when it may. Nothing is written. Raises DocumentError."""
    known = recorded(root, spec)
    state = ExperimentState() if known is None else known.state
    return refusal_to_start(state, load_spec(spec_source(str(root), spec), spec).spec, _PHASE)


def require_open(root: Path, spec: str) -> None:
    """Raise ExperimentRefused where the experiment of *spec* has ended. Asked before anything of a run is written, so
    that the newest run stays the one that ended it."""
    known = recorded(root, spec)
    if known is not None:
        _require_open(known.state)


def _require_open(state: ExperimentState) -> None:
    if state.end is not None:
        raise ExperimentRefused(f"the experiment has ended ({state.end}): nothing more is recorded")


def hand_over(root: Path, intent: CloudIntent, *, justify: str | None) -> None:
    """Begin the full phase of the intent's spec, at its commit, and leave it to the run.

    Raises ExperimentRefused (exit code 1) where the phases before it are not finished, or the baseline did not
    reproduce; a run that was forced (the intent says by whom, and why) is noted beside the phases instead. Raises
    LockHeld while somebody carries the experiment out here, and what ``Recorder.open`` does. Doing it twice is fine.
    """
    named = f"the phase {_PHASE} was handed to the cloud run {intent.run_id} ({intent.engine})"
    paths = ExperimentPaths(intent.spec)
    with Recorder.open(root, intent.spec, guard=_guard_of(root, paths, None)) as recorder:
        if any(intent.run_id in str(entry.get("text")) for entry in recorder.state.notes):
            return
        _require_open(recorder.state)
        if justify is not None:
            recorder.justify(justify)
        try:
            begun = _begin(recorder, intent.commit)
        except ExperimentRefused:
            if intent.forced is None:
                raise
            who, why = intent.forced.get("who"), intent.forced.get("why")
            recorder.note(f"{named} before its time: forced by {who}, because {why}")
            return
        if not begun:
            raise ExperimentRefused(f"the phase {_PHASE} is finished already: there is nothing to run")
        recorder.note(named)
        recorder.leave()


def merge(
    root: Path,
    intent: CloudIntent,
    run: RunDocument,
    result: RunResult,
    output: str,
    *,
    metrics_file: str | None,
    say: Callable[[str], None],
) -> Merged:
    """Put the numbers of the run on the experiment's record, end the phase, and finish the experiment.

    *output* is the file of what the command printed on standard output, *metrics_file* a ``metrics.json`` that it left,
    both relative to *root*. Raises AbortTriggered when a criterion is met by them: then the experiment has ended, with
    everything written. Raises LockHeld, StoreError and DocumentError.
    """
    paths = ExperimentPaths(run.spec)
    with Recorder.open(root, run.spec, guard=_guard_of(root, paths, result)) as recorder:
        sealed = (recorder.state.sealed or {}).get("sha256")
        if sealed != run.spec_sha256:
            return Merged(False, "", f"the run had another spec than the one that is sealed ({run.spec})")
        if recorder.state.end is not None:
            return Merged(True, str(recorder.state.end))
        # Read before anything is: what ends the phase replaces the file by the protocol's own.
        left = tuple(_left_behind(root, metrics_file, recorder.spec))
        try:
            begun = _begin(recorder, run.commit)
        except ExperimentRefused as error:
            return Merged(False, "", str(error))
        if not begun:
            recorder.finish()
            return Merged(True, str(PhaseEnd.FINISHED))
        return _take(recorder, intent, run, result, output, left, say)


def _begin(recorder: Recorder, commit: Mapping[str, Any]) -> bool:
    """Begin the phase, or go on with it; False where it is finished. An attempt that was left open with other code is
    over: its numbers would be taken for this code's."""
    left = recorder.state.current
    begun = recorder.start(_PHASE, commit=commit)
    if begun and left is not None and left.phase is _PHASE and dict(left.commit) != dict(commit):
        recorder.end(PhaseEnd.INTERRUPTED)
        begun = recorder.start(_PHASE, commit=commit)
    return begun


def words_of(run: RunDocument) -> tuple[str, ...]:
    """The command of *run* in words, as the record has it."""
    return run.argv if run.command is None else ("sh", "-c", run.command)


def _take(
    recorder: Recorder,
    intent: CloudIntent,
    run: RunDocument,
    result: RunResult,
    output: str,
    left: tuple[Item, ...],
    say: Callable[[str], None],
) -> Merged:
    recorder.spent_elsewhere(result.seconds, result.cpu_seconds)
    words, arm = words_of(run), Arm.TREATMENT
    reader = Reader(recorder, arm, None, say)
    names = [metric.name for metric in recorder.spec.metrics]
    try:
        recorder.command_started(words, arm=arm, seed=None)
        with open(recorder.root / output, "rb") as file:
            for line in lines_of(file):
                reader.take(read_line(line, names))
        reader.take(left)
        path = recorder.spec.protocol.config.get(arm)
        if path is not None and result.exit_code == 0:
            seeds = recorder.spec.seeds
            named = fill_path(path, recorder.spec, arm, seeds[0] if seeds else None)
            recorder.configuration(arm, configuration_from(recorder, named), FILE)
        recorder.command_ended(
            words,
            arm=arm,
            seed=None,
            exit_code=result.exit_code,
            seconds=result.command_seconds,
            cpu_seconds=result.cpu_seconds,
            gpu_hours=None if run.gpus == 0 else run.gpus * result.command_seconds / 3600,
            guard=_guard_of_command(result),
        )
        recorder.usage(cloud=_facts(intent, run, result))
        end, why = _end_of(result, reader.faults)
        if end is PhaseEnd.FINISHED:
            recorder.end(end)
            recorder.finish()
            return Merged(True, str(end))
    except AbortTriggered:
        raise
    except ExperimentRefused as error:
        end, why = PhaseEnd.BROKEN, str(error)
    recorder.end(end)
    return Merged(True, str(end), why)


def _end_of(result: RunResult, faults: list[str]) -> tuple[PhaseEnd, str]:
    if result.reason in (CloudEnd.DEADLINE, CloudEnd.INTERRUPTED):
        return PhaseEnd.INTERRUPTED, result.message
    if result.exit_code != 0 or result.reason != CloudEnd.COMMAND:
        return PhaseEnd.BROKEN, result.message
    return (PhaseEnd.BROKEN, faults[0]) if faults else (PhaseEnd.FINISHED, "")


def _facts(intent: CloudIntent, run: RunDocument, result: RunResult) -> dict[str, Any]:
    """What ``config.json`` says of the machine that was not this one."""
    notice = {} if result.notice is None else {"notice": dict(result.notice)}
    return notice | {
        "run_id": run.run_id,
        "engine": intent.engine,
        "handle": intent.handle,
        "attempt": result.attempt,
        "image": run.image,
        "host": dict(result.host),
        "started_at": result.started_at,
        "finished_at": result.finished_at,
        "requirements": run.requirements,
        "code_sha256": run.code.sha256,
        "patch_sha256": run.patch_sha256,
        "data": {folder.path: [each.sha256 for each in folder.objects] for folder in run.data},
        "artifact_sync_to_local": dict(intent.artifact_sync_to_local or {}),
    }


def _guard_of(root: Path, paths: ExperimentPaths, result: RunResult | None) -> dict[str, Any]:
    """What the journal says of the guard of the run: it was entered in the container, and no record of it is here."""
    require = str(policy_of(root, paths).require)
    level = None if result is None else result.guard.get("level")
    return {"level": level, "require": require, "probe": [], "outer": True}


def _guard_of_command(result: RunResult) -> dict[str, Any]:
    changes = result.guard.get("changes")
    kept = [dict(each) for each in changes if isinstance(each, Mapping)] if isinstance(changes, list) else []
    return {"level": result.guard.get("level"), "record": None, "outer": True, "changes": kept}


def _left_behind(root: Path, path: str | None, spec: Spec) -> Iterator[Item]:
    """The numbers of the treatment in the ``metrics.json`` that a command wrote itself, as the run phase asks for."""
    if path is None:
        return
    try:
        data = parse_json(read_source(root / path, path), path).data
    except DocumentError:
        return
    rows = data.get("per_seed") if isinstance(data, dict) else None
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping) and row.get("arm", Arm.TREATMENT) == Arm.TREATMENT:
            for metric in spec.metrics:
                if metric.name in row and metric.role is not MetricRole.SANITY:
                    yield Number(metric.name, row[metric.name], seed=row.get("seed"))
    for key, wanted in (("treatment", _is_single), ("sanity_checks", _is_sanity)):
        values = data.get(key) if isinstance(data, dict) else None
        for metric in spec.metrics:
            if isinstance(values, Mapping) and metric.name in values and wanted(metric):
                yield Number(metric.name, values[metric.name])


def _is_single(metric: Any) -> bool:
    return metric.aggregate is Aggregate.ONCE and metric.role is not MetricRole.SANITY


def _is_sanity(metric: Any) -> bool:
    return metric.role is MetricRole.SANITY
