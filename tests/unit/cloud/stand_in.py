"""The engine of the tests as other distributions bring theirs: by the policy's row, through an entry point."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from autolab_core.cloud.engines.base import Engine
from autolab_core.exec.command import Runner
from autolab_core.io.layout import POLICY
from autolab_core.models.policy import BackendPolicy
from tests.architecture.house import ROOT
from tests.unit.cloud import samples

KIND = "process"


def make(backend: BackendPolicy, root: Path, runner: Runner) -> Engine:
    """What the entry point calls."""
    return samples.ProcessEngine(Path(backend.settings["jobs"]), backend.name)


def row(root: Path, place: Path, **limits: Any) -> None:
    """Let the policy of *root* name the engine, with its jobs and its storage below *place*."""
    keys = "".join(f", {key}: {value}" for key, value in limits.items())
    settings = f"{{folder: {place / 'store'}, jobs: {place / 'engine'}}}"
    (root / POLICY).parent.mkdir(exist_ok=True)
    (root / POLICY).write_text(
        f"compute:\n  backends:\n    - {{name: process, kind: {KIND}{keys}, settings: {settings}}}\n"
    )


def environment(place: Path) -> dict[str, str]:
    """The variables with which a new interpreter finds the engine: a distribution of its own on the path."""
    info = place / "site" / "stand_in-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stand-in\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[autolab_engines]\n{KIND} = tests.unit.cloud.stand_in:make\n")
    return {**os.environ, "PYTHONPATH": f"{place / 'site'}:{ROOT}"}
