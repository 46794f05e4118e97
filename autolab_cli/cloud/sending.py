"""``cloud-run run``: send, wait, pull."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Final

from autolab_cli.cloud.bringing import in_repository, pulled
from autolab_cli.cloud.progress import Bars, Phases, say
from autolab_cli.cloud.telling import document_of, lines_of
from autolab_cli.cloud.watching import code_of
from autolab_cli.commands.copying import size
from autolab_cli.printing import print_json
from autolab_core.cloud import operations
from autolab_core.cloud.looking import Looked
from autolab_core.cloud.models import RunRequest
from autolab_core.cloud.planning import Plan, plan
from autolab_core.cloud.running import Submission
from autolab_core.io.root import find_root
from autolab_core.models.resources import Memory
from autolab_core.vocab.cloud import CloudPhase
from autolab_core.vocab.errors import UsageError

__all__ = ["run"]

# Seconds; who asks less often hears of the end too late to make use of it.
_EVERY_AT_MOST: Final = 3600


def run(options: argparse.Namespace) -> int:
    """Send a run; without ``--detach`` stay with it and bring its results."""
    root = find_root(options.root)
    request, how = _request(root, options), _how(root, options)
    if options.dry_run:
        return _told(plan(root, request, how), options)
    try:
        with Bars("sending", sys.stderr) as bars:
            intent = operations.run(root, request, how, progress=bars, say=bars.say)
    except KeyboardInterrupt:
        say("the same command goes on where this one was; `cloud-run ls` says what there is")
        raise
    if options.detach:
        if options.json:
            print_json({"run_id": intent.run_id, "engine": intent.engine, "handle": intent.handle})
        else:
            print(intent.run_id)
        return 0
    return _stay(root, intent.run_id, options)


def _stay(root: Path, run_id: str, options: argparse.Namespace) -> int:
    """Wait for the end of the run, and pull."""
    say(f"the run is {run_id}")
    try:
        looked = operations.wait(root, run_id, every=options.every, seen=Phases())
    except KeyboardInterrupt:
        say(
            f"no longer waiting; the run goes on: `cloud-run status {run_id}` looks, `cloud-run terminate {run_id}` "
            "ends it"
        )
        raise
    if looked.standing.phase is CloudPhase.ENDED and looked.standing.exit_code is not None:
        return pulled(root, run_id, None, as_json=options.json)
    return _lost(root, looked, options)


def _lost(root: Path, looked: Looked, options: argparse.Namespace) -> int:
    """There is no result: what is known, and what the job wrote last."""
    document = document_of(looked)
    document["last_lines"] = list(operations.last_words(root, looked.intent.run_id))
    if options.json:
        print_json(document)
    else:
        print("\n".join(lines_of(document)), file=sys.stderr)
    return code_of(looked)


def _request(root: Path, options: argparse.Namespace) -> RunRequest:
    """What is asked for. Raises UsageError."""
    if options.line is not None and options.argv:
        raise UsageError("name one command: a line for the shell, or words behind `--`")
    folders = [each for given in options.data_dirs for each in given.split(",") if each]
    memory = None
    if options.memory is not None:
        try:
            memory = Memory.parse(options.memory).bytes
        except ValueError as error:
            raise UsageError(f"--memory: {error}") from error
    if not 0 < options.every <= _EVERY_AT_MOST:
        raise UsageError(f"--every {options.every:g} is refused: it is above 0 and at most {_EVERY_AT_MOST} (seconds)")
    for name, number in (("--cpus", options.cpus), ("--gpu", options.gpu)):
        if number is not None and number < (1 if name == "--cpus" else 0):
            raise UsageError(f"{name} {number} is refused")
    return RunRequest(
        spec=in_repository(root, "--spec", options.spec),
        output_dir=in_repository(root, "--output-dir", options.output_dir),
        command=options.line,
        argv=tuple(options.argv),
        data_dirs=tuple(in_repository(root, "--data-dirs", each) for each in folders),
        cpus=options.cpus,
        memory=memory,
        gpus=options.gpu,
        image=options.image,
        environment=tuple(dict.fromkeys(options.env)),
        secrets=tuple(dict.fromkeys(options.secret)),
        max_hours=options.max_hours,
        engine=options.engine,
    )


def _how(root: Path, options: argparse.Namespace) -> Submission:
    """How it is sent. Raises UsageError."""
    forced = None
    if options.force_phase:
        if not options.who or not options.why:
            raise UsageError("--force-phase needs --who NAME and --why TEXT: both are recorded")
        forced = {"who": options.who, "why": options.why}
    elif options.who or options.why:
        raise UsageError("--who and --why say who forces a phase, and why: they go with --force-phase")
    allowed = tuple(in_repository(root, "--allow-file", each) for each in options.allow_file)
    return Submission(again=options.again, forced=forced, justify=options.justify, allowed=allowed)


def _told(planned: Plan, options: argparse.Namespace) -> int:
    """What ``--dry-run`` says; 1 where the run would be refused."""
    if options.json:
        print_json(_planned(planned))
        return 1 if planned.refused else 0
    print(f"would run: {planned.shown}")
    print(f"on: {planned.engine} (image {planned.image or 'none'}), storage {planned.storage}")
    print(f"would send: {planned.code_files} files of code, {size(planned.code_bytes)} packed")
    if planned.patch is not None:
        files, length = planned.patch
        print(f"would record: the patch from the commit to that code: {files} files, {size(length)}")
    for path, (files, length) in planned.data.items():
        print(f"would send: {path}: {files} files, {size(length)}")
    for path in planned.untracked:
        print(f"not sent, because git does not track it: {path}")
    print(f"would install: {planned.requirements}")
    if planned.lock is not None:
        print(planned.lock)
    print(f"would be ended after {planned.max_hours:g} h")
    for each in planned.refused:
        say(f"it would be refused: {each}")
    return 1 if planned.refused else 0


def _planned(planned: Plan) -> dict[str, Any]:
    return {
        "dry_run": True,
        "command": planned.shown,
        "engine": planned.engine,
        "image": planned.image,
        "storage": planned.storage,
        "code": {"files": planned.code_files, "bytes": planned.code_bytes},
        "patch": None if planned.patch is None else {"files": planned.patch[0], "bytes": planned.patch[1]},
        "data": {path: {"files": files, "bytes": length} for path, (files, length) in planned.data.items()},
        "untracked": list(planned.untracked),
        "requirements": planned.requirements,
        "lock_not_followed": planned.lock,
        "max_hours": planned.max_hours,
        "refused": list(planned.refused),
    }
