"""A repository that may go to the cloud, with an engine and a storage of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.unit.cloud.commands import Command, commands_in
from tests.unit.cloud.labs import Lab, lab_at


@pytest.fixture
def new_lab(tmp_path: Path) -> Callable[..., Lab]:
    return partial(lab_at, tmp_path)


@pytest.fixture
def lab(new_lab: Callable[..., Lab]) -> Lab:
    return new_lab()


@pytest.fixture
def command_in(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Command]:
    """``command_in(lab, **limits)``: ``cloud-run`` in a lab's repository."""
    return commands_in(monkeypatch, capfd)


@pytest.fixture
def command(lab: Lab, command_in: Callable[..., Command]) -> Command:
    return command_in(lab)
