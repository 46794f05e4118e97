"""Every attempt to change a spec: unguarded it works, and under each level what must hold does."""

from __future__ import annotations

import pytest

from autolab_core.vocab.guard import Profile
from tests.battery.attempt import Attempt
from tests.battery.everything import ATTEMPTS
from tests.battery.field import Field
from tests.battery.verdict import Verdict, broken, verdict

WHO = ("owner", "root")
# Every so many attempts one, against the policy that a launch writes: what may be written is less, and so is what holds
# it together.
_STEP = 3
AGAIN = [each for each in ATTEMPTS if each.profile == Profile.AGENT and not (each.root or each.limit or each.long)]
AGAIN = [each for each in AGAIN if each.proof == "change" and not each.service][::_STEP]


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


@pytest.mark.parametrize("attempt", [pytest.param(each, id=each.name) for each in AGAIN])
def test_an_attempt_is_held_in_the_profile_of_a_run(battlefield: Field, attempt: Attempt):
    as_run = attempt._replace(profile=Profile.RUN)
    for level in battlefield.levels["owner"]:
        if level.enforced:
            outcome = battlefield.make(as_run, "owner", level)

            assert verdict(as_run, outcome) in (Verdict.HELD, Verdict.REFUSED), (level, outcome)


def test_what_is_tried_again_is_of_every_kind():
    assert len(AGAIN) > 20
    assert len({attempt.group for attempt in AGAIN}) > 6


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
