"""``sync_to_remote``: a planned run's tree to the machine that it is submitted on, proven there before anything else.

The intent is on disk by then. Whatever is cut here is taken up by the next launch: the run's id finds the tree again.
"""

from __future__ import annotations

import attrs

from autolab_core.io.atomic import write_bytes
from autolab_core.io.environment import activation_block
from autolab_core.io.layout import ENVIRONMENT
from autolab_core.models.manifest import RunManifest
from autolab_core.models.remote import RemoteRecord
from autolab_core.stages.context import StageContext
from autolab_core.stages.launching.plan import LaunchPlan, launch_copies
from autolab_core.stages.launching.provenance import environment_there
from autolab_core.stages.remote.destination import Destination, shipment_of

__all__ = ["sync_to_remote"]


def sync_to_remote(context: StageContext, plan: LaunchPlan, there: Destination) -> tuple[RunManifest, LaunchPlan]:
    """Send the tree with the launch's own files; the manifest with what lies there now, saved, and the plan with it.

    Raises TransferError, RunnerError and StoreError where it is not proven to be there, Unguardable where its guard
    cannot be had there: then nothing may be submitted.
    """
    from autolab_core.transfer.sending import send
    from autolab_core.transfer.sending.far import far_call

    repository, remote = context.repository, there.remote
    also = {path for path in plan.files if path.startswith(plan.paths.folder)}
    also |= plan.guard.files.keys() if plan.guard is not None else set()
    shipment = shipment_of(context, remote, plan.paths, plan.manifest.run_id, also=tuple(sorted(also)))
    record = send(shipment, remote.runner, now=context.now, progress=context.files)
    # A folder alone is not sent: by this one a job script knows a repository.
    far_call(remote.runner, 'mkdir -p -- "$1/.autolab"', record.work_tree)
    activation = there.activated(activation_block(repository.tree().source(ENVIRONMENT), ENVIRONMENT).text)
    manifest = _sent(plan.manifest, record)
    if manifest.environment is not None:
        known = environment_there(remote.runner, record.work_tree, activation, manifest.environment)
        manifest = attrs.evolve(manifest, environment=known)
    replicates = tuple(attrs.evolve(_sent(each, record), environment=manifest.environment) for each in plan.replicates)
    if plan.guard is not None:
        from autolab_core.stages.remote.far_guard import prepare_guard

        prepare_guard(remote, plan.guard)
        for path, source in launch_copies(manifest, replicates).items():  # with the environment that is there
            write_bytes(repository.absolute(path), source)
    for each in (*replicates, manifest):
        repository.save_manifest(plan.run.sibling(each.run_id), each)
    return manifest, attrs.evolve(plan, manifest=manifest, replicates=replicates)


def _sent(manifest: RunManifest, record: RemoteRecord) -> RunManifest:
    return attrs.evolve(manifest, remote=record)
