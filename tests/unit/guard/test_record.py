"""Records: what is built is complete, what is missing is named, and seals are read as they were written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.guard.comparison import Difference
from autolab_core.guard.plan import resolve
from autolab_core.guard.policy import GuardPolicy
from autolab_core.guard.record import (
    CREATE,
    OPEN,
    Machine,
    begun,
    finished,
    in_short,
    problems,
    seals_from_data,
    seals_of,
    seals_to_data,
)
from autolab_core.guard.seal import Seal, take_plan
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.guard import Change, GuardLevel, Profile, SealedKind

SPEC = "experiments/exp-001.md"
NOW = "2026-02-01T12:00:00Z"
HASHES = st.none() | st.text("0123456789abcdef", min_size=64, max_size=64)
COUNTS = st.integers(0, 2**63)
SEALS = st.builds(
    Seal,
    st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable()),
    st.sampled_from(SealedKind),
    *(HASHES, COUNTS, HASHES, HASHES, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS),
)


@pytest.fixture
def record(tmp_path) -> dict[str, Any]:
    (tmp_path / "experiments/it").mkdir(parents=True)
    (tmp_path / SPEC).write_text("spec\n")
    policy = GuardPolicy(Profile.RUN, ("experiments", SPEC), ("experiments/it",), spec=SPEC)
    plan = resolve(policy, str(tmp_path))
    return begun(
        plan,
        GuardLevel.MOUNT_LANDLOCK,
        Machine("6.18", 7, "0.8.0", 1000, 1000),
        command=["python", "train.py"],
        probe=[
            {"attempt": OPEN, "path": f"{plan.root}/{SPEC}", "errno": "EROFS"},
            {"attempt": CREATE, "path": f"{plan.root}/experiments", "errno": "EROFS"},
        ],
        seals=take_plan(plan),
        sealed_at=NOW,
        started_at=NOW,
        notes=["bubblewrap 0.8.0 is older than 0.12"],
    )


def ended(record, *changes: Difference) -> dict[str, Any]:
    return finished(record, changes, checked_at=NOW, finished_at=NOW, exit_code=0)


def test_a_record_that_was_built_has_nothing_to_object_to(record):
    assert problems(record) == []
    assert problems(ended(record)) == []
    assert problems(ended(record, Difference(SPEC, Change.CONTENT))) == []
    assert problems(json.loads(json.dumps(ended(record)))) == []


def test_the_gist_holds_what_the_manifest_needs(record):
    gist = in_short(ended(record), ".autolab/guard/r1.json", "0" * 64)

    assert gist["seals"] == {SPEC: {seal.path: seal.sha256 for seal in seals_of(record)}[SPEC]}
    assert gist["verified"] is True
    assert in_short(record, "r", "s")["verified"] is None
    assert in_short(ended(record, Difference(SPEC, Change.GONE)), "r", "s")["verified"] is False
    assert (gist["level"], gist["uid"], gist["record"]) == ("mount+landlock", 1000, ".autolab/guard/r1.json")


@pytest.mark.parametrize(
    "key",
    [
        *("level", "require", "profile", "kernel", "landlock_abi", "bwrap", "uid", "gid", "root", "covered"),
        *("not_covered", "notes", "policy", "command", "probe", "before", "started_at", "schema_version"),
    ],
)
def test_what_is_missing_is_named(record, key):
    del record[key]

    assert any(pointer.startswith(f"/{key}") for pointer, _ in problems(record))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("level", "strong"),
        ("level", ["none"]),
        ("require", "strong"),
        ("landlock_abi", True),
        ("landlock_abi", 2),
        ("landlock_abi", None),
        ("bwrap", None),
        ("uid", -1),
        ("covered", "all"),
        ("probe", [{"attempt": OPEN}]),
        ("probe", [{"attempt": OPEN, "path": "/x"}]),
        ("command", []),
        ("before", None),
        ("before", {"seals": [{}]}),
        ("after", []),
        ("after", {"seals_ok": True, "changes": [{"path": "a", "what": "content"}]}),
        ("after", {"seals_ok": False, "changes": []}),
        ("policy", {"profile": "run", "protect": []}),
        ("started_at", "yesterday"),
    ],
)
def test_what_is_no_value_is_named(record, key, value):
    assert any(pointer.startswith(f"/{key}") for pointer, _ in problems({**record, key: value}))


@pytest.mark.parametrize("record", [None, [], "guarded", 3])
def test_a_record_is_a_mapping(record):
    assert problems(record) == [("", "is not a mapping of keys to values")]


@given(st.dictionaries(st.text(max_size=8), st.none() | st.integers() | st.text() | st.lists(st.text())))
def test_no_data_is_a_crash(data):
    assert problems({"schema_version": "1.0", **data})


@given(st.lists(SEALS, max_size=4))
def test_seals_survive_being_written(seals):
    assert seals_from_data(json.loads(json.dumps(seals_to_data(seals))), "seals.json") == tuple(seals)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"path": ""}, "/0/path"),
        ({"kind": "door"}, "/0/kind"),
        ({"sha256": "short"}, "/0/sha256"),
        ({"size": True}, "/0/size"),
        ({"ino": -1}, "/0/ino"),
    ],
)
def test_a_seal_that_cannot_be_is_refused_at_its_place(change, pointer):
    data = [{**seals_to_data([Seal("a", SealedKind.FILE)])[0], **change}]

    with pytest.raises(DocumentError) as caught:
        seals_from_data(data, "seals.json")
    assert caught.value.pointer == pointer
