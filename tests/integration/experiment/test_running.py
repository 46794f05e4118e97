"""``autolab experiment run``: the protocol from its seal to its results, in real processes under the guard."""

import json
import os
import signal
import sys

import pytest

from autolab_core.guard.record import problems
from tests.integration.experiment.laboratory import ID, RECORD, RESULTS, ROLES, SPEC

TREATMENT = [{"seed": seed, "loss": round(0.5 + 0.01 * seed, 6)} for seed in (0, 1)]


def ends(lab, phase):
    return [each["end"] for each in lab.journal("phase_ended") if each["phase"] == phase]


def of_treatment(lab):
    return [row for row in lab.metrics["per_seed"] if "arm" not in row]


def test_a_whole_protocol_ends_with_every_number(finished):
    metrics = finished.metrics

    assert metrics["treatment"] == {"loss": pytest.approx(0.505)}
    assert of_treatment(finished) == TREATMENT
    assert metrics["resource_usage"]["total_runs"] == 4
    assert metrics["resource_usage"]["total_training_steps"] == 40
    assert metrics["abort_triggered"] is False
    assert [each["check"] for each in finished.journal("check")] == ["import", "tests", "one_step"]
    assert [each["phase"] for each in finished.journal("phase_ended")] == ["sanity", "baseline", "treatment"]


def test_every_command_was_guarded_and_its_record_says_so(finished):
    ended = finished.journal("command_ended")
    assert len(ended) == 7
    for each in ended:
        assert each["guard"]["level"] in ("mount+landlock", "mount", "landlock")
        assert each["guard"]["changes"] == []
        assert problems(finished.json(each["guard"]["record"])) == []
    assert finished.journal("opened")[0]["guard"]["level"] == ended[0]["guard"]["level"]


def test_what_was_passed_and_reported_is_the_configuration(finished):
    configuration = finished.config["configuration"]

    assert configuration["treatment"]["values"] == {"rate": 0.5, "width": 8}
    assert configuration["baseline"]["values"] == {"rate": 0.0, "width": 8}
    assert {each["source"] for each in finished.journal("configuration")} == {"passed", "reported"}


def test_the_output_goes_to_the_terminal_and_to_a_log(finished):
    logs = "".join(path.read_text() for path in (finished.root / RECORD / "logs").iterdir())

    assert "a plain line\n" in finished.said.stdout
    assert "a plain line\n" in logs


def test_notes_and_figures_of_the_command_are_kept_apart(finished):
    assert "one worker was restarted" in finished.metrics["notes"]
    assert finished.metrics["resource_usage"]["gpu_hours"] != 7
    assert finished.config["resource_usage"]["reported"] == {"gpu_hours": 7}


def test_an_experiment_that_has_ended_is_not_done_again(finished):
    before = finished.journal()

    done = finished.run("--json")

    assert done.returncode == 0
    assert json.loads(done.stdout)["end"] == "finished"
    assert json.loads(done.stdout)["metrics"] == f"{RESULTS}/metrics.json"
    assert finished.journal() == before


def test_the_minimum_viable_experiment_comes_between(make):
    lab = make(
        mve="## Minimum Viable Experiment\n\nOne run.\n\n",
        mve_command=f"mve: {os.path.realpath('/usr/bin/env')} true\n",
    )

    assert lab.run().returncode == 0, lab.journal()
    assert [each["phase"] for each in lab.journal("phase_ended")] == ["sanity", "baseline", "mve", "treatment"]


def test_a_command_that_fails_breaks_its_phase_and_may_be_tried_again(begun):
    begun.behave({"treatment 1": {"exit": 3, "silent": True}})
    broken = begun.run()
    begun.behave({})

    again = begun.run()

    assert (broken.returncode, again.returncode) == (1, 0)
    assert "ended with 3" in broken.stdout
    assert ends(begun, "treatment") == ["broken", "finished"]
    seeds = [each["seed"] for each in begun.journal("command_started") if each["phase"] == "treatment"]
    assert seeds == [0, 1, 1]


def test_a_sanity_check_that_fails_stops_before_the_baseline(make):
    lab = make()
    (lab.root / "train.py").write_text("this is no Python\n")

    done = lab.run()

    assert done.returncode == 1
    assert "import" in done.stdout
    assert lab.journal("phase_started")[-1]["phase"] == "sanity"


def test_a_baseline_that_does_not_reproduce_keeps_the_treatment_from_starting(lab):
    lab.behave({"baseline": {"loss": 2.0}})
    done = lab.run()

    assert done.returncode == 1
    assert "did not reproduce" in done.stdout
    assert ends(lab, "baseline") == ["not_reproduced"]
    refused = lab.do("phase", "treatment", "--spec", SPEC, "--", "true")
    assert refused.returncode == 1
    assert "baseline did not reproduce" in refused.stderr

    lab.behave({})
    assert lab.run().returncode == 0
    assert [each["reproduced"] for each in lab.config["baseline_attempts"]] == [False, True]


# Abort


