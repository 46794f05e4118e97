"""Policies: what is written is read back, and what cannot be meant is refused in one line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.guard.derive import ALWAYS, Facts, derive
from autolab_core.guard.policy import GuardPolicy, policy_from_data, policy_to_data
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.guard import GuardLevel, Network, Profile, at_least
from autolab_core.vocab.states import Stage

NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=8).filter(
    lambda name: name not in (".", "..") and not name.startswith("~")
)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)


def refused(**changes) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        policy_from_data({"profile": "run", **changes}, "policy.json")
    assert "\n" not in str(caught.value)
    return caught.value


@given(
    st.sampled_from(Profile),
    st.sets(PATHS, max_size=4),
    st.sets(PATHS, max_size=4),
    st.one_of(st.sampled_from(Network), st.lists(st.integers(1, 65535), max_size=3).map(tuple)),
    st.sampled_from(["content", *GuardLevel]),
    st.none() | PATHS,
)
def test_a_policy_survives_being_written(profile, protected, writable, network, require, spec):
    policy = GuardPolicy(profile, tuple(protected - writable), tuple(writable), network, require, spec).checked()

    assert policy_from_data(json.loads(json.dumps(policy_to_data(policy))), "policy.json") == policy
    assert policy.checked() == policy


def test_paths_are_made_plain():
    policy = GuardPolicy(Profile.AGENT, ("b/", "./a", "a", "//usr//lib/"), ("c/./d",)).checked()

    assert policy.protected == ("/usr/lib", "a", "b")
    assert policy.writable == ("c/d",)


@pytest.mark.parametrize(
    ("changes", "pointer", "said"),
    [
        ({"protectd": ["a"]}, "", "protectd"),
        ({"profile": "user"}, "/profile", "run, agent"),
        ({"schema_version": "2.0"}, "/schema_version", "1.0"),
        ({"protected": "a"}, "/protected", "list"),
        ({"protected": ["a", 3]}, "/protected/1", "path"),
        ({"protected": [""]}, "/protected/0", "empty"),
        ({"protected": ["../a"]}, "/protected/0", ".."),
        ({"protected": ["~/a"]}, "/protected/0", "~"),
        ({"protected": ["a\0b"]}, "/protected/0", "NUL"),
        ({"protected": ["a\udc80"]}, "/protected/0", "UTF-8"),
        ({"protected": ["a/"], "writable": ["./a"]}, "/writable", "at once"),
        ({"writable": ["/"]}, "/writable", "everything"),
        ({"network": "some"}, "/network", "ports"),
        ({"network": [True]}, "/network", "ports"),
        ({"network": [0]}, "/network", "no TCP port"),
        ({"network": [65536]}, "/network", "no TCP port"),
        ({"require": "strong"}, "/require", "landlock"),
        ({"require": 1}, "/require", "word"),
        ({"spec": 1}, "/spec", "path"),
        ({"spec": "a/../b"}, "/spec", ".."),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(changes, pointer, said):
    error = refused(**changes)

    assert error.pointer == pointer
    assert said in str(error)


@pytest.mark.parametrize("data", [None, [], "run", 3])
def test_a_policy_is_a_mapping(data):
    with pytest.raises(DocumentError, match="not a mapping"):
        policy_from_data(data, "policy.json")


@pytest.mark.parametrize("path", ["with blank", "a\nb", "a:b", "tab\there", "ü"])
def test_unusual_names_are_carried(path):
    assert GuardPolicy(Profile.RUN, (path,)).checked().protected == (path,)


def test_a_level_is_at_least_itself_and_all_weaker_ones():
    order = ("mount+landlock", "mount", "landlock", "none")
    for index, level in enumerate(order):
        assert [at_least(GuardLevel(level), wanted) for wanted in order] == [i >= index for i in range(4)]
    assert [at_least(GuardLevel(level), "content") for level in order] == [True, True, True, False]


RUN_FACTS = Facts(
    Profile.RUN,
    stage=Stage.LAUNCH,
    iteration="experiments/plan/it",
    run="experiments/plan/it/runs/r1",
    results="results/exp-002-b",
    spec="experiments/exp-002-b.md",
    closed=("results/exp-001-a", "experiments/done/old"),
    git=".git",
    tool=("/opt/autolab_core",),
)


def test_a_run_writes_its_folder_and_its_results_and_nothing_else():
    policy = derive(RUN_FACTS)

    assert policy.writable == ("experiments/plan/it/runs/r1", "results/exp-002-b")
    of_git = {path for path in policy.protected if path.startswith(".git/")}
    assert {".git/config", ".git/hooks"} <= of_git
    assert {*policy.protected} - of_git == {
        *ALWAYS,
        "experiments",
        "results/exp-001-a",
        "experiments/done/old",
        "/opt/autolab_core",
    }
    assert policy.spec == "experiments/exp-002-b.md"


def test_an_agent_writes_the_iteration():
    policy = derive(RUN_FACTS._replace(profile=Profile.AGENT, stage=Stage.IMPLEMENTATION))

    assert policy.writable == ("experiments/plan/it", "results/exp-002-b")
    assert "experiments" in policy.protected
    assert policy.spec == "experiments/exp-002-b.md"


@pytest.mark.parametrize("stage", [Stage.HYPOTHESIS, Stage.DESIGN])
def test_an_agent_writes_the_spec_while_it_is_designed_and_a_run_never_does(stage):
    assert derive(RUN_FACTS._replace(profile=Profile.AGENT, stage=stage)).spec is None
    assert derive(RUN_FACTS._replace(stage=stage)).spec is not None


@pytest.mark.parametrize(
    ("spec", "held"),
    [
        ("spec.md", "spec.md"),
        ("experiments/plan/it/spec.md", "experiments/plan/it/spec.md"),
        ("experiments/plan/it/specs/a.md", "experiments/plan/it/specs"),
        ("specs/a.md", "specs"),
    ],
)
def test_a_spec_is_held_through_its_folder_where_that_need_not_be_written(spec, held):
    policy = derive(RUN_FACTS._replace(profile=Profile.AGENT, stage=Stage.LAUNCH, spec=spec))

    assert held in policy.protected


def test_results_that_are_closed_cannot_be_written():
    with pytest.raises(UsageError, match="'results/exp-002-b' is protected and writable at once"):
        derive(RUN_FACTS._replace(closed=("results/exp-002-b",)))
