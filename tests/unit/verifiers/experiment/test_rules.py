"""What the rules pass, and where they draw the line; that each of them can fail is shown by its mutations."""

from __future__ import annotations

import json
from typing import Any

import pytest

from autolab_core.git.history import History
from autolab_core.git.record import Recorder
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.io.layout import POLICY, QUESTIONS
from autolab_core.vocab.experiment import JournalEvent, Phase
from autolab_core.vocab.states import Severity, Verdict
from autolab_verifiers.contract.experiment import writing
from autolab_verifiers.selftest.experimenting import CODE, CONFIG, EXPERIMENT, JOURNAL, METRICS, event, journal, known
from autolab_verifiers.selftest.guarding import SPEC
from autolab_verifiers.selftest.repository import Repository

USAGE = "/resource_usage"


def inserted(repository: Repository, at: int, *entries: dict[str, Any]) -> Repository:
    """Let the journal have *entries* before its entry *at*, as if it always had."""

    def change(every: list[dict[str, Any]]) -> None:
        place = at if at >= 0 else len(every) + at
        every[place:place] = entries

    return journal(repository, change)


def messages(check) -> list[str]:
    return [finding.message for finding in check.findings]


# --- metrics_complete


@pytest.mark.parametrize("value", [83.6, 83.5984])
def test_a_value_may_be_rounded_to_what_it_shows(foreign, judged, value):
    foreign.set(METRICS, "/per_seed/1/accuracy", 83.5951).set(METRICS, "/treatment/accuracy", value)

    assert judged(foreign)["MC010"].status is Verdict.PASS


def test_a_baseline_without_seeds_is_one_number(foreign, judged):
    foreign.drop(METRICS, "/per_seed/3")

    checks = judged(foreign)

    assert {checks[rule].status for rule in ("MC008", "MC009", "MC010", "BF001", "BF002")} == {Verdict.PASS}


def test_an_aborted_experiment_need_not_be_complete(foreign, judged):
    foreign.set(METRICS, "/abort_triggered", True).set(METRICS, "/abort_reason", "A1 (`val_loss` > 10): measured 12")
    foreign.set(METRICS, "/treatment", {}).set(METRICS, "/per_seed", [])

    checks = judged(foreign)

    assert checks["MC008"].reason == "the experiment was aborted: it writes what it has"
    assert checks["MC009"].status is Verdict.PASS


@pytest.mark.parametrize(("unit", "value", "fits"), [("pp", -3.0, True), ("fraction", 1.5, False), ("s", -1, False)])
def test_the_unit_decides_what_a_value_can_be(foreign, judged, unit, value, fits):
    foreign.replace(SPEC, "`accuracy` (%,", f"`accuracy` ({unit},").set(METRICS, "/per_seed/0/accuracy", value)

    assert (judged(foreign)["MC006"].status is Verdict.PASS) == fits


# --- baseline_first


def test_a_baseline_at_the_edge_of_its_tolerance_is_reproduced(foreign, judged):
    foreign.set(METRICS, "/baseline/val_loss", 0.422).set(METRICS, "/per_seed/3/val_loss", 0.422)

    assert judged(foreign)["BF002"].status is Verdict.PASS


def test_an_attempt_that_was_broken_off_is_on_record_as_well(ours, judged):
    named = {"phase": str(Phase.BASELINE), "attempt": 1}
    started = event(JournalEvent.PHASE_STARTED, **named)
    ended = event(JournalEvent.PHASE_ENDED, **named, end="interrupted", wall_seconds=0, cpu_seconds=0, gpu_hours=0)

    def again(every: list[dict[str, Any]]) -> None:
        for entry in every:
            if entry.get("phase") == Phase.BASELINE:
                entry["attempt"] = 2
        every[7:7] = [started, ended]

    journal(ours.set(CONFIG, "/baseline_attempts/0/attempt", 2), again)
    assert "lists 1 attempts at the baseline, but the journal has 2" in messages(judged(ours)["BF004"])

    attempts = ours.read(CONFIG)["baseline_attempts"]
    known(ours.set(CONFIG, "/baseline_attempts", [{"attempt": 1, "values": {}, "reproduced": None}, *attempts]))
    assert judged(ours)["BF004"].status is Verdict.PASS


# --- budget


@pytest.mark.parametrize(
    ("notes", "told"),
    [
        ("Wall clock was 7412 s.", True),
        ("The budget was exceeded by 212 s.", True),
        ("It took 2.06 h, more than the 2 h allowed.", True),
        ("It took 123.5 min.", True),
        ("2.9 % over the wall-clock budget.", True),
        ("budget wall clock: 7_412 s of 7,200 s", True),
        ("It took a little longer than planned.", False),
        ("3 seeds were run.", False),
        ("", False),
    ],
)
def test_an_overage_is_told_by_its_number(foreign, judged, notes, told):
    foreign.set(METRICS, f"{USAGE}/wall_clock_seconds", 7412).set(METRICS, "/notes", notes)

    assert (judged(foreign)["BU002"].status is Verdict.PASS) == told


