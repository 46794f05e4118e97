"""``sync_to_remote`` as one call: gather, refuse what may not go, send, prove, and only then say that it is there."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import attrs

from autolab_core.exec.command import Runner
from autolab_core.exec.local import LocalRunner
from autolab_core.git.snapshot import Snapshot
from autolab_core.io.atomic import write_bytes
from autolab_core.models.remote import RemoteProfile, RemoteRecord
from autolab_core.transfer.base import FarRunner, Progress
from autolab_core.transfer.sending.by_git import Pushing, Recorded, recorded, send_by_git
from autolab_core.transfer.sending.by_rsync import send_by_rsync
from autolab_core.transfer.sending.far import FarPlace, FarTree, repository_name
from autolab_core.transfer.sending.gathering import gather
from autolab_core.transfer.sending.parcel import Parcel
from autolab_core.transfer.sending.proof import difference, require_equal
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.ids import check_id
from autolab_core.vocab.remote import DirtyTree, PushMethod
from autolab_core.vocab.times import format_utc

__all__ = ["Shipment", "pack", "send"]

_SHOWN: Final = 3
_PUSH_SECONDS: Final = 3600.0


@attrs.frozen
class Shipment:
    """What is to be sent: the repository at *root* (a real path), for the run *run_id*, by the *profile* *name*.

    ``also``: files of the run itself that the far side needs (its batch script). ``apart_from``: see ``gather``.
    ``patch``: where the patch is written down that leads from the commit to what was sent.
    """

    root: str
    run_id: str
    name: str
    profile: RemoteProfile
    also: tuple[str, ...] = ()
    apart_from: tuple[str, ...] = ()
    patch: Path | None = None
    here: Runner = attrs.field(factory=LocalRunner)

    def __attrs_post_init__(self) -> None:
        check_id("run id", self.run_id)


def pack(shipment: Shipment) -> Parcel:
    """What ``send`` would send: for ``--dry-run``, and before anything is asked of the far side.

    Raises UsageError where the profile refuses the tree as it is, and as ``gather`` does.
    """
    push = shipment.profile.push
    parcel = gather(shipment.here, shipment.root, push.rules, also=shipment.also, apart_from=shipment.apart_from)
    if parcel.changed and push.dirty == DirtyTree.REFUSE:
        more = f" and {len(parcel.changed) - _SHOWN} more" if len(parcel.changed) > _SHOWN else ""
        names = ", ".join(parcel.changed[:_SHOWN]) + more
        raise UsageError(
            f"the tree is not as its commit has it ({names}): commit first, or set `push.dirty: patch` in the profile "
            f"{shipment.name}"
        )
    if parcel.commit is None and push.method == PushMethod.GIT:
        raise UsageError(f"there is no commit to push: commit first, or set `push.method: rsync` in {shipment.name}")
    return parcel


def send(
    shipment: Shipment,
    runner: FarRunner,
    *,
    now: Callable[[], datetime],
    progress: Progress | None = None,
    push_seconds: float = _PUSH_SECONDS,
) -> RemoteRecord:
    """Bring the tree to the far side and prove it there. The caller knows that no job of this run is there yet.

    *progress* hears of what is there while it is sent: by rsync each second, by git when all objects are there, and
    when they are checked out. *push_seconds*: how long git's push may take; rsync ends after two silent minutes.

    Called again with the same run and the same files it proves the tree that is there; after a cut it goes on. Raises
    TransferError (``transient``: calling it again may help), and as ``pack`` does; then nothing may be submitted.
    """
    parcel = pack(shipment)
    count, length = len(parcel.files), parcel.bytes
    if not parcel.files:
        raise UsageError("there is no file to send: see `exclude` of the profile")
    with tempfile.TemporaryDirectory(prefix="autolab-push-") as scratch:
        snapshot, written = None, None
        if parcel.commit is not None:
            snapshot = Snapshot(shipment.here, shipment.root, scratch)
            written = recorded(snapshot, parcel)
        place = FarPlace.prepare(runner, shipment.profile.root, repository_name(shipment.root))
        tree = place.tree(shipment.run_id)
        if progress is not None:
            progress(0, 0, count, length)
        if tree.sent != parcel.tree_sha256 or difference(tree.whole, parcel, others=True) is not None:
            how = Pushing(_ref(shipment.run_id), push_seconds, progress)
            _make(shipment, place, tree, parcel, snapshot, written, how)
            tree.adopt(parcel.tree_sha256)
        if progress is not None:
            progress(count, length, count, length)
    return RemoteRecord(
        profile=shipment.name,
        host=shipment.profile.host,
        root=shipment.profile.root,
        work_tree=tree.whole.path,
        method=shipment.profile.push.method,
        commit=parcel.commit,
        patch_sha256=_keep_patch(shipment, written),
        tree_sha256=parcel.tree_sha256,
        files=count,
        bytes=length,
        sent_at=format_utc(now()),
        clock_offset_seconds=place.clock_offset,
    )


def _make(
    shipment: Shipment,
    place: FarPlace,
    tree: FarTree,
    parcel: Parcel,
    snapshot: Snapshot | None,
    written: Recorded | None,
    how: Pushing,
) -> None:
    """``tree.part`` as the parcel has it, proven."""
    if shipment.profile.push.method == PushMethod.GIT and snapshot is not None and written is not None:
        send_by_git(place, tree, parcel, snapshot, written, how)
        require_equal(tree.part, parcel)
        return
    if not tree.begun:
        tree.clear()
    send_by_rsync(shipment.here, tree.part, parcel, how.progress)
    if tree.begun and difference(tree.part, parcel) is not None:
        # What an earlier push left there is not what is sent now.
        tree.clear()
        send_by_rsync(shipment.here, tree.part, parcel, how.progress)
    require_equal(tree.part, parcel)


def _ref(run_id: str) -> str:
    """The run's own refs begin with it: an id may hold what a ref's part may not (``..``, an end in ``.lock``)."""
    return f"refs/autolab/runs/{run_id.replace('..', '.+.')}_"


def _keep_patch(shipment: Shipment, written: Recorded | None) -> str | None:
    if written is None or written.patch is None:
        return None
    if shipment.patch is not None:
        write_bytes(shipment.patch, written.patch)
    return hashlib.sha256(written.patch).hexdigest()
