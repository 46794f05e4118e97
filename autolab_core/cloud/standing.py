"""Where a run stands: what its engine says and what lies in its storage, joined. Pure.

The storage is believed first, because the result there is the run's own last word. An engine that does not answer is
never an end; a job that an engine has lost is one only when the storage knows of no life either.
"""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text.

from datetime import datetime
from typing import Final, NamedTuple

from autolab_core.cloud.engines.observing import EngineObservation
from autolab_core.cloud.facts import KnownRun, RunEnd, SignOfLife
from autolab_core.vocab.cloud import CloudEnd, CloudPhase
from autolab_core.vocab.engines import EngineState
from autolab_core.vocab.times import parse_timestamp

__all__ = ["STALE_SECONDS", "Looked", "Standing", "Stored", "standing"]

# A runner gives a sign of life every ten seconds; its clock and ours may differ a little.
STALE_SECONDS: Final = 180.0


class Stored(NamedTuple):
    """What the storage has of a run. ``unreachable`` says why it could not be asked."""

    staged: bool = False
    heartbeat: SignOfLife | None = None
    result: RunEnd | None = None
    partial: bool = False
    unreachable: str | None = None


class Standing(NamedTuple):
    """``line`` says it in words, ``hints`` what may be done. ``exit_code`` is the command's, once it is known.

    ``last_lines`` of the log, or of pip, are there for a run that failed.
    """

    phase: CloudPhase
    line: str
    exit_code: int | None = None
    hints: tuple[str, ...] = ()
    last_lines: tuple[str, ...] = ()

    @property
    def bad(self) -> bool:
        """Whether it is over and did not end well."""
        return self.phase is CloudPhase.LOST or (self.phase is CloudPhase.ENDED and self.exit_code != 0)

    @property
    def over(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.phase in (CloudPhase.ENDED, CloudPhase.LOST)


class Looked(NamedTuple):
    """A run, and where it stands."""

    intent: KnownRun
    standing: Standing


def standing(
    run: KnownRun, stored: Stored, observed: EngineObservation | None, engine_fault: str | None, now: datetime
) -> Standing:
    """Join them. *observed*: what the engine says of the job; None where there is no job, or *engine_fault* says why
    the engine could not be asked."""
    if stored.result is not None:
        return _ended(run, stored.result, engine_fault)
    if run.gave_up is not None:
        return Standing(CloudPhase.ENDED, f"it was never started: {run.gave_up}")
    if observed is None and engine_fault is None and run.handle is None:
        return _before_its_job(run)
    if engine_fault is not None or observed is None or observed.state is EngineState.UNKNOWN:
        return _by_storage(run, stored, engine_fault or _reason(observed) or "the engine gave no answer", now)
    if observed.state in (EngineState.ENDED, EngineState.LOST):
        return _without_result(run, stored, observed, now)
    if observed.state is EngineState.QUEUED:
        return _queued(observed)
    return _alive(run, stored, observed, now)


def _ended(run: KnownRun, result: RunEnd, engine_fault: str | None) -> Standing:
    words = {
        CloudEnd.DEADLINE: "what was made until then is saved; the next one has more time with --max-hours",
        CloudEnd.INTERRUPTED: "what was made until then is saved",
    }.get(CloudEnd(result.reason), "")
    line = "; ".join(each for each in (result.message, words) if each)
    if not result.outputs_complete:
        line += "; not all of its outputs reached the storage"
    hints = [] if run.pulled_at is not None else [f"cloud-run pull {run.run_id} --output-dir {run.output_dir}"]
    if engine_fault is not None:
        hints.insert(0, f"the engine cannot be reached ({engine_fault}), but the results are in the storage")
    last_lines = result.last_lines if result.exit_code != 0 else ()
    return Standing(CloudPhase.ENDED, line, result.exit_code, tuple(hints), last_lines)


def _before_its_job(run: KnownRun) -> Standing:
    if run.terminated_at is not None:
        return Standing(CloudPhase.ENDED, "it was given up before it was submitted")
    what = "its code and data are on their way" if run.staged_at is None else "it is staged, and no job is known"
    return Standing(
        CloudPhase.STAGING, what, hints=("if nobody is at work on it, run the same command again: it goes on",)
    )


def _queued(observed: EngineObservation) -> Standing:
    line = observed.reason or "it waits for a machine"
    return Standing(CloudPhase.QUEUED, line, hints=() if observed.stuck is None else (observed.stuck,))


def _alive(run: KnownRun, stored: Stored, observed: EngineObservation, now: datetime) -> Standing:
    beat = stored.heartbeat
    if beat is None:
        why = stored.unreachable
        line = observed.reason or "its machine starts" if why is None else f"its storage cannot be reached: {why}"
        return Standing(CloudPhase.STARTING, line)
    phase = CloudPhase(beat.phase)
    phase = CloudPhase.COLLECTING if phase is CloudPhase.ENDED else phase
    silent = _silence(beat, now)
    if silent > STALE_SECONDS:
        hint = f"cloud-run terminate {run.run_id}; the engine ends it at its limit in any case"
        return Standing(phase, f"no sign of life for {round(silent)} s, though its engine says it runs", hints=(hint,))
    saved = "" if beat.synced_at is None else f"; outputs saved at {beat.synced_at}"
    hint = f"its machine is about to be taken away ({_notice(beat)}); what it makes until then is saved"
    return Standing(
        phase, f"attempt {beat.attempt}, last seen at {beat.at}{saved}", hints=(hint,) if beat.notice else ()
    )


def _by_storage(run: KnownRun, stored: Stored, why: str, now: datetime) -> Standing:
    """The engine does not say: as far as the storage goes."""
    beat = stored.heartbeat
    if beat is not None and _silence(beat, now) <= STALE_SECONDS:
        alive = CloudPhase(beat.phase)
        phase = CloudPhase.COLLECTING if alive is CloudPhase.ENDED else alive
        return Standing(phase, f"last seen at {beat.at}; the engine cannot be asked: {why}")
    seen = "it has not been seen yet" if beat is None else f"it was last seen at {beat.at}"
    return Standing(CloudPhase.UNKNOWN, f"{seen}; the engine cannot be asked: {why}", hints=_partial(run, stored))


def _without_result(run: KnownRun, stored: Stored, observed: EngineObservation, now: datetime) -> Standing:
    """The engine says that it is over, and the storage has no result."""
    beat = stored.heartbeat
    if stored.unreachable is not None:
        return Standing(CloudPhase.UNKNOWN, f"its job is over; its storage cannot be reached: {stored.unreachable}")
    if observed.state is EngineState.LOST and beat is not None and _silence(beat, now) <= STALE_SECONDS:
        return _by_storage(run, stored, _reason(observed) or "it does not know the job any more", now)
    if observed.timed_out:
        line = "the engine ended it at its limit, and it left no result"
    elif beat is not None and beat.notice and not observed.out_of_memory:
        line = f"its machine was taken away ({_notice(beat)}), and it left no result"
        line += f": {observed.reason}" if observed.reason else ""
    elif observed.out_of_memory or observed.exit_code == 137:
        line = "it was killed, most likely because the memory was not enough: ask for more (--memory)"
    elif observed.state is EngineState.LOST:
        line = _reason(observed) or "the engine does not know its job any more, and it left no result"
    else:
        code = "" if observed.exit_code is None else f" with exit code {observed.exit_code}"
        line = f"its job ended{code} without a result" + (f": {observed.reason}" if observed.reason else "")
    if run.terminated_at is not None:
        line = f"it was terminated; {line}"
    again = ("`cloud-run run … --again` starts another one",) if run.terminated_at is None else ()
    return Standing(CloudPhase.LOST, line, observed.exit_code, (*_partial(run, stored), *again))


def _partial(run: KnownRun, stored: Stored) -> tuple[str, ...]:
    if not stored.partial:
        return ()
    return (f"cloud-run pull {run.run_id} --partial --output-dir {run.output_dir} brings what was saved",)


def _reason(observed: EngineObservation | None) -> str:
    return "" if observed is None else observed.reason


def _notice(beat: SignOfLife) -> str:
    said = beat.notice or {}
    return f"{said.get('action')} at {said.get('time')}"


def _silence(beat: SignOfLife, now: datetime) -> float:
    at = parse_timestamp(beat.at)
    return float("inf") if at is None else (now - at).total_seconds()
