"""Mutations for each rule of ``local_artifacts``."""

from __future__ import annotations

import hashlib
import json
from typing import Final

from autolab_core.io.layout import POLICY
from autolab_verifiers.selftest.mutation import Mutation
from autolab_verifiers.selftest.repository import OUTPUT, OUTPUT_NAME, RUN_PATHS, Repository

__all__ = ["TABLE"]

LIST = RUN_PATHS.checksums
SYNC = "/artifact_sync_to_local"
ZERO = "0" * 64
FAR_NAME = RUN_PATHS.far_checksums.removeprefix(f"{RUN_PATHS.folder}/")


def _list_says(r: Repository, text: str) -> Repository:
    """Let the run's list be *text*, as if the manifest had always known it."""
    r.write(LIST, text)
    sha256 = hashlib.sha256((r.root / LIST).read_bytes()).hexdigest()
    r.manifest(f"{SYNC}/checksums_sha256", sha256)
    r.manifest(f"{SYNC}/files", len(text.splitlines()))
    sync = json.loads((r.root / RUN_PATHS.manifest).read_bytes())[SYNC[1:]]
    return r.drop(RUN_PATHS.manifest, f"{SYNC}/bytes") if "bytes" in sync else r


def _list_also_says(r: Repository, name: str) -> Repository:
    """Let the run's list name one more file, with the hash of no file."""
    return _list_says(r, f"{(r.root / LIST).read_text()}{ZERO}  {name}\n")


def _without_list(r: Repository) -> Repository:
    """Let the run be one from before there were lists."""
    return r.remove(LIST).drop(RUN_PATHS.manifest, f"{SYNC}/checksums_sha256")


def _came_from_afar(r: Repository, sha256: str, name: str = OUTPUT_NAME) -> Repository:
    """Let the run have come from another machine, where *name* had the hash *sha256*."""
    far = f"{sha256}  {name}\n"
    r.write(RUN_PATHS.far_checksums, far)
    others = [line for line in (r.root / LIST).read_text().splitlines() if not line.endswith(f"  {FAR_NAME}")]
    return _list_says(r, "\n".join((*others, f"{hashlib.sha256(far.encode()).hexdigest()}  {FAR_NAME}\n")))


def _came_home(r: Repository) -> Repository:
    """Let the run have come from another machine, as it was there."""
    return _came_from_afar(r, hashlib.sha256((r.root / OUTPUT).read_bytes()).hexdigest())


def _grow(r: Repository, path: str) -> Repository:
    return r.write(path, (r.root / path).read_bytes() + b"\n")


def _swap(r: Repository, path: str) -> Repository:
    """Change *path* without changing its length."""
    return r.write(path, (r.root / path).read_bytes().swapcase())


def _become_a_link(r: Repository, path: str, target: str) -> Repository:
    (r.root / path).rename(r.root / target)
    return r.link(path, str(r.root / target))


REQUIRED = "settings: {local_artifacts: {require_list: true}}\n"
# What the verdict on the sync status follows from.
UNPROVEN = frozenset({"LA004"})
LATER = f"{OUTPUT}.later"

TABLE: Final[tuple[Mutation, ...]] = (
    Mutation("LA001", "list_is_gone", lambda r: r.remove(LIST)),
    Mutation("LA001", "list_is_empty", lambda r: r.write(LIST, "")),
    Mutation("LA001", "list_is_prose", lambda r: r.write(LIST, "everything is here\n")),
    Mutation("LA001", "list_is_cut_short", lambda r: r.write(LIST, f"{ZERO}  {OUTPUT_NAME}")),
    Mutation("LA001", "list_leaves_the_folder", lambda r: _list_also_says(r, "../../design.yaml")),
    Mutation("LA001", "list_names_an_absolute_path", lambda r: _list_also_says(r, "/etc/hostname")),
    Mutation("LA001", "list_contradicts_itself", lambda r: _list_also_says(r, OUTPUT_NAME)),
    Mutation("LA002", "file_was_changed", lambda r: _swap(r, OUTPUT), also=UNPROVEN),
    Mutation("LA002", "file_is_gone", lambda r: r.remove(OUTPUT), also=UNPROVEN),
    Mutation("LA002", "file_is_a_folder", lambda r: r.remove(OUTPUT).folder(OUTPUT), also=UNPROVEN),
    Mutation("LA002", "file_is_a_link", lambda r: _become_a_link(r, OUTPUT, "kept.json"), also=UNPROVEN),
    Mutation("LA002", "file_never_was", lambda r: _list_also_says(r, "outputs/never.json"), also=UNPROVEN),
    Mutation(
        "LA002",
        "file_is_gone_as_the_manifest_says",
        lambda r: r.remove(OUTPUT).become("failed").manifest(f"{SYNC}/status", "failed"),
        mild=True,
    ),
    Mutation("LA003", "list_was_rewritten", lambda r: r.replace(LIST, "  ", " *")),
    Mutation("LA003", "list_is_another", lambda r: r.manifest(f"{SYNC}/checksums_sha256", ZERO)),
    Mutation("LA003", "count_is_wrong", lambda r: r.manifest(f"{SYNC}/files", 99)),
    Mutation("LA003", "length_is_wrong", lambda r: r.manifest(f"{SYNC}/bytes", 1)),
    Mutation(
        "LA003", "nothing_is_recorded", lambda r: r.drop(RUN_PATHS.manifest, f"{SYNC}/checksums_sha256"), mild=True
    ),
    Mutation(
        "LA004",
        "success_is_claimed_too_early",
        lambda r: r.remove(OUTPUT).manifest(f"{SYNC}/status", "success"),
        also=frozenset({"LA002"}),
    ),
    Mutation(
        "LA004",
        "list_is_asked_for",
        lambda r: _without_list(r).write(POLICY, f"{(r.root / POLICY).read_text()}{REQUIRED}"),
    ),
    Mutation("LA004", "ok_is_claimed_too_early", lambda r: _grow(r, OUTPUT), also=frozenset({"LA002", "LA003"})),
    Mutation("LA005", "file_came_later", lambda r: r.write(LATER, "{}\n"), mild=True),
    Mutation("LA005", "link_came_later", lambda r: r.link(LATER, "momentum_seed0.json"), mild=True),
    Mutation("LA006", "another_file_came", lambda r: _came_from_afar(r, ZERO), prepare=_came_home),
    Mutation(
        "LA006", "one_file_did_not_come", lambda r: _came_from_afar(r, ZERO, "outputs/never.json"), prepare=_came_home
    ),
    Mutation(
        "LA006",
        "that_list_leaves_the_folder",
        lambda r: _came_from_afar(r, ZERO, "../../design.yaml"),
        prepare=_came_home,
    ),
)
