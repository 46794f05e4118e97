"""``python -m golden.extract``: turn a run's records into its ``metrics.json``.

Every arm and seed of the configuration has to be there. What is absent, unreadable, from another run or made
by another configuration is listed under ``missing``; the status is then ``partial``, or ``failed`` without any record.
Exit codes: 0 ``metrics.json`` is written, whatever its status says; 2 it could not be written.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from golden import config as settings
from golden import records

PRIMARY, SECONDARY = "validation_accuracy", "validation_loss"


def main(argv: Sequence[str] | None = None) -> int:
    """Write the metrics of the run that *argv* names and return the exit code."""
    parser = argparse.ArgumentParser(prog="golden.extract", description="Write metrics.json from a run's records.")
    parser.add_argument("--run-id", required=True)
    parser.add_argument("--iteration-path", type=Path, required=True)
    parser.add_argument("--config", type=Path, default=Path("configs/train.json"))
    options = parser.parse_args(argv)
    if options.run_id in {"", ".", ".."} or any(mark in options.run_id for mark in "/\\\0"):
        parser.error(f"--run-id {options.run_id!r} is not a folder name")
    run_dir = options.iteration_path / "runs" / options.run_id
    try:
        config = settings.load(options.config)
        if not run_dir.is_dir():
            raise settings.ConfigError(f"there is no run at {run_dir}")
        metrics = summarize(config, run_dir, options.iteration_path.resolve().name)
        records.write_json(run_dir / "metrics.json", metrics)
    except (settings.ConfigError, OSError) as error:
        print(f"golden.extract: {error}", file=sys.stderr)
        return 2
    for line in metrics["missing"]:
        print(f"missing: {line}")
    print(f"{run_dir / 'metrics.json'}: {metrics['status']}, {len(metrics['per_run_metrics'])} records")
    return 0


def summarize(config: settings.Config, run_dir: Path, iteration_id: str) -> dict[str, Any]:
    """The metrics of the run in *run_dir*: rows as recorded, means over the rows, and what is missing."""
    rows, missing = [], []
    for arm, seed in config.expected():
        record, problem = _read(records.record_path(run_dir, arm, seed))
        problem = problem or _mismatch(record, run_dir.name, arm, seed, config)
        if problem:
            missing.append(f"{arm}_seed{seed}: {problem}")
        else:
            rows.append({"name": arm, "seed": seed, PRIMARY: record[PRIMARY], SECONDARY: record[SECONDARY]})
    baselines = _means(config, rows, "baseline")
    variants = _means(config, rows, "variant")
    value = variants[0]["value"] if variants else None
    delta = round(value - baselines[0]["value"], 4) if variants and baselines else None
    return {
        "schema_version": "1.0",
        "iteration_id": iteration_id,
        "run_id": run_dir.name,
        "status": "completed" if not missing else "partial" if rows else "failed",
        "primary_metric": {"name": PRIMARY, "value": value, "delta_vs_baseline": delta},
        "baseline_results": baselines,
        "variant_results": variants,
        "aggregation_method": "mean",
        "per_run_metrics": rows,
        "missing": missing,
    }


def _means(config: settings.Config, rows: list[dict[str, Any]], role: str) -> list[dict[str, Any]]:
    """One result for each arm of *role* that has rows: the means over its seeds, rounded to four decimals."""
    results = []
    for arm in config.arms:
        own = [row for row in rows if row["name"] == arm.name]
        if arm.role == role and own:
            value, loss = (round(math.fsum(row[key] for row in own) / len(own), 4) for key in (PRIMARY, SECONDARY))
            results.append({"name": arm.name, "value": value, SECONDARY: loss})
    return results


def _read(path: Path) -> tuple[dict[str, Any], str]:
    """The record at *path* and an empty string, or an empty record and why it cannot be used."""
    try:
        record = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}, "no record"
    except (OSError, ValueError, RecursionError):
        return {}, "the record cannot be read"
    return (record, "") if isinstance(record, dict) else ({}, "the record is not an object")


def _mismatch(record: dict[str, Any], run_id: str, arm: str, seed: int, config: settings.Config) -> str:
    """Why *record* is not the evidence for this run, arm and seed; empty when it is."""
    if (record.get("arm"), record.get("seed")) != (arm, seed):
        return "the record names another arm or seed"
    if record.get("run_id") != run_id:
        return "the record belongs to another run"
    if record.get("config_sha256") != config.sha256:
        return "the record was made by another configuration"
    for key in (PRIMARY, SECONDARY):
        value = record.get(key)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0.0 <= value < 1e300:
            return f"{key} is not a usable number"
    return ""


if __name__ == "__main__":
    raise SystemExit(main())
