"""The field that all attempts of a session are made in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.battery.field import Field, field


@pytest.fixture(scope="session")
def battlefield() -> Iterator[Field]:
    """A folder, an ordinary user who is removed afterwards, and the levels that this machine offers."""
    with field() as made:
        yield made
