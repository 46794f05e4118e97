"""The markers that every job leaves: what is damaged is told from what is not there, and from what says something."""

from __future__ import annotations

import pytest

from autolab_core.schedulers.markers import SignalMarker, StartMarker, parse_exit, parse_signal, parse_start
from autolab_core.vocab.errors import DocumentError

SIGNAL = b'{"token": "t", "signal": "TERM", "at": "2026-11-22T12:00:00Z"}\n'


def test_a_signal_is_read_as_the_batch_script_writes_it():
    assert parse_signal(SIGNAL, "signal.json") == SignalMarker("t", "TERM", "2026-11-22T12:00:00Z")


@pytest.mark.parametrize("source", [b"", SIGNAL[:20], b"[]", b"\xff"])
def test_what_cannot_be_read_still_says_that_it_happened_but_not_how_it_ended(source):
    assert parse_signal(source, "signal.json") == SignalMarker()
    assert parse_start(source, "start.json") == StartMarker()
    with pytest.raises(DocumentError, match=r"exit\.json"):
        parse_exit(source, "exit.json")
