"""The protocol's order and what is refused, each by name; what is on record afterwards."""

from __future__ import annotations

import fractions
import json
import os

import pytest

from autolab_core.io.journal import read_journal
from autolab_core.vocab.errors import (
    AbortTriggered,
    DocumentError,
    ExperimentRefused,
    LockHeld,
    StoreError,
    UsageError,
)
from autolab_core.vocab.experiment import Arm, ExperimentEnd, Phase, PhaseEnd, SanityCheck
from tests.unit.experiment import samples
from tests.unit.experiment.samples import (
    PATH,
    PATHS,
    baseline,
    config,
    events,
    everything,
    metrics,
    open_,
    row,
    sanity,
    state_of,
    treatment,
)


@pytest.fixture
def root(tmp_path):
    return samples.repository(tmp_path / "repository")


@pytest.fixture
def recorder(root):
    with open_(root) as found:
        yield found


@pytest.fixture
def reproduced(recorder):
    """An experiment whose treatment comes next."""
    sanity(recorder)
    baseline(recorder)
    return recorder


@pytest.fixture
def treated(reproduced):
    """An experiment that is in its treatment."""
    reproduced.start(Phase.TREATMENT)
    return reproduced


def refused(call, *arguments, **options):
    with pytest.raises(ExperimentRefused) as caught:
        call(*arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_whole_protocol_ends_with_results(root, recorder):
    everything(recorder)

    assert events(root)[-1] == "ended"
    assert metrics(root) | {"timestamp": "", "resource_usage": {}} == {
        "experiment": "exp-001-rate",
        "timestamp": "",
        "baseline": {"loss": 0.5},
        "treatment": {"loss": 0.31, "speed": 11.0, "size": 64},
        "per_seed": [
            {"seed": 0, "loss": 0.3, "speed": 10.0},
            {"seed": 1, "loss": 0.31, "speed": 11.0},
            {"seed": 2, "loss": 0.32, "speed": 12.0},
        ],
        "sanity_checks": {"first_loss": 2.3},
        "resource_usage": {},
        "abort_triggered": False,
        "abort_reason": None,
        "notes": "",
    }
    assert metrics(root)["resource_usage"]["total_runs"] == 4
    assert metrics(root)["timestamp"].endswith("Z")


def test_the_end_has_the_hashes_of_what_was_written(root, recorder):
    import hashlib

    everything(recorder)
    ended = state_of(root).ended

    for path, key in ((PATHS.metrics, "metrics_sha256"), (PATHS.config, "config_sha256"), (PATH, "spec_sha256")):
        assert ended[key] == hashlib.sha256((root / path).read_bytes()).hexdigest()
    said = config(root)["journal"]
    lines = (root / PATHS.journal).read_bytes().splitlines(keepends=True)[: said["entries"]]
    assert said["sha256"] == hashlib.sha256(b"".join(lines)).hexdigest()
    assert b"phase_ended" in lines[-1]


@pytest.mark.parametrize(
    ("done", "phase", "words"),
    [
        ((), Phase.BASELINE, "baseline may not begin: sanity comes before it and was not begun"),
        ((), Phase.TREATMENT, "treatment may not begin: sanity comes before it"),
        ((), Phase.MVE, "the spec defines no minimum viable experiment"),
        ((sanity,), Phase.TREATMENT, "treatment may not begin: baseline comes before it and was not begun"),
    ],
)
def test_a_phase_out_of_order_is_refused_by_name(root, recorder, done, phase, words):
    for step in done:
        step(recorder)

    assert words in refused(recorder.start, phase)
    assert events(root)[-1] == "refused"


def test_the_minimum_viable_experiment_comes_before_the_treatment_where_there_is_one(tmp_path):
    with open_(samples.repository(tmp_path, mve=True)) as recorder:
        sanity(recorder)
        baseline(recorder)
        assert "mve comes before it" in refused(recorder.start, Phase.TREATMENT)
        recorder.start(Phase.MVE)
        recorder.record("loss", 0.9, seed=0)
        recorder.end()
        treatment(recorder)
        recorder.finish()

    assert metrics(tmp_path)["treatment"]["loss"] == 0.31


def test_another_phase_does_not_begin_while_one_goes_on(recorder):
    recorder.start(Phase.SANITY)

    assert "sanity goes on" in refused(recorder.start, Phase.BASELINE)


def test_sanity_needs_its_three_checks_to_end_with_0(recorder):
    recorder.start(Phase.SANITY)
    recorder.check(SanityCheck.IMPORT, ["true"], 0, 0.1)
    recorder.check(SanityCheck.TESTS, ["false"], 1, 0.1)

    assert refused(recorder.end) == (
        "the phase sanity may not end: it lacks the check `tests`, which ended with 1, the check `one_step`"
    )
    recorder.check(SanityCheck.TESTS, ["true"], 0, 0.1)
    recorder.check(SanityCheck.ONE_STEP, ["true"], 0, 0.1)
    assert recorder.end() is PhaseEnd.FINISHED


def test_a_baseline_outside_of_its_tolerance_may_be_tried_again_and_every_attempt_is_on_record(root, recorder):
    sanity(recorder)

    assert baseline(recorder, 0.56) is PhaseEnd.NOT_REPRODUCED
    assert "did not reproduce in attempt 1 (`loss` 0.56, expected 0.5 ± 0.05)" in refused(
        recorder.start, Phase.TREATMENT
    )
    assert baseline(recorder, 0.55) is PhaseEnd.FINISHED
    treatment(recorder)
    recorder.finish()

    attempts = config(root)["baseline_attempts"]
    assert [(each["values"], each["reproduced"]) for each in attempts] == [
        ({"loss": 0.56}, False),
        ({"loss": 0.55}, True),
    ]
    assert metrics(root)["baseline"] == {"loss": 0.55}
    assert "baseline attempt 1 (commit unknown) did not reproduce: `loss` 0.56" in metrics(root)["notes"]


@pytest.mark.parametrize(
    ("metric", "value", "options", "words"),
    [
        ("los", 1.0, {"seed": 0}, "`los` is no metric of the spec"),
        ("los", 1.0, {"seed": 0}, "note it instead"),
        ("x" * 500, 1.0, {}, "note it instead"),
        ("loss", 1.0, {}, "`loss` is refused without a seed"),
        ("loss", 1.0, {"seed": 7}, "the seeds of this phase are 0, 1, 2"),
        ("loss", 1.0, {"seed": True}, "a seed is a whole number"),
        ("loss", 1.0, {"seed": "0"}, "a seed is a whole number"),
        ("loss", "0.5", {"seed": 0}, "str '0.5' is no number"),
        ("loss", True, {"seed": 0}, "true or false is no number"),
        ("loss", None, {"seed": 0}, "NoneType None is no number"),
        ("loss", 1 + 2j, {"seed": 0}, "is no number"),
        ("speed", float("nan"), {"seed": 0}, "`speed` for seed 0 is refused: nan is not finite"),
        ("speed", float("-inf"), {"seed": 0}, "-inf is not finite"),
        ("speed", 10**400, {"seed": 0}, "is not finite"),
        pytest.param("speed", 10**5000, {"seed": 0}, "is not finite", id="thousands of digits"),
        ("loss", 1.0, {"seed": 0, "unit": "bits"}, "`loss` for seed 0 is refused in `bits`: the spec has `nats`"),
        ("speed", 1.0, {"seed": 0, "unit": "nats"}, "the spec has no unit"),
        ("loss", 1.0, {"seed": 0, "arm": "baseline"}, "of the arm baseline is refused in the phase treatment"),
        ("size", 1.5, {}, "1.5 is not whole"),
        ("size", 1, {"seed": 0}, "the spec wants one value of it"),
        ("first_loss", 1, {"seed": 9}, "the seeds of this phase are"),
    ],
)
def test_a_number_that_the_spec_does_not_ask_for_is_refused_by_name(root, treated, metric, value, options, words):
    assert words in refused(treated.record, metric, value, **options)

    entry = read_journal(root / PATHS.journal).entries[-1]
    assert entry["event"] == "refused"
    assert entry["metric"][:79] == metric[:79]
    assert treated.state.attempts[-1].values == {}


def test_a_second_value_that_differs_is_refused_and_the_same_one_changes_nothing(root, treated):
    treated.record("loss", 0.5, seed=0)
    before = len(events(root))
    treated.record("loss", 0.5, seed=0)
    assert len(events(root)) == before

    assert "has the value 0.5 already" in refused(treated.record, "loss", 0.4, seed=0)


def test_a_baseline_does_not_mix_values_with_a_seed_and_without(recorder):
    sanity(recorder)
    recorder.start(Phase.BASELINE)
    recorder.record("loss", 0.5)

    assert "both with a seed and without one" in refused(recorder.record, "loss", 0.5, seed=0)


def test_what_is_a_number_in_other_libraries_is_a_number(treated):
    treated.record("loss", fractions.Fraction(1, 2), seed=0)
    treated.record("size", 64.0)

    assert [value.value for value in treated.state.attempts[-1].values.values()] == [0.5, 64]


def test_outside_of_a_phase_nothing_is_recorded(recorder):
    assert "outside of a phase" in refused(recorder.record, "loss", 0.5)
    assert "begin one first" in refused(recorder.progress, steps=1)


def test_in_the_sanity_phase_there_are_no_results(recorder):
    recorder.start(Phase.SANITY)
    recorder.record("first_loss", 2.3)

    assert "refused in the sanity phase" in refused(recorder.record, "loss", 0.5)


def test_the_treatment_does_not_end_while_something_is_missing(treated):
    row(treated, 0)
    treated.record("loss", 0.5, seed=1)

    assert refused(treated.end) == (
        "the phase treatment may not end: it lacks `loss` for seed 2, `speed` for seed 1, `speed` for seed 2, "
        "`size`, `first_loss`"
    )
    assert treated.outstanding() == (1, 2)
    assert treated.phase is Phase.TREATMENT


def test_the_experiment_does_not_end_while_a_phase_is_missing(reproduced):
    assert "may not end: it lacks the phase treatment (`loss` for seed 0" in refused(reproduced.finish)


def test_after_the_end_nothing_is_recorded(root, recorder):
    everything(recorder)
    source = (root / PATHS.journal).read_bytes()

    assert recorder.finish() is ExperimentEnd.FINISHED
    for call in (lambda: recorder.note("late"), lambda: recorder.waive("A1", "late"), lambda: recorder.usage(a=1)):
        assert "has ended (finished)" in refused(call)
    assert not recorder.start(Phase.TREATMENT)
    recorder.record("loss", 0.3, seed=0)
    assert "has the value 0.3 already" in refused(recorder.record, "loss", 0.4, seed=0)
    assert (root / PATHS.journal).read_bytes() == source


def test_a_phase_that_is_finished_takes_the_same_numbers_and_nothing_else(recorder):
    sanity(recorder)
    baseline(recorder)

    assert not recorder.start(Phase.BASELINE)
    recorder.record("loss", 0.5)
    assert "has the value 0.5 already" in refused(recorder.record, "loss", 0.51)
    assert "the phase is finished" in refused(recorder.record, "size", 3)
    recorder.note("said before")
    assert recorder.end() is PhaseEnd.FINISHED
    assert recorder.state.notes == ()


def test_a_criterion_that_is_met_ends_the_experiment_with_what_there_is(root, treated):
    row(treated, 0)
    with pytest.raises(
        AbortTriggered, match=r"A1 \(`?loss`? > 100\): measured 101.0 for seed 1 in the phase treatment"
    ):
        treated.record("loss", 101, seed=1)

    found = metrics(root)
    assert (found["abort_triggered"], found["abort_reason"][:2]) == (True, "A1")
    assert found["per_seed"] == [{"seed": 0, "loss": 0.3, "speed": 10.0}, {"seed": 1, "loss": 101}]
    assert events(root)[-3:] == ["aborted", "phase_ended", "ended"]
    assert treated.end() is PhaseEnd.ABORTED
    assert "has ended (aborted)" in refused(treated.record, "loss", 0.3, seed=2)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_finite_meets_the_criteria_before_it_is_refused(root, treated, value):
    with pytest.raises(AbortTriggered):
        treated.record("loss", value, seed=1)

    aborted = state_of(root).aborted
    assert (aborted["criterion"], aborted["value"]) == ("A1" if value > 0 else "A2", str(value))
    assert metrics(root)["treatment"] == {}


@pytest.mark.parametrize(("value", "criterion"), [(1000.0, "A1"), (float("inf"), "A1"), (float("nan"), "A2")])
def test_a_point_of_a_curve_meets_the_criteria_and_is_recorded_nowhere_else(root, treated, value, criterion):
    treated.watch("loss", 99.0, seed=1, step=50)
    before = len(events(root))

    with pytest.raises(AbortTriggered, match="for seed 1 at step 100 in the phase treatment"):
        treated.watch("loss", value, seed=1, step=100)

    aborted = state_of(root).aborted
    assert {key: aborted[key] for key in ("criterion", "metric", "seed", "step", "phase")} == {
        "criterion": criterion, "metric": "loss", "seed": 1, "step": 100, "phase": "treatment",
    }  # fmt: skip
    assert aborted["value"] == (value if value == 1000 else str(value))
    assert events(root)[before:] == ["aborted", "phase_ended", "ended"]
    assert metrics(root)["treatment"] == {}


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), 1e300])
def test_a_point_that_no_criterion_is_about_is_no_fault(root, treated, value):
    before = events(root)
    treated.watch("speed", value, seed=0, step=float("nan"))
    treated.watch("size", 3)

    assert events(root) == before


