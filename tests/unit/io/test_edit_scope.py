"""Where a stage's agent may edit: what policy, stage and closed experiments leave."""

from __future__ import annotations

import pytest

from autolab_core.io.edit_scope import allowed_edit_dirs, common_folders
from autolab_core.io.layout import IterationPaths
from autolab_core.models.policy import EditScopePolicy
from autolab_core.vocab.ownership import EDIT_AREAS, INPUTS, OWNERS, Artifact, owned_by
from autolab_core.vocab.states import Stage

PATHS = IterationPaths("experiments/plan/it")
RUN = PATHS.run("r1")


def allowed(stage=Stage.LAUNCH, *, run=RUN, closed=(), **policy):
    return allowed_edit_dirs(EditScopePolicy(**policy), stage, PATHS, run, closed)


def test_without_a_policy_the_shipped_folders_and_the_iteration_s_own():
    assert allowed() == ("scripts", "src", ".autolab", "docs", PATHS.folder)


def test_the_harness_s_own_code_only_where_the_policy_says_so():
    assert "autolab" in allowed(orchestration=True)
    assert "autolab" not in allowed()


def test_a_policy_names_its_own_folders_and_the_iteration_s_is_always_there():
    assert allowed(allowed=("lib", "lib/deep", "./tools/")) == ("lib", "tools", PATHS.folder)
    assert allowed(allowed=()) == (PATHS.folder,)


def test_a_folder_that_holds_the_iteration_s_stands_for_it():
    assert allowed(allowed=("experiments",)) == ("experiments",)
    assert allowed(allowed=(".",)) == (".",)


def test_a_monitor_edits_its_run_and_the_documents():
    assert allowed(Stage.SLURM_MONITOR) == ("docs", RUN.folder)
    assert allowed(Stage.SLURM_MONITOR, run=None) == ("docs",)
    assert allowed(Stage.SLURM_MONITOR, allowed=("src",)) == (RUN.folder,)
    assert set(allowed(Stage.SLURM_MONITOR, allowed=(".",))) == {"docs", RUN.folder}


@pytest.mark.parametrize("stage", [Stage.HUMAN_REVIEW, Stage.STOP])
def test_where_a_person_decides_nothing_is_edited(stage):
    assert allowed(stage, orchestration=True) == ()


def test_what_is_closed_is_left_out_and_so_is_what_lies_in_it():
    assert PATHS.folder not in allowed(closed=(PATHS.folder,))
    assert PATHS.folder not in allowed(closed=("experiments/plan",))
    assert allowed(closed=(f"{PATHS.folder}x", f"{PATHS.folder}/runs")) == allowed()


@pytest.mark.parametrize(
    ("some", "others", "both"),
    [
        (("a",), ("a",), ("a",)),
        (("a",), ("a/b",), ("a/b",)),
        (("a/b",), ("a",), ("a/b",)),
        (("a",), ("ab",), ()),
        (("a", "b"), ("b/c", "a/b", "a"), ("a", "b/c")),
        (("a",), (), ()),
    ],
)
def test_folders_have_in_common_what_lies_in_both(some, others, both):
    assert common_folders(some, others) == both


def test_every_stage_has_its_inputs_and_its_areas():
    assert set(INPUTS) == set(EDIT_AREAS) == set(Stage)


@pytest.mark.parametrize("stage", Stage)
def test_an_artifact_is_a_stage_s_own_or_it_is_not(stage):
    mine, others = owned_by(stage)

    assert {*mine, *others} == set(OWNERS)
    assert not {*mine} & {*others}


def test_a_monitor_owns_no_results_and_no_conclusions():
    _, others = owned_by(Stage.SLURM_MONITOR)

    assert {Artifact.METRICS, Artifact.SUMMARY, Artifact.REVIEW, Artifact.DECISION} <= {*others}


def test_nobody_s_stage_owns_what_runs_are_judged_by():
    assert not OWNERS[Artifact.CONTROL] | OWNERS[Artifact.STATE] | OWNERS[Artifact.BACKLOG]
