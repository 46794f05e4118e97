"""``autolab guard seal`` and ``autolab guard verify``: what a person sees, and the exit codes."""

from __future__ import annotations

import json
import os
import time

import pytest

from autolab_core.guard.comparison import Difference
from autolab_core.guard.record import finished
from autolab_core.io.layout import guard_record
from autolab_core.vocab.guard import Change
from autolab_verifiers.selftest.guarding import RECORD, SPEC, guarded
from autolab_verifiers.selftest.repository import RUN, RUN_PATHS, build
from tests.unit.cli.conftest import autolab


@pytest.fixture
def root(tmp_path):
    return guarded(build(tmp_path / "repository")).root


@pytest.fixture
def sealed(root, here):
    answer = here("guard", "seal", "experiments", "--output", "seals.json", cwd=root)
    assert answer.code == 0, answer
    time.sleep(0.02)
    return root


def test_seals_that_hold_end_with_0(sealed):
    answer = autolab("guard", "verify", "seals.json", cwd=sealed)

    assert answer.code == 0
    assert "hold" in answer.out


def test_seals_are_printed_where_no_file_is_named(root, here):
    answer = here("guard", "seal", SPEC, cwd=root)

    assert [seal["path"] for seal in answer.json["seals"]] == [SPEC]
    assert answer.json["paths"] == [SPEC]


def test_paths_count_from_the_current_folder(root, here):
    answer = here("guard", "seal", os.path.basename(SPEC), cwd=root / "experiments")

    assert answer.json["paths"] == [SPEC]


def test_every_change_is_a_line_that_says_what_it_means(sealed, here):
    (sealed / SPEC).write_text("cheat\n")
    (sealed / "experiments/new.md").write_text("x")

    answer = here("guard", "verify", "seals.json", cwd=sealed)
    assert answer.code == 1
    assert answer.out.splitlines() == [
        f"{SPEC!r} holds other bytes than when it was sealed",
        "'experiments/new.md' was not there when it was sealed",
    ]
    assert [
        (each["path"], each["what"]) for each in here("guard", "verify", "seals.json", "--json", cwd=sealed).json["now"]
    ] == [
        (SPEC, "content"),
        ("experiments/new.md", "new"),
    ]


def test_a_change_that_was_undone_shows_unless_content_alone_is_asked_for(sealed, here):
    text = (sealed / SPEC).read_text()
    (sealed / SPEC).write_text("cheat\n")
    (sealed / SPEC).write_text(text)

    assert here("guard", "verify", "seals.json", cwd=sealed).code == 1
    assert here("guard", "verify", "seals.json", "--content", cwd=sealed).code == 0


def test_a_record_is_verified_by_its_run_and_by_default_for_the_current_one(root, here):
    assert here("guard", "verify", "--run", RUN, cwd=root).code == 0
    assert here("guard", "verify", cwd=root).code == 0
    assert here("guard", "verify", RECORD, cwd=root).code == 0

    (root / SPEC).write_text("cheat\n")
    answer = here("guard", "verify", cwd=root)
    assert answer.code == 1
    assert answer.out == f"{SPEC!r} holds other bytes than when it was sealed\n"


def test_what_the_run_wrote_itself_is_no_change(root, here):
    (root / RUN_PATHS.folder / "later.json").write_text("{}")

    assert here("guard", "verify", cwd=root).code == 0


def test_what_the_guard_saw_stands_whatever_was_brought_back(root, here):
    record = json.loads((root / RECORD).read_text())
    seen = [Difference(SPEC, Change.RESTORED)]
    now = "2026-02-01T12:00:09Z"
    (root / RECORD).write_text(json.dumps(finished(record, seen, checked_at=now, finished_at=now, exit_code=0)))

    answer = here("guard", "verify", cwd=root)
    assert answer.code == 1
    assert "(seen right after the command)" in answer.out


def test_a_record_without_an_end_decides_nothing(root, here):
    record = {**json.loads((root / RECORD).read_text()), "after": None}
    (root / RECORD).write_text(json.dumps(record))

    answer = here("guard", "verify", cwd=root)
    assert answer.code == 2
    assert "not on record" in answer.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", "nothing.json"), "does not exist"),
        (("verify", "README"), "README:1"),
        (("verify", "list.json"), "holds no seals"),
        (("verify", "empty.json"), "/paths is not a list of paths"),
        (("verify", "broken.json"), "/seals/0"),
        (("verify", "--run", "never"), f"{guard_record('never')} does not exist"),
        (("verify", "--run", "../x"), "run id '../x' is refused"),
        (("verify", "list.json", "--run", RUN), "not both"),
        (("seal", "nothing"), "'nothing' cannot be sealed: it does not exist"),
        (("seal", "way/exp-001-momentum.md"), "is a symbolic link"),
        (("seal", "experiments", "--output", "experiments/seals.json"), "write the seals elsewhere"),
        (("seal", "experiments", "--output", "no/seals.json"), "its folder does not exist"),
    ],
)
def test_what_cannot_be_decided_ends_with_2_and_one_line(root, here, arguments, said):
    (root / "README").write_text("not JSON\n")
    (root / "list.json").write_text("[]")
    (root / "empty.json").write_text('{"schema_version": "1.0", "at": "", "paths": [], "seals": []}')
    (root / "broken.json").write_text('{"schema_version": "1.0", "at": "", "paths": ["a"], "seals": [1]}')
    (root / "way").symlink_to("experiments")

    answer = here("guard", *arguments, cwd=root)
    assert answer.code == 2
    assert said in answer.err
    assert len(answer.err.splitlines()) == 1
    assert answer.out == ""


def test_a_second_name_is_refused_with_what_to_do(root, here):
    os.link(root / SPEC, root / "copy.md")

    answer = here("guard", "seal", SPEC, cwd=root)
    assert answer.code == 2
    assert "has 2 names (hard links)" in answer.err
    assert "replace it by a copy" in answer.err
