"""What a caller says of a stage that an agent does. Light: every command imports it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from autolab_core.models.resources import Duration

__all__ = ["AgentOptions", "Echo"]

Echo = Callable[[bytes], None]


def _to_nobody(text: bytes) -> None:
    return None


@attrs.frozen
class AgentOptions:
    """``command`` does the stage's work (None: the policy's; empty: nobody is started) within ``timeout`` (None: the
    policy's). ``done``: why the work counts as done as it is. ``echo`` hears what the command writes."""

    command: tuple[str, ...] | None = None
    timeout: Duration | None = None
    done: str | None = None
    echo: Echo = _to_nobody