@pytest.mark.parametrize(
    ("metric", "value", "words"),
    [("accuracy", 1.0, "`accuracy` is no metric of the spec"), ("loss", "low", "`loss` is refused: str 'low' is no")],
)
def test_what_is_no_number_of_the_spec_is_not_watched(treated, metric, value, words):
    assert words in refused(treated.watch, metric, value)


def test_nothing_is_watched_outside_of_a_phase_nor_in_one_that_is_finished(root):
    with open_(root) as recorder:
        assert "outside of a phase" in refused(recorder.watch, "loss", 1.0)
        recorder.start(Phase.SANITY)
        recorder.watch("loss", 1000.0)
        recorder.end(PhaseEnd.BROKEN)
        sanity(recorder)
        baseline(recorder)
        recorder.start(Phase.BASELINE)
        recorder.watch("loss", 1000.0)

        assert recorder.state.aborted is None


def test_a_limit_on_the_time_of_a_run_is_obeyed_unless_there_is_far_more_data(root, treated):
    treated.run_time(59)
    treated.progress(data_size=301, unit="rows")
    treated.run_time(61, seed=0)
    treated.run_time(90, seed=1)
    row(treated, 0)

    (waived,) = treated.state.waived.values()
    assert (waived["criterion"], waived["by"], waived["measured"]) == ("A3", "data_size", 61)
    assert "301 rows" in waived["reason"]


