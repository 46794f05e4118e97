"""The golden iteration's hand-written part in a folder of its own, as a git repository, ready to be launched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

GOLDEN = Path(__file__).resolve().parent / "golden_iteration"
LOCAL, SLURM = "iter_golden", "iter_golden_slurm"
_RESULT = ".autolab/verification_result.json"
_LEDGER = "docs/slurm_job_list.md"
_ANYONE = {
    "GIT_AUTHOR_NAME": "Autolab",
    "GIT_AUTHOR_EMAIL": "autolab@example.org",
    "GIT_AUTHOR_DATE": "2026-02-01T11:00:00Z",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def environment() -> dict[str, str]:
    """Ours, with the ``autolab`` commands and their Python first on PATH and an anonymous git identity."""
    committer = {key.replace("AUTHOR", "COMMITTER"): value for key, value in _ANYONE.items()}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, **_ANYONE, **committer, "PATH": path}


def made_by(iteration: str) -> tuple[str, ...]:
    """What running *iteration* makes; everything else is written by hand."""
    folder = f"experiments/plan/{iteration}"
    return (f"{folder}/launch", f"{folder}/runs", _LEDGER if iteration == SLURM else _RESULT)


def make_scratch(folder: Path, iterations: Sequence[str] = (LOCAL,)) -> None:
    """Copy the golden repository to *folder* and commit it, *iterations* as before their first stage.

    The state is about the first of them.
    """
    shutil.copytree(GOLDEN, folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.rmtree(folder / ".autolab/schemas")
    for iteration in iterations:
        for made in made_by(iteration):
            path = folder / made
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        review = folder / f"experiments/plan/{iteration}/review_result.json"
        data = json.loads(review.read_text())
        data.pop("reviewed", None)
        review.write_text(json.dumps(data, indent=2) + "\n")
    at_the_beginning(folder, iterations[0])
    for arguments in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "The golden iteration")):
        subprocess.run(("git", *arguments), cwd=folder, env=environment(), check=True)


def at_the_beginning(folder: Path, iteration: str, stage: str = "implementation_review") -> None:
    """Let the state of the repository *folder* be at *stage* of *iteration*, of which nothing was launched."""
    path = folder / ".autolab/state.json"
    values = {
        "iteration_id": iteration,
        "experiment_id": iteration.replace("iter_", "e_"),
        "stage": stage,
        "stage_attempt": 0,
        "last_run_id": "",
        "pending_run_id": "",
        "sync_status": "pending",
        "history": [],
    }
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}, indent=2) + "\n")