def spend(repository: Repository, **justified: Any) -> Repository:
    """Let the baseline have taken the whole budget, and somebody have said why the treatment was begun all the same."""

    def change(every: list[dict[str, Any]]) -> None:
        for index, entry in enumerate(every):
            if entry["event"] == JournalEvent.PHASE_ENDED and entry["phase"] == Phase.BASELINE:
                entry["wall_seconds"] = 7300.0
                every.insert(index + 1, event(JournalEvent.JUSTIFIED, kind="wall clock", **justified))
                break

    return journal(repository, change)


@pytest.mark.parametrize(
    ("justified", "verdict"),
    [
        ({"text": "the node was shared", "phase": "treatment", "attempt": 1}, Verdict.PASS),
        ({"text": "the node was shared"}, Verdict.PASS),
        ({"text": "the node was shared", "phase": "mve", "attempt": 1}, Verdict.FAIL),
        ({"text": ""}, Verdict.FAIL),
    ],
)
def test_a_reason_is_given_for_the_phase_that_goes_on(ours, judged, justified, verdict):
    assert judged(spend(ours, **justified))["BU003"].status is verdict


def test_a_reason_of_somebody_without_a_journal_stands_in_the_configuration(foreign, judged):
    foreign.set(METRICS, f"{USAGE}/total_runs", 9).set(METRICS, "/notes", "9 runs")
    foreign.set(CONFIG, "/budget", [{"kind": "training runs", "limit": 6, "justification": "two crashed"}])

    assert judged(foreign)["BU003"].findings == ()


# --- abort_protocol

WAIVER = {"criterion": "A3", "text": "time per run > 60 s", "limit": 60, "measured": 75, "by": "data_size"}


@pytest.mark.parametrize(("size", "verdict"), [(48211, Verdict.PASS), (30000, Verdict.FAIL), (10000, Verdict.FAIL)])
def test_the_size_of_the_data_has_to_be_what_the_waiver_rests_on(ours, judged, size, verdict):
    waiver = {**WAIVER, "reason": f"the run had {size} rows"}
    ours.set(CONFIG, "/waived", [waiver])
    inserted(ours, 9, event(JournalEvent.PROGRESS, data_size=size, unit="rows"), event(JournalEvent.WAIVED, **waiver))

    checks = judged(ours)

    assert checks["AP005"].status is verdict
    assert checks["AP004"].status is Verdict.PASS


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("A1 (`val_loss` > 10): measured 12.0 for seed 1", True),
        ("val_loss > 10 at step 40", True),
        ("val_loss was 12", True),
        ("stopped by hand", False),
        ("A12", False),
    ],
)
def test_the_reason_of_an_abort_names_its_criterion(foreign, judged, reason, told):
    foreign.set(METRICS, "/abort_triggered", True).set(METRICS, "/abort_reason", reason)

    assert (judged(foreign)["AP001"].status is Verdict.PASS) == told


def test_notes_may_follow_an_abort_or_an_end(ours, judged):
    inserted(ours, 10**6, event(JournalEvent.NOTE, text="The node is up again."))

    assert judged(ours)["AP003"].status is Verdict.PASS


# --- results_untouched


def test_a_line_that_a_killed_writer_left_is_no_fault(ours, judged):
    lines = (ours.root / JOURNAL).read_bytes().splitlines(keepends=True)
    ours.write(JOURNAL, b"".join(lines) + b'{"n":40,"at":"2026')

    assert judged(ours)["RU001"].status is Verdict.PASS


def test_a_later_experiment_may_add_results(ours, judged):
    ours.write("results/exp-002-later/metrics.json", "{}")

    assert judged(ours)["RU004"].findings == ()


@pytest.mark.parametrize(
    ("at", "verdict"), [("2026-02-01T12:00:30.000Z", Verdict.PASS), ("2026-01-31T12:00:00Z", Verdict.FAIL)]
)
def test_an_experiment_that_was_at_work_meanwhile_may_have_changed_its_own(ours, judged, at, verdict):
    other = ExperimentPaths("experiments/plain.md")
    entry = {"n": 1, "at": at, "event": "note", "previous": "", "text": "seed 1"}
    ours.write(other.journal, json.dumps(entry) + "\n").write(other.metrics, '{"val_loss": 0.5}\n')

    check = judged(ours)["RU004"]

    assert (check.status, len(check.findings)) == (verdict, 1)


