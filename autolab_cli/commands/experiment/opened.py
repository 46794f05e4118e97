"""What the commands that record something have in common: which experiment, under which guard, and signals."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from autolab_cli.commands.guard.paths import below
from autolab_core.experiment.enclosing import require_record
from autolab_core.experiment.finding import open_experiment
from autolab_core.experiment.guarding import policy_of, preflight
from autolab_core.experiment.recorder import Recorder
from autolab_core.experiment.runner import Echo, to_terminal
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.io.root import find_root
from autolab_core.vocab.errors import UsageError

__all__ = ["echo_of", "guarded", "say", "spec_of", "taken_up"]


def spec_of(options: argparse.Namespace, root: Path) -> str:
    """The spec that is named, as a path below *root*; else that of the one experiment that is open."""
    if options.spec is None:
        return open_experiment(root)
    spec = below(str(root), options.spec)
    if os.path.isabs(spec):
        raise UsageError(f"{options.spec!r} does not lie in the repository {root}")
    return spec


@contextmanager
def taken_up(options: argparse.Namespace) -> Iterator[Recorder]:
    """The recorder of the experiment that *options* name; nothing runs, so nothing is guarded."""
    root = find_root(options.root)
    with Recorder.open(root, spec_of(options, root)) as recorder:
        yield recorder


@contextmanager
def guarded(options: argparse.Namespace) -> Iterator[Recorder]:
    """The same for commands that run: the guard is tried first, and a request to end ends them in good order."""
    root = find_root(options.root)
    spec = spec_of(options, root)
    require_record(root, ExperimentPaths(spec))
    policy = policy_of(root, ExperimentPaths(spec))
    seen = preflight(root, policy)
    with _ended_in_order(), Recorder.open(root, spec, guard=seen) as recorder:
        _waive(recorder, options)
        yield recorder


def _waive(recorder: Recorder, options: argparse.Namespace) -> None:
    if options.waive and options.reason is None:
        raise UsageError("--waive needs --reason TEXT: why the criterion is not obeyed is recorded with it")
    for criterion in options.waive:
        if criterion not in recorder.state.waived:
            recorder.waive(criterion, options.reason)


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Take a request to end (a batch system sends TERM, a terminal that is closed HUP) as an interruption.

    What this process was started to ignore (``nohup``) it goes on ignoring.
    """
    asked = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) is not signal.SIG_IGN]
    before = {number: signal.signal(number, _interrupt) for number in asked}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def echo_of(options: argparse.Namespace) -> Echo:
    """Where what commands print goes: to our own outputs; with ``--json`` all of it to standard error."""
    if not options.json:
        return to_terminal
    return lambda text, error: to_terminal(text, True)


def say(text: str) -> None:
    """Tell a person what goes on."""
    print(f"autolab: {text}", file=sys.stderr, flush=True)
