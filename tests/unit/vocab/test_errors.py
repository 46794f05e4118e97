"""Errors are one readable line each, and exit with 2."""

from __future__ import annotations

import pytest

from autolab_core.vocab import errors
from autolab_core.vocab.errors import AutolabError, DocumentError, LockHeld, RunnerError, StoreError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (DocumentError("a.json", "is broken"), "a.json: is broken"),
        (DocumentError("a.json", "is broken", line=3, column=9), "a.json:3: is broken"),
        (DocumentError("a.json", "is 5", line=3, pointer="/a", hint="mend it"), "a.json:3: at /a is 5 (mend it)"),
        (StoreError("a", "the disk is full", hint="free some"), "a: the disk is full (free some)"),
        (LockHeld("x.lock", "pid 5"), "x.lock: held by pid 5 (wait for it to end, or stop that process)"),
        (RunnerError("git: not found"), "git: not found"),
    ],
)
def test_an_error_is_a_line_for_the_user(error, line):
    assert str(error) == line


def test_every_error_is_one_of_ours_and_exits_with_2_but_for_a_guard_that_started_nothing_and_a_no():
    named = {name: getattr(errors, name) for name in errors.__all__}

    assert all(issubclass(each, AutolabError) for each in named.values())
    others = {name: each.exit_code for name, each in named.items() if each.exit_code != 2}
    assert others == {"GuardRefused": 125, "ExperimentRefused": 1, "AbortTriggered": 1}


def test_a_runner_s_error_says_whether_trying_again_may_help():
    assert RunnerError("no answer", transient=True).transient
    assert not RunnerError("not found").transient
