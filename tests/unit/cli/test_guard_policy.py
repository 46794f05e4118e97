"""The policy that the options of ``autolab guard run`` and ``check`` ask for, as ``check`` shows it."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.conftest import autolab


@pytest.fixture
def root(tmp_path):
    for folder in (".autolab/guard", "experiments/done/it_0", "results/exp-000", "results/exp-001", "data"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "results/exp-000/metrics.json").write_text("{}")
    (tmp_path / "results/exp-001/metrics.json").write_text("{}")
    (tmp_path / "experiments/exp-001.md").write_text("# One\n")
    return tmp_path


def checked(root, *words: str, code: int = 0):
    answer = autolab("guard", "check", "--json", *words, cwd=root)
    assert answer.code == code, answer
    return answer.json


def inside(paths) -> set[str]:
    return {path for path in paths if path.startswith(("experiments", "results", "data"))}


def test_what_is_closed_is_protected_and_sealed_but_for_the_experiment_s_own(root):
    found = checked(root, "--spec", "experiments/exp-001.md")

    assert inside(found["protected"]) == {"experiments", "results/exp-000"}
    assert inside(found["sealed"]) == {"experiments/exp-001.md", "experiments/done/it_0", "results/exp-000"}
    assert ".autolab" in found["protected"]
    assert ".autolab" not in found["sealed"]


def test_what_the_user_names_is_sealed(root):
    found = checked(root, "--protect", "data", "--seal", "results/exp-001", "--seal", "experiments")

    assert inside(found["protected"]) >= {"data", "results/exp-000", "results/exp-001", "experiments"}
    assert inside(found["sealed"]) >= {"data", "results/exp-001", "experiments"}


def test_the_policy_for_agents_takes_more_of_both(root):
    policy = {"profile": "agent", "protected": [".autolab", "experiments"], "sealed": ["experiments/exp-001.md"]}
    (root / ".autolab/guard/agent.policy.json").write_text(json.dumps(policy))

    found = checked(root, "--protect", "data", "--seal", "results/exp-001", "--seal", "experiments/done")

    assert set(found["protected"]) == {".autolab", "experiments", "data", "results/exp-001"}
    assert set(found["sealed"]) == {"experiments/exp-001.md", "data", "results/exp-001", "experiments/done"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--seal", "data", "--write", "data"), "'data' is protected and writable at once"),
        (("--policy", "policy.json", "--seal", "data"), "leave out --profile, --protect, --seal,"),
        (("--policy", "policy.json"), "'data' is to be sealed and may be written by this policy; protect it, too"),
    ],
)
def test_what_cannot_be_sealed_is_said_in_one_line(root, words, said):
    (root / "policy.json").write_text(json.dumps({"profile": "agent", "protected": [], "sealed": ["data"]}))

    answer = autolab("guard", "check", *words, cwd=root)

    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert answer.err.count("\n") == 1
