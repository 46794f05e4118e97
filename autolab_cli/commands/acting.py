"""The stages: ``autolab launch``, ``run``, ``extract``, ``cancel``."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from autolab_cli.commands.copying import Copying
from autolab_cli.printing import print_json, print_result, result_code
from autolab_core import api
from autolab_core.io.codec import unstructure
from autolab_core.io.root import find_root
from autolab_core.models.job import CancelOutcome, JobObservation
from autolab_core.models.manifest import RunManifest
from autolab_core.models.resources import Duration
from autolab_core.stages.status import read_status
from autolab_core.vocab.errors import AutolabError, UsageError
from autolab_core.vocab.states import RunStatus, Stage, StageOutcome
from autolab_verifiers.engine.verify import verify

__all__ = ["cancel", "extract", "launch", "run"]


def _options(options: argparse.Namespace) -> api.LaunchOptions:
    if options.grace < 1:
        raise UsageError("--grace must be at least 1 second")
    return api.LaunchOptions(
        run_id=options.run_id,
        grace=Duration(options.grace),
        allocation=options.allocation,
        whole=options.whole,
        remote=options.remote,
    )


def _progress(options: argparse.Namespace) -> Callable[[JobObservation, float], None] | None:
    """A line that is rewritten in place, on a terminal only."""
    if options.json or not sys.stderr.isatty():
        return None

    def show(observation: JobObservation, elapsed: float) -> None:
        sys.stderr.write(f"\r\x1b[K{observation.state} {elapsed:.0f} s")
        sys.stderr.flush()

    return show


def _clear_progress(options: argparse.Namespace) -> None:
    if sys.stderr.isatty() and not options.json:
        sys.stderr.write("\r\x1b[K")


def _named_run(root: Path) -> str | None:
    """The run that the state names, None where it cannot be said: what is wrong there is the stage's to tell."""
    try:
        return read_status(str(root)).run_id
    except AutolabError:
        return None


def launch(options: argparse.Namespace) -> int:
    """Start the run; with ``--wait`` wait for its end."""
    root = find_root(options.root)
    if options.dry_run:
        return _dry_run(root, options)
    before = _named_run(root)
    try:
        copied = Copying.shown(sys.stderr, as_json=options.json)
        result = api.launch(root, verify=verify, options=_options(options), copied=copied)
        if result.outcome is not StageOutcome.ADVANCE or not options.wait:
            print_result(result, as_json=options.json)
            return result_code(result)
        manifest = api.wait(root, verify=verify, progress=_progress(options), copied=copied)
    except KeyboardInterrupt:
        # Only what this command has begun is stopped, and only where it was asked to stay with it.
        begun = _named_run(root)
        if options.wait and begun is not None and begun != before:
            _stop(root, begun)
        raise
    finally:
        _clear_progress(options)
    if options.json:
        print_json({"outcome": result.outcome.value, "run_id": manifest.run_id, "manifest": unstructure(manifest)})
    else:
        print_result(result, as_json=False)
        reason = f": {manifest.failure.reason}" if manifest.failure else ""
        print(f"run {manifest.run_id} has ended: {_end(manifest)}{reason}")
    return 1 if manifest.status in {RunStatus.FAILED, RunStatus.PARTIAL} else 0


def _end(manifest: RunManifest) -> str:
    said = manifest.status if manifest.replicates else (manifest.scheduler or {}).get("state")
    return str(manifest.status) if manifest.failure else f"{said}, not yet extracted"


def _stop(root: Path, run_id: str) -> None:
    """Stop the run that a command was waiting for, and say so in its record."""
    print("\nCtrl-C: stopping the run (again to leave it running)", file=sys.stderr)
    try:
        _run_id, outcome = api.cancel(root, verify=verify, run_id=run_id, reason="interrupted at the terminal (Ctrl-C)")
    except AutolabError as error:
        print(f"run {run_id}: {error}", file=sys.stderr)
    else:
        print(f"run {run_id}: {outcome}", file=sys.stderr)


