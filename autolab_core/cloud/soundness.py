"""What a request has to be before anything is made of it: no engine could carry out another one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from autolab_core.cloud.models import RunRequest
from autolab_core.cloud.pulling.placing import OURS, require_plain
from autolab_core.io.spec import load_spec, spec_source
from autolab_core.models.resources import Memory
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.paths import check_relative

__all__ = ["require_sound"]

_HOURS_AT_MOST: Final = 24 * 28
# An interpreter with the runner in it, and nothing else.
_MEMORY_AT_LEAST: Final = 64 << 20
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def require_sound(root: Path, request: RunRequest) -> None:
    """Raise UsageError or DocumentError for what no engine could do."""
    for what, text in _texts(request):
        _require_text(what, text)
    check_relative("the spec", request.spec)
    load_spec(spec_source(str(root), request.spec), request.spec)
    require_plain(root, check_relative("--output-dir", request.output_dir), request.spec)
    for folder in request.data_dirs:
        _require_data(root, folder, request.output_dir)
    if (request.command is None) == (not request.argv):
        raise UsageError("name one command: a line for the shell, or words")
    if request.command is not None and not request.command.strip():
        raise UsageError("the command is empty")
    if not 0 < request.max_hours <= _HOURS_AT_MOST:
        raise UsageError(f"--max-hours {request.max_hours:g} is refused: it is above 0 and at most {_HOURS_AT_MOST}")
    if request.memory is not None and request.memory < _MEMORY_AT_LEAST:
        least = Memory(_MEMORY_AT_LEAST)
        raise UsageError(f"--memory {Memory(request.memory)} is refused: nothing runs with less than {least}")
    if request.image is not None and (not request.image or any(each.isspace() for each in request.image)):
        raise UsageError(f"--image {request.image!r} is refused: it is no name of an image")
    _require_variables(request)


def _require_variables(request: RunRequest) -> None:
    for option, names in (("--env", request.environment), ("--secret", request.secrets)):
        for name in names:
            if not _VARIABLE.fullmatch(name):
                raise UsageError(
                    f"{option} {name!r} is refused: it takes the name of a variable alone (letters, digits and _), "
                    "and never its value"
                )
    if set(request.environment) & set(request.secrets):
        raise UsageError("a name is given both with --env and with --secret: a secret goes with --secret alone")


def _require_data(root: Path, folder: str, output_dir: str) -> None:
    """Raise UsageError where *folder* is none of data, or where data and results would be sent to and fro."""
    check_relative("--data-dirs", folder)
    if not os.path.isdir(root / folder):
        raise UsageError(f"--data-dirs names {folder}, which is no folder of this repository")
    real, top = os.path.realpath(root / folder), os.path.realpath(root)
    if f"{top}/".startswith(f"{real}/"):
        raise UsageError(f"--data-dirs {folder} is refused: it holds the whole repository; name a folder of data in it")
    if folder.partition("/")[0] in OURS or any(f"{real}/".startswith(f"{top}/{each}/") for each in OURS):
        raise UsageError(f"--data-dirs {folder} is refused: what is kept there is no data")
    for outer, inner in ((folder, output_dir), (output_dir, folder)):
        if f"{inner.rstrip('/')}/".startswith(f"{outer.rstrip('/')}/"):
            raise UsageError(
                f"--data-dirs {folder} and --output-dir {output_dir} are one in the other: data would come back as "
                "results; name another folder for them"
            )


def _texts(request: RunRequest) -> Iterator[tuple[str, str]]:
    yield "the spec's path", request.spec
    yield "--output-dir", request.output_dir
    yield "the command", request.command or ""
    yield "--image", request.image or ""
    for what, words in (("the command", request.argv), ("--data-dirs", request.data_dirs)):
        for word in words:
            yield what, word


def _require_text(what: str, text: str) -> None:
    """What is written to the run's documents has to be text; a shell's command may hold any byte but NUL."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError(f"{what} is refused: it is no UTF-8 text ({text[:60]!a})") from None
    if "\0" in text:
        raise UsageError(f"{what} is refused: it holds a NUL character")
