"""``init``: a repository that works as it is, and never a file replaced."""

from __future__ import annotations

import shutil
from hashlib import sha256

import pytest

from autolab_core.io.schemas import SCHEMA_NAMES
from autolab_core.prompts.shipped_files import shipped_paths
from autolab_core.stages.approve import approve
from autolab_core.stages.init import init
from autolab_core.stages.launch import LaunchOptions
from autolab_core.stages.prompting.install import edited_prompts
from autolab_core.stages.starter import IGNORED
from autolab_core.stages.step import step
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.states import Stage, StageOutcome
from tests.unit.repositories import FOLDER, change_json, put, read_json, real_context, snapshot

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


# Prompts.


PROMPT = ".autolab/prompts/stage_launch.md"
PART = ".autolab/prompts/shared/checklist.md"
RECORD = ".autolab/prompts/shipped.json"


def as_shipped_before(repository, path, text):
    """Let *path* be what an earlier version shipped, and nobody edited since."""
    put(repository, path, text)
    files = {**read_json(repository, RECORD)["files"], path: sha256(text.encode()).hexdigest()}
    change_json(repository, RECORD, files=files)


def edited(repository):
    return {each.path: each.diff for each in edited_prompts(repository.tree())}


def test_prompts_are_installed_with_a_record_of_what_they_were(repository):
    files = read_json(repository, RECORD)["files"]

    assert set(files) == set(shipped_paths())
    assert all(files[path] == sha256((repository.root / path).read_bytes()).hexdigest() for path in files)
    assert edited(repository) == {}


def test_an_older_prompt_that_nobody_edited_is_replaced_when_that_is_asked_for(repository, template):
    as_shipped_before(repository, PROMPT, "older\n")

    assert init(repository.root) == ()
    assert init(repository.root, upgrade_prompts=True) == (PROMPT, RECORD)
    assert snapshot(repository.root) == snapshot(template)


def test_an_edited_prompt_is_kept_and_its_difference_is_told(repository):
    as_shipped_before(repository, PART, "older\n")
    put(repository, PART, "mine\n")

    assert init(repository.root, upgrade_prompts=True) == ()
    assert (repository.root / PART).read_text() == "mine\n"
    assert list(edited(repository)) == [PART]
    assert f"--- {PART}\n+++ {PART} (shipped)\n" in edited(repository)[PART]
    assert "\n-mine\n" in edited(repository)[PART]


def test_a_prompt_of_which_nothing_is_on_record_counts_as_edited(repository):
    put(repository, PROMPT, b"mine, \xff and no line end")
    (repository.root / RECORD).unlink()

    assert init(repository.root, upgrade_prompts=True) == (RECORD,)
    assert (repository.root / PROMPT).read_bytes() == b"mine, \xff and no line end"
    assert list(edited(repository)) == [PROMPT]
    assert PROMPT not in read_json(repository, RECORD)["files"]


def test_a_missing_prompt_is_restored(repository, template):
    (repository.root / PART).unlink()

    assert init(repository.root) == (PART,)
    assert snapshot(repository.root) == snapshot(template)


@pytest.mark.parametrize("record", ["{", "[]", '{"files": []}', '{"files": {"a": 1}}'])
def test_a_record_that_cannot_be_understood_is_named_before_anything_is_written(repository, record):
    put(repository, RECORD, record)
    (repository.root / PART).unlink()

    with pytest.raises(DocumentError, match=r"shipped\.json"):
        init(repository.root, upgrade_prompts=True)
    assert not (repository.root / PART).exists()
