"""Mutations for each rule of ``replicates``."""

from __future__ import annotations

from typing import Final

from autolab_verifiers.selftest.mutation import Mutation
from autolab_verifiers.selftest.repository import PATHS, RUN, RUN_PATHS, Repository

__all__ = ["TABLE"]

MANIFEST = RUN_PATHS.manifest
FIRST, LAST = (PATHS.run(f"{RUN}-r{index}").manifest for index in (0, 2))


def _group(repository: Repository) -> object:
    return repository.to_group()


def _replicate(repository: Repository) -> object:
    """The run is replicate 0 of a group ``g``, without rows for other seeds than its own."""
    _write_group(repository.metrics("/per_run_metrics", []))
    return repository


def _begun_replicate(repository: Repository) -> object:
    """The same, of a launch that has not submitted anything yet."""
    return _write_group(repository.become("pending"))


def _write_group(repository: Repository) -> object:
    repository.manifest("/replicate", {"group": "g", "index": 0, "seed": 0})
    above = {**repository.read(MANIFEST), "run_id": "g", "replicates": [{"index": 0, "run_id": RUN, "seed": 0}]}
    del above["replicate"]
    repository.write(PATHS.run("g").manifest, "{}")
    return repository.edit(PATHS.run("g").manifest, lambda data: data.update(above))


def _kept_though_it_failed(repository: Repository) -> object:
    return repository.set(FIRST, "/replicate/group", "earlier").set(FIRST, "/status", "failed")


TABLE: Final[tuple[Mutation, ...]] = (
    Mutation("RP001", "replicate_is_gone", lambda r: r.remove(FIRST), prepare=_group),
    Mutation("RP001", "replicate_is_listed_twice", lambda r: r.manifest("/replicates/1/index", 0), prepare=_group),
    Mutation(
        "RP001",
        "entry_has_no_seed",
        lambda r: r.drop(MANIFEST, "/replicates/1/seed"),
        also=frozenset({"SC004"}),
        prepare=_group,
    ),
    Mutation("RP001", "replicate_has_another_seed", lambda r: r.set(LAST, "/replicate/seed", 7), prepare=_group),
    Mutation("RP001", "kept_though_it_failed", _kept_though_it_failed, also=frozenset({"RP003"}), prepare=_group),
    Mutation("RP001", "group_does_not_list_it", lambda r: r.manifest("/replicate/index", 1), prepare=_replicate),
    Mutation("RP001", "group_is_gone", lambda r: r.remove(PATHS.run("g").folder), prepare=_replicate),
    Mutation(
        "RP001",
        "group_is_no_run",
        lambda r: r.manifest("/replicate/group", "../g"),
        also=frozenset({"SC004"}),
        prepare=_replicate,
    ),
    Mutation(
        "RP001",
        "launch_was_cut_short",
        lambda r: r.remove(PATHS.run("g").folder),
        mild=True,
        prepare=_begun_replicate,
    ),
    Mutation(
        "RP002",
        "two_have_one_seed",
        lambda r: r.manifest("/replicates/1/seed", 0).set(PATHS.run(f"{RUN}-r1").manifest, "/replicate/seed", 0),
        prepare=_group,
    ),
    Mutation(
        "RP002",
        "design_asks_for_more",
        lambda r: r.replace(PATHS.design, "count: 3", "count: 4"),
        mild=True,
        also=frozenset({"RS008"}),
        prepare=_group,
    ),
    Mutation(
        "RP002",
        "design_begins_elsewhere",
        lambda r: r.replace(PATHS.design, "base_seed: 0", "base_seed: 5"),
        mild=True,
        also=frozenset({"RS008"}),
        prepare=_group,
    ),
    Mutation("RP003", "a_replicate_failed", lambda r: r.set(LAST, "/status", "failed"), prepare=_group),
    Mutation("RP003", "a_replicate_goes_on", lambda r: r.set(LAST, "/status", "running"), prepare=_group),
    Mutation(
        "RP003",
        "group_is_said_to_run",
        lambda r: r.manifest("/status", "running"),
        also=frozenset({"LG002", "RH013", "RH015", "RS005"}),
        prepare=_group,
    ),
    Mutation(
        "RP003",
        "group_is_said_to_have_failed",
        lambda r: r.manifest("/status", "failed"),
        also=frozenset({"LG002", "RH008", "RH014", "RH015", "RS005"}),
        prepare=_group,
    ),
    Mutation("RP004", "another_commit", lambda r: r.set(FIRST, "/commit/sha", "0" * 40), prepare=_group),
    Mutation("RP004", "other_changes", lambda r: r.set(FIRST, "/commit/diff_sha256", "0" * 64), prepare=_group),
    Mutation("RP004", "another_command", lambda r: r.set(FIRST, "/command", "python3 -m other"), prepare=_group),
    Mutation("RP004", "another_script", lambda r: r.set(FIRST, "/submission/script_sha256", "0"), prepare=_group),
    Mutation("RP004", "another_task", lambda r: r.set(FIRST, "/job_id", "4242_1"), prepare=_group),
    Mutation("RP004", "task_is_not_on_record", lambda r: r.drop(FIRST, "/job_id"), mild=True, prepare=_group),
)
