"""Small repositories and stand-ins for what a stage asks: a runner, a scheduler, a verifier, a clock."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs

from autolab_core.exec.command import Command, CommandResult
from autolab_core.exec.local import LocalRunner
from autolab_core.io.documents import dump_json
from autolab_core.io.repository import Repository
from autolab_core.models.job import CancelOutcome, JobHandle, JobObservation
from autolab_core.models.report import Check, Finding, Report
from autolab_core.stages.context import StageContext
from autolab_core.stages.init import init
from autolab_core.stages.launching.schedulers import Schedulers
from autolab_core.vocab.errors import RunnerError
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.states import HostMode, Verdict

ITERATION = "iter_a"
FOLDER = f"experiments/plan/{ITERATION}"
NOW = datetime(2026, 2, 1, 12, 0, 0, tzinfo=UTC)
AT = "2026-02-01T12:00:00Z"

# A command `python` for the runs that tests start, whatever the caller's PATH has.
PATH = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])


def new_repository(root: Path) -> Repository:
    """What ``autolab init`` makes, with ``iter_a`` at ``implementation_review``."""
    init(root, iteration_id=ITERATION)
    return Repository(root)


def read_json(repository: Repository, path: str) -> Any:
    return json.loads((repository.root / path).read_text())


def put(repository: Repository, path: str, content: object) -> Path:
    """Write *content* (text, bytes or a JSON value) to *path* and return where that is."""
    target = repository.root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, str):
        content = content.encode()
    target.write_bytes(content if isinstance(content, bytes) else dump_json(content, path))
    return target


def change_json(repository: Repository, path: str, **changes: object) -> None:
    put(repository, path, {**read_json(repository, path), **changes})


def replace(repository: Repository, path: str, old: str, new: str) -> None:
    text = (repository.root / path).read_text()
    assert old in text
    put(repository, path, text.replace(old, new))


def pass_review(repository: Repository, **more: object) -> None:
    """A review that passes and records no hashes, and a state that is at launch."""
    review = {"schema_version": "1.0", "status": "pass", "blocking_findings": [], "required_checks": {}, **more}
    put(repository, f"{FOLDER}/review_result.json", review)
    change_json(repository, ".autolab/state.json", stage="launch")


def manifest(run_id: str = "r1", **changes: object) -> dict[str, object]:
    """A manifest as another tool would write it."""
    return {
        "schema_version": "1.0",
        "run_id": run_id,
        "iteration_id": ITERATION,
        "host_mode": "local",
        "launch_mode": "local",
        "status": "running",
        "command": "true",
        "timestamps": {"created_at": AT},
    } | changes


def snapshot(root: Path) -> dict[str, bytes | None]:
    """Every path below *root* with its bytes (folders: None)."""
    return {
        path.relative_to(root).as_posix(): None if path.is_dir() else path.read_bytes()
        for path in sorted(root.rglob("*"))
    }


def report(*findings: str) -> Report:
    """A report that passes or, with *findings*, does not."""
    found = tuple(Finding(text, f"{FOLDER}/design.yaml", line=3) for text in findings)
    check = Check("stub", "ST001", Verdict.FAIL if found else Verdict.PASS, found)
    counts = {"pass": int(not found), "fail": int(bool(found)), "error": 0, "skip": 0}
    return Report(not found, "as told", None, ITERATION, None, counts, (check,), {})


class Verifier:
    """A verify function that answers what it is told, and remembers what it was asked."""

    def __init__(self, answer: Report | None = None) -> None:
        self.answer = answer or report()
        self.asked: list[dict[str, object]] = []

    def __call__(self, root, *, stage, iteration_id, run_id, overlay=None) -> Report:
        self.asked.append({"stage": stage, "iteration_id": iteration_id, "run_id": run_id, "overlay": overlay})
        return self.answer


class FakeRunner:
    """Answers ``argv[0]`` from a table: an exit code with output, or None for a command that is not there.

    A command that is not in the table is run for real.
    """

    def __init__(self, **table: tuple[int, str] | None) -> None:
        self.table = table
        self.commands: list[Command] = []

    def run(self, command: Command) -> CommandResult:
        self.commands.append(command)
        name = command.argv[0]
        if name not in self.table:
            return LocalRunner().run(command)
        answer = self.table[name]
        if answer is None:
            raise RunnerError(f"{name}: not found")
        code, text = answer
        return CommandResult(command.argv, code, text.encode(), b"" if code == 0 else text.encode())


LOCAL_HOST = {"hostname": (0, "box\n"), "sinfo": None, "squeue": None}
SLURM_HOST = {"hostname": (0, "login1\n"), "sinfo": (0, "slurm-wlm 22.05.8\n"), "squeue": (0, "slurm-wlm 22.05.8\n")}


@attrs.define
class FakeScheduler:
    """Says of every job what it is told to say; remembers what was submitted."""

    observation: JobObservation = attrs.field(factory=lambda: JobObservation(JobState.ABSENT))
    found: JobHandle | None = None
    submit_error: Exception | None = None
    submitted: list[tuple[object, str]] = attrs.field(factory=list)
    cancelled: list[str] = attrs.field(factory=list)

    def submit(self, job, token):
        self.submitted.append((job, token))
        if self.submit_error is not None:
            raise self.submit_error
        return JobHandle(token, job.run_folder, pid=4242, host="box")

    def find(self, job, token):
        return self.found

    def observe(self, handles):
        return dict.fromkeys(handles, self.observation)

    def cancel(self, handle, *, reason):
        self.cancelled.append(reason)
        return CancelOutcome.CANCELLED


class Clock:
    """A clock that stands still until it is told to move."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


def context(repository: Repository, **parts: Any) -> StageContext:
    """A context on *repository*: a local host, a scheduler that knows nothing, a verifier that passes."""
    return StageContext(
        repository,
        parts.get("runner") or FakeRunner(**LOCAL_HOST),
        dict.fromkeys(HostMode, parts.get("scheduler") or FakeScheduler()),
        parts.get("verify") or Verifier(),
        parts.get("now") or Clock(),
    )


def real_context(repository: Repository, verify: Any = None) -> StageContext:
    """A context that starts real processes."""
    return StageContext(
        repository,
        LocalRunner(),
        Schedulers(repository.root, LocalRunner()),
        verify or Verifier(),
        lambda: datetime.now(UTC),
    )


def git(folder: Path, *arguments: str, **more: Any) -> str:
    """Run git in *folder* and return what it printed; the test fails when git does."""
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True, **more)
    return done.stdout.strip()


def copied(template: Path, target: Path) -> Repository:
    """A copy of the repository *template* at *target*."""
    shutil.copytree(template, target, symlinks=True)
    return Repository(target)
