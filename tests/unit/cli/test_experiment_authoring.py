"""``autolab experiment new`` and ``experiment check``: what an author sees, and the exit codes."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import autolab
from tests.unit.io.spec.conftest import PATH, SAMPLE


def put(root: Path, text: str | bytes) -> None:
    (root / PATH).parent.mkdir(exist_ok=True)
    (root / PATH).write_bytes(text if isinstance(text, bytes) else text.encode())


def test_a_template_is_written_and_refused_until_it_is_filled(empty: Path):
    written = autolab("experiment", "new", "momentum", cwd=empty)
    assert written.code == 0
    assert PATH in written.out

    refused = autolab("experiment", "check", PATH, cwd=empty)
    assert refused.code == 1
    assert f"{PATH}:1: TODO is still here" in refused.out
    assert refused.err == ""

    put(empty, (empty / PATH).read_text().replace("TODO", "momentum"))
    assert autolab("experiment", "check", PATH, cwd=empty).code == 0


def test_a_second_template_gets_the_next_number(empty: Path, here):
    assert here("experiment", "new", "momentum", "--json", cwd=empty).json == {
        "experiment": "exp-001-momentum",
        "spec": PATH,
    }
    assert here("experiment", "new", "momentum", "--json", cwd=empty).json["experiment"] == "exp-002-momentum"


def test_a_name_that_is_none_is_one_line(empty: Path, here):
    answer = here("experiment", "new", "My Experiment", cwd=empty)

    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert "small letters, digits and hyphens" in answer.err


def test_a_good_spec_is_shown_as_it_was_understood(empty: Path, here):
    put(empty, SAMPLE)

    answer = here("experiment", "check", PATH, cwd=empty)

    assert answer.code == 0
    assert ["34", "baseline", "val_loss"] in [line.split()[:3] for line in answer.out.splitlines()]
    assert "from 0.402 to 0.422" in answer.out
    assert answer.out.endswith(f"{PATH}: nothing is missing\n")


def test_problems_come_first_each_with_its_line(empty: Path, here):
    put(empty, SAMPLE.replace("± 0.01", "").replace("0..4", "0..4, 2"))

    answer = here("experiment", "check", PATH, cwd=empty)

    assert answer.code == 1
    assert [line.partition(": ")[0] for line in answer.out.splitlines()[:2]] == [f"{PATH}:34", f"{PATH}:63"]
    assert answer.out.endswith(f"{PATH}: 2 problems\n")


def test_the_same_for_programs(empty: Path, here):
    put(empty, SAMPLE.replace("± 0.01", "").replace("cpus: 2", "cores: 2"))

    answer = here("experiment", "check", PATH, "--json", cwd=empty)

    assert answer.code == 1
    assert (answer.json["experiment"], answer.json["spec"], answer.json["good"]) == ("exp-001-momentum", PATH, False)
    assert [problem["line"] for problem in answer.json["problems"]] == [34]
    assert [note["line"] for note in answer.json["notes"]] == [76]
    assert {"line": 67, "what": "budget", "name": "tier", "meaning": "small"} in answer.json["understood"]


def test_what_cannot_be_read_ends_with_2_and_one_line(empty: Path, here):
    for source, words in ((b"\xff", "not UTF-8"), (b"", "is empty"), (b"# a\x00", ":1: holds the control character")):
        put(empty, source)
        answer = here("experiment", "check", PATH, cwd=empty)
        assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
        assert words in answer.err
    for path, words in (("experiments/exp-009-none.md", "does not exist"), ("/etc/passwd", "not in the repository")):
        answer = here("experiment", "check", path, cwd=empty)
        assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
        assert words in answer.err


def test_a_path_counts_from_the_current_folder(empty: Path, here):
    put(empty, SAMPLE)

    assert here("experiment", "check", "exp-001-momentum.md", cwd=empty / "experiments").code == 0
