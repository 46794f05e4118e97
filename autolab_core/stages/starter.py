"""The files of a new repository: small, complete, and runnable as they are. Pure text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from autolab_core.io.layout import (
    AGENT_LOGS,
    BACKLOG,
    CLOUD_RUN,
    ENVIRONMENT,
    EXPERIMENTS,
    HANDOVER,
    INCOMING,
    LEDGER_SCRIPT,
    LINE_LIMITS,
    PROMPTS_RENDERED,
    STATE,
)

__all__ = ["EXECUTABLE", "IGNORED", "starter_files"]

# What a repository need not keep: locks, rendered prompts, what agents have in hand, and what a killed writer left.
IGNORED: Final = (
    ".autolab/locks/",
    f"{INCOMING}/",
    f"{PROMPTS_RENDERED}/",
    HANDOVER,
    f"{AGENT_LOGS}/",
    "run.lock",
    ".*.tmp",
    "__pycache__/",
)
EXECUTABLE: Final = frozenset({CLOUD_RUN, LEDGER_SCRIPT})

_STATE = """\
{{
  "schema_version": "1.0",
  "iteration_id": "{iteration_id}",
  "experiment_id": "{experiment_id}",
  "stage": "implementation_review",
  "stage_attempt": 0,
  "last_run_id": "",
  "pending_run_id": "",
  "sync_status": "",
  "max_stage_attempts": 3,
  "max_total_iterations": 20,
  "assistant_mode": "off",
  "history": []
}}
"""

_BACKLOG = """\
# An experiment whose status is done, completed, closed or resolved is not touched until `autolab reopen`.
hypotheses:
  - {{id: h_{iteration_id}, status: open, title: seeds change the mean of a random walk, success_metric: mean_distance}}
experiments:
  - {{id: {experiment_id}, hypothesis_id: h_{iteration_id}, status: open, type: plan, iteration_id: {iteration_id}}}
"""

_LIMITS = """\
line_limits:
  fixed_max_lines:
    design.yaml: 220
    launch/run_local.sh: 160
    launch/run_slurm.sbatch: 120
    review_result.json: 60
    analysis/summary.md: 140
    "runs/<RUN_ID>/metrics.json": 260
  run_manifest_dynamic:
    {{min_cap_lines: 120, max_cap_lines: 1200, base_lines: 160, per_item_lines: 25,
     max_chars: 60000, max_bytes: 80000, count_paths: [variants]}}
"""

_ENVIRONMENT = """\
# The environment that runs rely on

The block below runs, as it stands, at the top of every launch script, with the repository as the current folder.

```bash activate
export PYTHONPATH="$PWD/src${PYTHONPATH:+:$PYTHONPATH}"
command -v python >/dev/null || python() { python3 "$@"; }
```
"""

_DESIGN = """\
schema_version: "1.0"
id: {experiment_id}
iteration_id: {iteration_id}
hypothesis_id: h_{iteration_id}
entrypoint:
  module: random_walk
  args: {{steps: 1000, seeds: [0, 1, 2]}}
compute: {{location: local, walltime_estimate: "00:10:00", memory_estimate: 1G, cpus: 1}}
metrics:
  primary: {{name: mean_distance, unit: steps, mode: maximize}}
  aggregation: mean
baselines:
  - {{name: plain, description: a walk without drift}}
variants:
  - {{name: drift, changes: {{drift: 0.1}}}}
replicates: {{count: 3, seed_strategy: increment, base_seed: 0}}
extract_parser: {{kind: python, module: random_walk, callable: extract}}
"""

_LEDGER_SCRIPT = '''\
#!/usr/bin/env python3
"""Keep the ledger of Slurm jobs: the same as `autolab ledger`, for tools that call a script of the repository."""

import sys

try:
    from autolab_cli.main import main
except ModuleNotFoundError as error:
    sys.exit(f"{sys.argv[0]}: {error}; install autolab-verify for {sys.executable}")

sys.exit(main(["ledger", *sys.argv[1:]]))
'''

_CLOUD_RUN = '''\
#!/usr/bin/env python3
"""Send experiments to another machine: the same as `cloud-run`, for tools that call a program of the repository."""

import sys

try:
    from autolab_cli.cloud.main import main
except ModuleNotFoundError as error:
    sys.exit(f"{sys.argv[0]}: {error}; install autolab-verify for {sys.executable}")

sys.exit(main())
'''

_WALK = '''\
"""A random walk with and without drift: replace it by your experiment."""

import argparse
import json
import os
import random
from pathlib import Path

ARMS = {"plain": 0.0, "drift": 0.1}


def walk(steps, drift, seed):
    draw = random.Random(seed)
    return abs(sum((1 if draw.random() < 0.5 + drift / 2 else -1) for _ in range(steps)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    options = parser.parse_args()
    rows = []
    for name, drift in ARMS.items():
        for seed in options.seeds:
            rows.append({"name": name, "seed": seed, "mean_distance": walk(options.steps, drift, seed)})
            print(rows[-1], flush=True)
    Path(os.environ["AUTOLAB_RUN_DIR"], "rows.json").write_text(json.dumps(rows))


def extract(run_id, iteration_id, run_path):
    """Called by `autolab extract`; what it returns is judged and becomes metrics.json."""
    rows = json.loads(Path(run_path, "rows.json").read_text())
    means = {}
    for name in ARMS:
        values = [row["mean_distance"] for row in rows if row["name"] == name]
        means[name] = sum(values) / len(values)
    return {
        "schema_version": "1.0",
        "iteration_id": iteration_id,
        "run_id": run_id,
        "status": "completed",
        "primary_metric": {
            "name": "mean_distance",
            "value": means["drift"],
            "delta_vs_baseline": means["drift"] - means["plain"],
        },
        "baseline_results": [{"name": "plain", "value": means["plain"]}],
        "variant_results": [{"name": "drift", "value": means["drift"]}],
        "aggregation_method": "mean",
        "per_run_metrics": rows,
    }


if __name__ == "__main__":
    main()
'''


def starter_files(iteration_id: str, *, with_iteration: bool) -> Mapping[str, str]:
    """Path to text. *with_iteration*: also a small design and its experiment, ready to be approved and run."""
    names = {"iteration_id": iteration_id, "experiment_id": f"e_{iteration_id}"}
    files = {
        LINE_LIMITS: _LIMITS.format(**names),
        ENVIRONMENT: _ENVIRONMENT,
        LEDGER_SCRIPT: _LEDGER_SCRIPT,
        CLOUD_RUN: _CLOUD_RUN,
    }
    if with_iteration:
        files |= {
            STATE: _STATE.format(**names),
            BACKLOG: _BACKLOG.format(**names),
            f"{EXPERIMENTS}/plan/{iteration_id}/design.yaml": _DESIGN.format(**names),
            "src/random_walk.py": _WALK,
        }
    return files
