"""A repository whose replicates are runs of their own, for the fake cluster and for the real one."""

from __future__ import annotations

import sys
from typing import Any

from tests.integration.crash.lab import FOLDER, Lab, finish

DESIGN = """\
schema_version: "1.0"
id: e_iter_001
iteration_id: iter_001
hypothesis_id: h_iter_001
entrypoint: {cli: "sh job.sh {seed} {replicate}"}
compute: {location: slurm, walltime_estimate: "00:01:00", memory_estimate: 100M, cpus: 1}
metrics:
  primary: {name: distance, unit: steps, mode: maximize}
  aggregation: mean
baselines: [{name: plain, description: without drift}]
variants: [{name: drift, changes: {drift: 0.1}}]
replicates: {count: COUNT, base_seed: 10}
extract_parser: {kind: command, command: "PYTHON extract.py {run_id} {metrics_path} {run_path}"}
"""
# A replicate fails while there is a file that says so; what it leaves is its seed.
JOB = """\
echo "$AUTOLAB_RUN_ID" >> "$STARTS"
[ ! -e "fail-$2" ] || exit 3
BODY
echo "$1" > "$AUTOLAB_RUN_DIR/seed.txt"
"""
EXTRACT = """\
import json, os, sys
run_id, path, folder = sys.argv[1:]
seed = int(open(os.path.join(folder, "seed.txt")).read())
metrics = {
    "schema_version": "1.0", "iteration_id": "iter_001", "run_id": run_id, "status": "completed",
    "primary_metric": {"name": "distance", "value": 2.0 + seed, "delta_vs_baseline": 1.0},
    "baseline_results": [{"name": "plain", "value": 1.0 + seed, "loss": 0.5}],
    "variant_results": [{"name": "drift", "value": 2.0 + seed, "loss": 0.25}],
    "aggregation_method": "mean",
}
json.dump(metrics, open(path, "w"))
"""


def make(lab: Lab, count: int = 3, body: str = "", **changes: str) -> Lab:
    """An approved repository, committed to git, whose design has *count* replicates. *changes*: old text to new."""
    lab.make(location="location: slurm, ")
    design = DESIGN.replace("COUNT", str(count)).replace("PYTHON", sys.executable)
    for old, new in changes.items():
        assert old in design
        design = design.replace(old, new)
    lab.write(f"{FOLDER}/design.yaml", design)
    lab.write("job.sh", JOB.replace("BODY", body or ":"))
    lab.write("extract.py", EXTRACT)
    lab.write(".gitignore", "fail-*\n.autolab/\n")
    lab.approve()
    commit(lab)
    return lab


def commit(lab: Lab) -> None:
    for words in (("init", "-q"), ("add", "-A"), ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x")):
        assert finish(lab.spawn("git", *words)).code == 0


def fail(lab: Lab, *indices: int) -> None:
    """These replicates fail from now on, and no others."""
    for path in lab.root.glob("fail-*"):
        path.unlink()
    for index in indices:
        lab.write(f"fail-{index}", "")


def groups(lab: Lab) -> list[str]:
    """The ids of the groups, oldest first."""
    return sorted(run for run in lab.run_ids() if manifest(lab, run).get("replicates"))


def manifest(lab: Lab, run_id: str) -> Any:
    return lab.json(f"{FOLDER}/runs/{run_id}/run_manifest.json")


def statuses(lab: Lab) -> dict[str, str]:
    return {run: manifest(lab, run)["status"] for run in lab.run_ids()}
