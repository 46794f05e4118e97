"""``autolab render``: a stage's prompt and context, or a check of the templates."""

from __future__ import annotations

import argparse
from pathlib import Path

from autolab_cli.printing import print_json, print_prompt
from autolab_core.io.root import find_root
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.states import Stage
from autolab_core.vocab.tokens import EXPERIMENT, nearest

__all__ = ["render"]


def render(options: argparse.Namespace) -> int:
    """Write the prompt and its context; with ``--check`` write nothing, and end with 1 when a template is wrong."""
    root = find_root(options.root)
    return _check(root, options) if options.check else _render(root, options)


def _check(root: Path, options: argparse.Namespace) -> int:
    from autolab_core import api

    given = [name for name in ("stage", "run_id", "iteration", "print") if getattr(options, name)]
    if given:
        raise UsageError("--check looks at all templates; it takes no stage and none of --print, --run and --iteration")
    count, problems = api.check_prompts(root)
    if options.json:
        print_json({"checked": count, "problems": [problem._asdict() for problem in problems]})
        return 1 if problems else 0
    for problem in problems:
        place = problem.path if problem.line is None else f"{problem.path}:{problem.line}"
        print(f"{place}: {problem.message}")
    print(f"{count} templates and shared parts, {len(problems) or 'no'} problem{'' if len(problems) == 1 else 's'}")
    return 1 if problems else 0


def _render(root: Path, options: argparse.Namespace) -> int:
    from autolab_core import api

    stage = None if options.stage is None else _stage(options.stage)
    prompt, context, rendered = api.render(root, stage, run_id=options.run_id, iteration_id=options.iteration)
    about = rendered.context
    document = {
        "stage": about.stage.value,
        "iteration_id": about.iteration.id,
        "run_id": about.run.id if about.run is not None else None,
        "prompt": prompt,
        "context": context,
        "prompt_sha256": about.prompt_sha256,
    }
    print_prompt(options, document, rendered.text)
    return 0


def _stage(word: str) -> Stage:
    try:
        return Stage(word)
    except ValueError as error:
        if word == EXPERIMENT:
            raise UsageError(f"{word} is no stage: its template is for an experiment's spec") from error
        meant = nearest(word, [stage.value for stage in Stage])
        hint = f"is {meant} meant?" if meant else f"stages are {', '.join(Stage)}"
        raise UsageError(f"no stage is called {word!r}; {hint}") from error