def test_a_limit_on_the_time_of_a_run_ends_the_experiment(root, treated):
    treated.progress(data_size=300, unit="rows")
    with pytest.raises(AbortTriggered, match="A3"):
        treated.command_ended(["x"], arm=Arm.TREATMENT, seed=0, exit_code=0, seconds=61)


def test_the_operator_takes_a_criterion_back(root, treated):
    treated.waive("A1", "the first epochs of this model are high")
    treated.record("loss", 1000, seed=0)

    assert "A9' is no abort criterion of the spec: there are A1, A2, A3, A4" in refused(treated.waive, "A9", "why")
    assert "needs words" in refused(treated.waive, "A2", " ")
    assert treated.state.waived["A1"]["by"] == "operator"


def test_a_budget_that_is_spent_wants_a_reason_before_the_next_phase(tmp_path):
    root = samples.repository(tmp_path, runs=1)
    with open_(root) as recorder:
        sanity(recorder)
        baseline(recorder)
        assert "the budget for training runs is spent (1 of 1)" in refused(recorder.start, Phase.TREATMENT)
        recorder.justify("the baseline took its run")
        treatment(recorder)
        recorder.finish()

    (over,) = [each for each in config(root)["budget"] if each["over"]]
    assert (over["kind"], over["measured"], over["justification"]) == ("training runs", 4, "the baseline took its run")
    assert "budget training runs: 4 runs of 1, 3 runs over; justified: the baseline" in metrics(root)["notes"]


