"""What only a person says: ``autolab review approve``, ``autolab reopen`` and ``autolab resume``."""

from __future__ import annotations

import argparse
from pathlib import Path

from autolab_cli.printing import print_json, print_result, result_code
from autolab_core import api
from autolab_core.io.root import find_root
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.states import Stage

__all__ = ["approve", "reopen", "resume"]


def approve(options: argparse.Namespace) -> int:
    """Record the approval."""
    root = find_root(options.root)
    result = api.approve(Path(root), who=options.who, files=tuple(options.file))
    print_result(result, as_json=options.json)
    return result_code(result)


def reopen(options: argparse.Namespace) -> int:
    """Record the re-opening."""
    stage = _stage("--stage", options.stage)
    return _done(options, api.reopen(find_root(options.root), who=options.who, why=options.why, stage=stage))


def resume(options: argparse.Namespace) -> int:
    """Record the decision that leaves ``human_review``."""
    decision = _stage("--decision", options.decision)
    return _done(options, api.resume(find_root(options.root), who=options.who, why=options.why, decision=decision))


def _stage(option: str, word: str) -> Stage:
    try:
        return Stage(word)
    except ValueError as error:
        raise UsageError(f"{option} {word!r} is not a stage; one of {', '.join(Stage)}") from error


def _done(options: argparse.Namespace, done: str) -> int:
    if options.json:
        print_json({"done": done})
    else:
        print(done)
    return 0
