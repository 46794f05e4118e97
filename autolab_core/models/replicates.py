"""Replicates as runs of their own: when a design has them, which seeds they get, what their ids are. Light and pure.

Verifiers use it too, so nothing here imports attrs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

__all__ = [
    "FIXED",
    "INCREMENT",
    "RUN_VARIABLE",
    "THE_RUN",
    "VARIABLES",
    "filled",
    "needs_array",
    "parts",
    "replicate_id",
    "seed_of",
    "values_of",
]

#: Placeholder in the entry point to the variable that each replicate finds its own value in.
VARIABLES: Final[Mapping[str, str]] = MappingProxyType({"{seed}": "AUTOLAB_SEED", "{replicate}": "AUTOLAB_REPLICATE"})

INCREMENT: Final = "increment"
FIXED: Final = "fixed"


def needs_array(cli: object, args: object) -> bool:
    """True when an entry point with this ``cli`` and these ``args`` runs one replicate and has to be told which."""
    return any(isinstance(word, str) and any(name in word for name in VARIABLES) for word in _words(cli, args))


def _words(cli: object, args: object) -> Iterable[Any]:
    yield cli
    for value in args.values() if isinstance(args, Mapping) else ():
        if isinstance(value, list | tuple):
            yield from value
        else:
            yield value


def replicate_id(group: str, index: int | str) -> str:
    """The run id of replicate *index* (from 0) of the group *group*; its folder, given the group's."""
    return f"{group}-r{index}"


def seed_of(strategy: str, base: int, index: int) -> int:
    """The seed of replicate *index* (from 0): each its own, counted up from *base*, or *base* for all."""
    return base if strategy == FIXED else base + index


def values_of(index: int, seed: int) -> dict[str, str]:
    """Placeholder to what stands for it in the command of one replicate."""
    return {"{seed}": str(seed), "{replicate}": str(index)}


def filled(words: Sequence[str], values: Mapping[str, str]) -> tuple[str, ...]:
    """*words* with each placeholder replaced by its value. A value is never looked into for another placeholder."""
    return tuple("".join(values.get(part, part) for part in parts(word, values)) for word in words)


# What stands for a run's id in the words that guard its command, where one script is that of several runs.
THE_RUN: Final = "{run_id}"
RUN_VARIABLE: Final[Mapping[str, str]] = MappingProxyType({THE_RUN: "AUTOLAB_RUN_ID"})


def parts(word: str, names: Iterable[str]) -> list[str]:
    """*word* cut before and after each of *names*; put together again it is *word*. Empty pieces are left out."""
    pieces = [word]
    for name in names:
        cut: list[str] = []
        for piece in pieces:
            if piece in names:
                cut.append(piece)
                continue
            for rest in piece.split(name):
                cut += [rest, name]
            cut.pop()
        pieces = [piece for piece in cut if piece]
    return pieces
