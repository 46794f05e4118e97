from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autolab_core.io.spec import SpecDocument, read_spec

PATH = "experiments/exp-001-momentum.md"
SAMPLE = (Path(__file__).parent / "exp-001-momentum.md").read_text()


@pytest.fixture
def read() -> Callable[..., SpecDocument]:
    """Reads the sample, in which each *old* text, which stands there once, is replaced by its *new* one."""

    def reader(*changes: tuple[str, str]) -> SpecDocument:
        text = SAMPLE
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        return read_spec(text.encode(), PATH)

    return reader
