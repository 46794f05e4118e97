"""What the iteration's files may say differently, and where nothing can be compared."""

from __future__ import annotations

import pytest

from autolab_core.io.layout import BACKLOG, STATE
from autolab_core.vocab.states import Severity, Stage, Verdict
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.selftest.repository import ITERATION, PATHS, RUN, RUN_PATHS, build


@pytest.fixture
def repository(tmp_path):
    return build(tmp_path)


def check(repository, rule: str):
    judgement = examine(
        repository.root, only=["consistency"], stage=Stage.EXTRACT_RESULTS, iteration_id=ITERATION, run_id=RUN
    ).judgement
    return next(each for each in judgement.checks if each.rule == rule)


def severities(repository, rule: str) -> set[Severity]:
    return {finding.severity for finding in check(repository, rule).findings}


@pytest.mark.parametrize("path", [STATE, BACKLOG, PATHS.design, PATHS.review, RUN_PATHS.manifest])
@pytest.mark.parametrize("content", [b"", b"[]", b"\xff"])
def test_a_document_that_cannot_be_read_is_left_to_the_schema_checks(repository, path, content):
    repository.write(path, content)

    statuses = {check(repository, f"CN{number:03}").status for number in range(1, 12)}

    assert statuses == {Verdict.PASS, Verdict.SKIP}


@pytest.mark.parametrize("rule", ["CN004", "CN005", "CN006"])
def test_a_state_that_stands_at_another_iteration_says_nothing_about_this_one(repository, rule):
    repository.set(STATE, "/iteration_id", "iter_other")
    repository.set(STATE, "/pending_run_id", "next")

    assert check(repository, rule).status is Verdict.SKIP


def test_a_state_of_another_iteration_may_name_another_experiment(repository):
    repository.set(STATE, "/iteration_id", "iter_other")
    repository.set(STATE, "/experiment_id", "e_other")

    assert check(repository, "CN002").status is Verdict.PASS


@pytest.mark.parametrize(("key", "rule"), [("id", "CN002"), ("hypothesis_id", "CN003")])
def test_a_design_need_not_name_what_it_belongs_to(repository, key, rule):
    value = "e_golden" if key == "id" else "h_golden"
    repository.replace(PATHS.design, f"\n{key}: {value}", "")

    assert check(repository, rule).status is Verdict.SKIP


def test_a_run_that_leads_out_of_its_folder_is_not_there(repository):
    repository.set(STATE, "/last_run_id", "../../..")

    assert check(repository, "CN004").status is Verdict.FAIL


def test_a_pending_launch_is_in_order_while_launching(repository):
    repository.set(STATE, "/stage", "launch")
    repository.set(STATE, "/pending_run_id", RUN)

    assert check(repository, "CN004").status is Verdict.PASS


def test_a_synonym_says_the_same_of_the_artifacts(repository):
    repository.set(STATE, "/sync_status", "success")

    assert check(repository, "CN005").findings == ()


def test_a_manifest_that_is_ahead_of_the_state_is_in_order(repository):
    repository.set(STATE, "/sync_status", "pending")

    assert check(repository, "CN005").findings == ()


def entry(before: str, after: str, status: str) -> dict[str, object]:
    at = "2026-02-01T12:00:00Z"
    return {"timestamp_utc": at, "stage_before": before, "stage_after": after, "status": status, "summary": "s"}


def test_retries_and_people_may_lead_back(repository):
    history = [
        entry("launch", "launch", "stay"),
        entry("launch", "design", "needs_retry"),
        entry("design", "human_review", "human_review"),
        entry("human_review", "launch", "advance"),
        entry("launch", "extract_results", "advance"),
    ]
    repository.set(STATE, "/history", history)

    assert check(repository, "CN006").findings == ()


def test_a_review_that_was_reopened_after_the_run_is_only_remarked_on(repository):
    repository.set(PATHS.review, "/blocking_findings", ["the seeds"])
    repository.manifest("/review", {"status": "pass"})

    assert severities(repository, "CN007") == {Severity.WARNING}


