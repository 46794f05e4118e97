"""Modes that were taken are given back, whoever is left to do it."""

import os

import pytest

from autolab_core.guard.enforce.modes import give_back_leftovers, take
from autolab_core.guard.plan import resolve
from autolab_core.guard.policy import GuardPolicy
from autolab_core.io.layout import GUARD_MODES
from autolab_core.vocab.guard import Profile


@pytest.fixture
def plan(tmp_path):
    (tmp_path / ".autolab").mkdir()
    for name in ("experiments/deep/spec.md", "experiments/kept/out.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
        path.chmod(0o664)
    (tmp_path / "experiments/link").symlink_to("deep/spec.md")
    return resolve(GuardPolicy(Profile.AGENT, ("experiments", ".autolab"), ("experiments/kept",)), str(tmp_path))


def modes(plan):
    names = ("experiments", "experiments/deep/spec.md", "experiments/kept/out.txt", ".autolab")
    return [oct(os.stat(os.path.join(plan.root, name)).st_mode & 0o777) for name in names]


BEFORE = ["0o755", "0o664", "0o664", "0o755"]
TAKEN = ["0o555", "0o444", "0o664", "0o755"]


def test_what_is_not_sealed_is_left_to_others(tmp_path, plan):
    (tmp_path / ".autolab/policy.yaml").touch(0o644)
    sealed = ("experiments/deep", "experiments/later", ".autolab/policy.yaml")
    policy = GuardPolicy(Profile.AGENT, ("experiments", ".autolab"), sealed=sealed)
    taken = take(resolve(policy, str(tmp_path)))

    assert modes(plan) == ["0o755", "0o444", "0o664", "0o755"]
    assert (tmp_path / ".autolab/policy.yaml").stat().st_mode & 0o777 == 0o644
    taken.give_back()
    assert modes(plan) == BEFORE


def test_what_is_writable_and_autolabs_own_folder_are_left_alone(plan):
    taken = take(plan)
    assert modes(plan) == TAKEN

    taken.give_back()
    taken.give_back()
    assert modes(plan) == BEFORE
    assert os.listdir(os.path.join(plan.root, GUARD_MODES)) == ["lock"]


def test_the_last_of_two_gives_back(plan):
    first, second = take(plan), take(plan)

    first.give_back()
    assert modes(plan) == TAKEN
    second.give_back()
    assert modes(plan) == BEFORE


def test_a_second_taker_touches_nothing_that_is_taken(plan):
    first = take(plan)
    spec = os.path.join(plan.root, "experiments/deep/spec.md")
    before = os.stat(spec).st_ctime_ns

    take(plan).give_back()

    assert os.stat(spec).st_ctime_ns == before
    first.give_back()


def test_what_a_dead_guard_took_is_given_back_and_what_a_living_one_took_is_not(plan):
    dead = take(plan)
    os.close(dead.descriptor)
    living = take(plan)

    assert give_back_leftovers(plan.root) == ()
    assert modes(plan) == TAKEN
    os.close(living.descriptor)

    assert len(give_back_leftovers(plan.root)) == 3
    assert modes(plan) == BEFORE


def test_a_note_that_was_never_finished_undoes_nothing(plan):
    folder = os.path.join(plan.root, GUARD_MODES)
    os.makedirs(folder)
    for name, text in (("1-a.json", ""), ("2-b.json", "[1]"), ("3-c.json", "{")):
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)

    assert give_back_leftovers(plan.root) == ()
    assert modes(plan) == BEFORE
    assert os.listdir(folder) == ["lock"]
