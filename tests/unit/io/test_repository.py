"""A repository as models: judged by schema first, replaced whole, found from below."""

from __future__ import annotations

import threading

import attrs
import pytest

from autolab_core.io.layout import STATE, IterationPaths
from autolab_core.io.root import find_root
from autolab_core.models.policy import Policy
from autolab_core.models.state import Backlog
from autolab_core.vocab.errors import DocumentError, LockHeld, UsageError
from tests.unit.repositories import FOLDER, change_json, manifest, put, read_json

RUN = IterationPaths(FOLDER).run("r1")


@pytest.mark.parametrize(
    ("path", "content", "load", "message"),
    [
        (STATE, '{"iteration_id": "iter_a",\n "stage": "lunch"}', lambda r: r.state(), r"state\.json:2: at /stage"),
        (STATE, "{}", lambda r: r.state(), r"state\.json:1: the keys 'iteration_id', 'stage' are missing"),
        (STATE, "", lambda r: r.state(), r"state\.json"),
        (".autolab/backlog.yaml", "experiments:\n- {id: a/b, status: x}\n", lambda r: r.backlog(), "yaml:2: at /exp"),
        (".autolab/verifier_policy.yaml", "launch: 5\n", lambda r: r.policy(), r"policy\.yaml:1: at /launch"),
        (RUN.manifest, manifest(status="queued"), lambda r: r.manifest(RUN), r"run_manifest\.json:\d+: at /status"),
        (RUN.metrics, '{"status": "completed"}', lambda r: r.metrics(RUN), r"metrics\.json:1: "),
        (f"{FOLDER}/design.yaml", "id: x\n", lambda r: r.design(IterationPaths(FOLDER)), r"design\.yaml:1: "),
        (f"{FOLDER}/review_result.json", "[]", lambda r: r.review(IterationPaths(FOLDER)), r"review_result\.json:1: "),
    ],
)  # fmt: skip
def test_what_a_schema_refuses_is_named_with_path_and_line(repository, path, content, load, message):
    put(repository, path, content)

    with pytest.raises(DocumentError, match=message):
        load(repository)


def test_files_that_may_be_missing_have_their_defaults(repository):
    (repository.root / ".autolab/backlog.yaml").unlink()

    assert repository.backlog() == Backlog()
    assert repository.policy() == Policy()


def test_a_missing_state_is_an_error(repository):
    (repository.root / STATE).unlink()

    with pytest.raises(DocumentError, match=r"state\.json"):
        repository.state()


def test_an_update_of_the_state_keeps_what_it_does_not_know(repository):
    change_json(repository, STATE, another_tool={"x": [1, 2]})

    repository.update_state(lambda state: attrs.evolve(state, stage_attempt=2))

    assert read_json(repository, STATE)["another_tool"] == {"x": [1, 2]}
    assert read_json(repository, STATE)["stage_attempt"] == 2


def test_updates_of_the_state_do_not_overtake_one_another(repository):
    def count():
        for _ in range(5):
            repository.update_state(lambda state: attrs.evolve(state, stage_attempt=state.stage_attempt + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert repository.state().stage_attempt == 20


def test_an_update_that_fails_leaves_the_state_as_it_was(repository):
    before = (repository.root / STATE).read_bytes()

    with pytest.raises(ZeroDivisionError):
        repository.update_state(lambda state: attrs.evolve(state, stage_attempt=1 // 0))
    assert (repository.root / STATE).read_bytes() == before


def test_one_command_at_a_time_acts_and_the_other_is_told_who(repository):
    with repository.stage_lock("launch"), pytest.raises(LockHeld, match=r"pid \d+ on .* since .* \(launch\)"):
        repository.stage_lock("extract")


def test_a_manifest_of_another_tool_comes_back_with_all_its_keys(repository):
    put(repository, RUN.manifest, manifest(slurm={"job_id": 1}, notes="theirs"))

    repository.save_manifest(RUN, repository.manifest(RUN))

    found = read_json(repository, RUN.manifest)
    assert (found["slurm"], found["notes"], found["status"]) == ({"job_id": 1}, "theirs", "running")


def test_runs_are_the_folders_that_have_a_manifest(repository):
    put(repository, f"{FOLDER}/runs/r2/run_manifest.json", manifest("r2"))
    put(repository, f"{FOLDER}/runs/r1/run_manifest.json", manifest("r1"))
    put(repository, f"{FOLDER}/runs/r3/notes.txt", "")

    assert repository.run_ids(IterationPaths(FOLDER)) == ("r1", "r2")


def test_the_root_is_found_from_below_and_through_a_link(repository, tmp_path):
    (tmp_path / "link").symlink_to(repository.root / FOLDER)

    assert find_root(repository.root / FOLDER) == repository.root
    assert find_root(tmp_path / "link") == repository.root


def test_the_nearest_root_wins(repository):
    (repository.root / "inner" / ".autolab").mkdir(parents=True)

    assert find_root(repository.root / "inner") == repository.root / "inner"


def test_outside_of_a_repository_the_way_to_make_one_is_named(tmp_path):
    (tmp_path / ".autolab").write_text("a file")

    with pytest.raises(UsageError, match=r"is not in an Autolab repository .*`autolab init` makes one"):
        find_root(tmp_path)


def test_a_current_folder_that_is_gone_is_said_to_be(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    with pytest.raises(UsageError, match="the current folder no longer exists"):
        find_root()
