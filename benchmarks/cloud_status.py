"""``python -m benchmarks.cloud_status [--rounds N] [--gate]``: what `cloud-run status` costs.

Of a run whose results are here, and of one that goes on in podman: its record, its heartbeat and its container are
read. Both against a bare interpreter. What podman itself takes is not counted: a shell script answers in its place, and
what that takes by itself is taken off. ``--gate`` ends with 1 when a figure is above what CI allows.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import attrs
import pytest

from autolab_core.cloud import keys
from autolab_core.cloud.engines.observing import job_name
from autolab_core.cloud.models import CloudIntent
from autolab_core.cloud.records import CloudRecords
from autolab_core.io.documents import dump_json
from benchmarks.installed import install
from benchmarks.measure import Case, measure

__all__ = ["show", "start_up"]

_TARGET, _GATE = 4.0, 5.0
_ROUNDS = 25
_RUN_ID, _AT = "20260201T120000Z-exp-001-x-1a2b", "2026-02-01T12:00:00Z"


def start_up(folder: Path, rounds: int = _ROUNDS) -> tuple[float, float]:
    """How many times the CPU of a bare interpreter it takes: of the run that is home, and of the one that goes on."""
    binaries, home, away, storage = install(folder), folder / "home", folder / "away", folder / "storage"
    intent = CloudIntent(
        run_id=_RUN_ID,
        token="t",
        spec="experiments/exp-001-x.md",
        request_sha256="0" * 64,
        engine="podman",
        storage=f"folder://{storage}",
        created_at=_AT,
        output_dir="results/exp-001-x",
        max_hours=12,
        handle=job_name(_RUN_ID),
    )
    ended = {"exit_code": 0, "message": "the command ended with 0", "last_lines": []}
    for root, change in ((home, {"pulled_at": _AT, "ended": ended}), (away, {})):
        (root / ".autolab").mkdir(parents=True)
        CloudRecords(root).save(attrs.evolve(intent, **change))
    heartbeat = storage / keys.heartbeat(_RUN_ID)
    heartbeat.parent.mkdir(parents=True)
    heartbeat.write_bytes(dump_json({"run_id": _RUN_ID, "attempt": 1, "at": _AT, "phase": "running"}))
    podman = _podman(folder / "bin")
    bare = Case("bare", (str(binaries / "python"), "-c", "pass"), str(home))
    is_home = Case("home", (str(binaries / "cloud-run"), "status"), str(home))
    goes_on = Case("away", (str(binaries / "cloud-run"), "status"), str(away))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{podman.parent}{os.pathsep}{os.environ['PATH']}")
        figures = measure([bare, is_home, goes_on, Case("podman", (str(podman),), str(away))], rounds)
    cpu = figures["bare"].cpu
    return figures["home"].cpu / cpu, (figures["away"].cpu - figures["podman"].cpu) / cpu


def _podman(folder: Path) -> Path:
    """A program that answers as podman does of a container that runs."""
    state = {"Status": "running", "StartedAt": _AT, "FinishedAt": "0001-01-01T00:00:00Z", "ExitCode": 0}
    answer = dump_json([{"Name": job_name(_RUN_ID), "State": state, "HostConfig": {"Memory": 0}}]).decode()
    folder.mkdir()
    program = folder / "podman"
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(0o755)
    return program


def show(found: tuple[float, float]) -> bool:
    """Print what ``start_up`` *found*; whether CI allows it."""
    for what, ratio in zip(("of a run that is home", "of one that goes on, without podman"), found, strict=True):
        met = "met" if ratio <= _TARGET else "MISSED"
        sys.stdout.write(f"cloud-run status {what}: {ratio:.2f} × bare, target {_TARGET:g}, {met}\n")
    return max(found) <= _GATE


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    parser.add_argument("--gate", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="autolab-bench-status-") as name:
        within = show(start_up(Path(name), asked.rounds))
    return int(asked.gate and not within)


if __name__ == "__main__":
    sys.exit(main())
