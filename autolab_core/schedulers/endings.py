"""How a process ended, in words. Pure."""

from __future__ import annotations

import signal

__all__ = ["exit_words", "signal_name"]


def signal_name(number: int) -> str:
    """``SIGKILL`` for 9, ``signal 99`` for what is no signal here."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def exit_words(code: int) -> str:
    """``exit code 3``; above 128 a shell means a signal by it: ``exit code 137 (SIGKILL)``."""
    return f"exit code {code}{f' ({signal_name(code - 128)})' if code > 128 else ''}"