def test_nothing_is_justified_while_nothing_is_spent(root, recorder):
    recorder.justify("in advance")

    assert "justified" not in events(root)


def test_a_total_budget_in_a_criterion_is_looked_at_between_phases(tmp_path, monkeypatch):
    from autolab_core.experiment import phases

    with open_(samples.repository(tmp_path)) as recorder:
        sanity(recorder)
        recorder.start(Phase.BASELINE)
        monkeypatch.setattr(phases.time, "monotonic", lambda: recorder._since + 4 * 3600 + 1)
        recorder.record("loss", 0.5)
        with pytest.raises(AbortTriggered, match="A4"):
            recorder.end()

    assert state_of(tmp_path).finished(Phase.BASELINE)
    assert metrics(tmp_path)["baseline"] == {"loss": 0.5}


@pytest.mark.parametrize("when", ["start", "end", "finish"])
def test_a_spec_that_was_changed_is_refused_by_name(root, reproduced, when):
    if when != "start":
        reproduced.start(Phase.TREATMENT)
        for seed in (0, 1, 2):
            row(reproduced, seed)
        reproduced.record("size", 1)
        reproduced.record("first_loss", 1)
    if when == "finish":
        reproduced.end()
    spec = root / PATH
    before = spec.read_text()
    spec.write_text(before.replace("A higher rate", "A lower rate"))

    call = {"start": lambda: reproduced.start(Phase.TREATMENT), "end": reproduced.end, "finish": reproduced.finish}
    assert f"the spec {PATH} is not as it was sealed" in refused(call[when])
    reproduced.close()
    assert "is not as it was sealed" in refused(open_, root)
    spec.write_text(before)
    open_(root).close()


