"""``autolab-verify`` as a process, on a repository of several iterations: what the tests about many runs share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from autolab_core.io.layout import IterationPaths

ROOT = Path(__file__).parents[3]
COMMAND = (sys.executable, "-P", "-m", "autolab_verifiers")
FIRST, SECOND = (IterationPaths(f"experiments/plan/iter_{number:04}") for number in (0, 1))


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def run(root: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment(**more), check=False)


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True).stdout


def manifests(root: Path) -> list[Path]:
    return sorted(root.glob("experiments/plan/iter_0*/runs/*/run_manifest.json"))
