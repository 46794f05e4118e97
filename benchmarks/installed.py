"""An installation as users have it: a wheel in a venv of its own. An editable one slows every start-up."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["PROJECT", "copy_golden", "install"]

PROJECT = Path(__file__).resolve().parents[1]


def install(folder: Path, *packages: str) -> Path:
    """Make a venv in *folder* with this checkout and *packages* installed, and return its ``bin``."""
    source = folder / "source"
    kept = shutil.ignore_patterns(".venv", ".git", "build", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(PROJECT, source, ignore=kept)  # building a wheel writes beside the sources
    venv = folder / "venv"
    subprocess.run((sys.executable, "-m", "venv", str(venv)), check=True)
    pip = (str(venv / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    subprocess.run((*pip, str(source), *packages), check=True)
    return venv / "bin"


def copy_golden(folder: Path) -> Path:
    """A copy of the golden iteration that a verification may write into."""
    return Path(shutil.copytree(PROJECT / "examples/golden_iteration", folder / "golden"))