def _dry_run(root: Path, options: argparse.Namespace) -> int:
    answer = api.prepare(root, verify=verify, options=_options(options))
    if isinstance(answer, api.StageResult):
        print_result(answer, as_json=options.json)
        return result_code(answer)
    files = {path: content.decode() for path, content in answer.files.items()}
    manifest = unstructure(answer.manifest)
    if options.json:
        plan = {"dry_run": True, "files": files, "manifest_path": answer.run.manifest, "manifest": manifest}
        print_json({**plan, "send": _sent(answer)})
        return 0
    slurm, allocation = answer.manifest.watched_by_slurm, answer.manifest.allocation
    how = "submit to Slurm" if slurm else f"start inside allocation {allocation}" if allocation else "start"
    print(f"would {how}{answer.note}: {answer.manifest.command}")
    if (sent := _sent(answer)) is not None:
        print(f"would send {len(sent['files'])} files, {sent['bytes']} bytes, to {sent['to']}")
        for path in sent["files"]:
            print(f"would send: {path if path.isprintable() else ascii(path)}")
    for path in (*files, answer.run.manifest):
        print(f"would write: {path}")
    shown = answer.paths.run_slurm if slurm else answer.paths.run_local
    print(f"--- {shown}\n{files[shown]}---")
    return 0


def _sent(plan: api.LaunchPlan) -> dict[str, Any] | None:
    """What would be copied to another machine, beside what the launch writes; None for a run of this one."""
    if plan.there is None:
        return None
    record, parcel = plan.there.record, plan.there.parcel
    to = f"{record.host}:{record.work_tree} (remote profile {record.profile})"
    return {"to": to, "method": record.method, "files": sorted(parcel.files), "bytes": parcel.bytes}


def run(options: argparse.Namespace) -> int:
    """Do the next stage. A run that is still going is no failure here."""
    root = find_root(options.root)
    shown = _progress(options)
    waiting = False

    def progress(observation: JobObservation, elapsed: float) -> None:
        nonlocal waiting
        waiting = True
        if shown is not None:
            shown(observation, elapsed)

    try:
        result = api.run(
            root,
            verify=verify,
            options=_options(options),
            wait=options.wait,
            progress=progress,
            agent=_agent(options),
            copied=Copying.shown(sys.stderr, as_json=options.json),
        )
    except KeyboardInterrupt:
        run_id = _named_run(root)
        if waiting and run_id is not None:
            _stop(root, run_id)
        raise
    finally:
        _clear_progress(options)
    print_result(result, as_json=options.json)
    waits = result.outcome is StageOutcome.STAY and result.stage in {Stage.SLURM_MONITOR, Stage.EXTRACT_RESULTS}
    # That the question is answered is no failure.
    decided = result.outcome is StageOutcome.STOP and result.stage is Stage.DECIDE_REPEAT and not result.refused
    return 0 if waits or decided else result_code(result)


def _agent(options: argparse.Namespace) -> api.AgentOptions:
    """What is to be done at a stage that an agent does. Raises UsageError."""
    command = None
    if options.agent_command is not None:
        try:
            command = tuple(shlex.split(options.agent_command))
        except ValueError as error:
            raise UsageError(f"--agent-command {options.agent_command!r} cannot be split: {error}") from error
        if not command:
            raise UsageError("--agent-command is empty; name a program")
        if options.done is not None:
            raise UsageError("--done says that the work is done, --agent-command that it is to be done: one of them")
    timeout = None
    if options.agent_timeout is not None:
        try:
            timeout = Duration.parse(options.agent_timeout)
        except ValueError as error:
            raise UsageError(f"--agent-timeout: {error}") from error
    return api.AgentOptions(command, timeout, options.done, _heard)


def _heard(text: bytes) -> None:
    """What an agent writes, on standard error: the answer of the command is ours. Nobody has to listen."""
    with suppress(OSError, ValueError):
        sys.stderr.buffer.write(text)
        sys.stderr.flush()


def extract(options: argparse.Namespace) -> int:
    """Read, judge and record the results."""
    result = api.extract(find_root(options.root), verify=verify, run_id=options.run_id)
    print_result(result, as_json=options.json)
    return result_code(result)


def cancel(options: argparse.Namespace) -> int:
    """Stop the run; 1 when it could not be stopped or found."""
    root = find_root(options.root)
    run_id, outcome = api.cancel(root, verify=verify, run_id=options.run_id, reason=options.reason)
    if options.json:
        print_json({"run_id": run_id, "outcome": outcome.value})
    else:
        print(f"run {run_id}: {outcome}")
    return 0 if outcome in {CancelOutcome.CANCELLED, CancelOutcome.KILLED, CancelOutcome.ALREADY_ENDED} else 1
