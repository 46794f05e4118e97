"""What a launch on this machine writes and starts. Pure."""

from __future__ import annotations

from autolab_core.models.job import JobSpec
from autolab_core.schedulers.local.script import LocalScript, render
from autolab_core.stages.launching.planned import Intent, Planned
from autolab_core.stages.watching.artifacts import LOCAL_METHOD

__all__ = ["local_script", "plan_local"]


def plan_local(intent: Intent) -> Planned:
    """One script: the iteration's, and the run's own copy, which is started."""
    script, run = local_script(intent), intent.run
    job = JobSpec(run.folder, run.script, intent.design.compute.walltime_estimate, intent.grace)
    return Planned({intent.paths.run_local: script, run.script: script}, job, LOCAL_METHOD)


def local_script(intent: Intent) -> bytes:
    """``run_local.sh`` for *intent*."""
    return render(
        LocalScript(
            iteration_id=intent.design.iteration_id,
            iteration_folder=intent.paths.folder,
            run_id=intent.run_id,
            run_folder=intent.run.folder,
            token=intent.token,
            command=intent.command,
            activation=intent.activation,
            variables=intent.variables,
            guard=intent.guard,
        )
    )
