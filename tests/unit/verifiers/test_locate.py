"""What is judged when the caller says nothing, something, or something that is not there."""

from __future__ import annotations

import json

import pytest

from autolab_core.io.layout import AUTOLAB, STATE, schema_file
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.states import Stage, Verdict
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.report.answer import exit_code
from autolab_verifiers.selftest.repository import ITERATION, RUN, RUN_PATHS, build


@pytest.fixture
def repository(tmp_path):
    return build(tmp_path)


def subject(repository, **named):
    judgement = examine(repository.root, **named).judgement
    return judgement.stage, judgement.iteration_id, judgement.run_id


def test_the_state_says_what_is_judged(repository):
    assert subject(repository) == ("extract_results", ITERATION, RUN)


def test_a_pending_run_is_judged_when_there_is_no_last_one(repository):
    repository.set(STATE, "/last_run_id", "")
    repository.set(STATE, "/pending_run_id", RUN)

    assert subject(repository) == ("extract_results", ITERATION, RUN)


def test_the_caller_wins_over_the_state(repository):
    repository.second_run("completed")

    assert subject(repository, stage=Stage.LAUNCH, run_id="other") == ("launch", ITERATION, "other")


def test_a_caller_who_names_an_iteration_and_no_run_means_none(repository):
    assert subject(repository, iteration_id=ITERATION) == ("extract_results", ITERATION, None)


def test_the_state_is_not_needed_when_the_caller_says_it_all(repository):
    repository.remove(STATE)
    judgement = examine(repository.root, stage=Stage.EXTRACT_RESULTS, iteration_id=ITERATION, run_id=RUN).judgement

    assert judgement.passed


def test_without_a_run_the_runs_verifiers_are_skipped(repository):
    repository.set(STATE, "/last_run_id", "")
    repository.set(STATE, "/stage", "launch")
    judgement = examine(repository.root).judgement

    assert judgement.passed
    assert {check.reason for check in judgement.checks if check.verifier == "result_sanity"} == {
        "no run to look at yet"
    }


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/stage", "lanch"),
        ("/stage", None),
        ("/stage", ["launch"]),
        ("/iteration_id", "iter_missing"),
        ("/iteration_id", "../escape"),
        ("/iteration_id", 7),
        ("/iteration_id", "<ITERATION_ID>"),
        ("/last_run_id", "../../../etc"),
        ("/last_run_id", "{{run_id}}"),
    ],
)
def test_a_state_that_names_nothing_useful_is_an_error_in_the_report(repository, pointer, value):
    repository.set(STATE, pointer, value)
    judgement = examine(repository.root).judgement

    own = [check for check in judgement.checks if check.rule == "AV001"]
    assert [check.status for check in own] == [Verdict.ERROR]
    assert own[0].findings[0].pointer == pointer
    assert exit_code(judgement) == 2


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"7"])
def test_a_state_that_cannot_be_read_is_an_error_in_the_report(repository, content):
    repository.write(STATE, content)

    assert exit_code(examine(repository.root).judgement) == 2


def test_a_missing_state_is_an_error_in_the_report(repository):
    repository.remove(STATE)

    assert exit_code(examine(repository.root).judgement) == 2


@pytest.mark.parametrize(
    "named", [{"iteration_id": "iter_missing"}, {"iteration_id": "../x"}, {"run_id": "a/b"}, {"run_id": "-x"}]
)
def test_a_caller_who_names_what_is_not_there_is_told(repository, named):
    with pytest.raises(UsageError):
        examine(repository.root, **named)


def test_a_run_that_is_not_there_fails(repository):
    judgement = examine(repository.root, run_id="missing").judgement

    assert "RH001" in {check.rule for check in judgement.checks if check.status is Verdict.FAIL}


def test_an_iteration_in_two_folders_is_an_error(repository):
    (repository.root / "experiments" / "done" / ITERATION).mkdir(parents=True)
    judgement = examine(repository.root).judgement

    assert exit_code(judgement) == 2
    assert "lies in 2 folders" in (judgement.checks[0].reason or "")


def test_a_flat_layout_is_found(repository):
    (repository.root / "experiments" / "plan" / ITERATION).rename(repository.root / "experiments" / ITERATION)
    for check in examine(repository.root).judgement.checks:
        assert check.status is not Verdict.ERROR


def test_a_folder_that_is_no_repository_is_refused(tmp_path):
    with pytest.raises(UsageError, match="autolab init"):
        examine(tmp_path)


def test_a_repository_without_the_manifests_schema_is_refused(repository):
    repository.remove(schema_file("run_manifest"))

    with pytest.raises(UsageError, match="autolab init"):
        examine(repository.root)


def test_a_root_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(UsageError, match="is not a folder"):
        examine(tmp_path / "nowhere")


def test_a_settings_folder_that_leads_elsewhere_is_refused(repository, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "settings"
    (repository.root / AUTOLAB).rename(elsewhere)
    (repository.root / AUTOLAB).symlink_to(elsewhere)

    with pytest.raises(DocumentError, match="leads out of the repository"):
        examine(repository.root)


def test_an_overlay_is_judged_instead_of_the_file(repository):
    repository.remove(RUN_PATHS.metrics)
    assert not examine(repository.root).judgement.passed
    from autolab_verifiers.selftest.repository import METRICS_DATA

    overlay = {RUN_PATHS.metrics: json.dumps(METRICS_DATA).encode()}
    assert examine(repository.root, overlay=overlay).judgement.passed
    assert not (repository.root / RUN_PATHS.metrics).exists()
