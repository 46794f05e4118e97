"""An experiment of the sample, to be broken, and what the rules say of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autolab_verifiers.engine.verify import examine
from autolab_verifiers.report.answer import Check
from autolab_verifiers.selftest.experimenting import carried_out, reported, versioned
from autolab_verifiers.selftest.guarding import SPEC
from autolab_verifiers.selftest.repository import Repository, build

Judged = Callable[[Repository], dict[str, Check]]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return build(tmp_path / "repository")


@pytest.fixture
def foreign(repository: Repository) -> Repository:
    """Results without a journal."""
    return reported(repository)


@pytest.fixture
def ours(repository: Repository) -> Repository:
    """Results with a journal."""
    return carried_out(repository)


@pytest.fixture
def in_git(repository: Repository) -> Repository:
    return versioned(repository)


@pytest.fixture
def judged() -> Judged:
    """Rule id to its check, of the experiment of the sample."""

    def ask(repository: Repository) -> dict[str, Check]:
        return {check.rule: check for check in examine(repository.root, spec=SPEC).judgement.checks}

    return ask
