"""What a test gets wrong answers from: ``FaultySlurm``, a Slurm that fails in the way and at the moment you choose.

    from autolab_core.testing import FaultySlurm

    slurm = FaultySlurm(tmp_path / "slurm")
    slurm.fault("sbatch", "accept_then_time_out", times=1)
    subprocess.run(["autolab", "launch", ...], env=slurm.environment)
    assert len(slurm.jobs()) == 1

See ``docs/testing-with-a-faulty-slurm.md``. Nothing of Autolab itself uses it.
"""

from __future__ import annotations

from autolab_core.testing.faulty_slurm import FakeJob, FaultyRunner, FaultySlurm

__all__ = ["FakeJob", "FaultyRunner", "FaultySlurm"]
