"""``init``: a repository that works as it is, and never a file replaced."""

from __future__ import annotations

import shutil

import pytest

from autolab_core.io.schemas import SCHEMA_NAMES
from autolab_core.stages.approve import approve
from autolab_core.stages.init import init
from autolab_core.stages.launch import LaunchOptions
from autolab_core.stages.starter import IGNORED
from autolab_core.stages.step import step
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.states import Stage, StageOutcome
from tests.unit.repositories import FOLDER, put, read_json, real_context, snapshot

SCHEMA = ".autolab/schemas/run_manifest.schema.json"


def test_a_new_repository_goes_from_approval_to_the_documents_with_real_processes(repository):
    context = real_context(repository)
    approve(context, who="ada")
    outcomes = []
    while (stage := repository.state().stage) is not Stage.UPDATE_DOCS:
        result = step(context, LaunchOptions(run_id="r1"), wait=True)
        outcomes.append((stage, result.outcome))
        assert result.outcome is StageOutcome.ADVANCE, result

    manifest = read_json(repository, f"{FOLDER}/runs/r1/run_manifest.json")
    metrics = read_json(repository, f"{FOLDER}/runs/r1/metrics.json")
    state = read_json(repository, ".autolab/state.json")
    assert [stage for stage, _ in outcomes] == [Stage.LAUNCH, Stage.SLURM_MONITOR, Stage.EXTRACT_RESULTS]
    assert (manifest["status"], manifest["failure"]) == ("completed", None)
    assert (manifest["artifact_sync_to_local"]["status"], manifest["artifact_sync_to_local"]["method"]) == (
        "ok",
        "none",
    )
    assert (metrics["status"], metrics["primary_metric"]["name"]) == ("completed", "mean_distance")
    assert (state["last_run_id"], state["pending_run_id"], state["sync_status"]) == ("r1", "", "ok")
    assert step(context, LaunchOptions()).outcome is StageOutcome.STAY


def test_a_second_init_changes_nothing(repository):
    before = snapshot(repository.root)

    assert init(repository.root, iteration_id="iter_a") == ()
    assert init(repository.root, iteration_id="iter_other") == ()
    assert snapshot(repository.root) == before


def test_what_was_edited_is_kept(repository):
    for path in (".autolab/state.json", "docs/environment.md", SCHEMA, "src/random_walk.py", f"{FOLDER}/design.yaml"):
        put(repository, path, "mine\n")

    assert init(repository.root, iteration_id="iter_a") == ()
    assert (repository.root / SCHEMA).read_text() == "mine\n"


def test_a_missing_schema_is_restored(repository, template):
    (repository.root / SCHEMA).unlink()

    assert init(repository.root) == (SCHEMA,)
    assert snapshot(repository.root) == snapshot(template)


def test_schemas_that_differ_are_replaced_when_that_is_asked_for(repository, template):
    put(repository, SCHEMA, "{}\n")
    put(repository, "docs/environment.md", "mine\n")

    assert init(repository.root, upgrade_schemas=True) == (SCHEMA,)
    assert (repository.root / SCHEMA).read_bytes() == (template / SCHEMA).read_bytes()


def test_an_existing_repository_gets_schemas_and_no_example(repository):
    shutil.rmtree(repository.root / ".autolab/schemas")

    written = init(repository.root, iteration_id="iter_new")

    assert set(written) == {f".autolab/schemas/{name}.schema.json" for name in SCHEMA_NAMES}
    assert not (repository.root / "experiments/plan/iter_new").exists()


def test_a_repository_that_has_experiments_and_no_state_gets_no_example(tmp_path):
    (tmp_path / "experiments" / "old").mkdir(parents=True)
    (tmp_path / "experiments" / "old" / "design.yaml").touch()

    init(tmp_path)

    assert not (tmp_path / ".autolab/state.json").exists()
    assert not (tmp_path / "src").exists()


@pytest.mark.parametrize("before", ["", "*.pyc\n", "*.pyc", f"{IGNORED[0]}\n*.pyc\n"])
def test_gitignore_gets_what_it_lacks_once(tmp_path, before):
    (tmp_path / ".gitignore").write_text(before)

    init(tmp_path)
    init(tmp_path)

    lines = (tmp_path / ".gitignore").read_text().splitlines()
    assert lines[: len(before.splitlines())] == before.splitlines()
    assert sorted(line for line in lines if line in IGNORED) == sorted(IGNORED)


@pytest.mark.parametrize("name", ["", "..", "a/b", "{{iteration_id}}", "-x"])
def test_an_iteration_id_that_is_none_is_refused_before_anything_is_written(tmp_path, name):
    with pytest.raises(UsageError, match="iteration id"):
        init(tmp_path / "new", iteration_id=name)
    assert not (tmp_path / "new").exists()


def test_a_schema_folder_that_leads_elsewhere_is_not_written_to(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "repository" / ".autolab").mkdir(parents=True)
    (tmp_path / "repository" / ".autolab" / "schemas").symlink_to(tmp_path / "outside")

    with pytest.raises(DocumentError, match="leads out of the repository"):
        init(tmp_path / "repository")
    assert list((tmp_path / "outside").iterdir()) == []
