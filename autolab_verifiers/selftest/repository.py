"""A judged repository, whole and valid: what every mutation starts from.

It is built by code, in a folder of the test's own, from the bytes that a real local run of two arms and three seeds
leaves behind. ``Repository`` then changes single values or files in place.
"""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
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
from autolab_core.io.schemas import schema_folder

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
    run: [schema_checks, env_smoke, file_line_limits.py, template_fill, launch_scripts, consistency]
    required: [run_health.py]
groups:
  env_smoke: [run_health, result_sanity]
"""

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
    "artifact_sync_to_local": {"status": "ok", "method": "none", "files": 4, "bytes": 2048, "diagnosis": None},
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
    ENVIRONMENT: ENVIRONMENT_TEXT.encode(),
}
DOCUMENTS = (STATE, TODO_FOCUS, BACKLOG, LINE_LIMITS, POLICY, PATHS.design, PATHS.review)
RUN_DOCUMENTS = (RUN_PATHS.manifest, RUN_PATHS.metrics, RUN_PATHS.exit_marker)


class Repository:
    """A judged repository on disk, to be broken. Paths are relative to ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, content: bytes | str) -> None:
        """Put *content* at *path*, and the folders above it."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def read(self, path: str) -> Any:
        return json.loads((self.root / path).read_bytes())

    def edit(self, path: str, change: Callable[[Any], object]) -> None:
        """Let *change* alter the data of the JSON file *path* in place."""
        data = self.read(path)
        change(data)
        self.write(path, json.dumps(data, indent=2) + "\n")

    def set(self, path: str, pointer: str, value: Any) -> None:
        """Put *value* at *pointer* in the JSON file *path*."""

        def change(data: Any) -> None:
            *way, last = pointer.split("/")[1:]
            for part in way:
                data = data[int(part)] if isinstance(data, list) else data.setdefault(part, {})
            data[int(last) if isinstance(data, list) else last] = value

        self.edit(path, change)

    def drop(self, path: str, pointer: str) -> None:
        """Remove what stands at *pointer* from the JSON file *path*."""

        def change(data: Any) -> None:
            *way, last = pointer.split("/")[1:]
            for part in way:
                data = data[int(part)] if isinstance(data, list) else data[part]
            del data[int(last) if isinstance(data, list) else last]

        self.edit(path, change)

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace *old*, which stands once in the text file *path*, by *new*."""
        text = (self.root / path).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
        self.write(path, text.replace(old, new))

    def remove(self, path: str) -> None:
        """Remove the file or folder *path*."""
        target = self.root / path
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink()

    def manifest(self, pointer: str, value: Any) -> None:
        self.set(RUN_PATHS.manifest, pointer, value)

    def metrics(self, pointer: str, value: Any) -> None:
        self.set(RUN_PATHS.metrics, pointer, value)

    def become(self, status: str) -> None:
        """Turn the completed run into one that is consistently *status*; without an end it has no marker or metrics."""
        ended = status in {"completed", "failed", "partial"}
        manifest = copy.deepcopy(MANIFEST_DATA)
        manifest["status"] = status
        history: Any = manifest["history"]
        order = ["pending", "submitted", "running"]
        manifest["history"] = (
            [*history[:3], {**history[3], "status": status}] if ended else history[: order.index(status) + 1]
        )
        times: Any = manifest["timestamps"]
        if ended and status != "completed":
            manifest["failure"] = {"reason": "its metrics are not all there", "stage": "extract_results"}
            self.metrics("/status", status)
            self.metrics("/missing", ["momentum_seed2: no record"])
        if not ended:
            manifest["timestamps"] = {"created_at": times["created_at"], "started_at": times["started_at"]}
            manifest["artifact_sync_to_local"] = {"status": "pending", "method": "none"}
            self.set(STATE, "/stage", "launch")
            self.set(STATE, "/history", [])
            self.remove(RUN_PATHS.exit_marker)
            self.remove(RUN_PATHS.metrics)
        self.write(RUN_PATHS.manifest, json.dumps(manifest, indent=2) + "\n")

    def to_slurm(self) -> None:
        """Turn the local run into a Slurm run that ended well."""

        def change(data: Any) -> None:
            data.update(host_mode="slurm", launch_mode="slurm", job_id="4242", cluster="c1")
            data["artifact_sync_to_local"]["method"] = "rsync"
            for probe in ("sinfo", "squeue"):
                data["host"][probe] = {"argv": [probe, "-V"], "exit_code": 0, "stdout": "slurm 22.05.8", "stderr": ""}
            sha256 = hashlib.sha256(BATCH_SCRIPT).hexdigest()
            data["submission"].update(script=PATHS.run_slurm, script_sha256=sha256)
            data["history"].insert(3, {"at": "2026-02-01T12:00:09Z", "status": "synced", "why": "artifacts are home"})

        self.edit(RUN_PATHS.manifest, change)
        self.replace(PATHS.design, "location: local", "location: slurm")
        design = (self.root / PATHS.design).read_bytes()
        self.set(PATHS.review, "/reviewed/design_sha256", hashlib.sha256(design).hexdigest())

    def second_run(self, status: str) -> None:
        """Another run of the iteration, of which only the manifest is there."""
        data = {**MANIFEST_DATA, "run_id": "other", "status": status}
        self.write(PATHS.run("other").manifest, json.dumps(data, indent=2) + "\n")


def build(root: Path) -> Repository:
    """Make the judged repository in the empty or missing folder *root*."""
    repository = Repository(root)
    for path, data in JSON_FILES.items():
        repository.write(path, json.dumps(data, indent=2) + "\n")
    for path, content in OTHER_FILES.items():
        repository.write(path, content)
    repository.write(RUN_PATHS.log("stdout.log"), "done\n")
    schemas = root / ".autolab" / "schemas"
    schemas.mkdir(parents=True)
    for file in sorted(Path(schema_folder()).glob("*.schema.json")):
        shutil.copy(file, schemas)
    return repository
