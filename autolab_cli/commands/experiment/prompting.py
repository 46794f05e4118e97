"""``autolab experiment render``: what an agent that carries out a spec is told."""

from __future__ import annotations

import argparse

from autolab_cli.commands.guard.paths import below
from autolab_cli.printing import print_prompt
from autolab_core.exec.local import LocalRunner
from autolab_core.experiment.prompting import render_experiment, write_experiment_prompt
from autolab_core.io.repository import Repository
from autolab_core.io.root import find_root

__all__ = ["render"]


def render(options: argparse.Namespace) -> int:
    """Write the prompt and its context, and say where."""
    repository = Repository(find_root(options.root))
    rendered = render_experiment(repository, below(str(repository.root), options.spec), LocalRunner())
    prompt, context = write_experiment_prompt(repository, rendered)
    document = {"prompt": prompt, "context": context, "prompt_sha256": rendered.context["prompt_sha256"]}
    print_prompt(options, document, rendered.text)
    return 0
