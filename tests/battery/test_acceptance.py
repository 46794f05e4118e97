"""Ordinary work is not disturbed, or what it costs is named."""

from __future__ import annotations

import pytest

from autolab_core.vocab.guard import GuardLevel, Profile
from tests.battery.acceptance import WORKS, Work
from tests.battery.field import Field
from tests.battery.working import work


def cases():
    for each in WORKS:
        for profile in each.profiles:
            for level in GuardLevel:
                # What a level adds to no other: the strongest has all mounts, and `landlock` alone its own costs.
                often = level is GuardLevel.MOUNT_LANDLOCK and (profile is Profile.RUN or not each.long)
                often = often or (level is GuardLevel.LANDLOCK and not each.long)
                late = [] if often else [pytest.mark.long]
                yield pytest.param(each, profile, level, id=f"{each.name}, {profile}, {level}", marks=late)


@pytest.mark.parametrize(("each", "profile", "level"), list(cases()))
@pytest.mark.parametrize("who", ["owner", "root"])
def test_ordinary_work_is_done(battlefield: Field, each: Work, profile: Profile, level: GuardLevel, who: str):
    if who not in battlefield.users:
        pytest.skip("needs root")
    if level not in battlefield.levels[who]:
        return

    code, said = work(each, battlefield, who, level, profile)

    assert (code == 0) == (level not in each.costs), (code, said)


@pytest.mark.parametrize("each", [pytest.param(each, id=each.name) for each in WORKS if not each.long])
def test_the_work_can_be_done_without_a_guard(battlefield: Field, each: Work):
    code, said = work(each, battlefield, "owner", None)

    assert code == 0, said