def test_a_spec_that_is_gone_is_refused(root, reproduced):
    (root / PATH).unlink()

    assert "is not as it was sealed: experiments/exp-001-rate.md: does not exist" in refused(
        reproduced.start, Phase.TREATMENT
    )


def test_only_one_process_has_an_experiment(root, recorder):
    with pytest.raises(LockHeld, match=rf"held by pid {os.getpid()} on .*carry out exp-001-rate"):
        open_(root)


def test_a_journal_that_was_changed_is_not_gone_on_with(root, recorder):
    sanity(recorder)
    recorder.close()
    journal = root / PATHS.journal
    journal.write_text(journal.read_text().replace('"exit_code":0', '"exit_code":1', 1))

    with pytest.raises(DocumentError, match=r"journal.jsonl:\d+: does not follow"):
        open_(root)


@pytest.mark.parametrize("spec", ["../exp-001-rate.md", "/etc/passwd", ""])
def test_a_path_out_of_the_repository_is_no_spec(root, spec):
    with pytest.raises(UsageError, match="is refused"):
        samples.Recorder.open(root, spec)


def test_of_a_spec_with_problems_nothing_is_made(root):
    (root / PATH).write_text("# exp-001-rate: nothing\n")

    with pytest.raises(DocumentError, match=rf"{PATH}:\d"):
        open_(root)
    assert not (root / PATHS.record).exists()


