"""The task: a noisy two-class problem made from a seed, with features of very different spread.

The spread falls geometrically from 1.0 for the first feature to 0.1 for the last, while every feature
has the same say in the label. Gradient descent learns the wide directions quickly and the narrow
ones slowly, so a short training budget leaves something to gain.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from golden.config import Config

NARROWEST = 0.1


@dataclass(frozen=True)
class Split:
    """Rows of features and, for each row, its class: 0 or 1."""

    rows: tuple[tuple[float, ...], ...]
    labels: tuple[int, ...]


def make(config: Config, seed: int) -> tuple[Split, Split]:
    """The training and the validation split of *seed*. Both arms of a seed get the same two splits.

    Features are rounded to six decimals, so that last-digit differences between maths libraries stay out.
    """
    source = random.Random(f"data-{seed}")
    count = config.features
    spread = [NARROWEST ** (index / max(count - 1, 1)) for index in range(count)]
    truth = [source.choice((-1.0, 1.0)) / width for width in spread]
    training = _draw(source, config.train_size, spread, truth, config)
    return training, _draw(source, config.validation_size, spread, truth, config)


def _draw(source: random.Random, size: int, spread: list[float], truth: list[float], config: Config) -> Split:
    rows, labels = [], []
    for _ in range(size):
        row = tuple(round(source.gauss(0.0, width), 6) for width in spread)
        score = 0.0
        for value, weight in zip(row, truth, strict=True):
            score += value * weight
        flipped = source.random() < config.label_noise
        rows.append(row)
        labels.append(int((score > 0.0) != flipped))
    return Split(tuple(rows), tuple(labels))
