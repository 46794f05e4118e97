"""What a container has to install before the command: the file that says it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from autolab_core.io.documents import read_source
from autolab_core.io.documents.toml_reader import parse_toml
from autolab_core.io.layout import PYPROJECT
from autolab_core.vocab.cloud import Requirements
from autolab_core.vocab.errors import UsageError

__all__ = ["lock_not_followed", "requirements_of"]

# Locks that pip does not read (``pylock.toml``: not the versions that images have), and the commands that write what it
# does read.
_FOREIGN: Final = {
    "uv.lock": f"uv export --frozen --no-emit-project -o {Requirements.TEXT}",
    "poetry.lock": f"poetry export -o {Requirements.TEXT}",
    "pdm.lock": f"pdm export --prod -o {Requirements.TEXT}",
    "Pipfile.lock": f"pipenv requirements > {Requirements.TEXT}",
    "pylock.toml": f"uv pip sync pylock.toml && uv pip freeze > {Requirements.TEXT}",
}


def requirements_of(root: Path) -> Requirements:
    """The file of the repository's top that is installed: a lock before what it was made from, and ``pyproject.toml``
    where it describes a project.

    Raises UsageError where there is nothing but a lock that pip cannot read, and DocumentError where
    ``pyproject.toml`` is no TOML.
    """
    for each in (Requirements.LOCK, Requirements.TEXT):
        if (root / each).is_file():
            return each
    if (root / PYPROJECT).is_file():
        data = parse_toml(read_source(root / PYPROJECT, PYPROJECT), PYPROJECT).data
        if isinstance(data, dict) and data.keys() & {"project", "build-system"}:
            return Requirements.PROJECT  # others write only their settings there
    foreign = _foreign(root)
    if foreign is not None:
        raise UsageError(f"{foreign} cannot be installed by pip: write what it can ({_FOREIGN[foreign]})")
    return Requirements.NONE


def lock_not_followed(root: Path, found: Requirements) -> str | None:
    """A line where *found* is installed although a lock says exactly what; None where there is no such lock."""
    foreign = _foreign(root) if found is Requirements.PROJECT else None
    if foreign is None:
        return None
    return f"{found} is installed, and {foreign} is not followed, because pip cannot read it: {_FOREIGN[foreign]}"


def _foreign(root: Path) -> str | None:
    return next((name for name in _FOREIGN if (root / name).is_file()), None)
