"""The prompt for carrying out a spec, with the facts that it was made from. It is no stage."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import attrs

from autolab_core.advice.compute_document import advice_document
from autolab_core.advice.compute_here import advise_here
from autolab_core.advice.compute_text import compute_section
from autolab_core.exec.command import Runner
from autolab_core.io import codec
from autolab_core.io.digest import sha256_of_bytes
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.io.repository import Repository
from autolab_core.io.spec import load_spec, spec_source
from autolab_core.prompts import render_text, write_pair
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.ids import placeholder_in
from autolab_core.vocab.tokens import EXPERIMENT

__all__ = ["ExperimentPrompt", "render_experiment", "write_experiment_prompt"]


@attrs.frozen
class ExperimentPrompt:
    """``text`` is the prompt; ``context`` has the spec's path and hash, where results and record go, the compute
    advisory (null for none), the parts of the prompt and its hash."""

    text: str
    context: Mapping[str, Any]


def render_experiment(repository: Repository, spec: str, runner: Runner) -> ExperimentPrompt:
    """The prompt of the experiment whose spec is *spec*, relative to the repository. Writes nothing.

    *runner* is asked about this machine. Raises DocumentError for a spec with problems, for a literal placeholder in
    what would be inserted and as ``prompts.render_text`` does, UsageError for a command line that cannot be written.
    """
    source = spec_source(str(repository.root), spec)
    understood = load_spec(source, spec).spec
    paths = ExperimentPaths(spec)
    advice, _ = advise_here(str(repository.root), understood, runner, os.environ)
    section = compute_section(advice)
    literal = placeholder_in(section)
    if literal is not None:
        raise DocumentError(spec, f"the compute advisory would hold the unresolved placeholder {literal}")
    values = {"spec": spec, "spec_id": paths.id, "results_path": paths.folder, "compute_advisory": section.rstrip("\n")}
    text, parts = render_text(repository.tree(), EXPERIMENT, values)
    context = {
        "schema_version": "1.0",
        "spec": {"path": spec, "id": paths.id, "sha256": sha256_of_bytes(source)},
        "results_path": paths.folder,
        "record_path": paths.record,
        "compute_advisory": {**advice_document(advice), "section": section} if section else None,
        "parts": [codec.unstructure(part) for part in parts],
        "prompt_sha256": sha256_of_bytes(text.encode()),
    }
    return ExperimentPrompt(text, context)


def write_experiment_prompt(repository: Repository, prompt: ExperimentPrompt) -> tuple[str, str]:
    """Write *prompt* and its context below ``.autolab/prompts/rendered``; the paths of the two. Raises StoreError."""
    return write_pair(repository, EXPERIMENT, prompt.text, prompt.context)
