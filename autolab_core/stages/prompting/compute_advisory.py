"""Where the experiment of an iteration's spec should run, for the context of its stages."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from autolab_core.exec.command import Runner
from autolab_core.io.layout import IterationPaths
from autolab_core.io.repository import Repository
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.ids import placeholder_in

__all__ = ["compute_advisory"]


def compute_advisory(repository: Repository, paths: IterationPaths, runner: Runner) -> Mapping[str, Any] | None:
    """The advice and its section, as ``autolab experiment advise`` gives it; None where there is nothing to say.

    The machine is asked (``nvidia-smi`` among others) only where the design names a spec and the policy has a back end
    to advise. A design or a spec that cannot be read is no failure here: whoever needs it says what is wrong with it.
    Raises DocumentError for a policy that cannot be read.
    """
    if not repository.policy().compute.backends:
        return None
    from autolab_core.advice.compute_document import advice_document
    from autolab_core.advice.compute_here import advise_here
    from autolab_core.advice.compute_text import compute_section
    from autolab_core.io.spec import load_spec

    try:
        path = repository.design(paths).spec
        if path is None:
            return None
        spec = load_spec(repository.tree().source(path), path).spec
        advice, _ = advise_here(str(repository.root), spec, runner, os.environ)
    except (DocumentError, UsageError):
        return None
    section = compute_section(advice)
    found = {**advice_document(advice), "section": section}
    # As everywhere in a context: a prompt holds no placeholder, not even one that somebody's command has.
    return found if section and placeholder_in(json.dumps(found)) is None else None
