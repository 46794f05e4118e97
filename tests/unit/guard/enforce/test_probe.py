"""A level counts when the probe shows it, and for nothing else."""

import errno

import pytest

from autolab_core.guard.enforce.landlock import missing_because
from autolab_core.guard.enforce.probe import Attempt, Probed, judge
from autolab_core.guard.record import CREATE, OPEN
from autolab_core.vocab.guard import GuardLevel

REFUSED = (Attempt(OPEN, "/r/spec", "EROFS"), Attempt(CREATE, "/r", "EACCES"))
ENFORCED = [level for level in GuardLevel if level.enforced]


@pytest.mark.parametrize("level", ENFORCED)
def test_a_level_is_shown_by_refusals(level):
    assert judge(level, Probed(REFUSED, (), "EACCES"), canary_lives=True) is None


@pytest.mark.parametrize("level", ENFORCED)
@pytest.mark.parametrize("answer", [None, "ETXTBSY", "ENOENT", "ENOSPC"])
def test_what_worked_or_failed_for_another_reason_shows_nothing(level, answer):
    seen = Probed((*REFUSED, Attempt(OPEN, "/r/other", answer)), (), "EACCES")

    assert "/r/other" in judge(level, seen, canary_lives=True)


@pytest.mark.parametrize("level", [GuardLevel.MOUNT_LANDLOCK, GuardLevel.MOUNT])
def test_a_refusal_that_the_mode_bits_gave_does_not_stand_for_a_mount(level):
    assert "not read-only" in judge(level, Probed(REFUSED, ("/r/spec",), "EACCES"), canary_lives=True)


@pytest.mark.parametrize("level", [GuardLevel.MOUNT_LANDLOCK, GuardLevel.LANDLOCK])
def test_landlock_that_lets_the_canary_be_written_enforces_nothing(level):
    seen = Probed(REFUSED, (), None)

    assert "enforces nothing" in judge(level, seen, canary_lives=True)
    # Inside another guard it was dead before.
    assert judge(level, Probed(REFUSED, (), "EACCES"), canary_lives=False) is None


def test_nothing_is_asked_of_the_level_none():
    assert judge(GuardLevel.NONE, Probed((Attempt(OPEN, "/r/spec", None),), ("/r",), None), canary_lives=True) is None


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (OSError(errno.EOPNOTSUPP, "landlock_create_ruleset"), "kernel parameter lsm="),
        (OSError(errno.ENOSYS, "landlock_create_ruleset: Function not implemented"), "Linux 6.2"),
        (OSError(errno.ENOSYS, "Landlock ABI 2 lets a file be emptied by truncate(2)"), "ABI 3 needs"),
        (OSError(errno.EPERM, "landlock_restrict_self: Operation not permitted"), "seccomp"),
    ],
)
def test_missing_landlock_is_explained_with_what_to_do(error, part):
    assert part in missing_because(error)
