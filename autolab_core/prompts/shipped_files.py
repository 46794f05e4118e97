"""The templates and shared parts that come with the package."""

from __future__ import annotations

import os
from functools import cache
from typing import Final

from autolab_core.io.documents.source import read_source
from autolab_core.io.layout import PROMPTS, PROMPTS_SHARED, prompt_template
from autolab_core.vocab.states import Stage
from autolab_core.vocab.tokens import EXPERIMENT, SHARED_PARTS
from autolab_core.vocab.transitions import LEFT_BY_A_PERSON

__all__ = ["SHIPPED_TEMPLATES", "shipped_paths", "shipped_source"]

# The stages at which there is something to do for others than a person, in their order, and the experiment.
SHIPPED_TEMPLATES: Final = (*(stage.value for stage in Stage if stage not in LEFT_BY_A_PERSON), EXPERIMENT)
_FOLDER: Final = os.path.join(os.path.dirname(os.path.abspath(__file__)), "shipped")


@cache
def shipped_paths() -> tuple[str, ...]:
    """Where a repository has the shipped files once they are installed, templates first."""
    return (
        *(prompt_template(name) for name in SHIPPED_TEMPLATES),
        *(f"{PROMPTS_SHARED}/{name}" for name in SHARED_PARTS),
    )


def shipped_source(path: str) -> bytes | None:
    """The shipped file that is installed as *path*, byte for byte; None when there is none of this name."""
    if path not in shipped_paths():
        return None
    return read_source(os.path.join(_FOLDER, path.removeprefix(f"{PROMPTS}/")))