def test_a_prefix_of_the_hash_is_understood(repository):
    digest = repository.read(PATHS.review)["reviewed"]["design_sha256"]
    repository.set(PATHS.review, "/reviewed/design_sha256", f"sha256:{digest}")

    assert check(repository, "CN008").findings == ()


def test_without_a_hash_nothing_can_be_said_about_the_design(repository):
    repository.drop(PATHS.review, "/reviewed")

    assert check(repository, "CN008").status is Verdict.SKIP


@pytest.mark.parametrize(
    ("seeds", "strategy", "good"),
    [
        ("[0, 1, 2]", "increment", True),
        ("[2, 1, 0]", "increment", True),
        ("[0, 1]", "increment", False),
        ("[0, 1, 1]", "increment", False),
        ("[1, 2, 3]", "increment", False),
        ("[7, 11, 13]", "listed", True),
        ("[7, 7, 13]", "listed", False),
    ],
)
def test_the_seeds_are_each_replicate_once(repository, seeds, strategy, good):
    repository.replace(PATHS.design, "seeds: [0, 1, 2]", f"seeds: {seeds}")
    repository.replace(PATHS.design, "seed_strategy: increment", f"seed_strategy: {strategy}")

    assert severities(repository, "CN009") == (set() if good else {Severity.WARNING})


def test_a_command_without_seeds_is_not_judged(repository):
    repository.replace(PATHS.design, ", seeds: [0, 1, 2]", "")

    assert check(repository, "CN009").status is Verdict.SKIP


def moves(*path: tuple[str, str, str], **more: object) -> list[dict[str, object]]:
    """Entries of a history along *path*: before, outcome, after."""
    at = {"timestamp_utc": "2026-02-01T12:00:00Z"}
    return [at | {"stage_before": before, "status": how, "stage_after": after} | more for before, how, after in path]


def test_taking_up_again_asking_and_leaving_are_moves_of_the_table(repository):
    path = moves(
        ("design", "advance", "implementation_review"),
        ("implementation_review", "advance", "launch"),
        ("launch", "needs_retry", "implementation_review"),
        ("implementation_review", "advance", "launch"),
        ("launch", "human_review", "human_review"),
        ("human_review", "stay", "human_review"),
        who=None,
        why=None,
    )
    path += moves(("human_review", "advance", "update_docs"), ("update_docs", "stop", "stop"), who="ada", why="x")
    repository.set(STATE, "/history", path)

    for rule in ("CN010", "CN011"):
        assert (check(repository, rule).status, severities(repository, rule)) == (Verdict.PASS, set())


def test_an_entry_without_who_behind_one_that_has_it_is_no_older_one(repository):
    forged = moves(("stop", "advance", "launch"))
    repository.set(STATE, "/history", forged + moves(("launch", "stay", "launch"), who=None, why=None))
    assert severities(repository, "CN011") == {Severity.WARNING}

    repository.set(STATE, "/history", moves(("launch", "stay", "launch"), who=None, why=None) + forged)
    assert severities(repository, "CN011") == {Severity.ERROR}


@pytest.mark.parametrize("stage", [Stage.DECIDE_REPEAT, Stage.UPDATE_DOCS])
@pytest.mark.parametrize("content", [b"{", b'{"next_stage": "launch"}', b'{"decision": "launch", "rationale": ""}'])
def test_a_decision_of_another_shape_fails_where_it_is_asked_for(repository, stage, content):
    repository.write(PATHS.decision, content)

    judgement = examine(
        repository.root, only=["schema_checks"], stage=stage, iteration_id=ITERATION, run_id=RUN
    ).judgement

    found = next(each for each in judgement.checks if each.rule == "SC014")
    asked = stage is Stage.DECIDE_REPEAT
    assert found.status is (Verdict.FAIL if asked else Verdict.PASS)
    assert {each.severity for each in found.findings} == {Severity.ERROR if asked else Severity.WARNING}
