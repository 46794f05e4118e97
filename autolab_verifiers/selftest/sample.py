"""The files of the valid sample repository: what a real local run of two arms and three seeds leaves behind.

The values belong together (means, hashes, times, ids), so that every rule has something to agree with.
"""

from __future__ import annotations

import hashlib
from typing import Any

from autolab_core.io.layout import (
    BACKLOG,
    ENVIRONMENT,
    LINE_LIMITS,
    POLICY,
    STATE,
    TODO_FOCUS,
    IterationPaths,
)

ITERATION = "iter_golden"
RUN = "20260201T120000Z_demo"
TOKEN = f"autolab-{ITERATION}-{RUN}-7f3a"
PATHS = IterationPaths(f"experiments/plan/{ITERATION}")
RUN_PATHS = PATHS.run(RUN)

ACTIVATION = 'export PYTHONPATH="$PWD/src${PYTHONPATH:+:$PYTHONPATH}"\n'
ENVIRONMENT_TEXT = f"# Environment\n\nThe standard library is enough.\n\n```bash activate\n{ACTIVATION}```\n"
COMMAND = "python3 -m golden.train --config configs/train.json --seeds 0 1 2"

_BODY = f"""\
set -euo pipefail
export AUTOLAB_ITERATION_ID={ITERATION}
export AUTOLAB_RUN_ID={RUN}
export AUTOLAB_RUN_DIR="$PWD"/{RUN_PATHS.folder}
set +u
{ACTIVATION}set -u
"""
SCRIPT = f"""\
#!/usr/bin/env bash
# The command record of {RUN}.
{_BODY}exec >>"$AUTOLAB_RUN_DIR/logs/stdout.log" 2>>"$AUTOLAB_RUN_DIR/logs/stderr.log"
{COMMAND}
""".encode()
BATCH_SCRIPT = f"""\
#!/usr/bin/env bash
#SBATCH --job-name={ITERATION}
#SBATCH --output={RUN_PATHS.logs}/stdout.log
#SBATCH --error={RUN_PATHS.logs}/stderr.log
#SBATCH --time=00:05:00
#SBATCH --mem=1G
{_BODY}srun {COMMAND}
""".encode()

STATE_DATA = {
    "schema_version": "1.0",
    "iteration_id": ITERATION,
    "experiment_id": "e_golden",
    "stage": "extract_results",
    "stage_attempt": 0,
    "last_run_id": RUN,
    "pending_run_id": "",
    "sync_status": "ok",
    "max_stage_attempts": 3,
    "max_total_iterations": 20,
    "assistant_mode": "off",
    "history": [
        {
            "timestamp_utc": "2026-02-01T12:00:01Z",
            "stage_before": "launch",
            "stage_after": "slurm_monitor",
            "status": "advance",
            "summary": "run was started",
            "stage_attempt": 0,
        },
        {
            "timestamp_utc": "2026-02-01T12:00:09Z",
            "stage_before": "slurm_monitor",
            "stage_after": "extract_results",
            "status": "advance",
            "summary": "run has ended",
            "stage_attempt": 0,
        },
    ],
}

TODO_DATA = {
    "generated_at": "2026-02-01T11:00:00Z",
    "stage": "launch",
    "open_task_count": 1,
    "focus_tasks": [{"task_id": "t1", "stage": "launch", "source": "docs/todo.md:3", "text": "compare on all seeds"}],
}

BACKLOG_TEXT = """\
hypotheses:
  - {id: h_golden, status: open, title: momentum helps, success_metric: validation_accuracy, target_delta: 1.0}
experiments:
  - {id: e_golden, hypothesis_id: h_golden, status: in_progress, type: plan, iteration_id: iter_golden}
"""

DESIGN_TEXT = """\
schema_version: "1.0"
id: e_golden
iteration_id: iter_golden
hypothesis_id: h_golden
entrypoint:
  module: golden.train
  args: {config: configs/train.json, seeds: [0, 1, 2]}
compute: {location: local, walltime_estimate: "00:05:00", memory_estimate: 1GB, gpu_count: 0, cpus: 1}
metrics:
  primary: {name: validation_accuracy, unit: "%", mode: maximize}
  secondary: [validation_loss]
  success_delta: "+1.0%"
  aggregation: mean
baselines:
  - {name: baseline_current, description: plain gradient descent}
variants:
  - name: momentum
    changes: {optimizer: {momentum: 0.9}}
replicates: {count: 3, seed_strategy: increment, base_seed: 0}
extract_parser:
  kind: command
  command: "python -m golden.extract --run-id {run_id} --iteration-path {iteration_path}"
"""

REVIEW_DATA = {
    "schema_version": "1.0",
    "status": "pass",
    "blocking_findings": [],
    "required_checks": {"tests": "pass", "dry_run": "pass", "schema": "pass", "env_smoke": "skip"},
    "reviewed_at": "2026-02-01T11:55:00Z",
    "reviewed": {"design_sha256": hashlib.sha256(DESIGN_TEXT.encode()).hexdigest()},
}

LIMITS_TEXT = """\
line_limits:
  fixed_max_lines:
    design.yaml: 220
    launch/run_local.sh: 160
    launch/run_slurm.sbatch: 120
    review_result.json: 60
    analysis/summary.md: 140
    "runs/<RUN_ID>/metrics.json": 260
  run_manifest_dynamic:
    min_cap_lines: 120
    max_cap_lines: 1200
    base_lines: 160
    per_item_lines: 25
    max_chars: 60000
    max_bytes: 80000
    count_paths: [variants]
"""