@pytest.mark.parametrize("how", ["symlink", "hardlink"])
def test_a_spec_with_another_name_cannot_be_sealed(root, how):
    spec = root / PATH
    if how == "symlink":
        spec.rename(root / "elsewhere.md")
        spec.symlink_to(root / "elsewhere.md")
    else:
        os.link(spec, root / "elsewhere.md")

    with pytest.raises((UsageError, DocumentError)):
        open_(root)
    assert not (root / PATHS.journal).exists() or not (root / PATHS.journal).read_bytes()


def test_a_phase_that_was_left_open_is_gone_on_with_by_another_process(root, treated):
    row(treated, 0)
    treated.leave()
    treated.close()

    with open_(root) as again:
        assert "it lacks the phase treatment" in refused(again.finish)
        treatment(again)
        again.finish()
        assert len(again.state.of(Phase.TREATMENT)) == 1
    assert len(metrics(root)["per_seed"]) == 3


def test_a_phase_that_was_left_open_comes_before_the_next(recorder):
    sanity(recorder)
    recorder.start(Phase.BASELINE)
    recorder.leave()

    assert "baseline comes before it and is not finished (attempt 1: it was left open)" in refused(
        recorder.start, Phase.TREATMENT
    )
    assert recorder.start(Phase.BASELINE)


def test_after_a_kill_a_complete_row_is_kept_and_the_rest_is_done_again(root, treated):
    row(treated, 0)
    treated.record("size", 64)
    treated.record("loss", 7, seed=1)
    treated.close()  # as the kernel does for a process that is killed

    with open_(root) as again:
        assert [each.end for each in again.state.of(Phase.TREATMENT)] == [PhaseEnd.INTERRUPTED]
        again.start(Phase.TREATMENT)
        assert again.outstanding() == (1, 2)
        again.record("loss", 0.3, seed=0)
        assert "outstanding" in refused(again.record, "loss", 0.4, seed=0)
        for seed in again.outstanding():
            row(again, seed)
        again.record("size", 65)
        again.record("first_loss", 2.3)
        again.end()
        again.finish()

    assert metrics(root)["treatment"] == {"loss": 0.31, "speed": 11.0, "size": 65}
    assert metrics(root)["notes"] == "treatment attempt 1 was interrupted"


@pytest.mark.parametrize("lost", ["metrics", "config", "ended"])
def test_results_that_were_not_written_whole_are_written_again(root, recorder, lost):
    everything(recorder)
    recorder.close()
    journal, kept = root / PATHS.journal, (metrics(root), config(root))
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-1]))
    for path in {"metrics": [PATHS.metrics, PATHS.config], "config": [PATHS.config], "ended": []}[lost]:
        (root / path).unlink()

    with open_(root) as again:
        assert again.finish() is ExperimentEnd.FINISHED
    for then, now in zip(kept, (metrics(root), config(root)), strict=True):
        assert then | {"timestamp": ""} == now | {"timestamp": ""}


def test_an_abort_that_was_not_written_up_is_written_up_by_whoever_comes_next(root, treated):
    with pytest.raises(AbortTriggered):
        treated.record("loss", 1000, seed=0)
    treated.close()
    journal = root / PATHS.journal
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-2]))
    (root / PATHS.metrics).unlink()

    with open_(root) as again:
        assert again.state.end is ExperimentEnd.ABORTED
        assert "has ended" in refused(again.start, Phase.TREATMENT)
    assert metrics(root)["abort_triggered"] is True


