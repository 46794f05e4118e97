"""Looking only: ``autolab status``, ``ls``, ``show``, ``logs``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Any

from autolab_cli.printing import print_json
from autolab_core.io.root import locate_root
from autolab_core.io.tree import Tree
from autolab_core.stages.agents.in_hand import InHand
from autolab_core.stages.runs import job_of, list_runs, replicates_of, run_documents
from autolab_core.stages.status import read_status
from autolab_core.vocab.errors import StoreError, UsageError

__all__ = ["logs", "ls", "show", "status"]

_LOGS = ("stdout.log", "stderr.log")


def status(options: argparse.Namespace) -> int:
    """Where things stand."""
    root = locate_root(options.root)
    found = read_status(root)
    if options.json:
        handover = found.handover._asdict() if found.handover else None
        print_json({"root": root, **found._asdict(), "handover": handover})
        return 0 if found.problem is None else 2
    attempt = f" (attempt {found.stage_attempt} of {found.max_stage_attempts})" if found.stage_attempt else ""
    print(f"iteration     {found.iteration_id} (experiment {found.experiment_id or 'by the backlog'})")
    print(f"stage         {found.stage}{attempt}")
    if found.handover:
        _show_handover(found.handover)
    run_status = found.run_status or "being launched"
    job = f" (job {found.job})" if found.job else ""
    print(f"run           {f'{found.run_id}: {run_status}{job}' if found.run_id else 'none yet'}")
    verdict = {None: "none yet", True: "passed", False: "NOT passed"}[found.verified]
    print(f"verification  {verdict}{f' ({found.verification})' if found.verification else ''}")
    if found.last_event:
        print(f"last          {found.last_event}")
    if found.next:
        print(f"next          {found.next}")
    if found.problem:
        print(f"autolab: {found.problem}", file=sys.stderr)
        return 2
    return 0


def _show_handover(handover: InHand) -> None:
    """What is in an agent's hand, and whether an agent is at work."""
    print(f"handed over   at {handover.since}: {handover.prompt}")
    print(f"awaited       {', '.join(handover.awaited) or 'nothing'}")
    if handover.objections:
        path, why = next(iter(handover.objections.items()))
        more = f" and {len(handover.objections) - 1} more" if len(handover.objections) > 1 else ""
        print(f"objected      {why if path in why else f'{path} {why}'}{more}")
    if handover.agent:
        print(f"agent         {handover.agent}, started at {handover.started_at}: {handover.log}")


def ls(options: argparse.Namespace) -> int:
    """The iteration's runs."""
    lines = list_runs(locate_root(options.root), options.iteration)
    if options.json:
        print_json({"runs": [line._asdict() for line in lines]})
        return 0
    if not lines:
        print("no runs yet; `autolab launch` starts one")
    width = max((len(line.run_id) for line in lines), default=0)
    for line in lines:
        if line.problem:
            print(f"{line.run_id:{width}}  unreadable  {line.problem}")
        else:
            job = f"  job {line.job}" if line.job else ""
            print(f"{line.run_id:{width}}  {line.status:9}  {line.started_at or '-':20}  {line.primary}{job}".rstrip())
    return 0


def show(options: argparse.Namespace) -> int:
    """One run, as its files have it."""
    found = run_documents(locate_root(options.root), options.run_id, options.iteration)
    if options.json:
        print_json(found)
        return 0
    manifest = found["manifest"]
    print(f"run       {manifest.get('run_id')} of {manifest.get('iteration_id')}")
    print(f"status    {manifest.get('status')}")
    if job := job_of(manifest):
        print(f"job       {job}")
    print(f"command   {manifest.get('command')}")
    if parts := replicates_of(manifest):
        print(f"parts     {', '.join(parts)}")
    _show_mapping("commit", manifest.get("commit"), ("{sha}", "on {branch}", "dirty: {dirty}", "{note}"))
    times = ("created {created_at}", "started {started_at}", "ended {completed_at}")
    _show_mapping("times", manifest.get("timestamps"), times)
    _show_mapping("failure", manifest.get("failure"), ("{reason}", "{advice}"))
    primary = (found["metrics"] or {}).get("primary_metric")
    _show_mapping("metrics", primary, ("{name}", "{value}", "against the baseline: {delta_vs_baseline}"))
    print(f"files     {found['folder']}")
    return 0


def _show_mapping(label: str, data: Any, parts: tuple[str, ...]) -> None:
    """The *parts* whose ``{key}`` the mapping *data* has, in one line."""
    if isinstance(data, dict):
        known = {f"{{{key}}}": str(value) for key, value in data.items() if value is not None}
        found = [part.replace(key, value) for part in parts for key, value in known.items() if key in part]
        print(f"{label:9} {', '.join(found) or '-'}")


def logs(options: argparse.Namespace) -> int:
    """The run's output; with ``-f`` until it has ended. Of a run behind ssh it is asked for there until it is here."""
    root = locate_root(options.root)
    run_id = options.run_id or read_status(root).run_id
    if run_id is None:
        raise UsageError("there is no run yet; `autolab launch` starts one")
    found = run_documents(root, run_id, options.iteration)
    if parts := replicates_of(found["manifest"]):
        raise UsageError(f"run {run_id} is a group, and each replicate has its own logs: {', '.join(parts)}")
    folder = found["folder"]
    paths = [os.path.join(root, folder, "logs", name) for name in _LOGS]
    sent = found["manifest"].get("remote")
    if isinstance(sent, dict) and not any(map(os.path.exists, paths)):
        from autolab_cli.commands.far_logs import FarRun  # most runs are of this machine

        goes_on = (lambda: _alive(root, folder)) if options.follow else None
        return FarRun(root, folder, sent, _LOGS).show(run_id, as_json=options.json, follow=goes_on)
    if options.json:
        print_json(
            {"run_id": run_id, **{os.path.basename(p): _read(p, 0)[0].decode("utf-8", "replace") for p in paths}}
        )
        return 0
    seen = [0] * len(paths)
    while True:
        ended = os.path.exists(os.path.join(root, folder, "logs", "exit.json")) or not _alive(root, folder)
        for index, path in enumerate(paths):
            text, seen[index] = _read(path, seen[index])
            stream = sys.stdout if index == 0 else sys.stderr
            stream.write(text.decode("utf-8", "replace"))
            stream.flush()
        if ended or not options.follow:
            return 0
        time.sleep(0.3)


def _alive(root: str, folder: str) -> bool:
    from pathlib import Path

    from autolab_core.io.layout import RunPaths
    from autolab_core.io.lock import holder
    from autolab_core.vocab.states import HostMode, RunStatus

    manifest = Tree(root).mapping(RunPaths(folder).manifest)
    if manifest.get("host_mode") == HostMode.SLURM:
        # Its processes are elsewhere: until somebody has seen its end it may still write.
        over = {RunStatus.SYNCED, *(status for status in RunStatus if status.ended)}
        return manifest.get("status") not in over
    return holder(Path(root) / RunPaths(folder).run_lock) is not None


def _read(path: str, start: int) -> tuple[bytes, int]:
    try:
        with open(path, "rb") as file:
            file.seek(start)
            text = file.read()
    except FileNotFoundError:
        return b"", start
    except OSError as error:
        raise StoreError(path, f"cannot be read: {error.strerror}") from error
    return text, start + len(text)
