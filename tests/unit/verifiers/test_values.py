"""Looking into documents that may hold anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.vocab.states import RunStatus
from autolab_verifiers.contract.values import (
    escape,
    list_at,
    mapping_at,
    number_at,
    show,
    text_at,
    value_at,
    word_at,
)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(data=ANYTHING, pointer=st.text(alphabet="/~019ab", max_size=8))
def test_looking_never_raises(data, pointer):
    assert text_at(data, pointer) is None or isinstance(text_at(data, pointer), str)
    assert number_at(data, pointer) is None or isinstance(number_at(data, pointer), int | float)
    assert isinstance(mapping_at(data, pointer), dict)
    assert isinstance(list_at(data, pointer), list)
    assert word_at(data, pointer, RunStatus) in {None, *RunStatus}
    assert len(show(value_at(data, pointer))) <= 60


@given(key=st.text(max_size=6))
def test_an_escaped_key_is_found_again(key):
    assert value_at({key: "there"}, f"/{escape(key)}") == "there"


@pytest.mark.parametrize("value", [True, "1", None, [], float("nan"), float("inf"), 10**400])
def test_what_no_float_can_hold_is_not_a_number(value):
    assert number_at({"a": value}, "/a") is None


@pytest.mark.parametrize("index", ["2", "-1", "01x", "9" * 5000])
def test_an_index_outside_a_list_finds_nothing(index):
    assert value_at([1, 2], f"/{index}") is None


def test_an_empty_text_is_no_text():
    assert text_at({"a": ""}, "/a") is None


def test_a_word_of_the_vocabulary_comes_back_as_one():
    assert word_at({"status": "completed"}, "/status", RunStatus) is RunStatus.COMPLETED


def test_a_word_is_not_guessed_from_its_capitals():
    assert word_at({"status": "Completed"}, "/status", RunStatus) is None
