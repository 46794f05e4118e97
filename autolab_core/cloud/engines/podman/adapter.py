"""Podman on this machine: real containers, and nothing to configure. As root, or as an ordinary user."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Final

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
    job_name,
)
from autolab_core.cloud.engines.podman import argv, machine, parse
from autolab_core.exec.command import Command, CommandResult, Runner
from autolab_core.models.job import CancelOutcome
from autolab_core.vocab.engines import OPEN_ENGINE_STATES, EngineState
from autolab_core.vocab.errors import (
    EngineRejected,
    EngineUnknown,
    EngineUnreachable,
    ParseError,
    RunnerError,
    UsageError,
)

__all__ = ["PODMAN", "PodmanEngine"]

PODMAN: Final = "podman"
_PULL_SECONDS: Final = 3600.0
_PATIENCE: Final = 120.0
_GRACE: Final = 30
_ARRIVAL_SECONDS: Final = 30.0
_GONE: Final = "podman has no such container: it was removed, or podman's storage was reset"


@attrs.frozen(eq=False)
class PodmanEngine:
    """Containers of this machine. Each is called after its run, and podman gives a name once: so there is one a run.

    *image* is taken where a job names none, *network* is that of every container (None: podman's own choice). *grace*
    is the time, in seconds, between TERM and KILL.
    """

    runner: Runner
    name: str = PODMAN
    image: str | None = None
    network: str | None = None
    grace: int = _GRACE
    _found: list[argv.Habits] = attrs.field(factory=list, init=False)

    def capabilities(self) -> Capabilities:
        """See ``Engine.capabilities``."""
        habits = self._habits()
        return Capabilities(
            own_limit=True,
            storage=frozenset({FOLDER, S3}),
            max_gpus=None if machine.has_gpus() else 0,
            image_needed=self.image is None,
            default_image=self.image,
            notes=machine.notes(habits),
        )

    def submit(self, job: EngineJob) -> EngineHandle:
        """See ``Engine.submit``: the container is made, then started; ``find`` starts one that was only made."""
        image = job.image or self.image
        if image is None:
            raise EngineRejected("podman needs an image: say --image")
        if job.gpus and not machine.has_gpus():
            raise EngineRejected(
                f"{job.gpus} GPUs are asked for, and podman knows none here: nvidia-ctk cdi generate describes them"
            )
        self._have(image)
        try:
            words = argv.create(job, image, self._habits())
        except UsageError as error:
            raise EngineRejected(str(error)) from error
        made = self._submitting(words)
        if made.exit_code != 0:
            self._refuse(job.run_id, made)
        started = self._submitting(argv.start(job.run_id))
        if started.exit_code != 0:
            self._clear(job.run_id)
            raise EngineRejected(f"podman cannot start the container: {_complaint(started)}")
        return self._handle(job.run_id)

    def find(self, run_id: str) -> EngineHandle | None:
        """See ``Engine.find``. A submission that was cut off between its two commands is carried to its end."""
        until = time.monotonic() + _ARRIVAL_SECONDS
        while self._ask(argv.at_work(run_id)).exit_code == 0:
            if time.monotonic() > until:
                raise EngineUnknown(f"podman is still making the container of {run_id}: ask again")
            time.sleep(0.2)
        fact = self._facts([job_name(run_id)]).get(job_name(run_id))
        if fact is None:
            return None
        if parse.observation(fact).state is EngineState.QUEUED:
            started = self._ask(argv.start(run_id))
            if started.exit_code != 0:
                self._clear(run_id)
                return None
        return self._handle(run_id)

    def describe(self, handles: Sequence[EngineHandle]) -> Mapping[EngineHandle, EngineObservation]:
        """See ``Engine.describe``: one ``podman inspect`` for all."""
        facts = self._facts([handle.engine_id for handle in handles]) if handles else {}
        lost = EngineObservation(EngineState.LOST, reason=_GONE)
        return {
            handle: parse.observation(facts[handle.engine_id]) if handle.engine_id in facts else lost
            for handle in handles
        }

    def logs(self, handle: EngineHandle, cursor: str = "") -> LogPage:
        """See ``Engine.logs``; the cursor counts the lines of each stream: podman gives them one after the other."""
        answer = self._ask(argv.logs(handle.engine_id))
        if answer.exit_code != 0:
            return LogPage((), cursor)
        streams = [text.decode("utf-8", "replace").splitlines() for text in (answer.stdout, answer.stderr)]
        seen = [int(part) for part in cursor.split(":") if part.isdigit()] or [0, 0]
        new = [line for lines, start in zip(streams, seen, strict=False) for line in lines[start:]]
        return LogPage(tuple(new), ":".join(str(len(lines)) for lines in streams))

    def terminate(self, handle: EngineHandle, *, reason: str) -> CancelOutcome:
        """See ``Engine.terminate``."""
        before = self.describe([handle])[handle]
        if before.state is EngineState.LOST:
            return CancelOutcome.NOT_FOUND
        if before.state not in OPEN_ENGINE_STATES:
            return CancelOutcome.ALREADY_ENDED
        self._ask(argv.stop(handle.engine_id, self.grace), self.grace + _PATIENCE)
        after = self.describe([handle])[handle]
        if after.state in OPEN_ENGINE_STATES:
            return CancelOutcome.STILL_RUNNING
        return CancelOutcome.KILLED if after.exit_code == 128 + 9 else CancelOutcome.CANCELLED

    def forget(self, handle: EngineHandle) -> None:
        """See ``Engine.forget``: ``podman rm``, which a running container refuses."""
        if self.describe([handle])[handle].state is EngineState.ENDED:
            self._ask(argv.remove(handle.engine_id))

    def list(self) -> tuple[EngineRun, ...]:
        """See ``Engine.list``."""
        answer = self._must(argv.list_ours())
        try:
            return parse.listed(answer.stdout, self.name, "")
        except ParseError as error:
            raise EngineUnreachable(str(error)) from error

    def check(self) -> tuple[EngineFinding, ...]:
        """See ``Engine.check``."""
        return machine.check(self.runner, self.image)

    def _habits(self) -> argv.Habits:
        """How podman has to be spoken to; it is found out once."""
        if not self._found:
            self._found.append(machine.find_habits(self.runner, self.network))
        return self._found[0]

    def _handle(self, run_id: str) -> EngineHandle:
        return EngineHandle(run_id, self.name, job_name(run_id))

    def _have(self, image: str) -> None:
        """Get *image* before anything is made. Raises EngineRejected with what the registry said."""
        if self._ask(argv.image_exists(image)).exit_code == 0:
            return
        pulled = self._ask(argv.pull(image), _PULL_SECONDS)
        if pulled.exit_code != 0:
            raise EngineRejected(f"the image {image} cannot be pulled: {_complaint(pulled)}")

    def _refuse(self, run_id: str, made: CommandResult) -> None:
        if "already in use" in made.complaint:
            raise EngineUnknown(f"{run_id} was submitted before: podman has a container {job_name(run_id)}")
        raise EngineRejected(f"podman does not make the container: {_complaint(made)}")

    def _clear(self, run_id: str) -> None:
        """Take a container away that could not be started, so that the run can be submitted again."""
        fact = self._facts([job_name(run_id)]).get(job_name(run_id))
        if fact is not None and parse.observation(fact).state is EngineState.QUEUED:
            self._ask(argv.remove(job_name(run_id)))

    def _facts(self, names: Sequence[str]) -> Mapping[str, Mapping[str, object]]:
        answer = self._ask(argv.inspect(names))
        missing = b"no such" in answer.stderr.lower()
        if answer.exit_code != 0 and not missing:
            raise EngineUnreachable(f"podman does not answer: {_complaint(answer)}")
        try:
            return parse.facts(answer.stdout)
        except ParseError as error:
            raise EngineUnreachable(str(error)) from error

    def _must(self, words: tuple[str, ...]) -> CommandResult:
        answer = self._ask(words)
        if answer.exit_code != 0:
            raise EngineUnreachable(f"podman does not answer: {_complaint(answer)}")
        return answer

    def _ask(self, words: tuple[str, ...], timeout: float = _PATIENCE) -> CommandResult:
        try:
            return self.runner.run(Command(words, timeout=timeout))
        except RunnerError as error:
            raise EngineUnreachable(f"podman does not answer: {error}") from error

    def _submitting(self, words: tuple[str, ...]) -> CommandResult:
        try:
            return self.runner.run(Command(words, timeout=_PATIENCE))
        except RunnerError as error:
            if not error.transient:
                raise EngineRejected(f"podman cannot be run: {error}") from error
            raise EngineUnknown(f"it is not known whether podman made the container: {error}") from error


def _complaint(answer: CommandResult) -> str:
    return answer.complaint.removeprefix("Error: ") or f"exit code {answer.exit_code}"
