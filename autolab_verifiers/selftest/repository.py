"""A judged repository, whole and valid: what every mutation starts from.

``build`` writes the sample (``selftest/sample.py``) into a folder of the caller's own; ``Repository`` then changes
single values or files of it in place.
"""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from autolab_core.io.layout import LEDGER, STATE, TODO_FOCUS
from autolab_core.io.ledger.rows import HEAD, HEADER, digest, format_row
from autolab_core.io.schemas import schema_folder
from autolab_core.models.ledger import LedgerRow
from autolab_verifiers.selftest.sample import (
    ACTIVATION,
    BACKLOG_TEXT,
    BATCH_SCRIPT,
    CHECKSUMS,
    COMMAND,
    DESIGN_TEXT,
    DOCUMENTS,
    ENVIRONMENT_TEXT,
    EXIT_DATA,
    ITERATION,
    JSON_FILES,
    LIMITS_TEXT,
    MANIFEST_DATA,
    METRICS_DATA,
    OTHER_FILES,
    OUTPUT,
    OUTPUT_BYTES,
    OUTPUT_NAME,
    PATHS,
    POLICY_TEXT,
    REVIEW_DATA,
    RUN,
    RUN_DOCUMENTS,
    RUN_PATHS,
    SCRIPT,
    START_DATA,
    STATE_DATA,
    TODO_DATA,
    TOKEN,
)

__all__ = [
    "ACTIVATION",
    "BACKLOG_TEXT",
    "BATCH_SCRIPT",
    "CHECKSUMS",
    "COMMAND",
    "DESIGN_TEXT",
    "DOCUMENTS",
    "ENVIRONMENT_TEXT",
    "EXIT_DATA",
    "ITERATION",
    "JSON_FILES",
    "LIMITS_TEXT",
    "MANIFEST_DATA",
    "METRICS_DATA",
    "OTHER_FILES",
    "OUTPUT",
    "OUTPUT_BYTES",
    "OUTPUT_NAME",
    "PATHS",
    "POLICY_TEXT",
    "REVIEW_DATA",
    "RUN",
    "RUN_DOCUMENTS",
    "RUN_PATHS",
    "SCRIPT",
    "START_DATA",
    "STATE_DATA",
    "TODO_DATA",
    "TOKEN",
    "Repository",
    "build",
]


ENDED = frozenset({"completed", "failed", "partial"})


def manifest_of(status: str) -> dict[str, Any]:
    """The manifest of the sample's run, had it come as far as *status*: a canonical word but for those of syncing."""
    manifest: dict[str, Any] = copy.deepcopy(MANIFEST_DATA)
    manifest["status"] = status
    history, times = manifest["history"], manifest["timestamps"]
    if status in ENDED:
        history[3]["status"] = status
    else:
        del history[("pending", "submitted", "running").index(status) + 1 :]
        del times["completed_at"]
        manifest["artifact_sync_to_local"] = {"status": "pending", "method": "none"}
    if status in ENDED - {"completed"}:
        manifest["failure"] = {"reason": "its metrics are not all there", "stage": "extract_results"}
    return manifest


def move_to_slurm(manifest: dict[str, Any]) -> None:
    """Turn *manifest* into that of a run on Slurm, in place."""
    manifest.update(host_mode="slurm", launch_mode="slurm", job_id="4242", cluster="c1")
    for probe in ("sinfo", "squeue"):
        manifest["host"][probe] = {"argv": [probe, "-V"], "exit_code": 0, "stdout": "slurm 22.05.8", "stderr": ""}
    sha256 = hashlib.sha256(BATCH_SCRIPT).hexdigest()
    manifest["submission"].update(script=PATHS.run_slurm, script_sha256=sha256)
    if manifest["status"] in ENDED:
        manifest["artifact_sync_to_local"]["method"] = "rsync"
        synced = {"at": "2026-02-01T12:00:09Z", "status": "synced", "why": "artifacts are home"}
        manifest["history"].insert(3, synced)


