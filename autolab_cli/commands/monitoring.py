"""``autolab monitor``: once, until the end, or again from what was kept."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autolab_cli.commands.copying import Copying
from autolab_cli.commands.live import Table, plain
from autolab_cli.printing import print_json, print_result, result_document
from autolab_core import api
from autolab_core.io.root import find_root
from autolab_core.stages.watching.look import Seen
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.times import format_utc
from autolab_verifiers.engine.verify import verify

__all__ = ["monitor"]


def monitor(options: argparse.Namespace) -> int:
    """Look once (0 when that worked and no answer is no), or wait (1 when a run ended badly), or replay."""
    root = find_root(options.root)
    if options.replay is not None:
        if options.wait:
            raise UsageError("--replay asks nobody, so there is nothing to --wait for")
        return _replay(root, options)
    if options.wait:
        return _wait(root, options)
    copied = Copying.shown(sys.stderr, as_json=options.json)
    found = api.look(root, verify=verify, run_id=options.run_id, every=options.all, copied=copied)
    if options.json:
        print_json({**result_document(found.result), "runs": [_run(each) for each in found.seen], **_unreadable(found)})
    else:
        if options.all:
            for each in found.seen:
                print(plain(each, datetime.now(UTC)))
            for reason in found.unreadable.values():
                print(f"autolab: {reason}", file=sys.stderr)
        print_result(found.result, as_json=False)
    return 1 if found.result.bad else 2 if found.unreadable else 0


def _wait(root: Path, options: argparse.Namespace) -> int:
    bad = False
    table = Table(sys.stdout) if sys.stdout.isatty() and not options.json else None
    try:
        copied = Copying.shown(sys.stderr, as_json=options.json)
        for each in api.watch(root, verify=verify, run_id=options.run_id, every=options.all, copied=copied):
            bad = each.bad
            if options.json:
                print(json.dumps(_round(each), ensure_ascii=True), flush=True)
            elif table is not None:
                table.show(each)
            else:
                _lines(each)
            last = each
    except KeyboardInterrupt:
        print(
            "\nno longer looking; the job is left alone: `autolab monitor` looks again, `autolab cancel` stops it",
            file=sys.stderr,
        )
        raise
    if not options.json and last.look is not None:
        print_result(last.look.result, as_json=False)
    return 1 if bad else 0


def _lines(each: api.Round) -> None:
    """A line for every run when something has changed, and one for every look that failed."""
    if each.problem:
        print(f"{format_utc(each.at)} this look failed: {each.problem}; next look in {each.pause:.0f} s", flush=True)
    elif each.new or each.pause is None:
        for run in each.seen:
            print(f"{format_utc(each.at)} {plain(run, each.at)}", flush=True)


def _round(each: api.Round) -> dict[str, Any]:
    result = result_document(each.look.result) if each.look is not None else None
    return {
        "at": format_utc(each.at),
        "result": result,
        "problem": each.problem or None,
        "runs": [_run(run) for run in each.seen],
        "next_look_seconds": each.pause,
        **(_unreadable(each.look) if each.look is not None else {}),
    }


def _unreadable(found: api.Look) -> dict[str, Any]:
    return {"unreadable": dict(found.unreadable)} if found.unreadable else {}


def _run(seen: Seen) -> dict[str, Any]:
    manifest, observation, usage = seen.manifest, seen.observation, seen.observation.usage
    sync = manifest.artifact_sync_to_local
    return {
        "iteration_id": manifest.iteration_id,
        "run_id": manifest.run_id,
        "job_id": manifest.job_id,
        "host_mode": manifest.host_mode.value if manifest.host_mode else None,
        "status": manifest.status.value,
        "sync": sync.status.value if sync else None,
        "state": observation.state.value,
        "native_state": observation.native_state,
        "reason": observation.reason or None,
        "stuck": observation.stuck,
        "exit_code": observation.exit_code,
        "elapsed_seconds": usage.elapsed if usage else None,
        "limit_seconds": usage.limit if usage else None,
        "failure": manifest.failure.reason if manifest.failure else None,
        "changed": seen.new,
    }


def _replay(root: Path, options: argparse.Namespace) -> int:
    found = api.replay(root, options.replay)
    if options.json:
        print_json(
            {**found._asdict(), "steps": [step._asdict() for step in found.steps], "agrees": not found.differences}
        )
        return 1 if found.differences else 0
    for step in found.steps:
        again = f" (seen {step.again + 1} times, until {step.until})" if step.again else ""
        print(f"{step.at or '-':20}  {step.state:14}  {step.status:9}  {step.why}{again}".rstrip())
    for difference in found.differences:
        print(f"differs: {difference}")
    agrees = "does NOT agree with" if found.differences else "agrees with"
    print(f"run {found.run_id}: its history {agrees} what was answered ({' -> '.join(found.derived) or 'no change'})")
    return 1 if found.differences else 0
