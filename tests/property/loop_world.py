"""A world around one iteration: an agent, a person, a machine that runs jobs, a verifier, and a plug to be pulled."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from autolab_core.exec.command import Command, CommandResult
from autolab_core.io.repository import Repository
from autolab_core.models.job import CancelOutcome, JobHandle, JobObservation
from autolab_core.models.report import Check, Finding, Report
from autolab_core.stages import cancel, monitor
from autolab_core.stages.context import StageContext
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.states import HostMode, Stage, Verdict
from tests.unit.repositories import (
    AT,
    FOLDER,
    LOCAL_HOST,
    Clock,
    FakeRunner,
    change_json,
    copied,
    put,
    read_json,
    report,
)

STATE = ".autolab/state.json"
Call = Callable[[StageContext], object]


class Crash(BaseException):
    """The process died here."""


class World:
    """Everything that a command meets, in one repository. ``verdicts`` are what the verifier will say, in turn."""

    def __init__(self, template: Path, folder: Path) -> None:
        self.repository: Repository = copied(template, folder)
        self.clock = Clock()
        self.verdicts: list[bool] = []
        self.verified: list[tuple[Stage, bool]] = []
        self.meanwhile: list[Call] = []
        self.jobs: dict[str, JobHandle] = {}
        self.job_state = JobState.RUNNING
        self.crash_at: int | None = None

    @property
    def context(self) -> StageContext:
        """A context as a new process has it."""
        self.clock.forward(seconds=1)
        runner = _Runner(self)
        return StageContext(self.repository, runner, dict.fromkeys(HostMode, self), self.verify, self.clock)

    def state(self) -> dict[str, Any]:
        found = read_json(self.repository, STATE)
        assert isinstance(found, dict)
        return found

    # --- the verifier, and what happens while it is at work

    def verify(self, root: str, *, stage: Stage, iteration_id: str, run_id: str | None, overlay: Any = None) -> Report:
        self.others()
        passed = self.verdicts.pop(0) if self.verdicts else True
        self.verified.append((stage, passed))
        return report() if passed else report("the numbers are not there")

    def others(self) -> None:
        """What somebody else does just now, another process or a person with an editor."""
        while self.meanwhile:
            self.meanwhile.pop(0)(self.context)

    # --- the machine

    def submit(self, job: Any, token: str) -> JobHandle:
        self.others()
        assert token not in self.jobs, "the same job was started twice"
        self.jobs[token] = JobHandle(token, job.run_folder, pid=4242, host="box")
        self.job_state = JobState.RUNNING
        return self.jobs[token]

    def find(self, job: Any, token: str) -> JobHandle | None:
        return self.jobs.get(token)

    def observe(self, handles: Any) -> dict[JobHandle, JobObservation]:
        code = {JobState.COMPLETED: 0, JobState.FAILED: 3}.get(self.job_state)
        ended = AT if code is not None else None
        seen = JobObservation(self.job_state, exit_code=code, started_at=AT, ended_at=ended)
        return dict.fromkeys(handles, seen)

    def cancel(self, handle: JobHandle, *, reason: str) -> CancelOutcome:
        self.end(JobState.FAILED)
        return CancelOutcome.CANCELLED

    def end(self, how: JobState) -> None:
        """The job of the last launch is in the state *how*, and leaves what a job in it leaves."""
        self.job_state = how
        for token, handle in self.jobs.items():
            code = 0 if how is JobState.COMPLETED else 3
            put(self.repository, f"{handle.run_folder}/logs/start.json", {"token": token, "pid": 1, "started_at": AT})
            if how in {JobState.COMPLETED, JobState.FAILED}:
                marker = {"token": token, "exit_code": code, "finished_at": AT}
                put(self.repository, f"{handle.run_folder}/logs/exit.json", marker)

    # --- the plug

    @contextmanager
    def plugged(self) -> Iterator[None]:
        """Within, the process dies at its ``crash_at``-th replacement of a file, before or after it took place."""
        count, replace = 0, os.replace

        def replaced(*paths: Any, **more: Any) -> None:
            nonlocal count
            count += 1
            if self.crash_at == 2 * count:
                raise Crash
            replace(*paths, **more)
            if self.crash_at == 2 * count + 1:
                raise Crash

        with (
            mock.patch.object(os, "replace", replaced),
            mock.patch.object(monitor, "LOCK_SECONDS", 0.0),
            mock.patch.object(cancel, "LOCK_SECONDS", 0.0),
        ):
            yield

    # --- the people

    def edit_stage(self, stage: Stage) -> None:
        """Somebody writes another stage into the state with an editor."""
        change_json(self.repository, STATE, stage=str(stage))

    def bring(self, stage: Stage, answer: str) -> None:
        """The work that *stage* asks for, with *answer* where it gives one."""
        made: dict[Stage, tuple[str, object]] = {
            Stage.HYPOTHESIS: ("hypothesis.md", f"Seeds matter: {answer}.\n"),
            Stage.UPDATE_DOCS: ("analysis/summary.md", f"It is so: {answer}.\n"),
            Stage.IMPLEMENTATION_REVIEW: ("review_result.json", {"status": answer}),
            Stage.DECIDE_REPEAT: ("decision_result.json", {"decision": answer, "rationale": "x"}),
        }
        if stage in made:
            path, content = made[stage]
            put(self.repository, f"{FOLDER}/{path}", content)
        elif stage is Stage.DESIGN:
            path = self.repository.root / FOLDER / "design.yaml"
            path.write_text(path.read_text() + f"# {answer}\n")


class _Runner(FakeRunner):
    """A machine without git and Slurm, whose parser writes the metrics that it is asked for."""

    def __init__(self, world: World) -> None:
        super().__init__(**LOCAL_HOST, git=None)
        self.world = world

    def run(self, command: Command) -> CommandResult:
        if command.argv[0] != "bash":
            return super().run(command)
        environment = command.env or {}
        arms = {name: [{"name": arm, "value": 1.0}] for name, arm in (("baseline", "plain"), ("variant", "drift"))}
        metrics = {
            "iteration_id": environment["AUTOLAB_ITERATION_ID"],
            "run_id": environment["AUTOLAB_RUN_ID"],
            "status": "completed",
            "primary_metric": {"name": "mean_distance", "value": 1.0},
            **{f"{kind}_results": result for kind, result in arms.items()},
        }
        Path(environment["AUTOLAB_RUN_DIR"], "metrics.json").write_text(json.dumps(metrics))
        return CommandResult(command.argv, 0, b"", b"")


def failed_check() -> Check:
    return Check("ST001", Verdict.FAIL, findings=(Finding("x", "y"),))
