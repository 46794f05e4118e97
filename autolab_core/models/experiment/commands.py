"""The commands of a spec's protocol as words: split by the shell's rules, placeholders filled, no shell. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence

from autolab_core.models.experiment.spec import Plain, Spec
from autolab_core.models.replicates import filled, parts
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.experiment import Arm, Phase

__all__ = ["SEED", "commands_of", "fill", "fill_path", "passed", "wants_seed"]

SEED = "{seed}"


def commands_of(spec: Spec, phase: Phase) -> tuple[str, ...]:
    """The commands that make the numbers of *phase*, as the spec has them. Sanity checks are no such commands."""
    of = {
        Phase.BASELINE: spec.protocol.baseline,
        Phase.MVE: spec.protocol.mve,
        Phase.TREATMENT: spec.protocol.treatment,
    }
    return of.get(phase, ())


def wants_seed(command: str) -> bool:
    """Whether *command* runs once for each seed."""
    return SEED in command


def fill(command: str, spec: Spec, arm: Arm | None, seed: int | None, *, what: str = "the command") -> tuple[str, ...]:
    """*command* as words. A value stays within its word, whatever it is, and is not looked into for placeholders.

    Without an arm (in a sanity check) settings stand for the treatment's values. Raises UsageError, naming *what*,
    for a command that cannot be split or is empty.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"{what} {command!r} cannot be split into words: {str(error).lower()}") from None
    if not words or not words[0]:
        raise UsageError(f"{what} {command!r} names no program")
    return filled(words, _values(spec, arm, seed))


def fill_path(path: str, spec: Spec, arm: Arm, seed: int | None) -> str:
    """The file that *path* names for *arm* and *seed*."""
    return filled((path,), _values(spec, arm, seed))[0]


def passed(commands: Sequence[str], spec: Spec, arm: Arm) -> dict[str, Plain]:
    """The settings that *commands* are told, by name, with the values that *arm* has."""
    names = {f"{{{each.name}}}": each for each in (*spec.variables, *spec.controls)}
    told = {piece for command in commands for piece in parts(command, names)}
    return {each.name: each.values[arm] for placeholder, each in names.items() if placeholder in told}


def _values(spec: Spec, arm: Arm | None, seed: int | None) -> Mapping[str, str]:
    of = Arm.TREATMENT if arm is None else arm
    found = {f"{{{each.name}}}": _text(each.values[of]) for each in (*spec.variables, *spec.controls)}
    return found if seed is None else {**found, SEED: str(seed)}


def _text(value: Plain) -> str:
    """A value as a command is told it: text as it is, everything else as JSON writes it."""
    return value if isinstance(value, str) else json.dumps(value)
