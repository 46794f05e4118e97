"""A file system that is mounted twice: what is protected at one place is protected at the other."""

from __future__ import annotations

import json
import os

import pytest

from autolab_core.guard.policy import GuardPolicy, policy_to_data
from autolab_core.vocab.guard import STRONGEST_FIRST, Profile
from tests.integration.guard.conftest import SPEC, TEXT

ENFORCED = [level for level in STRONGEST_FIRST if level.enforced]
NAMESPACE = ("unshare", "-m") if os.geteuid() == 0 else ("unshare", "-rm")
# The repository once more, in a folder that is not part of it.
AGAIN = 'mount --bind "$PWD" "$1" && shift && exec "$@"'


@pytest.fixture
def again(own_place):
    folder = own_place.root.parent / f"{own_place.root.name}-again"
    folder.mkdir()
    yield folder
    folder.rmdir()


def with_second_place(place, again, argv):
    return place.run([*NAMESPACE, "sh", "-c", AGAIN, "sh", str(again), *argv])


def test_the_second_place_leads_to_the_spec_where_nobody_guards(own_place, again):
    done = with_second_place(own_place, again, ["sh", "-c", f"echo x > {again}/{SPEC}"])

    assert done.returncode == 0, done.stderr
    assert own_place.spec.read_text() == "x\n"


@pytest.mark.parametrize("level", ENFORCED)
def test_a_protected_folder_is_protected_at_its_second_place(own_place, again, level):
    tried = (
        f"echo x > {again}/{SPEC}; echo y > {again}/experiments/new; mv {again}/experiments {again}/old; "
        f"mv {again} {again}.moved; echo z > {again}/out/kept; exit 3"
    )

    done = with_second_place(own_place, again, own_place.guarded("sh", "-c", tried, level=level))

    assert done.returncode == 3, done.stderr
    assert own_place.spec.read_text() == TEXT
    assert os.listdir(own_place.root / "experiments") == ["exp-001.md"]
    assert (own_place.root / "out/kept").read_text() == "z\n"
    record = own_place.record()
    assert record["level"] == level
    assert f"{again}/experiments" in record["covered"]
    assert any(f"{str(again) + '/experiments'!r} is 'experiments' at another" in note for note in record["notes"])


def test_a_spec_that_may_be_written_at_its_second_place_is_refused(own_place, again):
    argv = own_place.guarded("touch", "out/ran", more=("--write", f"{again}/experiments"))

    done = with_second_place(own_place, again, argv)

    assert done.returncode == 125
    assert done.stderr.count("\n") == 1
    assert f"{str(again) + '/experiments'!r} is writable, but they are one and the same folder" in done.stderr
    assert not (own_place.root / "out/ran").exists()


def test_a_part_of_what_is_protected_that_may_be_written_elsewhere_is_refused(own_place, again):
    (own_place.root / "experiments/specs").mkdir()
    (own_place.root / "experiments/specs/a.md").write_text(TEXT)
    policy = GuardPolicy(
        Profile.AGENT, (".autolab", "experiments"), (f"{again}/experiments/specs",), spec="experiments/specs/a.md"
    )
    (own_place.root / "policy.json").write_text(json.dumps(policy_to_data(policy)))

    words = ("run", "--policy", "policy.json", "--", "touch", "out/ran")
    done = with_second_place(own_place, again, own_place.argv(*words))

    assert done.returncode == 125
    assert done.stderr.count("\n") == 1
    assert "its file system is mounted there, too" in done.stderr
