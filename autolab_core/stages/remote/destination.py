"""Whether a run is sent to a machine behind ssh, to which, and what is known of it before anything is sent."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from autolab_core.io.experiment_layout import experiment_results
from autolab_core.io.layout import IterationPaths
from autolab_core.models.design import Design
from autolab_core.models.manifest import ArtifactSync, ProbeResult, RunManifest
from autolab_core.models.remote import RemoteProfile, RemoteRecord
from autolab_core.stages.context import StageContext
from autolab_core.stages.launching.guarding import RunGuard, Seat, Unguardable
from autolab_core.stages.launching.host import probe_host, resolve_host_mode
from autolab_core.stages.launching.planned import Intent
from autolab_core.stages.remote.machines import Remote
from autolab_core.vocab.guard import GuardLevel
from autolab_core.vocab.states import HostMode, SyncStatus

if TYPE_CHECKING:
    from autolab_core.transfer.sending import Parcel, Shipment

__all__ = [
    "Destination",
    "chosen_remote",
    "destination",
    "misfit",
    "probes_of",
    "seat_of",
    "shipment_of",
    "silence",
]


@attrs.frozen
class Destination:
    """``record`` is what the manifest says of it, as far as it is known before the files are there.

    ``parcel`` is what is sent, but for the files that the launch itself writes; ``probes`` are of the host.
    """

    remote: Remote
    record: RemoteRecord
    parcel: Parcel
    probes: Mapping[str, ProbeResult]

    @property
    def profile(self) -> RemoteProfile:
        return self.remote.profile

    def meant(self, intent: Intent) -> Intent:
        """*intent* for that machine: where the tree lies there, and what the site wants of a job."""
        profile = self.profile
        return attrs.evolve(
            intent,
            root=self.record.work_tree,
            activation=self.activated(intent.activation),
            scratch=profile.scratch,
            options=profile.submit_options,
        )

    def recorded(self, manifest: RunManifest) -> RunManifest:
        """*manifest*, which says where the run is sent and how its files are to come home."""
        sync = ArtifactSync(SyncStatus.PENDING, self.profile.pull.method)
        return attrs.evolve(manifest, remote=self.record, artifact_sync_to_local=sync)

    def activated(self, block: str) -> str:
        """What a job script runs before its command: the profile's lines, then *block*, the environment page's."""
        if not self.profile.activation:
            return block
        return f"{self.profile.activation.rstrip()}\n# --- that was remote profile {self.remote.name}\n{block}"


def chosen_remote(context: StageContext, named: str | None, here: Mapping[str, ProbeResult] | None) -> Remote | None:
    """The machine that the run is to be sent to; None for a run of this host.

    *named* is the profile that the launch or the design names. *here* is what this host says of itself, where the
    design wants Slurm: it is the default profile then, when this host has none. Raises UsageError for a profile that is
    not there, DocumentError for profiles that cannot be read.
    """
    if named is None and here is not None and resolve_host_mode(here) is not HostMode.SLURM:
        named = context.remotes.default if context.remotes is not None else None
    return None if named is None else context.remote(named)


def misfit(remote: Remote, design: Design, probes: Mapping[str, ProbeResult]) -> str | None:
    """Why the design does not fit *remote*, by what the *probes* there said; None when it does."""
    where = f"remote profile {remote.name} ({remote.profile.host})"
    if design.compute.location is HostMode.LOCAL:
        return f"the design asks for compute.location {HostMode.LOCAL}, and what is sent through {where} runs on Slurm"
    if resolve_host_mode(probes) is HostMode.SLURM:
        return None
    said = "; ".join(
        f"`{' '.join(each.argv)}` ended with {each.exit_code}" for name, each in probes.items() if name != "hostname"
    )
    return f"{where} has no Slurm: {said}"


def silence(remote: Remote, probes: Mapping[str, ProbeResult]) -> str | None:
    """Why *remote* cannot be asked; None when it answers."""
    mute = [each.stderr for each in probes.values() if each.exit_code is None]
    return f"remote profile {remote.name} cannot be asked: {mute[0]}" if mute else None


def seat_of(there: Destination, required: RunGuard | None, spec: str | None = None) -> Seat | None:
    """Where the guard that is *required* by the policy is entered there; None where nobody requires one: it is left out
    then, and the run's manifest says of none.

    Raises Unguardable where nothing there can hold it. A run of *spec* is not sent either way: its results would stay
    there.
    """
    if spec is not None:
        raise Unguardable(
            f"the results of {spec} are written to {experiment_results(spec)}, and through remote profile "
            f"{there.remote.name} the run's own folder alone comes home",
            "launch it on the cluster itself",
        )
    if required is None or required.policy.require == GuardLevel.NONE:
        return None
    from autolab_core.stages.remote.far_guard import seat_there

    return seat_there(there.remote, there.record.work_tree)


def destination(
    context: StageContext, remote: Remote, paths: IterationPaths, run_id: str, probes: Mapping[str, ProbeResult]
) -> Destination:
    """The place of the run *run_id* on *remote*, whose folder is made there; nothing else is.

    Raises UsageError where the profile refuses the tree as it is, TransferError, StoreError, RunnerError.
    """
    from autolab_core.transfer.sending import pack
    from autolab_core.transfer.sending.far import FarPlace, repository_name

    shipment = shipment_of(context, remote, paths, run_id)
    parcel = pack(shipment)
    place = FarPlace.prepare(remote.runner, remote.profile.root, repository_name(shipment.root))
    record = RemoteRecord(
        profile=remote.name,
        host=remote.profile.host,
        root=remote.profile.root,
        work_tree=place.tree(run_id).whole.path,
        method=remote.profile.push.method,
        commit=parcel.commit,
        clock_offset_seconds=place.clock_offset,
    )
    return Destination(remote, record, parcel, probes)


def shipment_of(
    context: StageContext,
    remote: Remote,
    paths: IterationPaths,
    run_id: str,
    *,
    also: tuple[str, ...] = (),
) -> Shipment:
    """What is sent for the run *run_id*: the tree, and *also* what the launch has written for it."""
    from autolab_core.transfer.sending import Shipment

    root = os.path.realpath(context.repository.root)
    return Shipment(
        root,
        run_id,
        remote.name,
        remote.profile,
        also=also,
        apart_from=(paths.run_local, paths.run_slurm, f"{paths.runs}/"),
        patch=context.repository.absolute(paths.run(run_id).sent_patch),
        here=context.runner,
    )


def probes_of(remote: Remote) -> Mapping[str, ProbeResult]:
    """What the host of *remote* says of itself, behind the profile's activation."""
    return probe_host(remote.activated)
