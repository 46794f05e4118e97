"""Looking into documents that may hold anything."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autolab_core.vocab.states import RunStatus
from autolab_verifiers.contract import values
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


def reference(data, pointer):
    """RFC 6901 as plainly as it can be said: None for every way that does not exist."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if type(data) is dict and key in data:
            data = data[key]
        elif type(data) is list and 0 < len(key) <= 9 and set(key) <= set("0123456789") and int(key) < len(data):
            data = data[int(key)]
        else:
            return None
    return data


KEYS = st.sampled_from(["a", "b", "0", "1", "01", "-1", "~", "/", "~1", "~01", "", "٣", "²", "+1", "1_0", " 1"])
NESTED = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2) | st.floats() | st.sampled_from(["", "a", "0", "text", "~1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)
POINTERS = st.lists(
    KEYS.map(escape) | st.sampled_from(["~", "~2", "~0", "~1", "~01", "0" * 9, "0" * 10, "1" * 4301, "2", "length"]),
    max_size=4,
).map(lambda parts: "".join(f"/{part}" for part in parts))


def ways_into(data, prefix=""):
    """Every pointer that leads to something in *data*."""
    members = data.items() if type(data) is dict else enumerate(data) if type(data) is list else ()
    yield prefix
    for key, value in members:
        yield from ways_into(value, f"{prefix}/{escape(str(key))}")


@settings(max_examples=500)
@given(data=NESTED, pointer=POINTERS | st.text(alphabet="/~01ab-", max_size=8))
@example(data=[["x"]], pointer="/0/00")
@example(data="text", pointer="/0")
@example(data={"a": "text"}, pointer="/a/0")
@example(data=[1], pointer="/-1")
@example(data=[1], pointer="/²")
@example(data={"~1": 1, "/": 2}, pointer="/~01")
@example(data=None, pointer="")
@example(data={"a": None}, pointer="/a/b")
@example(data=[{"a": 1}], pointer="/0/b")
def test_a_value_is_found_as_the_standard_says(data, pointer):
    assert value_at(data, pointer) is reference(data, pointer)
    for way in ways_into(data):
        assert value_at(data, way) is reference(data, way)


def test_a_key_that_cannot_be_hashed_or_compared_is_no_crash():
    assert value_at({1: "one", None: "none"}, "/1") is None
    assert value_at((1, 2), "/0") is None
    assert value_at(b"bytes", "/0") is None


def test_pointers_beyond_those_that_are_remembered_work_too():
    for number in range(5000):
        assert value_at({str(number): number}, f"/{number}") == number
    assert len(values._KEYS) <= 4096
