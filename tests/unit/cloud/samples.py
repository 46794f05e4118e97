"""A repository whose experiment may go to the cloud, and an engine whose containers are processes of this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from autolab_core.cloud.engines.base import (
    FOLDER,
    S3,
    Capabilities,
    EngineFinding,
    EngineHandle,
    EngineJob,
    EngineObservation,
    EngineRun,
    LogPage,
)
from autolab_core.cloud.models import RunRequest
from autolab_core.cloud.storage.folder import FolderStorage
from autolab_core.models.job import CancelOutcome
from autolab_core.models.resources import Duration
from autolab_core.vocab.engines import EngineState
from autolab_core.vocab.errors import EngineUnknown
from tests.unit.experiment import samples

SPEC = samples.PATH
RESULTS = samples.PATHS.folder
SCRIPT = "scripts/run_experiment.py"

# Numbers on standard output, as an experiment's commands give them; files of several sizes in the results.
RUN = f"""\
import json, os, pathlib, sys, time
out = pathlib.Path("{RESULTS}")
(out / "curves").mkdir(parents=True, exist_ok=True)
for seed in (0, 1, 2):
    print(json.dumps({{"seed": seed, "loss": 0.3 + seed / 100, "speed": 10.0 + seed}}), flush=True)
    (out / "curves" / f"{{seed}}.csv").write_text("step,loss\\n" * (seed + 1))
print(json.dumps({{"metric": "size", "value": 64}}))
print(json.dumps({{"metric": "first_loss", "value": 2.3}}))
(out / "large.bin").write_bytes(bytes(range(256)) * 8192)
(out / "seen.json").write_text(json.dumps({{
    "data": sorted(str(path) for path in pathlib.Path("data").rglob("*") if path.is_file()),
    "argv": sys.argv[1:],
    "env": dict(os.environ),
}}))
"""


def git(root: Path, *arguments: str) -> None:
    settings = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *settings, *arguments], cwd=root, check=True, capture_output=True)


def repository(root: Path, script: str = RUN) -> Path:
    """A repository with the experiment, its script and some data; everything but the data is committed."""
    samples.repository(root)
    (root / SCRIPT).parent.mkdir()
    (root / SCRIPT).write_text(script)
    (root / "data" / "more").mkdir(parents=True)
    (root / "data" / "a.txt").write_text("a")
    (root / "data" / "more" / "b.bin").write_bytes(b"b" * (1 << 20) + b"c")
    (root / ".gitignore").write_text("/data/\n*.lock\n")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    return root


def proven(root: Path) -> Path:
    """*root*, with the phases before the full one finished."""
    with samples.open_(root) as recorder:
        samples.sanity(recorder)
        samples.baseline(recorder)
    return root


def request(**changes: Any) -> RunRequest:
    known: dict[str, Any] = {
        "spec": SPEC,
        "output_dir": RESULTS,
        "command": f"python {SCRIPT} --full 'a b'",
        "data_dirs": ("data",),
        "max_hours": 0.05,
    }
    return RunRequest(**{**known, **changes})


def storage(root: Path) -> FolderStorage:
    return FolderStorage(root)


@attrs.frozen
class ProcessEngine:
    """Starts a job as a process, once for a run. What it knows lies in *folder*, so that it outlives its client.

    ``lose_replies``: the job is started, and the answer lost. ``env``: what every job has beside its own.
    ``spot_notice``: it says that its machines may be taken away.
    """

    folder: Path
    name: str = "process"
    lose_replies: bool = False
    env: Mapping[str, str] = attrs.field(factory=dict)
    spot_notice: bool = False

    def capabilities(self) -> Capabilities:
        storage = frozenset({FOLDER, S3})
        return Capabilities(True, storage, images=False, max_gpus=0, spot_notice=self.spot_notice)

    def submit(self, job: EngineJob) -> EngineHandle:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.find(job.run_id) is not None:
            raise EngineUnknown(f"there is a job of {job.run_id} already")
        handle = self.start(job)
        if self.lose_replies:
            raise EngineUnknown("the answer was lost")
        return handle

    def start(self, job: EngineJob, name: str | None = None) -> EngineHandle:
        """Start it, whether or not there is one already."""
        place = self.folder / (name or job.run_id)
        seconds = str(job.limit.seconds)
        words = ["timeout", "-k", "5", seconds, "sh", "-c", f'"$@"; echo $? > {place}.code', "sh", *job.argv]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), **job.env, **self.env}
        with open(f"{place}.log", "ab") as log:
            child = subprocess.Popen(
                words, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        child.returncode = 0  # nobody waits for it: an engine's client may be gone
        Path(f"{place}.json").write_text(json.dumps({"pid": child.pid, "argv": list(job.argv), "env": environment}))
        return EngineHandle(job.run_id, self.name, str(child.pid))

    def find(self, run_id: str) -> EngineHandle | None:
        path = self.folder / f"{run_id}.json"
        if not path.exists():
            return None
        return EngineHandle(run_id, self.name, str(json.loads(path.read_text())["pid"]))

    def describe(self, handles: Sequence[EngineHandle]) -> Mapping[EngineHandle, EngineObservation]:
        return {handle: self._one(handle) for handle in handles}

    def _one(self, handle: EngineHandle) -> EngineObservation:
        code = self.folder / f"{handle.run_id}.code"
        if code.exists() and code.read_text().strip():
            return EngineObservation(EngineState.ENDED, int(code.read_text()))
        if self.find(handle.run_id) is None:
            return EngineObservation(EngineState.LOST)
        if not Path(f"/proc/{handle.engine_id}").exists() or _is_dead(handle.engine_id):
            return EngineObservation(EngineState.ENDED, 137)
        return EngineObservation(EngineState.RUNNING)

    def logs(self, handle: EngineHandle, cursor: str = "") -> LogPage:
        text = (self.folder / f"{handle.run_id}.log").read_text()
        return LogPage(tuple(text.splitlines()), "")

    def terminate(self, handle: EngineHandle, *, reason: str) -> CancelOutcome:
        for pid in _below(int(handle.engine_id)):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if b"python" in words[0] and any(b"/runners/" in word for word in words):
                os.kill(pid, signal.SIGTERM)
                return CancelOutcome.CANCELLED
        return CancelOutcome.ALREADY_ENDED

    def forget(self, handle: EngineHandle) -> None:
        (self.folder / f"{handle.run_id}.json").unlink(missing_ok=True)

    def list(self) -> tuple[EngineRun, ...]:
        found = [self.find(path.stem) for path in sorted(self.folder.glob("*.json"))]
        return tuple(EngineRun(each, self._one(each).state, None, Duration(60)) for each in found if each is not None)

    def check(self) -> tuple[EngineFinding, ...]:
        return ()

    def wait(self, run_id: str, seconds: float = 60.0) -> int:
        """Until the job has ended; its exit code."""
        until = time.monotonic() + seconds
        path = self.folder / f"{run_id}.code"
        while not (path.exists() and path.read_text().strip()):
            assert time.monotonic() < until, (self.folder / f"{run_id}.log").read_text()
            time.sleep(0.05)
        return int(path.read_text())

    def kill(self, run_id: str) -> None:
        """End everything of the job at once, as a machine does that is taken away."""
        handle = self.find(run_id)
        assert handle is not None
        for pid in reversed([int(handle.engine_id), *_below(int(handle.engine_id))]):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def _below(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [each for child in children for each in (int(child), *_below(int(child)))]


def _is_dead(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
