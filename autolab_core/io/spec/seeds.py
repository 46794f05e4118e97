"""Seeds: ``- 0, 1, 2``, ``- 0..4``, or a line for each arm."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from autolab_core.io.spec.amounts import whole
from autolab_core.io.spec.findings import Findings, Unclear
from autolab_core.io.spec.outline import Item
from autolab_core.io.spec.scan import Scanner
from autolab_core.vocab.experiment import Arm

__all__ = ["FORM", "MAX_SEEDS", "print_seeds", "read_seeds"]

FORM: Final = "- 0, 1, 2 or - 0..4, or two items: - baseline: 0 and - treatment: 0..4"
MAX_SEEDS: Final = 10_000
# Generators of random numbers take 64 bits at most.
_LARGEST: Final = 2**64
_NONE: Final = "none"


def read_seeds(items: Sequence[Item], found: Findings) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The seeds of the treatment and of the baseline that *items* name; what is wrong with them goes to *found*."""
    seeds: dict[Arm | None, dict[int, None]] = {}
    count = 0
    for item in items:
        # Both arms may have as many as there may be. Beyond that nothing is gained by going on.
        if count > 2 * MAX_SEEDS:
            found.problem(item.line, f"there are more than {MAX_SEEDS} seeds")
            break
        with found.reading(item.line):
            arm, values = _item(item.text)
            count += len(values)
            if (arm is None) != (None in seeds) and seeds:
                raise Unclear(f"do these seeds belong to an arm or to both? write {FORM}")
            if arm is not None and arm in seeds:
                raise Unclear(f"the seeds of the {arm} are named twice; keep one item")
            known = seeds.setdefault(arm, {})
            for seed in values:
                if seed in known:
                    raise Unclear(f"the seed {seed} is named twice")
                known[seed] = None
            if len(known) > MAX_SEEDS:
                raise Unclear(f"there are more than {MAX_SEEDS} seeds")
    treatment = seeds.get(None, seeds.get(Arm.TREATMENT, {}))
    return tuple(treatment), tuple(seeds.get(Arm.BASELINE, treatment))


def print_seeds(treatment: Sequence[int], baseline: Sequence[int]) -> list[str]:
    """The list items' texts."""
    if tuple(treatment) == tuple(baseline):
        return [_printed(treatment)]
    return [f"{Arm.BASELINE}: {_printed(baseline)}", f"{Arm.TREATMENT}: {_printed(treatment)}"]


def _item(text: str) -> tuple[Arm | None, list[int]]:
    scanner = Scanner(text)
    word = scanner.take(*Arm)
    if word is not None:
        scanner.colon(f"the seeds of the {word}")
    elif scanner.take("seeds", "seed"):
        scanner.colon("the seeds")
    if word == Arm.BASELINE and scanner.take(_NONE):
        scanner.end(FORM)
        return Arm.BASELINE, []
    values: list[int] = []
    while True:
        values += _range(scanner)
        if len(values) > MAX_SEEDS:
            raise Unclear(f"there are more than {MAX_SEEDS} seeds")
        if scanner.take(",") is None:
            break
    scanner.end(FORM)
    return None if word is None else Arm(word), values


def _range(scanner: Scanner) -> list[int]:
    first = _seed(scanner)
    if scanner.rest[:1] in ("-", "–", "—") and scanner.rest[1:].lstrip()[:1].isdigit():
        last = scanner.rest[1:].lstrip().split(",")[0]
        raise Unclear(f"{first}{scanner.rest[0]}{last} can be read in two ways; write {first}..{last}")
    if scanner.take("..", "…") is None:
        return [first]
    scanner.take(".")
    last_seed = _seed(scanner)
    if last_seed < first:
        raise Unclear(f"{first}..{last_seed} goes backwards; write {last_seed}..{first}")
    if last_seed - first >= MAX_SEEDS:
        raise Unclear(f"{first}..{last_seed} are more than {MAX_SEEDS} seeds")
    return list(range(first, last_seed + 1))


def _seed(scanner: Scanner) -> int:
    # "0..4" must not be read as the number "0." and a rest.
    end = scanner.rest.find("..")
    rest = ""
    if end >= 0:
        scanner.rest, rest = scanner.rest[:end], scanner.rest[end:]
    value = whole(scanner, "a seed")
    scanner.rest += rest
    if abs(value) >= _LARGEST:
        raise Unclear(f"the seed {str(value)[:24]} needs more than 64 bits")
    return value


def _printed(seeds: Sequence[int]) -> str:
    if not seeds:
        return _NONE
    parts = []
    for _, run in groupby(enumerate(seeds), lambda pair: pair[1] - pair[0]):
        values = [seed for _, seed in run]
        parts += [f"{values[0]}..{values[-1]}"] if len(values) > 2 else [str(seed) for seed in values]
    return ", ".join(parts)
