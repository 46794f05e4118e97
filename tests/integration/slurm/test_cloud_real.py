"""``cloud-run`` with Slurm, where a real cluster carries the run out: the same steps as on a machine far away."""

from __future__ import annotations

import pytest

from autolab_core.cloud.engines.slurm.adapter import SlurmEngine
from autolab_core.cloud.engines.slurm.settings import SlurmSettings
from autolab_core.cloud.storage.folder import FolderStorage
from autolab_core.exec.local import LocalRunner
from autolab_core.models.resources import Memory
from autolab_core.schedulers.slurm.adapter import SlurmScheduler
from autolab_core.vocab.cloud import CloudPhase
from tests.integration.cloud.place import Place
from tests.unit.cloud import samples
from tests.unit.experiment.samples import config, metrics


@pytest.fixture
def place(slurm, tmp_path) -> Place:
    root = samples.proven(samples.repository(tmp_path / "repository"))
    environ = {**slurm.environment, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    scheduler = SlurmScheduler(root, LocalRunner(), interval=0, environ=environ)
    engine = SlurmEngine(root, LocalRunner(), scheduler, SlurmSettings(memory=Memory(64 * 2**20)))
    return Place(root, engine, FolderStorage(tmp_path / "storage"))


def test_a_run_goes_to_the_cluster_is_found_again_and_comes_home(place):
    intent = place.submit()
    handle = place.engine.find(intent.run_id)

    assert handle is not None
    assert (place.submit(), handle.engine_id) == (intent, intent.handle)
    assert [run.handle.run_id for run in place.engine.list()] == [intent.run_id]
    seen = place.over()
    assert (seen.standing.phase, seen.standing.exit_code) == (CloudPhase.ENDED, 0), place.told(seen)
    pulled = place.pull()
    assert pulled.merged is not None
    assert (pulled.merged.merged, pulled.merged.end) == (True, "finished")
    assert [row["loss"] for row in metrics(place.root)["per_seed"]] == [0.3, 0.31, 0.32]
    reported = config(place.root)["resource_usage"]["reported"]["cloud"]
    assert (reported["engine"], reported["handle"]) == ("slurm", intent.handle)


@pytest.mark.long
def test_a_run_that_is_ended_there_has_saved_what_it_made(place):
    (place.root / samples.SCRIPT).write_text(
        f"import pathlib, time\npathlib.Path('{samples.RESULTS}', 'first.txt').write_text('kept')\ntime.sleep(60)\n"
    )
    samples.git(place.root, "commit", "-aqm", "slow")
    intent = place.submit()
    place.until(lambda seen: "outputs saved" in seen.standing.line)
    handle = place.engine.find(intent.run_id)
    assert handle is not None
    place.engine.terminate(handle, reason="a test")

    seen = place.over()
    assert seen.standing.exit_code == 143, place.told(seen)
    place.pull()
    assert (place.results / "first.txt").read_text() == "kept"
