"""Every attempt to change a spec: unguarded it works, and under each level what must hold does."""

from __future__ import annotations

import pytest

from tests.battery.attempt import Attempt
from tests.battery.everything import ATTEMPTS
from tests.battery.field import Field
from tests.battery.verdict import broken

WHO = ("owner", "root")


def cases():
    for attempt in ATTEMPTS:
        for who in WHO:
            if who == "root" or not attempt.root:
                marks = [pytest.mark.long] if attempt.long else []
                yield pytest.param(attempt, who, id=f"{attempt.name}, by {who}", marks=marks)


@pytest.mark.parametrize(("attempt", "who"), list(cases()))
def test_an_attempt_is_held_or_seen(battlefield: Field, attempt: Attempt, who: str):
    if who not in battlefield.users:
        pytest.skip("needs root")

    assert list(broken(attempt, battlefield.row(attempt, who))) == []


@pytest.mark.parametrize("who", WHO)
def test_a_command_that_changes_nothing_is_not_accused(battlefield: Field, who: str):
    if who not in battlefield.users:
        pytest.skip("needs root")
    harmless = Attempt("harmless", "", "", "", 'cat "$S" > "$W/copy"; ls -la "$D" > "$W/list"')

    for level in battlefield.levels[who]:
        outcome = battlefield.make(harmless, who, level)

        assert outcome.code == 0, (level, outcome)
        assert not outcome.changed, (level, outcome)
        assert not outcome.detected, (level, outcome)


def test_there_are_more_than_a_hundred_attempts_of_each_user():
    quick = [attempt for attempt in ATTEMPTS if not attempt.long and not attempt.limit and not attempt.programs]

    assert len([attempt for attempt in quick if not attempt.root]) > 100


def test_an_attempt_says_what_it_tries():
    assert [attempt.name for attempt in ATTEMPTS if not attempt.says.endswith(".")] == []
