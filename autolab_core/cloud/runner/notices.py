"""The notice that a machine is about to be taken away: AWS gives it two minutes before it takes a Spot instance back.

Source: "Spot Instance interruption notices" in the user guide of Amazon EC2. The notice is worth having because the
job itself may get no word: the machine is simply gone then.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple, TypeGuard

from autolab_core.cloud.runner.metadata import Machine, NoMetadata
from autolab_core.cloud.runner.writing import now

__all__ = ["Notice", "Watch"]

_PATH: Final = "spot/instance-action"
_LOOK_SECONDS: Final = 5.0
# A service that is not there, or broken, is asked less often; still four times within the two minutes.
_LATER_SECONDS: Final = 30.0
_ANSWER_SECONDS: Final = 2.0
_LENGTH_AT_MOST: Final = 64


class Notice(NamedTuple):
    """``action`` (terminate, stop, hibernate) will happen to the machine at ``time``; ``seen_at`` is when we knew. Both
    times are RFC 3339."""

    action: str
    time: str
    seen_at: str

    def __str__(self) -> str:
        return f"its machine is taken away ({self.action} at {self.time})"


class Watch:
    """Looks for the notice in a thread of its own; *told* is called there once, when there is one."""

    def __init__(self, told: Callable[[Notice], None]) -> None:
        self._told = told
        self._machine = Machine(_ANSWER_SECONDS)
        self._thread = threading.Thread(target=self._work, name="notices", daemon=True)

    def start(self) -> None:
        """Begin. It goes on until there is a notice, or the process ends."""
        self._thread.start()

    def _work(self) -> None:
        while True:
            try:
                notice = _notice_in(self._machine.get(_PATH))
                pause = _LOOK_SECONDS
            except NoMetadata as error:
                notice, pause = None, _LOOK_SECONDS if error.missing else _LATER_SECONDS
            if notice is not None:
                self._told(notice)
                return
            time.sleep(pause)


def _notice_in(answer: bytes) -> Notice | None:
    """The notice that *answer* is; None for anything else."""
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    action, when = found.get("action"), found.get("time")
    return Notice(action, when, now()) if _is_word(action) and _is_word(when) else None


def _is_word(found: object) -> TypeGuard[str]:
    """Whether *found* can be shown in a line as it is."""
    return isinstance(found, str) and found.isprintable() and 0 < len(found) <= _LENGTH_AT_MOST