POLICY_TEXT = """\
stages:
  extract_results:
    run: [schema_checks, env_smoke, file_line_limits.py, template_fill, launch_scripts, consistency,
          closed_experiments, local_artifacts, ledger, spec_guard, replicates, metrics_complete, baseline_first,
          budget, abort_protocol, results_untouched, config_matches_spec, change_scope, no_interpretation,
          edit_scope, evidence]
    required: [run_health.py]
groups:
  env_smoke: [run_health, result_sanity]
"""

# The sample's list names what the run itself put out and nothing that a rule about something else would change.
OUTPUT_NAME = "outputs/momentum_seed0.json"
OUTPUT = f"{RUN_PATHS.folder}/{OUTPUT_NAME}"
OUTPUT_BYTES = b'{"validation_accuracy": 83.2, "validation_loss": 0.39}\n'
CHECKSUMS = f"{hashlib.sha256(OUTPUT_BYTES).hexdigest()}  {OUTPUT_NAME}\n".encode()

MANIFEST_DATA = {
    "schema_version": "1.0",
    "run_id": RUN,
    "iteration_id": ITERATION,
    "launch_mode": "local",
    "host_mode": "local",
    "status": "completed",
    "command": COMMAND,
    "resource_request": {"cpus": 1, "memory": "1GB", "gpu_count": 0, "walltime": "00:05:00"},
    "timestamps": {
        "created_at": "2026-02-01T12:00:00Z",
        "started_at": "2026-02-01T12:00:01Z",
        "completed_at": "2026-02-01T12:00:09Z",
    },
    "artifact_sync_to_local": {
        "status": "ok",
        "method": "none",
        "files": 1,
        "bytes": len(OUTPUT_BYTES),
        "checksums_sha256": hashlib.sha256(CHECKSUMS).hexdigest(),
        "diagnosis": None,
    },
    "commit": {"sha": "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "branch": "main", "dirty": False, "untracked": 0},
    "host": {
        "hostname": {"argv": ["hostname"], "exit_code": 0, "stdout": "bench", "stderr": ""},
        "sinfo": {"argv": ["sinfo", "-V"], "exit_code": None, "stdout": "", "stderr": "not found"},
        "squeue": {"argv": ["squeue", "-V"], "exit_code": None, "stdout": "", "stderr": "not found"},
    },
    "submission": {
        "token": TOKEN,
        "script": PATHS.run_local,
        "script_sha256": hashlib.sha256(SCRIPT).hexdigest(),
        "pid": 4242,
        "host": "bench",
    },
    "failure": None,
    "verifier_snapshot": {"passed": True, "counts": {"pass": 30, "fail": 0, "error": 0, "skip": 8}},
    "history": [
        {"at": "2026-02-01T12:00:00Z", "status": "pending", "why": "the intent is on disk"},
        {"at": "2026-02-01T12:00:00Z", "status": "submitted", "why": "started as pid 4242"},
        {"at": "2026-02-01T12:00:01Z", "status": "running", "why": "its start marker is there"},
        {"at": "2026-02-01T12:00:10Z", "status": "completed", "why": "its metrics were read and judged"},
    ],
}

METRICS_DATA = {
    "schema_version": "1.0",
    "iteration_id": ITERATION,
    "run_id": RUN,
    "status": "completed",
    "primary_metric": {"name": "validation_accuracy", "value": 83.6, "delta_vs_baseline": 1.2},
    "baseline_results": [{"name": "baseline_current", "value": 82.4, "validation_loss": 0.41}],
    "variant_results": [{"name": "momentum", "value": 83.6, "validation_loss": 0.38}],
    "aggregation_method": "mean",
    "per_run_metrics": [
        {"name": arm, "seed": seed, "validation_accuracy": accuracy, "validation_loss": loss}
        for arm, rows in (
            ("baseline_current", ((82.1, 0.42), (82.4, 0.41), (82.7, 0.4))),
            ("momentum", ((83.2, 0.39), (83.6, 0.38), (84.0, 0.37))),
        )
        for seed, (accuracy, loss) in enumerate(rows)
    ],
    "missing": [],
}

START_DATA = {"token": TOKEN, "pid": 4242, "host": "bench", "started_at": "2026-02-01T12:00:01Z"}
EXIT_DATA = {"token": TOKEN, "exit_code": 0, "finished_at": "2026-02-01T12:00:09Z"}

JSON_FILES: dict[str, Any] = {
    STATE: STATE_DATA,
    TODO_FOCUS: TODO_DATA,
    PATHS.review: REVIEW_DATA,
    RUN_PATHS.manifest: MANIFEST_DATA,
    RUN_PATHS.metrics: METRICS_DATA,
    RUN_PATHS.start_marker: START_DATA,
    RUN_PATHS.exit_marker: EXIT_DATA,
}
OTHER_FILES: dict[str, bytes] = {
    BACKLOG: BACKLOG_TEXT.encode(),
    LINE_LIMITS: LIMITS_TEXT.encode(),
    POLICY: POLICY_TEXT.encode(),
    PATHS.design: DESIGN_TEXT.encode(),
    PATHS.run_local: SCRIPT,
    PATHS.run_slurm: BATCH_SCRIPT,  # kept beside the local one, for a cluster
    OUTPUT: OUTPUT_BYTES,
    RUN_PATHS.checksums: CHECKSUMS,
    ENVIRONMENT: ENVIRONMENT_TEXT.encode(),
}
DOCUMENTS = (STATE, TODO_FOCUS, BACKLOG, LINE_LIMITS, POLICY, PATHS.design, PATHS.review)
RUN_DOCUMENTS = (RUN_PATHS.manifest, RUN_PATHS.metrics, RUN_PATHS.exit_marker)
