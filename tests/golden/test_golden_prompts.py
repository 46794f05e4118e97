"""The golden run's prompts and contexts, byte for byte."""

from __future__ import annotations

import json

import pytest

from tests.golden.make_answers import PROMPTS, prompts


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return prompts(tmp_path_factory.mktemp("golden"))


def test_the_prompts_are_the_committed_ones(made):
    """`python -m tests.golden.make_answers` writes them again after a change that is meant."""
    assert {path.name: path.read_bytes() for path in PROMPTS.iterdir()} == made


def test_nothing_in_them_is_open_or_of_the_machine(made):
    for name, content in made.items():
        text = content.decode()
        assert "{{" not in text, name
        assert str(PROMPTS.parents[2]) not in text, name


def test_the_iteration_is_made_from_the_golden_files(made):
    context = json.loads(made["extract_results.context.json"])

    assert context["run"]["status"] == "completed"
    assert all(each["exists"] for each in context["required_inputs"])
    assert [task["task_id"] for task in context["todo"]["tasks"]] == ["t1"]
