"""Mutations for each rule of ``run_health``."""

from __future__ import annotations

import json
from typing import Final

from autolab_core.io.layout import STATE
from autolab_verifiers.selftest.mutation import Mutation
from autolab_verifiers.selftest.repository import PATHS, RUN_PATHS, SCRIPT, TOKEN

__all__ = ["TABLE"]

MANIFEST, MARKER = RUN_PATHS.manifest, RUN_PATHS.exit_marker
# What a manifest has to say, as pointers.
UNSAID = (
    "/commit",
    "/command",
    "/resource_request",
    "/verifier_snapshot",
    "/host/hostname",
    "/host/sinfo",
    "/host/squeue",
    "/timestamps/created_at",
)


def _without(pointer: str) -> Mutation:
    return Mutation("RH010", f"without{pointer.replace('/', '_')}", lambda r: r.drop(MANIFEST, pointer))


TABLE: Final[tuple[Mutation, ...]] = (
    Mutation("RH001", "manifest_is_gone", lambda r: r.remove(MANIFEST)),
    Mutation("RH001", "run_folder_is_empty", lambda r: r.remove(RUN_PATHS.folder).folder(RUN_PATHS.folder)),
    Mutation("RH002", "status_queued", lambda r: r.manifest("/status", "queued"), also=frozenset({"SC004", "RH015"})),
    Mutation(
        "RH002",
        "status_in_progress",
        lambda r: r.manifest("/status", "in_progress"),
        also=frozenset({"SC004", "RH015"}),
    ),
    Mutation(
        "RH002", "status_in_capitals", lambda r: r.manifest("/status", "COMPLETED"), also=frozenset({"SC004", "RH015"})
    ),
    Mutation("RH002", "status_is_gone", lambda r: r.drop(MANIFEST, "/status"), also=frozenset({"SC004", "RH015"})),
    Mutation("RH003", "end_is_not_recorded", lambda r: r.drop(MANIFEST, "/timestamps/completed_at")),
    Mutation(
        "RH003",
        "failed_without_an_end",
        lambda r: r.drop(MANIFEST, "/timestamps/completed_at"),
        prepare=lambda r: r.become("failed"),
    ),
    Mutation(
        "RH003",
        "partial_without_an_end",
        lambda r: r.drop(MANIFEST, "/timestamps/completed_at"),
        prepare=lambda r: r.become("partial"),
    ),
    Mutation("RH004", "manifest_of_another_run", lambda r: r.manifest("/run_id", "other")),
    Mutation("RH004", "manifest_of_another_iteration", lambda r: r.manifest("/iteration_id", "iter_other")),
    Mutation("RH005", "host_mode_is_gone", lambda r: r.drop(MANIFEST, "/host_mode")),
    Mutation("RH005", "launched_for_another_host", lambda r: r.manifest("/launch_mode", "slurm")),
    Mutation(
        "RH005",
        "probes_say_slurm",
        lambda r: r.manifest("/host/sinfo/exit_code", 0).manifest("/host/squeue/exit_code", 0),
    ),
    Mutation("RH005", "designed_for_slurm", lambda r: r.replace(PATHS.design, "location: local", "location: slurm")),
    Mutation("RH005", "local_run_in_an_allocation", lambda r: r.manifest("/submission/allocation", "4242")),
    Mutation("RH006", "sync_failed", lambda r: r.manifest("/artifact_sync_to_local/status", "failed")),
    Mutation(
        "RH006",
        "sync_word_is_unknown",
        lambda r: r.manifest("/artifact_sync_to_local/status", "fine"),
        also=frozenset({"SC004"}),
    ),
    Mutation(
        "RH006", "sync_word_is_a_synonym", lambda r: r.manifest("/artifact_sync_to_local/status", "success"), mild=True
    ),
    Mutation("RH006", "local_run_was_synced", lambda r: r.manifest("/artifact_sync_to_local/method", "rsync")),
    Mutation(
        "RH006",
        "slurm_run_is_not_home",
        lambda r: r.manifest("/artifact_sync_to_local/status", "syncing"),
        also=frozenset({"LG002"}),
        prepare=lambda r: r.to_slurm(),
    ),
    Mutation("RH007", "logs_are_gone", lambda r: r.remove(RUN_PATHS.logs), also=frozenset({"RH008"})),
    Mutation("RH008", "exit_marker_is_gone", lambda r: r.remove(MARKER)),
    Mutation(
        "RH008",
        "exit_marker_is_gone_in_an_allocation",
        lambda r: r.remove(MARKER),
        prepare=lambda r: r.to_allocation(),
    ),
    Mutation("RH008", "command_failed", lambda r: r.set(MARKER, "/exit_code", 3)),
    Mutation("RH008", "marker_of_another_start", lambda r: r.set(MARKER, "/token", "autolab-iter_golden-other")),
    Mutation(
        "RH008",
        "failed_though_the_command_did_not",
        lambda r: r.manifest("/failure/stage", "slurm_monitor"),
        prepare=lambda r: r.become("failed"),
    ),
    Mutation(
        "RH008",
        "failed_without_marker_or_reason",
        lambda r: r.remove(MARKER).drop(MANIFEST, "/failure/reason"),
        also=frozenset({"SC004", "RH014"}),
        prepare=lambda r: r.become("failed"),
    ),
    Mutation(
        "RH008",
        "ended_but_not_extracted",
        lambda r: r.write(MARKER, json.dumps({"token": TOKEN, "exit_code": 0})),
        mild=True,
        prepare=lambda r: r.become("running"),
    ),
    Mutation("RH009", "script_was_edited", lambda r: r.write(PATHS.run_local, SCRIPT + b"# one line more\n")),
    Mutation("RH009", "script_is_gone", lambda r: r.remove(PATHS.run_local)),
    Mutation(
        "RH009", "the_runs_own_copy_was_edited", lambda r: r.write(RUN_PATHS.script, SCRIPT + b"# one line more\n")
    ),
    Mutation(
        "RH009",
        "script_in_an_allocation_was_edited",
        lambda r: r.write(PATHS.run_local, SCRIPT + b"# one line more\n"),
        prepare=lambda r: r.to_allocation(),
    ),
    Mutation(
        "RH009",
        "batch_script_beside_an_allocation_is_gone",
        lambda r: r.remove(PATHS.run_slurm),
        prepare=lambda r: r.to_allocation(),
    ),
    *(_without(pointer) for pointer in UNSAID),
    Mutation(
        "RH010",
        "without_artifact_sync_to_local_status",
        lambda r: r.drop(MANIFEST, "/artifact_sync_to_local/status"),
        also=frozenset({"SC004", "RH006"}),
    ),
    Mutation("RH010", "commit_says_nothing", lambda r: r.manifest("/commit", {"branch": "main"})),
    Mutation(
        "RH011",
        "time_without_an_offset",
        lambda r: r.manifest("/timestamps/started_at", "2026-02-01T12:00:01"),
        also=frozenset({"SC004"}),
    ),
    Mutation(
        "RH011", "ended_before_it_started", lambda r: r.manifest("/timestamps/completed_at", "2026-02-01T11:59:59Z")
    ),
    Mutation(
        "RH011",
        "running_run_has_ended",
        lambda r: r.manifest("/timestamps/completed_at", "2026-02-01T12:00:09Z"),
        prepare=lambda r: r.become("running"),
    ),
    Mutation(
        "RH011",
        "running_run_in_an_allocation_has_ended",
        lambda r: r.manifest("/timestamps/completed_at", "2026-02-01T12:00:09Z"),
        prepare=lambda r: r.become("running").to_allocation(),
    ),
    Mutation(
        "RH011",
        "end_at_top_level",
        lambda r: r.drop(MANIFEST, "/timestamps/completed_at").manifest("/completed_at", "2026-02-01T12:00:09Z"),
        mild=True,
    ),
    Mutation(
        "RH012",
        "slurm_run_without_a_job_id",
        lambda r: r.drop(MANIFEST, "/job_id"),
        also=frozenset({"SC004", "LG002"}),
        prepare=lambda r: r.to_slurm(),
    ),
    Mutation(
        "RH012",
        "job_id_elsewhere",
        lambda r: r.drop(MANIFEST, "/job_id").manifest("/slurm/job_id", "4242"),
        mild=True,
        prepare=lambda r: r.to_slurm(),
    ),
    Mutation(
        "RH012",
        "job_id_of_another_allocation",
        lambda r: r.manifest("/submission/allocation", "4243"),
        prepare=lambda r: r.to_allocation(),
    ),
    Mutation(
        "RH013",
        "still_running_at_extraction",
        lambda r: r.set(STATE, "/stage", "extract_results"),
        prepare=lambda r: r.become("running"),
    ),
    Mutation(
        "RH014",
        "failed_without_a_reason",
        lambda r: r.manifest("/failure", None),
        also=frozenset({"RH008"}),
        prepare=lambda r: r.become("failed"),
    ),
    Mutation("RH014", "completed_with_a_failure", lambda r: r.manifest("/failure", {"reason": "but it worked"})),
    Mutation("RH015", "history_ends_elsewhere", lambda r: r.drop(MANIFEST, "/history/3")),
    Mutation("RH015", "history_goes_back_in_time", lambda r: r.manifest("/history/3/at", "2026-02-01T11:00:00Z")),
    Mutation("RH015", "history_makes_an_illegal_move", lambda r: r.manifest("/history/0/status", "completed")),
    Mutation(
        "RH016", "two_runs_are_active", lambda r: r.second_run("submitted"), prepare=lambda r: r.become("running")
    ),
)
