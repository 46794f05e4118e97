"""What ``docs/spec.md`` shows is what is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from autolab_core.io.spec import load_spec
from autolab_core.io.spec.compute import KEYS
from autolab_core.io.spec.read import MAX_SPEC_BYTES
from autolab_core.io.spec.sections import Part
from autolab_core.io.spec.seeds import MAX_SEEDS
from autolab_core.vocab.experiment import Aggregate, BudgetKind, Comparison
from tests.unit.io.spec.conftest import PATH

PAGE = (Path(__file__).parents[4] / "docs/spec.md").read_text()
EXAMPLE = PAGE.partition("````markdown\n")[2].partition("````\n")[0]


def test_the_example_is_a_good_spec():
    document = load_spec(EXAMPLE.encode(), PATH)

    assert document.notes == ()
    assert document.spec.mve


@pytest.mark.parametrize(
    "words", [Part, KEYS, Aggregate, BudgetKind, Comparison, [f"{MAX_SEEDS}", f"{MAX_SPEC_BYTES >> 10} KiB"]]
)
def test_the_page_names_every_word(words):
    assert [word for word in words if word not in PAGE] == []
