"""``python -m golden.train``: train every arm on every seed and leave one record for each.

Records go to ``outputs/`` inside the run's folder, which the launcher names in ``AUTOLAB_RUN_DIR``.
Exit codes: 0 every record is written; 2 the run could not be carried out; 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from golden import config as settings
from golden import data, model, records


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out the run that *argv* asks for and return its exit code."""
    options = _parser().parse_args(argv)
    try:
        config = settings.load(options.config)
        seeds = _chosen_seeds(options.seeds, config)
        run_dir = _run_folder(options.run_dir)
        for seed in seeds:
            _train_seed(config, seed, run_dir)
    except settings.ConfigError as error:
        print(f"golden.train: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"golden.train: cannot write results: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("golden.train: interrupted", file=sys.stderr)
        return 130
    print(f"wrote {len(seeds) * len(config.arms)} records")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="golden.train", description="Train every arm on every seed.")
    parser.add_argument("--config", type=Path, default=Path("configs/train.json"))
    parser.add_argument("--seeds", type=int, nargs="+", help="a part of the configuration's seeds (default: all)")
    parser.add_argument("--run-dir", type=Path, help="the run's folder (default: $AUTOLAB_RUN_DIR)")
    return parser


def _chosen_seeds(asked: list[int] | None, config: settings.Config) -> tuple[int, ...]:
    if asked is None:
        return config.seeds
    unknown = sorted(set(asked) - set(config.seeds))
    if unknown:
        raise settings.ConfigError(f"--seeds: {unknown} are not among the configuration's seeds")
    return tuple(dict.fromkeys(asked))


def _run_folder(given: Path | None) -> Path:
    named = given or os.environ.get("AUTOLAB_RUN_DIR")
    if not named:
        raise settings.ConfigError("no run folder: set AUTOLAB_RUN_DIR or pass --run-dir")
    if not Path(named).is_dir():
        raise settings.ConfigError(f"the run folder {named} does not exist")
    return Path(named)


def _train_seed(config: settings.Config, seed: int, run_dir: Path) -> None:
    """Train all arms on the data of *seed*; their records are on disk when this returns."""
    training, validation = data.make(config, seed)
    for arm in config.arms:
        accuracy, loss = model.evaluate(model.fit(config, arm, seed, training), validation)
        record = {
            "run_id": os.environ.get("AUTOLAB_RUN_ID") or run_dir.resolve().name,
            "arm": arm.name,
            "seed": seed,
            "steps": config.steps,
            "config_sha256": config.sha256,
            "validation_accuracy": accuracy,
            "validation_loss": loss,
        }
        records.write_json(records.record_path(run_dir, arm.name, seed), record)
        print(f"seed {seed} {arm.name}: validation_accuracy {accuracy} % validation_loss {loss}", flush=True)
    time.sleep(config.sleep_seconds_per_seed)


if __name__ == "__main__":
    raise SystemExit(main())
