"""A run as a job of Slurm, its storage a folder that the nodes see: the cluster is a fake one that really runs jobs."""

from __future__ import annotations

from autolab_core.cloud.engines.slurm.adapter import SlurmEngine
from autolab_core.cloud.engines.slurm.settings import SlurmSettings
from autolab_core.cloud.storage.folder import FolderStorage
from autolab_core.models.resources import Memory
from autolab_core.schedulers.slurm.adapter import SlurmScheduler
from autolab_core.testing import FaultySlurm
from autolab_core.vocab.cloud import CloudPhase
from tests.integration.cloud.place import Place
from tests.unit.cloud import samples


def make(tmp_path) -> tuple[Place, FaultySlurm]:
    root = samples.proven(samples.repository(tmp_path / "repository"))
    slurm = FaultySlurm(tmp_path / "slurm", execute=True)
    scheduler = SlurmScheduler(root, slurm.runner, interval=0, environ=slurm.environment)
    engine = SlurmEngine(root, slurm.runner, scheduler, SlurmSettings(memory=Memory(2**30)))
    return Place(root, engine, FolderStorage(tmp_path / "storage")), slurm


def test_a_run_goes_to_the_cluster_and_comes_home(tmp_path):
    place, _ = make(tmp_path)

    place.submit()
    seen = place.over()

    assert (seen.standing.phase, seen.standing.exit_code) == (CloudPhase.ENDED, 0), place.told(seen)
    pulled = place.pull()
    assert pulled.merged is not None
    assert pulled.merged.merged
    assert (place.results / "curves" / "1.csv").exists()


def test_a_submission_whose_answer_is_lost_is_found_again(tmp_path):
    place, slurm = make(tmp_path)
    slurm.fault("sbatch", "accept_then_time_out", times=1)

    intent = place.submit()

    assert [job.id for job in slurm.jobs(f"autolab-{intent.run_id}")] == [intent.handle]
    assert place.over().standing.exit_code == 0
