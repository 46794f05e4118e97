"""The guard's words before a run's command: what is written is found again, and nothing else is taken for it."""

from __future__ import annotations

import pytest

from autolab_core.guard.entry import guard_words, without_guard

WORDS = guard_words("/usr/bin/python3", "/data/my repo", "/data/my repo/.autolab/guard/r1.policy.json", "r1")
COMMAND = ("python", "-m", "train", "--", "--lr=0.1")


def test_the_command_is_what_follows_the_guard_s_own_words():
    assert without_guard((*WORDS, *COMMAND)) == COMMAND


@pytest.mark.parametrize("words", [COMMAND, (), ("python",), WORDS[:-1], ("python", "-m", *WORDS[3:], *COMMAND)])
def test_words_that_are_not_the_guard_s_are_left_as_they_are(words):
    assert without_guard(words) == words


def test_what_lies_in_the_current_folder_cannot_take_the_guard_s_place():
    assert WORDS[:3] == ("/usr/bin/python3", "-I", "-m")
