"""Podman on this machine: real containers, and nothing to configure. As root, or as an ordinary user."""

from __future__ import annotations

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
from autolab_core.cloud.engines.podman.observer import PATIENCE, PodmanObserver, complaint_of
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
_GRACE: Final = 30


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
    _observer: PodmanObserver = attrs.field(init=False)

    @_observer.default
    def _make_observer(self) -> PodmanObserver:
        return PodmanObserver(self.runner, self.name)

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
            self._observer.clear(job.run_id)
            raise EngineRejected(f"podman cannot start the container: {complaint_of(started)}")
        return self._observer.handle(job.run_id)

    def find(self, run_id: str) -> EngineHandle | None:
        """See ``Engine.find``."""
        return self._observer.find(run_id)

    def describe(self, handles: Sequence[EngineHandle]) -> Mapping[EngineHandle, EngineObservation]:
        """See ``Engine.describe``."""
        return self._observer.describe(handles)

    def logs(self, handle: EngineHandle, cursor: str = "") -> LogPage:
        """See ``Engine.logs``; the cursor counts the lines of each stream: podman gives them one after the other."""
        answer = self._observer.ask(argv.logs(handle.engine_id))
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
        self._observer.ask(argv.stop(handle.engine_id, self.grace), self.grace + PATIENCE)
        after = self.describe([handle])[handle]
        if after.state in OPEN_ENGINE_STATES:
            return CancelOutcome.STILL_RUNNING
        return CancelOutcome.KILLED if after.exit_code == 128 + 9 else CancelOutcome.CANCELLED

    def forget(self, handle: EngineHandle) -> None:
        """See ``Engine.forget``: ``podman rm``, which a running container refuses."""
        if self.describe([handle])[handle].state is EngineState.ENDED:
            self._observer.ask(argv.remove(handle.engine_id))

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

    def _have(self, image: str) -> None:
        """Get *image* before anything is made. Raises EngineRejected with what the registry said."""
        if self._observer.ask(argv.image_exists(image)).exit_code == 0:
            return
        pulled = self._observer.ask(argv.pull(image), _PULL_SECONDS)
        if pulled.exit_code != 0:
            what = "name another one (--image), or sign in to its registry (podman login)"
            raise EngineRejected(f"the image {image} cannot be pulled: {complaint_of(pulled)}; {what}")

    def _refuse(self, run_id: str, made: CommandResult) -> None:
        if "already in use" in made.complaint:
            raise EngineUnknown(f"{run_id} was submitted before: podman has a container {job_name(run_id)}")
        hint = "; `podman secret create NAME FILE` makes it" if "no such secret" in made.complaint else ""
        raise EngineRejected(f"podman does not make the container: {complaint_of(made)}{hint}")

    def _must(self, words: tuple[str, ...]) -> CommandResult:
        answer = self._observer.ask(words)
        if answer.exit_code != 0:
            raise EngineUnreachable(f"podman does not answer: {complaint_of(answer)}")
        return answer

    def _submitting(self, words: tuple[str, ...]) -> CommandResult:
        try:
            return self.runner.run(Command(words, timeout=PATIENCE))
        except RunnerError as error:
            if not error.transient:
                raise EngineRejected(f"podman cannot be run: {error}") from error
            raise EngineUnknown(f"it is not known whether podman made the container: {error}") from error
