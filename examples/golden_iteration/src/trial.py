"""``python src/trial.py --seed 0 --momentum 0.9``: train one model on one seed and print its numbers.

Each line on standard output is a JSON object: the resolved configuration, how much data there was, the steps that
were made, and the metrics. Nothing is written to a file. Exit codes: 0 trained; 2 it could not be.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import replace
from pathlib import Path

from golden import config as settings
from golden import data, model

CONFIG = Path(__file__).resolve().parents[1] / "configs/train.json"


def main() -> int:
    """Train and report."""
    options = _parser().parse_args()
    try:
        config = settings.load(CONFIG)
    except settings.ConfigError as error:
        print(f"trial: {error}", file=sys.stderr)
        return 2
    config = replace(config, steps=options.steps)
    arm = settings.Arm("trial", "variant", options.learning_rate, options.momentum)
    _say(config=_resolved(config, arm))
    _say(data_size=config.train_size, unit="rows")
    training, validation = data.make(config, options.seed)
    _, before = model.evaluate([0.0] * (config.features + 1), validation)
    accuracy, loss = model.evaluate(model.fit(config, arm, options.seed, training), validation)
    _say(steps=config.steps)
    _say(seed=options.seed, validation_accuracy=accuracy, validation_loss=loss, initial_loss=before)
    return 0 if math.isfinite(loss) else 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="trial", description="Train one model on one seed.")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--learning-rate", type=float, default=0.3)
    parser.add_argument("--momentum", type=float, default=0.0)
    return parser


def _resolved(config: settings.Config, arm: settings.Arm) -> dict[str, dict[str, float]]:
    return {
        "data": {
            "features": config.features,
            "train_size": config.train_size,
            "validation_size": config.validation_size,
            "label_noise": config.label_noise,
        },
        "training": {"steps": config.steps, "batch_size": config.batch_size},
        "optimizer": {"learning_rate": arm.learning_rate, "momentum": arm.momentum},
    }


def _say(**values: object) -> None:
    print(json.dumps(values), flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
