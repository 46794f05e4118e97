"""Logistic regression trained by stochastic gradient descent, with heavy-ball momentum (0 = plain SGD).

Sums are loops in a fixed order, or ``math.fsum``: the built-in ``sum`` adds floats differently from Python 3.12 on.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from golden.config import Arm, Config
from golden.data import Split


def score(weights: Sequence[float], row: Sequence[float]) -> float:
    """The log-odds of class 1 for *row*; the last weight is the bias."""
    total = weights[-1]
    for weight, value in zip(weights, row, strict=False):
        total += weight * value
    return total


def probability(log_odds: float) -> float:
    """The logistic function, in the form that cannot overflow."""
    if log_odds >= 0.0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    grown = math.exp(log_odds)
    return grown / (1.0 + grown)


def fit(config: Config, arm: Arm, seed: int, split: Split) -> list[float]:
    """The weights after ``config.steps`` steps from zero; the batches depend on *seed* only, not on the arm.

    They stay finite: a gradient is no larger than its rows, and the configuration bounds rate and momentum.
    """
    order = random.Random(f"batches-{seed}")
    weights = [0.0] * (config.features + 1)
    velocity = [0.0] * len(weights)
    for _ in range(config.steps):
        gradient = [0.0] * len(weights)
        for _ in range(config.batch_size):
            pick = order.randrange(len(split.rows))
            row = split.rows[pick]
            error = (probability(score(weights, row)) - split.labels[pick]) / config.batch_size
            for index, value in enumerate(row):
                gradient[index] += error * value
            gradient[-1] += error
        for index, slope in enumerate(gradient):
            velocity[index] = arm.momentum * velocity[index] - arm.learning_rate * slope
            weights[index] += velocity[index]
    return weights


def evaluate(weights: Sequence[float], split: Split) -> tuple[float, float]:
    """Accuracy in percent and mean logistic loss in nats on *split*, both rounded to four decimals."""
    right, losses = 0, []
    for row, label in zip(split.rows, split.labels, strict=True):
        log_odds = score(weights, row)
        right += (log_odds > 0.0) == (label == 1)
        against = -log_odds if label == 1 else log_odds
        losses.append(max(against, 0.0) + math.log1p(math.exp(-abs(against))))
    return round(100.0 * right / len(losses), 4), round(math.fsum(losses) / len(losses), 4)