def test_a_disk_that_is_full_is_one_line_and_the_number_does_not_count(root, treated, monkeypatch):
    def full(descriptor, data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(StoreError, match="the disk is full"):
            treated.record("loss", 0.5, seed=0)
    assert treated.state.attempts[-1].values == {}
    treated.record("loss", 0.5, seed=0)
    assert read_journal(root / PATHS.journal).faults == ()


def test_a_fork_of_the_process_does_not_record(treated):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            treated.record("loss", 0.5, seed=0)
        except ExperimentRefused as error:
            os.write(write, str(error).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    with os.fdopen(read) as said:
        assert "this process is a fork" in said.read()


def test_a_configuration_is_kept_whole_and_what_json_cannot_hold_is_refused(root, treated):
    treated.configuration("treatment", {"rate": 0.2, "nested": {"a": [1, None]}}, "reported")
    treated.configuration("treatment", {"rate": 0.2, "nested": {"a": [1, None]}}, "reported")

    assert events(root).count("configuration") == 1
    assert "cannot be written as JSON" in refused(treated.configuration, "treatment", {"x": object()}, "reported")
    assert "cannot be written as JSON" in refused(treated.configuration, "treatment", {"x": float("nan")}, "reported")
    assert "is no arm" in refused(treated.configuration, "control", {}, "reported")


def test_what_an_agent_says_it_used_is_beside_what_was_measured(root, recorder):
    recorder.usage(gpu_hours=3.5, self="mine")
    assert "`event`" in refused(recorder.usage, event="x")
    everything(recorder)

    usage = config(root)["resource_usage"]
    assert usage["reported"] == {"gpu_hours": 3.5, "self": "mine"}
    assert usage["measured"]["gpu_hours"] != 3.5
    assert metrics(root)["resource_usage"]["gpu_hours"] != 3.5


def test_notes_are_facts_beside_the_numbers(root, recorder):
    recorder.note("a node was down for an hour")
    assert "needs words" in refused(recorder.note, " \n")
    assert "the limit is" in refused(recorder.note, "x" * 100_000)
    everything(recorder)

    assert metrics(root)["notes"] == "a node was down for an hour"


@pytest.mark.parametrize("amount", [-1, float("nan"), True, "3"])
def test_progress_is_a_number_from_0(treated, amount):
    assert "is no number from 0" in refused(treated.progress, steps=amount)


def test_refusals_without_end_do_not_fill_the_journal(root, treated, monkeypatch):
    from autolab_core.experiment import record

    monkeypatch.setattr(record, "_REFUSALS_AT_MOST", 5)
    for _ in range(8):
        refused(treated.record, "nothing", 1)

    assert events(root).count("refused") == 5


def test_numbers_of_different_code_are_said_to_be(tmp_path):
    from tests.unit.repositories import git

    root = samples.repository(tmp_path)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    first = git(root, "rev-parse", "HEAD")
    with open_(root) as recorder:
        sanity(recorder)
        baseline(recorder)
        recorder.start(Phase.TREATMENT)
        row(recorder, 0)
        recorder.end(PhaseEnd.BROKEN)
    (root / "train.py").write_text("mended\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "second")
    with open_(root) as recorder:
        treatment(recorder)
        recorder.finish()

    second = git(root, "rev-parse", "HEAD")
    assert f"made with different code: {first[:12]} in attempt 1, {second[:12]} in attempt 2" in metrics(root)["notes"]
    assert config(root)["commit"]["sha"] == second
    assert json.loads((root / PATHS.journal).read_text().splitlines()[0])["commit"]["sha"] == first


@pytest.mark.parametrize("how", ["finished", "aborted"])
def test_what_is_written_is_as_its_schemas_say(root, recorder, how):
    import jsonschema

    from tests.architecture.house import ROOT

    if how == "finished":
        everything(recorder)
    else:
        sanity(recorder)
        baseline(recorder, 0.9)
        recorder.start(Phase.BASELINE)
        with pytest.raises(AbortTriggered):
            recorder.record("loss", float("inf"))

    for found, name in ((metrics(root), "experiment_metrics"), (config(root), "experiment_config")):
        schema = json.loads((ROOT / f"schemas/{name}.schema.json").read_text())
        jsonschema.Draft202012Validator(schema).validate(found)


def test_the_guard_that_counts_is_that_of_who_made_the_numbers(root):
    seen = {"level": "landlock", "require": "content", "probe": [{"attempt": "open", "path": "/x", "errno": "EACCES"}]}
    with open_(root, guard=seen) as first:
        sanity(first)
        baseline(first)
    with open_(root, guard={**seen, "level": "mount"}) as second:
        treatment(second)
    with open_(root) as third:
        third.finish()

    assert config(root)["guard"] == {**seen, "records": [], "changes": []}
