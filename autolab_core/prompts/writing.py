"""A rendered prompt and its context, written as a pair: both or neither."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autolab_core.io.atomic import make_dirs, write_together
from autolab_core.io.documents import dump_json
from autolab_core.io.layout import PROMPTS_RENDERED, rendered_context, rendered_prompt
from autolab_core.io.repository import Repository
from autolab_core.prompts.sources import refuse_links

__all__ = ["write_pair"]


def write_pair(repository: Repository, name: str, text: str, context: Mapping[str, Any]) -> tuple[str, str]:
    """Write *text* as the prompt *name* (``launch``) and *context* beside it; the paths of the two.

    Raises StoreError, LockHeld, and DocumentError where a symbolic link leads elsewhere.
    """
    prompt, path = rendered_prompt(name), rendered_context(name)
    refuse_links(repository.tree(), PROMPTS_RENDERED)
    files = {repository.absolute(path): dump_json(dict(context), path), repository.absolute(prompt): text.encode()}
    with repository.prompts_lock():
        make_dirs(repository.absolute(PROMPTS_RENDERED))
        write_together(files)
    return prompt, path
