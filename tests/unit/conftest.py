"""Repositories for tests of stages and commands, and a `python` for what they start."""

from __future__ import annotations

import pytest

from autolab_core.io.repository import Repository
from tests.unit.repositories import PATH, copied, new_repository, pass_review


@pytest.fixture(autouse=True, scope="session")
def _python_on_path():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", PATH)
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """What ``init`` makes; not to be written to."""
    return new_repository(tmp_path_factory.mktemp("template") / "repository").root


@pytest.fixture
def repository(template, tmp_path) -> Repository:
    """A repository of its own, as ``init`` makes it."""
    return copied(template, tmp_path / "repository")


@pytest.fixture
def launchable(repository) -> Repository:
    """A repository whose review passed, on trust."""
    pass_review(repository)
    return repository
