"""Finding and describing containers: what of podman's engine a look needs. Light: status imports no more of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from autolab_core.cloud.engines.observing import EngineHandle, EngineObservation, job_name
from autolab_core.cloud.engines.podman import argv, parse
from autolab_core.exec.command import Command, CommandResult
from autolab_core.vocab.engines import EngineState
from autolab_core.vocab.errors import EngineUnknown, EngineUnreachable, ParseError, RunnerError

if TYPE_CHECKING:
    from autolab_core.exec.command import Runner

__all__ = ["PATIENCE", "SETTINGS", "PodmanObserver", "complaint_of"]

#: What a row of the policy may set; ``engines.table`` reads it. None of it is needed to find or describe a container.
SETTINGS: Final = frozenset({"image", "network", "folder", "bucket", "prefix", "region", "endpoint"})

#: How many seconds podman is given for an answer.
PATIENCE: Final = 120.0
_ARRIVAL_SECONDS: Final = 30.0
_GONE: Final = "podman has no such container: it was removed, or podman's storage was reset"


class PodmanObserver:
    """Asks podman by *runner*. *name* is what the engine is called in handles."""

    def __init__(self, runner: Runner, name: str) -> None:
        self._runner = runner
        self._name = name

    def find(self, run_id: str) -> EngineHandle | None:
        """See ``Engine.find``. A submission that was cut off between its two commands is carried to its end."""
        until = time.monotonic() + _ARRIVAL_SECONDS
        while self.ask(argv.at_work(run_id)).exit_code == 0:
            if time.monotonic() > until:
                raise EngineUnknown(f"podman is still making the container of {run_id}: ask again")
            time.sleep(0.2)
        fact = self._facts([job_name(run_id)]).get(job_name(run_id))
        if fact is None:
            return None
        if parse.observation(fact).state is EngineState.QUEUED:
            started = self.ask(argv.start(run_id))
            if started.exit_code != 0:
                self.clear(run_id)
                return None
        return self.handle(run_id)

    def describe(self, handles: Sequence[EngineHandle]) -> Mapping[EngineHandle, EngineObservation]:
        """See ``Engine.describe``: one ``podman inspect`` for all."""
        facts = self._facts([handle.engine_id for handle in handles]) if handles else {}
        lost = EngineObservation(EngineState.LOST, reason=_GONE)
        return {
            handle: parse.observation(facts[handle.engine_id]) if handle.engine_id in facts else lost
            for handle in handles
        }

    def handle(self, run_id: str) -> EngineHandle:
        """How the container of *run_id* is found: it is called after its run."""
        return EngineHandle(run_id, self._name, job_name(run_id))

    def clear(self, run_id: str) -> None:
        """Take a container away that could not be started, so that the run can be submitted again."""
        fact = self._facts([job_name(run_id)]).get(job_name(run_id))
        if fact is not None and parse.observation(fact).state is EngineState.QUEUED:
            self.ask(argv.remove(job_name(run_id)))

    def ask(self, words: tuple[str, ...], timeout: float = PATIENCE) -> CommandResult:
        """What podman answers to *words*. Raises EngineUnreachable where it cannot be run, or not in time."""
        try:
            return self._runner.run(Command(words, timeout=timeout))
        except RunnerError as error:
            raise EngineUnreachable(f"{words[0]} does not answer: {error}") from error

    def _facts(self, names: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        answer = self.ask(argv.inspect(names))
        missing = b"no such" in answer.stderr.lower()
        if answer.exit_code != 0 and not missing:
            raise EngineUnreachable(f"podman does not answer: {complaint_of(answer)}")
        try:
            return parse.facts(answer.stdout)
        except ParseError as error:
            raise EngineUnreachable(str(error)) from error


def complaint_of(answer: CommandResult) -> str:
    """The last line that podman complained with."""
    return answer.complaint.removeprefix("Error: ") or f"exit code {answer.exit_code}"
