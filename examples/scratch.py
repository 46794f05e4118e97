"""The golden iteration's hand-written part in a folder of its own, as a git repository, ready to be launched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

GOLDEN = Path(__file__).resolve().parent / "golden_iteration"
# Made by running it; everything else there is written by hand.
MADE = (
    ".autolab/schemas",
    ".autolab/verification_result.json",
    "experiments/plan/iter_golden/launch",
    "experiments/plan/iter_golden/runs",
)
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


def make_scratch(folder: Path) -> None:
    """Copy the golden iteration to *folder* without what a run makes, at its first stage, and commit it."""
    shutil.copytree(GOLDEN, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for made in MADE:
        path = folder / made
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    _rewind(folder / ".autolab/state.json", {"stage": "implementation_review", "stage_attempt": 0, "last_run_id": ""})
    _rewind(folder / ".autolab/state.json", {"pending_run_id": "", "sync_status": "pending", "history": []})
    review = folder / "experiments/plan/iter_golden/review_result.json"
    data = json.loads(review.read_text())
    data.pop("reviewed", None)
    review.write_text(json.dumps(data, indent=2) + "\n")
    for arguments in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "The golden iteration")):
        subprocess.run(("git", *arguments), cwd=folder, env=environment(), check=True)


def _rewind(path: Path, values: dict[str, object]) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}, indent=2) + "\n")
