"""Make the golden iterations' files again, by really running them: ``python examples/regenerate_golden.py``.

The run on Slurm is made on the private cluster of the tests, which needs Slurm's programs; without them what is there
of it is kept. Times, process ids and the machine's name come from the runs and differ each time; everything else is
the same.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from scratch import GOLDEN, LOCAL, SLURM, at_the_beginning, environment, made_by, make_scratch

PROJECT = Path(__file__).resolve().parents[1]
RUN_ID = "20260201T120000Z_demo"
SLURM_RUN_ID = "20260201T130000Z_slurm"
# A batch script names the repository's folder: one that says nothing about the machine it was made on.
PLACE = Path("/srv")
_APPROVE = ("autolab", "review", "approve", "--who", "golden")
_COMMANDS = (
    ("autolab", "init"),
    _APPROVE,
    ("autolab", "launch", "--wait", "--run-id", RUN_ID),
    ("autolab", "run"),
    ("autolab", "run"),
    ("autolab-verify", "--stage", "extract_results"),
)


def main() -> int:
    sys.path.insert(0, str(PROJECT))
    from tests.cluster import programs

    with_slurm = not programs.missing((programs.SCHEDULER, programs.ACCOUNTING))
    place = str(PLACE) if with_slurm else None
    with tempfile.TemporaryDirectory(prefix="autolab-golden-", dir=place) as scratch:
        folder = Path(scratch) / "golden"
        iterations = (SLURM, LOCAL) if with_slurm else (LOCAL,)
        make_scratch(folder, iterations)
        if with_slurm:
            _on_slurm(folder)
        else:
            print("Slurm's programs are not installed: the run on Slurm stays as it is")
        at_the_beginning(folder, LOCAL)
        for argv in _COMMANDS:
            _do(folder, argv, environment())
        for made in (".autolab/schemas", ".autolab/state.json", *(m for each in iterations for m in _of(each))):
            _bring_home(folder / made, GOLDEN / made)
    print(f"{GOLDEN} holds a new run {RUN_ID}{f' and {SLURM_RUN_ID}' if with_slurm else ''}")
    return 0


def _do(folder: Path, argv: tuple[str, ...], env: Mapping[str, str]) -> None:
    print("$", *argv, flush=True)
    subprocess.run(argv, cwd=folder, env=env, check=True)


def _on_slurm(folder: Path) -> None:
    """Launch, watch and extract on a private cluster."""
    from tests.cluster.cluster import Cluster

    with Cluster(node_prefix="n") as cluster:
        env = {**environment(), "SLURM_CONF": cluster.environment["SLURM_CONF"]}
        for argv in (("autolab", "init"), _APPROVE, ("autolab", "launch", "--run-id", SLURM_RUN_ID)):
            _do(folder, argv, env)
        until = time.monotonic() + 120
        while json.loads((folder / ".autolab/state.json").read_text())["stage"] != "update_docs":
            if time.monotonic() > until:
                raise TimeoutError(f"run {SLURM_RUN_ID} has no results after two minutes")
            time.sleep(2)
            _do(folder, ("autolab", "run"), env)


def _of(iteration: str) -> tuple[str, ...]:
    return (*made_by(iteration), f"experiments/plan/{iteration}/review_result.json")


def _bring_home(made: Path, place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    if made.is_dir():
        shutil.copytree(made, place, ignore=shutil.ignore_patterns("__pycache__", "run.lock", ".*.tmp"))
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(made, place)


if __name__ == "__main__":
    sys.exit(main())
