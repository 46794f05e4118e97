"""Sending by git: the commit, and where the tree is not the commit's a second one on top of it, then a checkout there.

The other side's repository is bare and ours alone. Each run has refs of its own that name what they point to, so that
runs do not meet, nothing is ever forced, and a push that was cut is simply done again.
"""

from __future__ import annotations

from typing import Final

import attrs

from autolab_core.exec.command import CommandResult
from autolab_core.git.entries import Entry
from autolab_core.git.snapshot import Snapshot
from autolab_core.transfer.base import Progress, TransferError
from autolab_core.transfer.sending.far import FarPlace, FarTree, far_call
from autolab_core.transfer.sending.parcel import Parcel
from autolab_core.transfer.words import of_text
from autolab_core.vocab.errors import RunnerError
from autolab_core.vocab.transfers import TransferFault

__all__ = ["Pushing", "Recorded", "recorded", "send_by_git"]

_REPOSITORY: Final = "repo.git"
# $1 our folder, $2 the object format. Two may make it at once: the first to rename it has made it.
_INIT: Final = """\
command -v git >/dev/null || exit 69
cd -- "$1" || exit 66
[ -e repo.git/HEAD ] && exit 0
case $2 in sha256) format=--object-format=sha256 ;; *) format= ;; esac
new=repo.git.$$
trap 'rm -rf -- "$new"' EXIT
GIT_CONFIG_NOSYSTEM=1 git init --quiet --bare --template= $format "$new" || exit 1
# A checkout gives the bytes that were sent, whatever the files of the tree ask for.
mkdir -p "$new/info" && echo '* -text -eol -ident -filter -working-tree-encoding' >"$new/info/attributes" || exit 1
for setting in core.autocrlf=false core.symlinks=true core.protectNTFS=false core.protectHFS=false gc.auto=0 \\
    receive.autogc=false receive.shallowUpdate=true receive.denyNonFastForwards=true; do
    git --git-dir="$new" config "${setting%%=*}" "${setting#*=}" || exit 1
done
mv -T -- "$new" repo.git 2>/dev/null || [ -e repo.git/HEAD ]
"""
# $1 our folder, $2 the run's folder, $3 the commit's tree. No hook and no filter of anybody's runs.
_CHECK_OUT: Final = """\
cd -- "$1" || exit 66
GIT_INDEX_FILE=$2/index
export GIT_INDEX_FILE
unset GIT_DIR GIT_WORK_TREE
rm -f -- "$GIT_INDEX_FILE" "$GIT_INDEX_FILE.lock"
quiet() { git --git-dir="$1/repo.git" --work-tree="$2/tree.part" -c core.hooksPath=/dev/null -c core.fsmonitor=false \\
    -c core.sparseCheckout=false "$3" "$4" "$5"; }
quiet "$1" "$2" read-tree --reset "$3" && cd -- "$2/tree.part" && quiet "$1" "$2" checkout-index --all --force
code=$?
rm -f -- "$GIT_INDEX_FILE"
exit $code
"""
_KNOWN: Final = """cd -- "$1/repo.git" && git --git-dir=. for-each-ref --format='%(objectname)'"""
# $1 our folder, then pairs of a ref and its commit.
_UNPACK: Final = """\
cd -- "$1/repo.git" || exit 66
shift
git --git-dir=. index-pack --stdin --fix-thin >/dev/null || exit 1
while [ $# -gt 0 ]; do git --git-dir=. update-ref "$1" "$2" || exit 1; shift 2; done
"""
# A login shell that prints something to programs cannot serve git's own protocol.
_NOT_SERVED: Final = ("bad line length character", "protocol error", "expected flush", "unexpected content")
_BYTES_A_SECOND: Final = 500_000


@attrs.frozen
class Pushing:
    """How a push is done: to the refs below *ref*, in at most *seconds* (what has not come by then hangs), with
    *progress* told of its steps."""

    ref: str
    seconds: float
    progress: Progress | None = None


