"""The runner: ``python3 RUNNER RUN_ID STORAGE`` in the container. It ends with the exit code of the run's command.

The order is that of the phases. Everything until the command's start may be done again by a later runner; what the run
left is committed at the end, outputs first, then the manifest, and the result last.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from autolab_core.cloud import keys
from autolab_core.cloud.runner import lease, protect
from autolab_core.cloud.runner.carrying import Carrying, Stopped
from autolab_core.cloud.runner.opening import open_store
from autolab_core.cloud.runner.stores import Missing, Store, StoreFault
from autolab_core.cloud.runner.writing import seconds_until

__all__ = ["EXIT_TAKEN", "WORK_VARIABLE", "main"]

# 75 is EX_TEMPFAIL (sysexits.h): this process has done nothing, and nothing of the run is wrong.
EXIT_TAKEN: Final = 75
EXIT_STORAGE: Final = 74  # EX_IOERR
WORK_VARIABLE: Final = "AUTOLAB_WORK"
STALE_VARIABLE: Final = "AUTOLAB_STALE_SECONDS"
_FIRST_SECONDS: Final = 300.0
_T = TypeVar("_T")


def main(arguments: list[str]) -> int:
    """Carry out the run, or, as ``enter PATH -- WORDS``, become a command that cannot write PATH."""
    if arguments[:1] == ["enter"] and arguments[2:3] == ["--"]:
        protect.enter(arguments[1], arguments[3:])
    if len(arguments) != 2:
        return _say("usage: RUNNER RUN_ID STORAGE", 64)
    run_id, address = arguments
    signals = _Signals()
    try:
        store = open_store(address)
        run = json.loads(_patiently(lambda: store.get(keys.run_document(run_id)), signals))
        left = min(float(run["max_seconds"]), seconds_until(run["deadline"]))
        if left <= 0:
            return _say(
                f"the run {run_id} waited until after its deadline ({run['deadline']}): nothing is started", 124
            )
        stale = float(os.environ.get(STALE_VARIABLE, lease.STALE_SECONDS))
        held = _patiently(lambda: lease.take(store, run_id, run["deadline"], stale), signals)
    except lease.Taken as error:
        return _say(f"nothing to do: {error}", EXIT_TAKEN)
    except (StoreFault, ValueError, KeyError, TypeError) as error:
        return _say(f"the run {run_id} cannot be begun: {error}", EXIT_STORAGE)
    except Stopped as error:
        return _say(str(error), 128 + signal.SIGTERM)
    return _carry_out(store, run, held, left, signals)


def _carry_out(store: Store, run: dict[str, Any], held: lease.Held, left: float, signals: _Signals) -> int:
    place = os.environ.get(WORK_VARIABLE)
    if place is not None:
        os.makedirs(place, exist_ok=True)
        return Carrying(store, run, held, place, left, signals.why).carry_out()
    with tempfile.TemporaryDirectory(prefix="autolab-run-", ignore_cleanup_errors=True) as made:
        return Carrying(store, run, held, made, left, signals.why).carry_out()


class _Signals:
    """``why`` is None until somebody wants this process to end."""

    def __init__(self) -> None:
        self._number: int | None = None
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._take)

    def _take(self, number: int, _: object) -> None:
        self._number = number

    def why(self) -> str | None:
        """Why the run is to end, as a clause."""
        return None if self._number is None else f"it was told to stop ({signal.Signals(self._number).name})"


def _patiently(ask: Callable[[], _T], signals: _Signals) -> _T:
    """What *ask* gives, asked again while the storage does not answer. Raises StoreFault after five minutes."""
    until, pause = time.monotonic() + _FIRST_SECONDS, 0.5
    while True:
        why = signals.why()
        if why is not None:
            raise Stopped(why)
        try:
            return ask()
        except Missing:
            raise
        except StoreFault as error:
            if not error.transient or time.monotonic() > until:
                raise
            time.sleep(pause)
            pause = min(10.0, pause * 2)


def _say(text: str, code: int) -> int:
    sys.stderr.write(f"autolab: {text}\n")
    return code