def test_an_abort_writes_what_there_is_and_ends_the_experiment(begun):
    begun.behave({"treatment 1": {"loss": 1000.0}})

    done = begun.run()

    assert done.returncode == 1
    metrics = begun.metrics
    assert metrics["abort_triggered"] is True
    assert "A1" in metrics["abort_reason"]
    assert [row["seed"] for row in of_treatment(begun)] == [0, 1]
    assert begun.run().returncode == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_value_that_is_not_finite_meets_the_criterion_first(begun, value):
    begun.behave({"treatment 0": {"loss": value}})

    assert begun.run().returncode == 1
    assert begun.metrics["abort_triggered"] is True


def test_an_abort_stops_all_that_the_command_started(begun):
    begun.behave({"treatment 0": {"loss": 1000.0, "tree": True, "sleep": 300}})

    done = begun.do("run", SPEC, timeout=60)

    assert done.returncode == 1
    assert begun.metrics["abort_triggered"] is True
    begun.wait_for(lambda: not begun.processes(), 10)


def test_a_run_that_takes_too_long_is_stopped(make):
    lab = make(limit="3 s")
    lab.behave({"treatment 0": {"sleep": 300}})

    done = lab.do("run", SPEC, timeout=60)

    assert done.returncode == 1
    assert "A3" in lab.metrics["abort_reason"]
    assert not lab.processes()


def test_far_more_data_than_assumed_waives_the_time(make):
    lab = make(limit="3 s")
    lab.behave({"treatment 0": {"lines": ['{"data_size": 1000, "unit": "rows"}'], "sleep": 4}})

    done = lab.run()

    assert done.returncode == 0, done.stderr
    (waived,) = lab.journal("waived")
    assert (waived["criterion"], waived["by"]) == ("A3", "data_size")
    assert "1000 rows" in waived["reason"]
    assert "A3" in lab.metrics["notes"]


def test_the_operator_waives_a_criterion_with_a_reason(begun):
    begun.behave({"treatment": {"loss": 1000.0}})

    assert begun.run("--waive", "A1").returncode == 2
    done = begun.run("--waive", "A1", "--reason", "the scale was changed")

    assert done.returncode == 0, done.stderr
    assert begun.journal("waived")[0]["by"] == "operator"
    assert "the scale was changed" in begun.metrics["notes"]


def test_a_criterion_that_is_not_there_cannot_be_waived(begun):
    done = begun.run("--waive", "A9", "--reason", "x")

    assert done.returncode == 1
    assert "A9" in done.stderr


# Budgets


def test_a_spent_budget_needs_a_justification(make):
    lab = make(runs=2)

    refused = lab.run()
    done = lab.run("--justify", "the baseline has two seeds")

    assert refused.returncode == 1
    assert "training runs" in refused.stderr
    assert ends(lab, "treatment") == ["finished"]
    assert done.returncode == 0, done.stderr
    assert "the baseline has two seeds" in lab.metrics["notes"]
    assert [(each["kind"], each["measured"]) for each in lab.journal("budget_exceeded")] == [("training runs", 4)]


def test_the_phase_that_goes_on_completes_whatever_was_spent(make):
    lab = make(runs=3)

    assert lab.run().returncode == 0
    assert lab.metrics["resource_usage"]["total_runs"] == 4
    assert "1 runs over" in lab.metrics["notes"]


# What a command must not do


def test_a_command_cannot_write_what_is_not_its_own(begun):
    new = "results/exp-009-new.json"
    paths = [SPEC, "results/exp-000-before/metrics.json", *ROLES, f"{RECORD}/journal.jsonl", ".git/config"]
    before = {path: (begun.root / path).read_bytes() for path in paths}
    begun.behave({"treatment 0": {"write": [*paths, new, f"{RESULTS}/samples.txt"]}})

    done = begun.run()

    assert done.returncode == 0, done.stderr
    for path in paths:
        assert f"refused {path}" in done.stderr
        assert (begun.root / path).read_bytes().startswith(before[path])
        assert not (begun.root / path).read_bytes().endswith(b"changed\n")
    assert not (begun.root / new).exists()
    assert (begun.root / RESULTS / "samples.txt").read_text() == "changed\n"


def test_a_spec_that_was_changed_between_is_refused(begun):
    begun.behave({"treatment 0": {"exit": 3}})
    begun.run()
    with (begun.root / SPEC).open("a") as file:
        file.write("\n- One more.\n")

    done = begun.run()

    assert done.returncode == 1
    assert "not as it was sealed" in done.stderr


# What commands print


def test_a_metric_that_the_spec_does_not_name_is_refused_and_nothing_breaks(begun):
    begun.behave({"treatment": {"lines": ['{"loss_of_another_kind": 3}', '{"metric": "accuracy", "value": 1}']}})

    done = begun.run()

    assert done.returncode == 0
    assert "`accuracy` is no metric of the spec" in done.stderr
    assert "accuracy" not in json.dumps(begun.metrics["per_seed"])
    assert {each["metric"] for each in begun.journal("refused")} == {"accuracy"}


