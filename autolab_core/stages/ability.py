"""One thing that this machine can do, or cannot, and whether a program is there to do it."""

from __future__ import annotations

from typing import NamedTuple

from autolab_core.exec.command import Command, Runner
from autolab_core.vocab.errors import RunnerError

__all__ = ["Ability", "program"]


class Ability(NamedTuple):
    """``needed`` ones must be there for a local launch; ``advice`` is empty where nothing is missing."""

    name: str
    present: bool
    detail: str
    needed: bool
    advice: str = ""


def program(runner: Runner, name: str, argv: tuple[str, ...], needed: bool, advice: str) -> Ability:
    """Whether *argv* can be run and ends well; the first line that it prints is the detail."""
    try:
        result = runner.run(Command(argv, timeout=20.0))
    except RunnerError as error:
        return Ability(name, False, str(error), needed, advice)
    said = (result.text or result.stderr.decode("utf-8", "replace")).strip().splitlines()
    return Ability(name, result.exit_code == 0, said[0] if said else f"exit code {result.exit_code}", needed)
