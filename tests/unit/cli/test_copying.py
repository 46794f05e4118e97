"""What is said of files that are copied: never more than a reader can follow, and nothing of a short copy in a log."""

from __future__ import annotations

import io

import pytest

from autolab_cli.commands.copying import Copying, size


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def copy(stream: io.StringIO, seconds: float) -> str:
    """100 files of 1 MiB, copied in *seconds*."""
    now = 0.0
    copying = Copying(stream, lambda: now)
    for number in range(101):
        now = seconds * number / 100
        copying(number, number << 20, 100, 100 << 20)
    return stream.getvalue()


def test_a_log_has_a_line_now_and_then_and_the_end():
    lines = copy(io.StringIO(), 35.0).splitlines()

    assert len(lines) == 4
    assert lines[0] == "copied: 29/100 files, 29.0 MiB of 100.0 MiB"
    assert lines[-1] == "copied: 100/100 files, 100.0 MiB of 100.0 MiB"


def test_a_short_copy_is_not_worth_a_line():
    assert copy(io.StringIO(), 9.0) == ""


def test_a_terminal_has_a_bar_that_is_gone_at_the_end():
    said = copy(Terminal(), 2.0)

    assert "[###############...............] 52/100 files, 52.0 MiB of 100.0 MiB" in said
    assert said.count("\r") <= 14
    assert said.endswith("\r\x1b[K")
    assert "\n" not in said


def test_nothing_to_copy_is_no_division_by_zero():
    stream = Terminal()
    Copying(stream)(0, 0, 0, 0)
    assert stream.getvalue()


@pytest.mark.parametrize(("length", "words"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 << 40, "5.0 TiB")])
def test_sizes(length, words):
    assert size(length) == words