def test_a_loss_that_diverges_on_its_way_stops_the_run(begun):
    lines = ['{"step": 50, "loss": 99}', '{"epoch": 1, "step": 100, "loss": 1e9}']
    begun.behave({"treatment 0": {"lines": lines, "sleep": 300, "silent": True}})

    done = begun.run()

    assert done.returncode == 1, done.stderr
    (aborted,) = begun.journal("aborted")
    assert (aborted["criterion"], aborted["value"], aborted["seed"], aborted["step"]) == ("A1", 1e9, 0, 100)
    assert (
        begun.metrics["abort_reason"]
        == "A1 (`loss` > 100): measured 1000000000.0 for seed 0 at step 100 in the phase treatment"
    )
    assert begun.metrics["treatment"] == {}
    assert not begun.processes()


def test_points_of_a_curve_are_no_results(begun):
    begun.behave({"treatment": {"lines": ['{"step": 1, "loss": 5}', '{"step": 2, "loss": "high", "seed": 9}']}})

    done = begun.run()

    assert done.returncode == 0, done.stderr
    assert begun.metrics["treatment"] == {"loss": 0.505}
    assert begun.journal("refused") == []


def test_a_number_of_the_spec_that_cannot_be_taken_breaks_the_phase(begun):
    begun.behave({"treatment 0": {"lines": ['{"loss": "0.4"}'], "silent": True}})

    done = begun.run()

    assert done.returncode == 1
    assert "`loss` for seed 0 is refused" in done.stderr
    assert ends(begun, "treatment") == ["broken"]


def test_hostile_output_is_output(begun):
    lines = [
        "{" * 100_000,
        "x" * 3_000_000,
        "\udcff\udcfe\x00",
        '{"a": ' * 5000,
        '{"loss": 1' + "0" * 5000,
        "\x1b]0;t\x07",
    ]
    begun.behave({"treatment 1": {"lines": lines}})

    assert begun.run().returncode == 0
    assert begun.metrics["treatment"] == {"loss": pytest.approx(0.505)}


# Interruption


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_end_ends_the_command_and_the_next_call_goes_on(begun, number):
    begun.behave({"treatment 1": {"once": f"{RESULTS}/seen"}})
    child = begun.start("run", SPEC)
    begun.wait_for((begun.root / RESULTS / "seen").exists)
    os.kill(child.pid, number)
    _, stderr = child.communicate(timeout=60)

    assert child.returncode == 130, stderr
    assert not begun.processes()
    assert ends(begun, "treatment") == ["interrupted"]
    assert begun.run().returncode == 0
    seeds = [each["seed"] for each in begun.journal("command_started") if each["phase"] == "treatment"]
    assert seeds[0] == 0
    assert seeds.count(0) == 1


@pytest.mark.parametrize("run", ["baseline 0", "treatment 0", "treatment 1"])
def test_a_runner_that_was_killed_leaves_nothing_running_and_is_resumed(lab, run):
    lab.behave({run: {"once": f"{RESULTS}/seen", "silent": True}})
    child = lab.start("run", SPEC)
    lab.wait_for((lab.root / RESULTS / "seen").exists)

    lab.kill(child)
    lab.behave({})
    done = lab.run()

    assert done.returncode == 0, done.stderr
    assert of_treatment(lab) == TREATMENT
    seeds = [(each["phase"], each["seed"]) for each in lab.journal("command_started")]
    assert seeds.count((run.split()[0], int(run.split()[1]))) == 2
    assert len(seeds) == 7 + 1


def test_a_runner_that_was_killed_in_the_minimum_viable_experiment_begins_it_anew(make):
    lab = make(
        mve="## Minimum Viable Experiment\n\nOne seed is finite.\n\n",
        mve_command=f"mve: {sys.executable} train.py {{rate}} {{seed}}\n",
    )
    # What runs for the minimum viable experiment cannot be told from the treatment's first seed: it comes before it.
    lab.behave({"treatment 0": {"once": f"{RESULTS}/seen"}})
    child = lab.start("run", SPEC)
    lab.wait_for(lambda: [each["value"] for each in lab.journal("metric") if each["phase"] == "mve"] == [0.5])

    lab.kill(child)
    lab.behave({"treatment 0": {"loss": 0.4}})
    done = lab.run()

    assert done.returncode == 0, done.stderr
    assert ends(lab, "mve") == ["interrupted", "finished"]
    assert [each["value"] for each in lab.journal("metric") if each["phase"] == "mve"] == [0.5, 0.4]
    assert ends(lab, "baseline") == ["finished"]
    assert ends(lab, "treatment") == ["finished"]
    assert lab.metrics["treatment"] == {"loss": pytest.approx(0.455)}
    assert "mve attempt 1 was interrupted" in lab.metrics["notes"]


def test_two_at_once_are_one_too_many(begun):
    begun.behave({"treatment 1": {"once": f"{RESULTS}/seen"}})
    child = begun.start("run", SPEC)
    begun.wait_for((begun.root / RESULTS / "seen").exists)
    try:
        second = begun.run()
    finally:
        begun.kill(child)

    assert second.returncode == 2
    assert f"pid {child.pid}" in second.stderr
    assert ID in second.stderr
