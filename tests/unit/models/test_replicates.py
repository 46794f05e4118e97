"""Replicates as runs of their own: when a design has them, and what fills its placeholders."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.models.replicates import (
    FIXED,
    INCREMENT,
    VARIABLES,
    filled,
    needs_array,
    parts,
    replicate_id,
    seed_of,
    values_of,
)

PIECES = st.lists(st.sampled_from([*VARIABLES, "{", "}", "seed", "{other}", "", " ", "{{seed}", "é"]), max_size=6)


@pytest.mark.parametrize(
    ("cli", "args", "needed"),
    [
        ("python train.py --seed {seed}", {}, True),
        ("python train.py --out=run_{replicate}.txt", {}, True),
        ("python train.py", {}, False),
        ("python train.py --seed {SEED} {seeds} {{ seed }}", {}, False),
        (None, {"seed": "{seed}"}, True),
        (None, {"names": ["a", "b-{replicate}"]}, True),
        (None, {"seeds": [0, 1, 2], "lr": 0.1, "none": None}, False),
        (None, {"{seed}": 1}, False),
        (3, "no mapping", False),
    ],
)
def test_an_entry_point_that_asks_which_replicate_it_is_needs_an_array(cli, args, needed):
    assert needs_array(cli, args) is needed


def test_placeholders_are_filled_wherever_they_stand_in_a_word():
    words = ("train", "--seed", "{seed}", "a{seed}b{replicate}{seed}", "{x}")

    assert filled(words, values_of(2, 12)) == ("train", "--seed", "12", "a12b212", "{x}")


def test_a_value_is_never_looked_into_for_another_placeholder():
    assert filled(("{seed}",), {"{seed}": "{replicate}", "{replicate}": "7"}) == ("{replicate}",)


@given(PIECES.map("".join))
def test_a_word_that_is_cut_is_whole_again_when_put_together(word):
    found = parts(word, VARIABLES)

    assert "".join(found) == word
    assert "" not in found
    assert all(piece in VARIABLES or not any(name in piece for name in VARIABLES) for piece in found)


def test_seeds_are_counted_up_or_all_the_same():
    assert [seed_of(INCREMENT, 10, index) for index in range(3)] == [10, 11, 12]
    assert [seed_of(FIXED, 10, index) for index in range(3)] == [10, 10, 10]


def test_a_replicate_is_named_after_its_group():
    assert replicate_id("20260201T120000Z_demo", 12) == "20260201T120000Z_demo-r12"
