"""The generated validators and ``jsonschema`` give the same answer for every document."""

from __future__ import annotations

from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.io.schemas import SCHEMA_NAMES, SchemaStore, shipped
from autolab_core.io.schemas.invalid import Invalid
from autolab_core.io.schemas.judge import make_judge
from autolab_core.io.schemas.plain import is_plain
from tests.strategies.documents import HOSTILE, VALID, mutants

JUDGES = {name: make_judge(shipped(name), name) for name in SCHEMA_NAMES}
SHIPPED = SchemaStore(None)


def fast_accepts(name, data):
    try:
        import_module(f"autolab_core.io.schemas.generated.{name}").validate(data)
    except Invalid:
        return False
    return True


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_both_engines_accept_what_is_valid(name):
    @given(VALID[name])
    def check(data):
        assert JUDGES[name](data) == ()
        assert fast_accepts(name, data)
        assert SHIPPED.problems(name, data) == ()

    check()


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_both_engines_say_the_same_of_every_mutant(name):
    @given(mutants(name))
    def check(data):
        if is_plain(data):
            assert fast_accepts(name, data) == (JUDGES[name](data) == ())

    check()


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_no_whole_document_of_another_shape_breaks_the_door(name):
    problems = [problem for data in HOSTILE for problem in SHIPPED.problems(name, data)]

    assert problems
    assert all(problem.message.isprintable() and len(problem.message) < 300 for problem in problems)


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_messages_are_short_lines_that_point_into_the_document(name):
    @given(mutants(name))
    def check(data):
        for problem in SHIPPED.problems(name, data):
            assert len(problem.message) < 300
            assert problem.message.isprintable()
            assert problem.pointer == "" or problem.pointer.startswith("/")

    check()


@given(st.sampled_from(SCHEMA_NAMES), st.data())
def test_a_number_that_is_not_finite_is_a_problem_wherever_it_stands(name, data):
    document = data.draw(VALID[name])
    document["x_other_tool"] = [{"deep": data.draw(st.sampled_from([float("nan"), float("inf"), -float("inf")]))}]

    assert [problem.pointer for problem in SHIPPED.problems(name, document)] == ["/x_other_tool/0/deep"]
