"""What an agent's command writes: all of it for who listens, and no more than so much of it in the log."""

from __future__ import annotations

import io

import pytest

from autolab_core.stages.agents import heard as module
from autolab_core.stages.agents.heard import Heard


class Said:
    """An output, its log and who listens."""

    def __init__(self):
        self.log = io.BytesIO()
        self.echoed: list[bytes] = []
        self.started = True
        self.heard = Heard(self.log, self.echoed.append, lambda: self.started)

    def say(self, *texts: bytes) -> None:
        for text in texts:
            self.heard.add(text)
        self.heard.flush()


@pytest.fixture
def said():
    return Said()


def test_lines_go_to_both_and_together(said):
    said.say(b"a\n", b"b\n")
    said.say()
    said.say(b"c")
    said.heard.end()

    assert said.log.getvalue() == b"a\nb\nc"
    assert said.echoed == [b"a\nb\n", b"c"]


def test_what_the_guard_says_before_it_starts_the_command_is_in_the_log_alone(said):
    said.started = False
    said.say(b"autolab: it is refused\n")
    said.heard.end()

    assert (said.log.getvalue(), said.echoed) == (b"autolab: it is refused\n", [])


def test_nothing_is_lost_of_a_command_that_started(said):
    said.started = False
    said.say(b"a\n")
    said.started = True
    said.say(b"b\n")

    assert said.echoed == [b"a\nb\n"]


@pytest.mark.parametrize("pieces", [1, 7])
def test_a_flood_leaves_the_beginning_and_the_end(said, monkeypatch, pieces):
    monkeypatch.setattr(module, "LOG_BYTES_MAX", 100)
    monkeypatch.setattr(module, "_TAIL_BYTES", 10)
    said = Said()
    text = bytes(range(32, 127)) * 5 + b"\nthe end\n"
    size = -(-len(text) // pieces)
    for start in range(0, len(text), size):
        said.say(text[start : start + size])
    said.heard.end()

    left_out = len(text) - 110
    assert said.log.getvalue() == text[:100] + b"\n[autolab: %d bytes are left out here]\n" % left_out + text[-10:]
    assert b"".join(said.echoed) == text


def test_a_little_more_than_fits_is_whole(said, monkeypatch):
    monkeypatch.setattr(module, "LOG_BYTES_MAX", 100)
    said = Said()
    said.say(b"x" * 120)
    said.heard.end()

    assert said.log.getvalue() == b"x" * 120