@attrs.frozen
class Recorded:
    """``commit`` is what is sent, ``tree`` its tree; ``patch`` leads from the parcel's commit to the tree without the
    run's own files, None where there is nothing in it."""

    commit: str
    tree: str
    patch: bytes | None


def recorded(snapshot: Snapshot, parcel: Parcel) -> Recorded:
    """Write down the parcel as a commit. Raises StoreError where a file is no longer as it was read."""
    entries = {path: Entry(each.mode, each.blob) for path, each in parcel.files.items() if each.blob is not None}
    fresh = {path: entries[path] for path in (*parcel.changed, *parcel.added) if path in entries}
    snapshot.store({path: entry for path, entry in fresh.items() if parcel.files[path].on_disk})
    before = _tree_before(snapshot, parcel) if parcel.commit else None
    others = {path: entry for path, entry in entries.items() if path not in parcel.own}
    if parcel.own and parcel.commit:  # a file that the run replaces is in the patch as the commit has it
        known = snapshot.committed(parcel.commit)
        others |= {path: known[path] for path in parcel.own if path in known}
    plain = snapshot.tree(others)
    patch = None if plain == before else snapshot.patch(before, plain)
    own = {path: entries[path] for path in parcel.own}
    snapshot.store(own)
    tree = snapshot.tree(entries | own) if own else plain
    return Recorded(snapshot.commit(tree, parcel.commit), tree, patch or None)


def _tree_before(snapshot: Snapshot, parcel: Parcel) -> str:
    """The tree of the parcel's commit, less what is not sent of it: a patch need not take away what never goes."""
    commit = str(parcel.commit)
    if not parcel.left_out:
        return snapshot.tree_of(commit)
    left_out = frozenset(parcel.left_out)
    return snapshot.tree({path: each for path, each in snapshot.committed(commit).items() if path not in left_out})


def send_by_git(
    place: FarPlace, tree: FarTree, parcel: Parcel, snapshot: Snapshot, sent: Recorded, how: Pushing
) -> None:
    """Push *sent* and check it out as ``tree.part``. Raises TransferError; calling it again goes on."""
    kind = "sha256" if len(sent.commit) == 64 else "sha1"
    far_call(place.runner, _INIT, place.folder, kind)
    refs = {f"{how.ref}/{commit}": commit for commit in dict.fromkeys((parcel.commit or sent.commit, sent.commit))}
    runner = place.runner
    what = f"{runner.host.name}:{place.folder}: the commit could not be pushed"
    try:
        done = snapshot.push(runner.ssh, runner.host.name, f"{place.folder}/{_REPOSITORY}", refs, how.seconds)
    except RunnerError as error:
        message = f"{what}: {error}; see whether the host answers, and try again"
        raise TransferError(TransferFault.CONNECTIVITY, message, transient=error.transient) from error
    if done.exit_code != 0:
        if not _is_not_served(done):
            said = done.stderr.decode("utf-8", "replace")
            otherwise = (TransferFault.CONNECTIVITY, True, "try again; what has arrived is kept")
            raise of_text(what, said, program_exit=done.exit_code, otherwise=otherwise)
        _send_pack(place, parcel, snapshot, refs)
    count, length = len(parcel.files), parcel.bytes
    if how.progress is not None:  # all of it is there, and none of it is a file yet
        how.progress(0, length, count, length)
    tree.clear()
    far_call(runner, _CHECK_OUT, place.folder, tree.folder, sent.tree, seconds=300 + length / _BYTES_A_SECOND)
    if how.progress is not None:
        how.progress(count, length, count, length)


def _send_pack(place: FarPlace, parcel: Parcel, snapshot: Snapshot, refs: dict[str, str]) -> None:
    known = far_call(place.runner, _KNOWN, place.folder).text.split()
    pack = snapshot.pack(refs.values(), known)
    pairs = [word for pair in refs.items() for word in pair]
    far_call(place.runner, _UNPACK, place.folder, *pairs, stdin=pack, seconds=300 + len(pack) / _BYTES_A_SECOND)


def _is_not_served(done: CommandResult) -> bool:
    said = done.stderr.decode("utf-8", "replace").lower()
    return any(words in said for words in _NOT_SERVED)
