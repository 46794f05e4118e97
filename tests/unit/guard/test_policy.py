"""Policies: what is written is read back, and what cannot be meant is refused in one line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.guard.derive import ALWAYS, Facts, derive, extended
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
    st.none() | st.sets(PATHS, max_size=4),
)
def test_a_policy_survives_being_written(profile, protected, writable, network, require, spec, sealed):
    sealed = None if sealed is None else tuple(sealed - writable)
    protected = tuple(protected - writable)
    policy = GuardPolicy(profile, protected, tuple(writable), network, require, spec, sealed).checked()

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
        ({"sealed": "a"}, "/sealed", "list"),
        ({"sealed": ["a", None]}, "/sealed/1", "path"),
        ({"sealed": ["../a"]}, "/sealed/0", ".."),
        ({"sealed": ["a/"], "writable": ["a"]}, "/sealed", "at once"),
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
        "results",
        "/opt/autolab_core",
    }
    assert policy.spec == "experiments/exp-002-b.md"


@pytest.mark.parametrize("profile", Profile)
def test_sealed_is_what_nobody_may_change_meanwhile_and_the_rest_is_protected_only(profile):
    policy = derive(RUN_FACTS._replace(profile=profile, stage=Stage.LAUNCH, sealed=("results/exp-000/notes",)))

    of_git = {path for path in policy.protected if path.startswith(".git/")}
    assert {*policy.sealed} == {
        "RESEARCH_LOG.md",
        "QUESTIONS.md",
        "HANDOFF.md",
        "program_state.json",
        ".autolab/verifier_policy.yaml",
        ".autolab/experiment_file_line_limits.yaml",
        ".autolab/remote_profiles.yaml",
        ".autolab/schemas",
        ".autolab/prompts",
        ".autolab/guard/agent.policy.json",
        *of_git,
        "/opt/autolab_core",
        "experiments/exp-002-b.md",
        "results/exp-001-a",
        "experiments/done/old",
        "results/exp-000/notes",
    }
    assert policy.to_seal == policy.sealed
    # An agent may write `results/`, so what is evidence in there is protected path by path.
    assert ("results/exp-001-a" in policy.protected) is (profile is Profile.AGENT)


def test_a_policy_that_does_not_say_what_is_sealed_seals_all_that_it_protects():
    policy = policy_from_data({"profile": "run", "protected": ["a"], "spec": "b/c"}, "policy.json")

    assert policy.sealed is None
    assert policy.to_seal == ("a", "b/c")


def test_what_is_added_to_a_policy_is_protected_and_sealed():
    kept = GuardPolicy(Profile.AGENT, ("experiments", ".autolab"), ("experiments/it",), sealed=(".autolab",))

    more = extended(kept, protected=("data",), sealed=("experiments/old", "notes", "experiments/it/spec.md"))

    assert {*more.protected} == {"experiments", ".autolab", "data", "notes", "experiments/it/spec.md"}
    assert {*more.sealed} == {".autolab", "data", "experiments/old", "notes", "experiments/it/spec.md"}
    assert extended(kept._replace(sealed=None), sealed=("notes",)).sealed is None


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
