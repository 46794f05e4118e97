"""``autolab experiment phase``, ``status``, ``note`` and ``finish``: a harness drives the protocol."""

import json
import sys

import pytest

from tests.integration.experiment.laboratory import RESULTS, SPEC

PYTHON = sys.executable


def test_a_harness_makes_the_checks_itself(lab):
    for check in ("import", "tests", "one_step"):
        done = lab.do("phase", "sanity", "--spec", SPEC, "--check", check, "--", PYTHON, "-c", "pass")
        assert done.returncode == 0, done.stderr

    assert [each["end"] for each in lab.journal("phase_ended")] == ["finished"]
    assert lab.journal("check")[0]["command"] == [PYTHON, "-c", "pass"]


def test_a_harness_brings_one_seed_after_another(begun):
    for seed, more in ((0, ["--unfinished"]), (1, [])):
        words = [
            "phase",
            "treatment",
            "--seed",
            str(seed),
            *more,
            "--",
            PYTHON,
            "-c",
            f"print('{{\"loss\": 0.{seed}}}')",
        ]
        done = begun.do(*words)
        assert done.returncode == 0, done.stderr
    finished = begun.do("finish")

    assert finished.returncode == 0, finished.stderr
    assert [row["loss"] for row in begun.metrics["per_seed"] if "arm" not in row] == [0.0, 0.1]


def test_what_is_missing_is_named_and_the_phase_stays_open(begun):
    done = begun.do("phase", "treatment", "--seed", "0", "--", PYTHON, "-c", "print('{\"loss\": 0.5}')")

    assert done.returncode == 1
    assert "`loss` for seed 1" in done.stderr
    stands = json.loads(begun.do("status", "--json").stdout)
    assert stands["phases"][-1]["open"] is True


def test_the_exit_code_of_the_command_is_handed_through(begun):
    done = begun.do("phase", "treatment", "--", PYTHON, "-c", "import sys; sys.exit(7)")

    assert done.returncode == 7
    assert [each["end"] for each in begun.journal("phase_ended")][-1] == "broken"


def test_a_table_says_the_numbers_of_all_seeds(begun):
    write = f"open('{RESULTS}/m.csv', 'w').write('seed,loss\\n0,0.5\\n1,0.7\\n')"

    done = begun.do("phase", "treatment", "--csv", f"{RESULTS}/m.csv", "--", PYTHON, "-c", write)

    assert done.returncode == 0, done.stderr
    assert begun.do("finish").returncode == 0
    assert begun.metrics["treatment"]["loss"] == pytest.approx(0.6)


def test_a_table_that_is_there_already_can_be_handed_in(begun):
    (begun.root / "m.csv").write_text("metric,value,seed\nloss,0.5,0\nloss,0.5,1\n")

    assert begun.do("phase", "treatment", "--csv", "m.csv").returncode == 0
    assert begun.do("finish").returncode == 0


def test_a_phase_out_of_order_is_refused_by_name(lab):
    lab.behave({"baseline": {"exit": 1}})
    done = lab.do("phase", "treatment", "--spec", SPEC, "--", "true")

    assert done.returncode == 1
    assert "baseline" in done.stderr


def test_a_sanity_check_that_fails_is_recorded_and_may_be_made_again(lab):
    words = ["phase", "sanity", "--spec", SPEC, "--check", "tests", "--", PYTHON, "-c"]

    assert lab.do(*words, "import sys; sys.exit(4)").returncode == 4
    assert lab.do(*words, "pass").returncode == 0
    assert [each["exit_code"] for each in lab.journal("check")] == [4, 0]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["phase", "sanity", "--spec", SPEC, "--", "true"], "--check"),
        (["phase", "baseline", "--spec", SPEC, "--check", "tests", "--", "true"], "--check"),
        (["phase", "baseline", "--spec", "experiments/nowhere.md", "--", "true"], "nowhere.md"),
        (["phase", "baseline", "--", "true"], "no experiment is open"),
        (["status"], "no experiment is open"),
        (["note", "x"], "no experiment is open"),
        (["run", "/etc/passwd"], "does not lie in the repository"),
    ],
)
def test_what_cannot_be_done_is_one_line(lab, words, why):
    done = lab.do(*words)

    assert done.returncode == 2
    assert why in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_finishing_names_what_is_missing(begun):
    done = begun.do("finish")

    assert done.returncode == 1
    assert "treatment" in done.stderr
    assert "`loss` for seed 0" in done.stderr


def test_a_note_goes_into_the_results(begun):
    assert begun.do("note", "the disk was replaced").returncode == 0

    assert begun.run().returncode == 0
    assert "the disk was replaced" in begun.metrics["notes"]


def test_the_status_says_where_it_stands_and_writes_nothing(begun):
    before = begun.journal()

    shown = begun.do("status").stdout
    document = json.loads(begun.do("status", "--json").stdout)

    assert "next: treatment" in shown
    assert document["next"] == "treatment"
    assert document["spec_unchanged"] is True
    assert [each["end"] for each in document["phases"]] == ["finished", "finished", None]
    assert begun.journal() == before


def test_an_experiment_that_was_not_begun_has_a_status(lab):
    document = json.loads(lab.do("status", SPEC, "--json").stdout)

    assert (document["sealed_at"], document["next"]) == (None, "sanity")


def test_two_open_experiments_have_to_be_named(begun):
    other = begun.root / "experiments/exp-002-small.md"
    other.write_text((begun.root / SPEC).read_text().replace("exp-001", "exp-002"))
    begun.do("phase", "sanity", "--spec", str(other), "--check", "tests", "--", "true")

    done = begun.do("status")

    assert done.returncode == 2
    assert "2 experiments are open" in done.stderr