def test_what_other_roles_write_afterwards_is_theirs(in_git, judged):
    assert judged(in_git)["RU005"].status is Verdict.PASS
    Recorder.at(str(in_git.root)).commit("the results")
    in_git.write(QUESTIONS, "Does it hold with Adam?\n").write(CODE, "print(0.3)\n").write("other.py", "\n")
    Recorder.at(str(in_git.root)).commit("the next question")

    checks = judged(in_git)

    assert (checks["RU005"].findings, checks["CG001"].findings, checks["NI005"].findings) == ((), (), ())


def test_where_git_cannot_be_asked_the_rule_says_so(ours, judged):
    assert judged(ours)["CG001"].reason == "nothing can be asked of git: not a git repository"


@pytest.mark.parametrize("sha", ["HEAD", "--all", "0" * 40, "", None, 7, ["x"]])
def test_a_commit_that_is_none_is_not_handed_to_git(in_git, judged, sha):
    def change(every: list[dict[str, Any]]) -> None:
        every[0]["commit"] = {"sha": sha}

    checks = judged(journal(in_git, change))

    assert checks["CG001"].status is Verdict.SKIP
    assert checks["RU005"].status is Verdict.PASS


# --- config_matches_spec


def test_names_may_be_nested_or_have_dots(foreign, judged):
    foreign.set(
        CONFIG, "/configuration/treatment/values", {"optimizer.momentum": 0.9, "optimizer": {"lr": 0.1}, "epochs": 10.0}
    )

    checks = judged(foreign)

    assert (checks["CS002"].status, checks["CS003"].status) == (Verdict.PASS, Verdict.PASS)


def test_a_dependency_that_the_spec_names_may_be_installed(foreign, judged):
    foreign.set(CONFIG, "/packages/at_seal", {}).set(CONFIG, "/packages/at_end", {"NumPy": "2.1.0"})

    assert judged(foreign)["CS006"].status is Verdict.PASS


# --- no_interpretation


def test_a_severity_that_is_none_cannot_be_obeyed(foreign, judged):
    foreign.write(POLICY, "settings: {no_interpretation: {severity: fatal}}\n")
    foreign.set(METRICS, "/notes", "All seeds were run.")

    check = judged(foreign)["NI001"]

    assert (check.status, check.traceback) == (Verdict.ERROR, None)
    assert "'fatal', which is no severity" in messages(check)[0]


def test_files_that_are_no_text_links_and_pipes_are_passed_over(foreign, judged):
    import os

    foreign.write(f"{EXPERIMENT.folder}/model.bin", b"\0results suggest" * 100)
    foreign.link(f"{EXPERIMENT.folder}/link.txt", "/etc/passwd")
    os.mkfifo(foreign.root / EXPERIMENT.folder / "pipe")

    assert judged(foreign)["NI003"].findings == ()


def test_a_deep_file_is_found_with_its_line(foreign, judged):
    foreign.write(f"{EXPERIMENT.folder}/plots/a/readme.txt", "Loss by step.\n\nThis shows that it works.\n")

    (finding,) = judged(foreign)["NI003"].findings

    assert (finding.path, finding.line) == (f"{EXPERIMENT.folder}/plots/a/readme.txt", 3)


def test_what_was_too_much_to_be_read_is_told(foreign, judged, monkeypatch):
    monkeypatch.setattr(writing, "_FILES_AT_MOST", 2)
    for index in range(5):
        foreign.write(f"{EXPERIMENT.folder}/{index}.txt", "step 1\n")

    (finding,) = judged(foreign)["NI003"].findings

    assert finding.severity is Severity.NOTE
    assert "was not read" in finding.message


def test_git_gives_messages_with_their_commits(in_git):
    recorder = Recorder.at(str(in_git.root))
    first = recorder.commit("one")
    in_git.write("a", "a\n")
    second = recorder.commit("two\n\nwith a body\n\ncommit " + "0" * 40)
    in_git.write("a", "b\n")
    third = recorder.commit("three")

    found = History.at(str(in_git.root)).messages(first)

    assert [(sha, text.strip()) for sha, text in found] == [
        (third, "three"),
        (second, "two\n\nwith a body\n\ncommit " + "0" * 40),
    ]
    assert History.at(str(in_git.root)).messages(third) == []


def test_the_sample_is_what_the_protocol_itself_would_have_written(ours):
    """The sample's metrics follow from its journal by the code that collects them."""
    from autolab_core.experiment.collect import metrics_data
    from autolab_core.io.journal import parse_journal
    from autolab_core.io.spec import load_spec
    from autolab_core.models.experiment.state import fold

    written = json.loads((ours.root / METRICS).read_bytes())
    spec = load_spec((ours.root / SPEC).read_bytes(), SPEC).spec
    state = fold(parse_journal((ours.root / JOURNAL).read_bytes()).entries)

    found = metrics_data(spec, state, written["timestamp"])

    assert found.keys() == written.keys()
    for key in written.keys() - {"treatment"}:
        assert found[key] == written[key]
    assert found["treatment"] == pytest.approx(written["treatment"])
