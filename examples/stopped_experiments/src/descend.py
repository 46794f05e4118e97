"""``python src/descend.py --seed 0 --rate 0.1``: minimise a quadratic by gradient descent and print the numbers.

The curvatures lie between 0.1 and 2 and are made from the seed. With a rate above 1 the widest direction grows with
every step; nothing here looks for that. Each line on standard output is a JSON object.
"""

from __future__ import annotations

import argparse
import json
import random

DIMENSIONS = 20


def main() -> int:
    """Descend, and report the loss every ten steps and at the end."""
    parser = argparse.ArgumentParser(prog="descend", description="Minimise a quadratic by gradient descent.")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--steps", type=int, default=100)
    options = parser.parse_args()
    source = random.Random(f"quadratic-{options.seed}")
    curvature = [0.1 + 1.9 * index / (DIMENSIONS - 1) for index in range(DIMENSIONS)]
    place = [source.gauss(0.0, 1.0) for _ in range(DIMENSIONS)]
    _say(config={"optimizer": {"rate": options.rate}, "steps": options.steps})
    for step in range(options.steps):
        if step % 10 == 0:
            _say(step=step, loss=_loss(curvature, place))
        place = [value - options.rate * slope * value for value, slope in zip(place, curvature, strict=True)]
    _say(steps=options.steps)
    _say(seed=options.seed, loss=round(_loss(curvature, place), 4))
    return 0


def _loss(curvature: list[float], place: list[float]) -> float:
    return sum(slope * value * value / 2 for slope, value in zip(curvature, place, strict=True))


def _say(**values: object) -> None:
    print(json.dumps(values), flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