class Repository:
    """A judged repository on disk, to be broken. Paths are relative to ``root``; each change returns the repository."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, content: bytes | str) -> Self:
        """Put *content* at *path*, and the folders above it."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def folder(self, path: str) -> Self:
        """Make the folder *path*."""
        (self.root / path).mkdir(parents=True)
        return self

    def link(self, path: str, target: str) -> Self:
        """Make *path* a symbolic link to *target*, which need not exist."""
        (self.root / path).symlink_to(target)
        return self

    def read(self, path: str) -> Any:
        """The data of the JSON file *path*."""
        return json.loads((self.root / path).read_bytes())

    def edit(self, path: str, change: Callable[[Any], object]) -> Self:
        """Let *change* alter the data of the JSON file *path* in place."""
        data = self.read(path)
        change(data)
        self.write(path, json.dumps(data, indent=2) + "\n")
        return self

    def set(self, path: str, pointer: str, value: Any) -> Self:
        """Put *value* at *pointer* in the JSON file *path*."""

        def change(data: Any) -> None:
            *way, last = pointer.split("/")[1:]
            for part in way:
                data = data[int(part)] if isinstance(data, list) else data.setdefault(part, {})
            data[int(last) if isinstance(data, list) else last] = value

        return self.edit(path, change)

    def drop(self, path: str, pointer: str) -> Self:
        """Remove what stands at *pointer* from the JSON file *path*."""

        def change(data: Any) -> None:
            *way, last = pointer.split("/")[1:]
            for part in way:
                data = data[int(part)] if isinstance(data, list) else data[part]
            del data[int(last) if isinstance(data, list) else last]

        return self.edit(path, change)

    def replace(self, path: str, old: str, new: str) -> Self:
        """Replace *old* in the text file *path* by *new*. Raises ValueError unless it stands there once."""
        text = (self.root / path).read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise ValueError(f"{old!r} stands {text.count(old)} times in {path}, not once")
        self.write(path, text.replace(old, new))
        return self

    def remove(self, path: str) -> Self:
        """Remove the file or folder *path*."""
        target = self.root / path
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink()
        return self

    def manifest(self, pointer: str, value: Any) -> Self:
        """Put *value* at *pointer* in the run's manifest."""
        return self.set(RUN_PATHS.manifest, pointer, value)

    def metrics(self, pointer: str, value: Any) -> Self:
        """Put *value* at *pointer* in the run's metrics."""
        return self.set(RUN_PATHS.metrics, pointer, value)

    def become(self, status: str) -> Self:
        """Turn the completed run into one that is consistently *status*; without an end it has no marker or metrics.

        *status* is a canonical word but for the two of synchronising.
        """
        if status not in ENDED:
            self.set(STATE, "/stage", "launch").set(STATE, "/history", []).set(STATE, "/sync_status", "")
            self.remove(RUN_PATHS.exit_marker).remove(RUN_PATHS.metrics)
        elif status != "completed":
            self.metrics("/status", status).metrics("/missing", ["momentum_seed2: no record"])
        return self.write(RUN_PATHS.manifest, json.dumps(manifest_of(status), indent=2) + "\n")

    def to_slurm(self) -> Self:
        """Turn the local run into a Slurm run that ended well."""
        self.edit(RUN_PATHS.manifest, move_to_slurm)
        self.replace(PATHS.design, "location: local", "location: slurm")
        design = (self.root / PATHS.design).read_bytes()
        self.set(PATHS.review, "/reviewed/design_sha256", hashlib.sha256(design).hexdigest())
        return self.ledger()

    def to_allocation(self) -> Self:
        """Turn the local run into one that was started inside an allocation of Slurm's and ended well."""
        before = self.read(RUN_PATHS.manifest)

        def change(manifest: Any) -> None:
            manifest["history"] = before["history"]
            manifest["submission"] = {**before["submission"], "allocation": manifest["job_id"]}
            manifest["artifact_sync_to_local"]["method"] = "shared_filesystem"

        self.to_slurm()
        return self.edit(RUN_PATHS.manifest, change)

    def to_group(self) -> Self:
        """Turn the run into a group of three replicates that ended well on Slurm, each with a manifest of its own."""
        self.to_slurm()
        listed = [{"index": index, "run_id": f"{RUN}-r{index}", "seed": index} for index in range(3)]
        for each in listed:
            part = {"group": RUN, "index": each["index"], "seed": each["seed"]}
            own = {"run_id": each["run_id"], "job_id": f"4242_{each['index']}", "replicate": part}
            manifest = {**self.read(RUN_PATHS.manifest), **own}
            self.write(PATHS.run(str(each["run_id"])).manifest, json.dumps(manifest, indent=2) + "\n")
        return self.manifest("/replicates", listed)

    def ledger(self) -> Self:
        """Let the ledger say of the run what its manifest says, as often as it is called."""
        manifest = self.read(RUN_PATHS.manifest)
        source = (self.root / LEDGER).read_bytes() if (self.root / LEDGER).exists() else HEAD
        row = LedgerRow(
            time=manifest["history"][-1]["at"],
            iteration_id=manifest["iteration_id"],
            run_id=manifest["run_id"],
            job_id=manifest["job_id"],
            host=manifest["host"]["hostname"]["stdout"],
            status=manifest["status"],
            native_state="",
            sync=manifest["artifact_sync_to_local"]["status"],
            notes="",
            previous=(digest(HEADER if source == HEAD else source.splitlines()[-1]),),
        )
        return self.write(LEDGER, source + format_row(row) + b"\n")

    def nothing_done(self, stage: str) -> Self:
        """Take back to what a new repository holds, with a state that stands at *stage* all the same."""
        for path in (PATHS.runs, PATHS.review, PATHS.run_local, PATHS.run_slurm, TODO_FOCUS):
            self.remove(path)
        return self.set(STATE, "/stage", stage).set(STATE, "/last_run_id", "").set(STATE, "/history", [])

    def script_says(self, old: str, new: str) -> Self:
        """Let the script that was started say *new* for *old*, as if it had always said so."""
        path = self.read(RUN_PATHS.manifest)["submission"]["script"]
        self.replace(path, old, new)
        self.manifest("/submission/script_sha256", hashlib.sha256((self.root / path).read_bytes()).hexdigest())
        return self

    def batch_script_says(self, old: str, new: str) -> Self:
        """Put a batch script that says *new* for *old* beside the local one."""
        text = BATCH_SCRIPT.decode()
        if old not in text:
            raise ValueError(f"the batch script does not say {old!r}")
        self.write(PATHS.run_slurm, text.replace(old, new))
        return self

    def second_run(self, status: str) -> Self:
        """Another run of the iteration, of which only the manifest is there."""
        data = {**MANIFEST_DATA, "run_id": "other", "status": status}
        self.write(PATHS.run("other").manifest, json.dumps(data, indent=2) + "\n")
        return self


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
