"""Slurm as an engine: the adapter that launches use, on a file system that this machine and the nodes share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import attrs

from autolab_core.cloud.engines.base import (
    FOLDER,
    Capabilities,
    EngineFinding,
    EngineHandle,
    EngineJob,
    EngineObservation,
    EngineRun,
    LogPage,
    job_name,
)
from autolab_core.cloud.engines.slurm import script
from autolab_core.cloud.engines.slurm.settings import SlurmSettings
from autolab_core.exec.command import Command, Runner
from autolab_core.io.atomic import make_dirs, write_bytes
from autolab_core.io.experiment_layout import CLOUD_ON_SLURM, cloud_on_slurm
from autolab_core.models.job import CancelOutcome, JobHandle, JobSpec
from autolab_core.models.resources import Duration
from autolab_core.schedulers.base import Scheduler
from autolab_core.schedulers.slurm.argv import version
from autolab_core.vocab.engines import EngineState
from autolab_core.vocab.errors import (
    EngineRejected,
    EngineUnknown,
    EngineUnreachable,
    ParseError,
    QueryFailed,
    RunnerError,
    SubmitRejected,
    SubmitUnknown,
)
from autolab_core.vocab.ids import id_problem
from autolab_core.vocab.states import Severity
from autolab_core.vocab.times import format_utc

__all__ = ["SLURM", "SlurmEngine"]

SLURM: Final = "slurm"
_PROGRAMS: Final = ("sinfo", "squeue", "sbatch")


@attrs.frozen(eq=False)
class SlurmEngine:
    """Jobs of the cluster on which the repository *root* lies. *scheduler* submits and watches them."""

    root: Path
    runner: Runner
    scheduler: Scheduler
    settings: SlurmSettings = attrs.field(factory=SlurmSettings)
    name: str = SLURM

    def capabilities(self) -> Capabilities:
        """See ``Engine.capabilities``."""
        return Capabilities(
            own_limit=True,
            storage=frozenset({FOLDER}),
            shortest_limit=Duration(script.SHORTEST_LIMIT),
            images=False,
            image_needed=False,
            secrets=False,
            notes=("a run uses the Python of the cluster's nodes, in no container",),
        )

    def submit(self, job: EngineJob) -> EngineHandle:
        """See ``Engine.submit``."""
        paths = cloud_on_slurm(job.run_id)
        content = script.batch_script(job, self.settings, str(self.root), paths.folder)
        make_dirs(self.root / paths.logs)
        if not (self.root / paths.batch_script).exists():
            write_bytes(self.root / paths.batch_script, content)
        elif (self.root / paths.batch_script).read_bytes() != content:
            raise EngineUnknown(f"{job.run_id} was submitted before, as another job (see {paths.batch_script})")
        with _asked(EngineUnknown, "the job was not submitted"):
            found = self.scheduler.submit(self._spec(job.run_id), job_name(job.run_id))
        return self._handle(job.run_id, found)

    def find(self, run_id: str) -> EngineHandle | None:
        """See ``Engine.find``."""
        paths = cloud_on_slurm(run_id)
        if not (self.root / paths.batch_script).exists():
            return None
        with _asked():
            found = self.scheduler.find(self._spec(run_id), job_name(run_id))
        return None if found is None else self._handle(run_id, found)

    def describe(self, handles: Sequence[EngineHandle]) -> Mapping[EngineHandle, EngineObservation]:
        """See ``Engine.describe``: one question to each cluster."""
        jobs = {handle: self._job(handle) for handle in handles}
        with _asked():
            seen = self.scheduler.observe([*jobs.values()])
        return {handle: script.observed(seen[job]) for handle, job in jobs.items()}

    def logs(self, handle: EngineHandle, cursor: str = "") -> LogPage:
        """See ``Engine.logs``; the cursor is where each of the two files was left, in bytes."""
        paths = cloud_on_slurm(handle.run_id)
        places = [int(part) for part in cursor.split(":") if part.isdigit()] or [0, 0]
        lines: list[str] = []
        ends = []
        ended = (self.root / paths.exit_marker).exists()
        for name, start in zip(("stdout.log", "stderr.log"), places, strict=False):
            found, end = _lines(self.root / paths.logs / name, start, whole=ended)
            lines += found
            ends.append(str(end))
        return LogPage(tuple(lines), ":".join(ends))

    def terminate(self, handle: EngineHandle, *, reason: str) -> CancelOutcome:
        """See ``Engine.terminate``."""
        with _asked():
            return self.scheduler.cancel(self._job(handle), reason=reason)

    def forget(self, handle: EngineHandle) -> None:
        """See ``Engine.forget``: Slurm takes ended jobs away by itself; the script and the logs stay."""

    def list(self) -> tuple[EngineRun, ...]:
        """See ``Engine.list``: the jobs whose scripts lie in this repository."""
        folder = self.root / CLOUD_ON_SLURM
        names = sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []
        scripts = {name: self.root / cloud_on_slurm(name).batch_script for name in names if id_problem(name) is None}
        found = {name: self.find(name) for name, path in scripts.items() if path.exists()}
        handles = {name: handle for name, handle in found.items() if handle is not None}
        seen = self.describe([*handles.values()])
        return tuple(
            EngineRun(
                handle,
                seen[handle].state,
                format_utc(datetime.fromtimestamp(scripts[name].stat().st_mtime, UTC)),
                script.limit_in(scripts[name].read_bytes()),
            )
            for name, handle in handles.items()
            if seen[handle].state is not EngineState.LOST
        )

    def check(self) -> tuple[EngineFinding, ...]:
        """See ``Engine.check``."""
        return tuple(self._program(name) for name in _PROGRAMS)

    def _program(self, name: str) -> EngineFinding:
        call = version(name)
        try:
            answer = self.runner.run(Command(call.argv, timeout=call.timeout))
        except RunnerError as error:
            return EngineFinding(Severity.ERROR, SLURM, str(error), "name another engine with --engine")
        if answer.exit_code != 0:
            return EngineFinding(Severity.ERROR, SLURM, f"{name} -V: {answer.complaint}")
        return EngineFinding(Severity.NOTE, SLURM, f"{name} answers: {answer.text.strip()}")

    def _spec(self, run_id: str) -> JobSpec:
        paths = cloud_on_slurm(run_id)
        return JobSpec(paths.folder, paths.batch_script)

    def _job(self, handle: EngineHandle) -> JobHandle:
        folder = cloud_on_slurm(handle.run_id).folder
        return JobHandle(job_name(handle.run_id), folder, job_id=handle.engine_id, cluster=handle.place or None)

    def _handle(self, run_id: str, job: JobHandle) -> EngineHandle:
        """A cluster that is the machine's own is not named: commands are said there without it."""
        return EngineHandle(run_id, self.name, job.job_id or "", "" if job.own else job.cluster or "")


@contextmanager
def _asked(otherwise: type[EngineUnknown | EngineUnreachable] = EngineUnreachable, what: str = "") -> Iterator[None]:
    """The scheduler's errors as an engine's."""
    try:
        yield
    except SubmitRejected as error:
        raise EngineRejected(str(error)) from error
    except SubmitUnknown as error:
        raise EngineUnknown(str(error)) from error
    except (QueryFailed, ParseError, RunnerError) as error:
        raise otherwise(f"{what}: {error}" if what else f"Slurm does not answer: {error}") from error


def _lines(path: Path, start: int, *, whole: bool) -> tuple[Sequence[str], int]:
    """The lines after byte *start*, and where they end; a line that is still being written is left, unless *whole*."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            text = file.read()
    except OSError:
        return (), start
    if not whole:
        text = text[: text.rfind(b"\n") + 1]
    return text.decode("utf-8", "replace").splitlines(), start + len(text)
