"""Autolab's own commands inside a guard: what writes the state says why it cannot, and has written nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from autolab_core.vocab.guard import STRONGEST_FIRST, GuardLevel
from tests.integration.guard.conftest import MAIN, TEXT

ENFORCED = [level for level in STRONGEST_FIRST if level.enforced]
WRITERS = [("launch",), ("review", "approve", "--who", "ada"), ("init", "--upgrade-schemas")]


def own(place, *words: str) -> list[str]:
    return [place.who.python, "-P", "-c", MAIN, *words]


def files(root: Path) -> dict[str, str]:
    """path -> hash of all but what the guard itself writes outside."""
    found = (path for path in root.rglob("*") if path.is_file() and ".autolab/guard" not in str(path))
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


@pytest.fixture
def repository(own_place):
    own_place.spec.unlink()  # a folder with experiments in it gets no first iteration
    done = own_place.run(own(own_place, "init"))
    assert done.returncode == 0, done.stderr
    own_place.spec.write_text(TEXT)
    schema = own_place.root / ".autolab/schemas/design.schema.json"
    schema.write_text(schema.read_text() + "\n")
    return own_place


@pytest.mark.parametrize("words", WRITERS, ids=lambda words: words[0])
@pytest.mark.parametrize("level", ENFORCED)
def test_a_command_that_writes_the_state_says_that_it_is_guarded_and_writes_nothing(repository, level, words):
    before = files(repository.root)

    done = repository.run(repository.guarded(*own(repository, *words), level=level))

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert f"runs under the guard, by the policy of the profile agent at the level {level}" in done.stderr
    assert "start this command outside of the guard" in done.stderr
    assert files(repository.root) == before


@pytest.mark.parametrize("level", ENFORCED)
def test_what_only_reads_works(repository, level):
    done = repository.run(repository.guarded(*own(repository, "status"), level=level))

    assert done.returncode == 0, done.stderr
    assert "iter_001" in done.stdout


def test_where_nothing_is_enforced_nothing_is_said(repository):
    done = repository.run(repository.guarded(*own(repository, "launch"), level=GuardLevel.NONE))

    assert "under the guard" not in done.stderr


def test_a_guard_in_one_that_enforces_nothing_holds_by_itself(own_place):
    tried = ("sh", "-c", "echo x > experiments/new; chmod u+w experiments; echo y > experiments/new")
    inner = own_place.guarded(*tried, run_id="inner", level=ENFORCED[-1])

    done = own_place.run(own_place.guarded(*inner, level=GuardLevel.NONE))

    assert not (own_place.root / "experiments/new").exists(), done.stderr
    assert own_place.record("inner")["level"] == ENFORCED[-1]
