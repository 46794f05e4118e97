"""What a launch on Slurm writes and submits. Pure."""

from __future__ import annotations

from autolab_core.models.job import JobSpec
from autolab_core.schedulers.slurm.request import request_of
from autolab_core.schedulers.slurm.script import SlurmScript, render
from autolab_core.stages.launching.plan_local import local_script
from autolab_core.stages.launching.planned import Intent, Planned
from autolab_core.stages.watching.artifacts import SHARED_METHOD

__all__ = ["plan_slurm"]


def plan_slurm(intent: Intent) -> Planned:
    """Two scripts, each with the run's own copy: the batch script, whose copy is submitted, and ``run_local.sh``.

    The latter is the command record; nothing starts it, unless the run is started inside an allocation: then it is what
    runs, and the batch script is the record of what would have been submitted. Raises IncompleteRequest when the design
    leaves time or memory to the cluster, UsageError for what cannot be said to Slurm.
    """
    run, paths = intent.run, intent.paths
    compute = intent.design.compute
    batch = render(
        SlurmScript(
            iteration_id=intent.design.iteration_id,
            iteration_folder=paths.folder,
            run_id=intent.run_id,
            run_folder=run.folder,
            token=intent.token,
            activation=intent.activation,
            root=intent.root,
            command=intent.command,
            request=request_of(compute),
            guard=intent.guard,
            requeue=intent.requeue,
            array=intent.array.tasks if intent.array is not None else None,
            variables=intent.variables,
            scratch=intent.scratch,
        )
    )
    local = local_script(intent)
    files = {paths.run_slurm: batch, paths.run_local: local, run.batch_script: batch, run.script: local}
    job = JobSpec(
        run.folder,
        run.batch_script,
        compute.walltime_estimate,
        intent.grace,
        requeue=intent.requeue,
        options=intent.options,
    )
    if intent.inside is not None:
        words = intent.inside.words(intent.design, intent.token)
        job = JobSpec(run.folder, run.script, compute.walltime_estimate, intent.grace, within=words)
    return Planned(files, job, SHARED_METHOD)
