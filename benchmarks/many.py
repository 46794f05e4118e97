"""A repository of many finished Slurm runs, each a manifest, its metrics and an empty folder for logs."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from autolab_core.io.layout import BACKLOG, LEDGER, IterationPaths
from autolab_core.io.ledger.rows import digest, format_row, parse_row
from autolab_verifiers.selftest.repository import ITERATION, PATHS, RUN, RUN_PATHS, build

__all__ = ["make"]

_EXPERIMENT = "e_golden"


def make(root: Path, runs: int, iterations: int) -> list[Path]:
    """Make the repository in the missing folder *root* and return the paths of its JSON files, two a run.

    Every run passes every check. *runs* is a multiple of *iterations*; one more run, the sample's own, is there.
    """
    build(root).to_slurm()
    names = [f"iter_{number:04}" for number in range(iterations)]
    made: list[Path] = []
    for name in names:
        ids = [f"20260201T120000Z_{name[5:]}_{number:05}" for number in range(runs // iterations)]
        script = _iteration(root, name, ids[-1])
        for number, run in enumerate(ids):
            made += _run(root, name, run, number, script)
    backlog = root / BACKLOG
    rows = [
        f"  - {{id: e_{name}, hypothesis_id: h_golden, status: in_progress, type: plan, iteration_id: {name}}}\n"
        for name in names
    ]
    backlog.write_text(backlog.read_text(encoding="utf-8") + "".join(rows), encoding="utf-8")
    _ledger(root, made[::2])
    return made


def _ledger(root: Path, manifests: list[Path]) -> None:
    """Append a row for each of *manifests*, whose runs differ from the sample's in their ids alone."""
    ledger = root / LEDGER
    lines = ledger.read_bytes().splitlines()
    row = parse_row(lines[-1])
    assert row is not None, "the sample's run is the last one"
    for manifest in manifests:
        run = manifest.parent.name
        name = manifest.parents[2].name
        lines.append(format_row(row._replace(iteration_id=name, run_id=run, previous=(digest(lines[-1]),))))
    ledger.write_bytes(b"\n".join(lines) + b"\n")


def _iteration(root: Path, name: str, last_run: str) -> str:
    """Write the files of the iteration *name* and return the sha256 of its batch script."""
    written: dict[str, bytes] = {}
    for path in (PATHS.design, PATHS.review, PATHS.run_local, PATHS.run_slurm):
        text = (root / path).read_text(encoding="utf-8")
        text = text.replace(ITERATION, name).replace(RUN, last_run).replace(_EXPERIMENT, f"e_{name}")
        if path == PATHS.review:
            sha256 = hashlib.sha256(written[PATHS.design]).hexdigest()
            text = _with(text, "reviewed", design_sha256=sha256)
        written[path] = text.encode()
        _write(root, path.replace(ITERATION, name), text)
    return hashlib.sha256(written[PATHS.run_slurm]).hexdigest()


def _run(root: Path, name: str, run: str, number: int, script: str) -> list[Path]:
    made = []
    clock = f"T{number % 24:02}:{number // 24 % 60:02}:"
    for path in (RUN_PATHS.manifest, RUN_PATHS.metrics):
        text = (root / path).read_text(encoding="utf-8").replace(ITERATION, name).replace(RUN, run)
        if path == RUN_PATHS.manifest:
            text = _with(text.replace("T12:00:", clock), "submission", script_sha256=script)
            # As other tools leave it: no list of what came home, so that two files are read, as by the floor.
            text = _with(text, "artifact_sync_to_local", checksums_sha256=None)
        made.append(_write(root, path.replace(ITERATION, name).replace(RUN, run), text))
    (root / IterationPaths(f"experiments/plan/{name}").run(run).logs).mkdir()
    return made


def _with(text: str, section: str, **values: Any) -> str:
    """The JSON *text* with *values* in *section*; None takes a key away."""
    data = json.loads(text)
    data[section] = {key: value for key, value in {**data[section], **values}.items() if value is not None}
    return json.dumps(data, indent=2) + "\n"


def _write(root: Path, path: str, text: str) -> Path:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return target
