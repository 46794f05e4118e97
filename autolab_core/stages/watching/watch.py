"""``monitor --wait``: look, ever less often, until nothing is left to wait for. It never ends by a fault of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from autolab_core.models.job import JobObservation
from autolab_core.stages.context import StageContext
from autolab_core.stages.monitor import Look, ended_badly, look, waits_for_files
from autolab_core.stages.watching.look import Seen, count_looks
from autolab_core.stages.watching.pace import Pace
from autolab_core.stages.watching.site import pace_of
from autolab_core.vocab.errors import AutolabError, DocumentError, UsageError
from autolab_core.vocab.jobs import JobState

__all__ = ["Round", "watch"]


class Round(NamedTuple):
    """One look of many. ``look`` is None where it could not be made; ``problem`` then says why.

    ``seen`` is the last that is known of every run that was ever looked at. ``pause`` is the seconds until the next
    look, None when this was the last one. ``new``: something has changed since the look before.
    """

    at: datetime
    look: Look | None
    problem: str
    seen: tuple[Seen, ...]
    new: bool
    pause: float | None

    @property
    def bad(self) -> bool:
        """True when a run has ended badly."""
        return any(ended_badly(each) for each in self.seen) or (self.look is not None and self.look.bad)


def watch(
    context: StageContext,
    run_id: str | None = None,
    *,
    every: bool = False,
    sleep: Callable[[float], None] = time.sleep,
    pace: Pace | None = None,
) -> Iterator[Round]:
    """Look, say what was seen, wait, and again. Ends when no run that was looked at goes on.

    What fails is said in ``problem`` and tried again, for ever, with growing pauses; only a first look that finds
    nothing to look at, or files that cannot be read, raises (UsageError, DocumentError).
    """
    try:
        yield from _rounds(context, run_id, every, sleep, pace or pace_of(context))
    finally:
        # How often nothing was new is nice to know, and worth no trouble.
        with suppress(AutolabError, OSError), context.repository.stage_lock("monitor"):
            count_looks(context)


def _rounds(
    context: StageContext, run_id: str | None, every: bool, sleep: Callable[[float], None], pace: Pace
) -> Iterator[Round]:
    known: dict[str, Seen] = {}
    first = True
    while True:
        found, problem = None, ""
        try:
            found = look(context, run_id, every=every)
        except (UsageError, DocumentError) as error:
            if first:
                raise
            problem = str(error)
        except (AutolabError, OSError) as error:
            problem = str(error)
        now = context.now()
        seen = found.seen if found is not None else ()
        new = any(each.new for each in seen)
        known |= {each.run.folder: each for each in seen}
        goes_on = [each for each in known.values() if not (each.over or waits_for_files(each.manifest))]
        over = found is not None and not goes_on
        failed = found is None or _nothing_learnt([each.observation for each in goes_on])
        wait = pace.after([each.observation for each in seen], new=new, failed=failed, now=now)
        pause = None if over else max(wait, context.least_seconds)
        yield Round(now, found, problem, tuple(known.values()), new or first, pause)
        if pause is None:
            return
        first = False
        sleep(pause)


def _nothing_learnt(observations: list[JobObservation]) -> bool:
    return bool(observations) and all(each.state is JobState.UNKNOWN for each in observations)
