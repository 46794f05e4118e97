"""Guarding a run on a machine behind ssh: who can do it there, the proof that it will, and what its guard saw.

The guard is this program, of this version, installed there; nothing of it is sent. Its record comes home by the
connection itself, which brings an answer whole or none.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import attrs

from autolab_core import __version__
from autolab_core.exec.command import Command, CommandResult
from autolab_core.io.atomic import make_dirs, write_bytes
from autolab_core.io.documents import MAX_BYTES
from autolab_core.io.layout import guard_record
from autolab_core.io.repository import Repository
from autolab_core.models.manifest import RunManifest
from autolab_core.models.remote import RemoteRecord
from autolab_core.stages.launching.guarding import RunGuard, Seat, Unguardable
from autolab_core.transfer.base import TransferError
from autolab_core.transfer.sending.far import far_call
from autolab_core.vocab.transfers import TransferFault

if TYPE_CHECKING:
    from autolab_core.stages.remote.machines import Remote

__all__ = ["bring_guard_record", "installed_there", "prepare_guard", "seat_there"]

_SECONDS: Final = 60.0
# Isolated, as the guard is entered: what only PYTHONPATH or the user's own packages bring does not count.
_ASK: Final = """\
import json, sys
from autolab_core import __version__
from autolab_core.guard.installation import installation
print(json.dumps({"version": __version__, "python": sys.executable, "tool": installation()}))
"""
# $1 the record, $2 how many bytes it may have.
_RECORD: Final = """\
[ -e "$1" ] || [ -L "$1" ] || { echo none; exit 0; }
[ -f "$1" ] && [ ! -L "$1" ] || { echo strange; exit 0; }
[ "$(wc -c <"$1")" -le "$2" ] || { echo long; exit 0; }
echo record
cat -- "$1"
"""


def installed_there(remote: Remote) -> tuple[Seat | None, str]:
    """The seat of a guard on *remote*, without a root yet, or why there is none: a word for people either way.

    Raises RunnerError where the host does not answer.
    """
    python = remote.profile.python or "python3"
    done = remote.activated.run(Command((python, "-I", "-c", _ASK), timeout=_SECONDS))
    said = _answer(done)
    if said is None:
        return None, f"`{python} -I` there has no Autolab: {done.complaint or f'exit code {done.exit_code}'}"
    if said["version"] != __version__:
        return None, f"`{python} -I` there has Autolab {said['version']}, and this is {__version__}"
    return Seat(said["python"], "", tuple(said["tool"]), None, away=True), f"{__version__} by {said['python']}"


def _answer(done: CommandResult) -> dict[str, Any] | None:
    try:
        said = json.loads(done.stdout.splitlines()[-1]) if done.exit_code == 0 else None
    except (ValueError, IndexError):
        return None
    if not isinstance(said, dict) or said.keys() != {"version", "python", "tool"}:
        return None
    return said if isinstance(said["tool"], list) and str(said["python"]).startswith("/") else None


def seat_there(remote: Remote, work_tree: str) -> Seat:
    """Where the guard of a run in *work_tree* is entered. Raises Unguardable, RunnerError."""
    if remote.profile.scratch is not None:
        raise Unguardable(
            f"the run has to be guarded, and remote profile {remote.name} gives it a folder below "
            f"{remote.profile.scratch}, which a guarded run may not write",
            "use a profile without `scratch`",
        )
    seat, said = installed_there(remote)
    if seat is None:
        raise Unguardable(
            f"the run has to be guarded, and remote profile {remote.name} cannot do that: {said}",
            f"have autolab-verify {__version__} installed there, and name its interpreter as `python` of the profile; "
            "or launch on the cluster itself",
        )
    return attrs.evolve(seat, root=work_tree)


def prepare_guard(remote: Remote, guard: RunGuard) -> None:
    """Make the folders that *guard* lets the run write, and have its policy tried where it will be entered.

    The tree with the policy is there. Raises Unguardable where no level there is strong enough, TransferError.
    """
    seat = guard.seat
    far_call(remote.runner, 'cd -- "$1" && shift && mkdir -p -- "$@"', seat.root, *guard.folders)
    [path] = guard.files
    words = (seat.python, "-I", "-m", "autolab_cli", "guard", "check", "--root", seat.root, "--policy")
    done = remote.activated.run(Command((*words, f"{seat.root}/{path}"), cwd=seat.root, timeout=_SECONDS))
    if done.exit_code != 0:
        lines = done.text.strip().splitlines()
        why = done.complaint.removeprefix("autolab: ") or (lines[-1] if lines else f"exit code {done.exit_code}")
        raise Unguardable(
            f"the run cannot be guarded on {remote.profile.host}: {why}",
            "`autolab guard check` there says what is missing; or launch where it can be guarded",
        )


def bring_guard_record(remote: Remote, repository: Repository, manifest: RunManifest, record: RemoteRecord) -> None:
    """Put the guard's record of the run *manifest* where a record of this machine would lie; none there, none here.

    Raises TransferError, StoreError.
    """
    path = guard_record(manifest.run_id)
    far = f"{record.work_tree}/{path}"
    kind, _, source = far_call(remote.runner, _RECORD, far, str(MAX_BYTES)).stdout.partition(b"\n")
    if kind == b"record":
        make_dirs(repository.absolute(path).parent)
        write_bytes(repository.absolute(path), source)
    elif kind != b"none":
        what = f"is longer than {MAX_BYTES} bytes" if kind == b"long" else "is no regular file"
        raise TransferError(TransferFault.LIMITS, f"{remote.profile.host}:{far}: the guard's record {what}")
