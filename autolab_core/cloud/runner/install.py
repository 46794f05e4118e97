"""An interpreter for the command, with what the repository says that it needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Final

from autolab_core.cloud.runner.command import run_command
from autolab_core.vocab.cloud import Requirements

__all__ = ["InstallFailed", "install"]

_LINES: Final = 20
_QUIET: Final = ("--disable-pip-version-check", "--no-input", "--progress-bar", "off")


class InstallFailed(Exception):
    """``lines`` are the last ones that the program wrote; ``exit_code`` is its own."""

    def __init__(self, message: str, exit_code: int, lines: tuple[str, ...]) -> None:
        super().__init__(message)
        self.exit_code, self.lines = exit_code, lines


def install(
    kind: str,
    repository: str,
    place: str,
    *,
    environment: Mapping[str, str],
    log: str,
    why_stop: Callable[[], str | None],
) -> dict[str, str]:
    """Make an interpreter at *place* and install what *kind* asks for; *environment*, in which it comes first.

    It sees what the image has, so that an image may bring the large things. All output goes to the end of the file
    *log*. *why_stop* ends it, as it does a command. Raises InstallFailed.
    """
    venv = (sys.executable, "-m", "venv", "--system-site-packages", "--without-pip", place)
    _run(None, venv, repository, environment, log, why_stop)
    python = os.path.join(place, "bin", "python")
    if kind != Requirements.NONE:
        what = (repository,) if kind == Requirements.PROJECT else ("-r", os.path.join(repository, kind))
        words = (sys.executable, "-m", "pip", "--python", python, "install", *_QUIET, *what)
        _run(kind, words, repository, environment, log, why_stop)
    path = f"{place}/bin:{environment.get('PATH', os.defpath)}"
    return {**environment, "PATH": path, "VIRTUAL_ENV": place}


def _run(
    kind: str | None,
    words: tuple[str, ...],
    folder: str,
    environment: Mapping[str, str],
    log: str,
    why_stop: Callable[[], str | None],
) -> None:
    start = os.path.getsize(log)
    try:
        ended = run_command(words, folder=folder, environment=environment, out=log, err=log, why_stop=why_stop)
    except OSError as error:
        raise InstallFailed(f"{words[0]} cannot be run: {error.strerror}", 127, ()) from error
    if ended.exit_code != 0 or ended.stopped is not None:
        what = "no interpreter could be made for the command" if kind is None else f"pip could not install {kind}"
        mend = "" if kind is None else ": mend that, the command was not started"
        raise InstallFailed(f"{what} (exit code {ended.exit_code}){mend}", ended.exit_code, _tail(log, start))


def _tail(log: str, start: int) -> tuple[str, ...]:
    with open(log, "rb") as file:
        file.seek(start)
        lines = file.read().decode("utf-8", "replace").splitlines()
    return tuple(lines[-_LINES:])
