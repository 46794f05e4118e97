"""Which verifiers run: the shipped table, the policy, and what the caller leaves out."""

from __future__ import annotations

import pytest

from autolab_core.io.layout import POLICY, STATE
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.states import Stage, Verdict
from autolab_verifiers.builtin import BUILTIN
from autolab_verifiers.engine.select import DEFAULT_GROUPS, DEFAULT_STAGES
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.report.answer import exit_code
from autolab_verifiers.selftest.repository import build


@pytest.fixture
def repository(tmp_path):
    made = build(tmp_path)
    made.remove(POLICY)
    return made


def verifiers(repository, **named) -> set[str]:
    return {check.verifier for check in examine(repository.root, **named).judgement.checks}


def problems(repository, **named) -> list[tuple[str, str | None]]:
    judgement = examine(repository.root, **named).judgement
    found = [check for check in judgement.checks if check.verifier == "autolab_verify"]
    assert exit_code(judgement) == (2 if found else 0)
    return [(check.rule, check.reason) for check in found]


def test_every_stage_has_a_shipped_selection():
    assert set(DEFAULT_STAGES) == set(Stage)
    assert {name for names in DEFAULT_STAGES.values() for name in names} == set(BUILTIN)
    assert {name for names in DEFAULT_GROUPS.values() for name in names} <= set(BUILTIN)


@pytest.mark.parametrize("stage", [Stage.LAUNCH, Stage.SLURM_MONITOR, Stage.EXTRACT_RESULTS])
def test_the_stages_of_a_run_judge_its_health(repository, stage):
    assert "run_health" in verifiers(repository, stage=stage)


def test_a_stage_before_any_run_judges_files_only(repository):
    files = {"schema_checks", "file_line_limits", "closed_experiments", "edit_scope"}
    assert verifiers(repository, stage=Stage.HYPOTHESIS) == files


@pytest.mark.parametrize("stage", [Stage.DESIGN, Stage.IMPLEMENTATION, Stage.IMPLEMENTATION_REVIEW])
def test_what_a_template_left_open_is_found_before_the_launch(repository, stage):
    """A design is filled in at its own stage; found at the launch it would have to come back through the review."""
    assert verifiers(repository, stage=stage) == {*verifiers(repository, stage=Stage.HYPOTHESIS), "template_fill"}


def test_a_policy_says_what_a_stage_runs(repository):
    repository.write(POLICY, "stages: {extract_results: {run: [schema_checks]}}\n")

    assert verifiers(repository) == {"schema_checks"}


def test_a_stage_that_the_policy_does_not_name_keeps_the_shipped_selection(repository):
    repository.write(POLICY, "stages: {launch: {run: [schema_checks]}}\n")

    assert verifiers(repository) == set(BUILTIN)


def test_a_group_and_a_files_name_are_understood(repository):
    repository.write(POLICY, "stages: {extract_results: {run: [env_smoke.py, schema_checks.py]}}\n")

    assert verifiers(repository) == {"schema_checks", "run_health", "result_sanity"}


def test_groups_may_hold_groups_and_even_themselves(repository):
    repository.write(POLICY, "stages: {extract_results: {run: [a]}}\ngroups: {a: [b, a], b: [a, run_health]}\n")

    assert verifiers(repository) == {"run_health"}


def test_what_is_required_is_run(repository):
    repository.write(POLICY, "stages: {extract_results: {run: [schema_checks], required: [run_health]}}\n")

    assert verifiers(repository) == {"schema_checks", "run_health"}


@pytest.mark.parametrize(
    ("policy", "rule", "words"),
    [
        ("stages: {extract_results: {run: [schema_checks, ledgr]}}", "AV002", "'ledgr' is not installed"),
        ("stages: {extract_results: {required: [absent.py]}}", "AV004", "required verifier 'absent' is not installed"),
        ("stages: {extract_results: {run: [g]}}\ngroups: {g: [nothing]}", "AV002", "'nothing' (in the group 'g')"),
        ("stages: {extract_results: {run: schema_checks}}", "AV002", "is not a list of names"),
        ("stages: {extract_results: [schema_checks]}", "AV002", "is not a mapping"),
        ("stages: {lanch: {run: [schema_checks]}}", "AV002", "'lanch' is not a stage"),
        ("stages: 7", "AV002", "is not a mapping"),
        ("groups: {g: 3}", "AV002", "is not a list of names"),
        ("a: [", "AV002", "the policy cannot be read"),
    ],
)
def test_a_policy_that_names_what_is_not_there_is_an_error(repository, policy, rule, words):
    repository.write(POLICY, policy + "\n")

    found = problems(repository)

    assert found[0][0] == rule
    assert words in (found[0][1] or "")


def test_a_policy_of_another_stage_is_not_held_against_this_one(repository):
    repository.write(POLICY, "stages: {launch: {required: [only_on_the_cluster]}}\n")

    assert problems(repository) == []


def test_only_runs_what_it_names_and_reports_the_rest_as_skipped(repository):
    judgement = examine(repository.root, only=["schema_checks"]).judgement

    assert judgement.passed
    others = [check for check in judgement.checks if check.verifier != "schema_checks"]
    assert {(check.status, check.reason) for check in others} == {(Verdict.SKIP, "left out by --only")}
    assert {check.verifier for check in others} == set(BUILTIN) - {"schema_checks"}


def test_skip_leaves_out_what_it_names(repository):
    judgement = examine(repository.root, skip=["env_smoke"]).judgement

    skipped = {check.verifier for check in judgement.checks if check.reason == "left out by --skip"}
    assert skipped == {"run_health", "result_sanity"}


def test_leaving_everything_out_is_not_a_pass(repository):
    judgement = examine(repository.root, skip=list(BUILTIN)).judgement

    assert exit_code(judgement) == 2


@pytest.mark.parametrize("option", ["only", "skip"])
def test_an_unknown_name_is_refused(repository, option):
    with pytest.raises(UsageError, match="there are schema_checks"):
        examine(repository.root, **{option: ["schema_check"]})


def test_without_a_stage_everything_is_judged(repository):
    repository.set(STATE, "/stage", "nowhere")

    assert set(BUILTIN) <= verifiers(repository)
