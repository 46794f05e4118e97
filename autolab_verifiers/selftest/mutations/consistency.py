"""Mutations for each rule of ``consistency``."""

from __future__ import annotations

from typing import Final

from autolab_core.io.layout import BACKLOG, STATE
from autolab_verifiers.selftest.mutation import Mutation
from autolab_verifiers.selftest.repository import PATHS

__all__ = ["TABLE"]


# Somebody left human_review, as an older version wrote it down.
_LEFT: Final = {
    "timestamp_utc": "2026-02-01T11:00:00Z",
    "stage_before": "human_review",
    "stage_after": "launch",
    "status": "advance",
    "summary": "re-opened by ada: x",
    "stage_attempt": 0,
}

TABLE: Final[tuple[Mutation, ...]] = (
    Mutation(
        "CN001",
        "design_of_another_iteration",
        lambda r: r.replace(PATHS.design, "iteration_id: iter_golden", "iteration_id: i"),
    ),
    Mutation("CN002", "state_names_another_experiment", lambda r: r.set(STATE, "/experiment_id", "e_other")),
    Mutation("CN002", "backlog_does_not_know_it", lambda r: r.replace(BACKLOG, "id: e_golden", "id: e_other")),
    Mutation(
        "CN002",
        "backlog_has_it_for_another",
        lambda r: r.replace(BACKLOG, "iteration_id: iter_golden", "iteration_id: i"),
    ),
    Mutation(
        "CN002",
        "backlog_has_it_twice",
        lambda r: r.write(
            BACKLOG, (r.root / BACKLOG).read_text() + "  - {id: e_golden, hypothesis_id: h_golden, status: open}\n"
        ),
    ),
    Mutation(
        "CN003",
        "design_tests_something_else",
        lambda r: r.replace(PATHS.design, "hypothesis_id: h_golden", "hypothesis_id: h"),
    ),
    Mutation(
        "CN003",
        "backlog_says_something_else",
        lambda r: r.replace(BACKLOG, "hypothesis_id: h_golden", "hypothesis_id: h"),
    ),
    Mutation(
        "CN004",
        "last_run_is_not_there",
        lambda r: r.set(STATE, "/last_run_id", "never"),
        also=frozenset({"RH001", "LS007", "LS008"}),
    ),
    Mutation("CN004", "launch_is_still_pending", lambda r: r.set(STATE, "/pending_run_id", "next")),
    Mutation(
        "CN005",
        "state_is_ahead_of_the_manifest",
        lambda r: r.manifest("/artifact_sync_to_local/status", "failed"),
        mild=True,
        prepare=lambda r: r.become("failed"),
    ),
    Mutation("CN006", "stay_went_on", lambda r: r.set(STATE, "/history/0/status", "stay")),
    Mutation("CN006", "stop_went_on", lambda r: r.set(STATE, "/history/0/status", "stop")),
    Mutation("CN006", "history_has_a_gap", lambda r: r.set(STATE, "/history/1/stage_before", "design"), mild=True),
    Mutation("CN006", "stage_was_set_by_hand", lambda r: r.set(STATE, "/stage", "decide_repeat"), mild=True),
    Mutation(
        "CN007",
        "review_does_not_pass",
        lambda r: r.set(PATHS.review, "/status", "needs_retry").manifest("/review", None),
    ),
    Mutation(
        "CN007",
        "review_blocks",
        lambda r: r.set(PATHS.review, "/blocking_findings", ["x"]).manifest("/review", None),
    ),
    Mutation(
        "CN007",
        "review_was_reopened",
        lambda r: r.set(PATHS.review, "/status", "failed").manifest("/review", {"status": "pass"}),
        mild=True,
    ),
    Mutation("CN008", "design_was_changed", lambda r: r.replace(PATHS.design, "unit: ", "unit:  "), mild=True),
    Mutation(
        "CN009",
        "seed_is_not_asked_for",
        lambda r: r.replace(PATHS.design, "seeds: [0, 1, 2", "seeds: [0, 1, 7"),
        also=frozenset({"LS006"}),
        mild=True,
    ),
    Mutation(
        "CN010",
        "stage_was_skipped",
        lambda r: r.set(STATE, "/history/0/who", None).set(STATE, "/history/0/stage_after", "extract_results"),
    ),
    Mutation(
        "CN010", "old_entry_skipped_a_stage", lambda r: r.set(STATE, "/history/0/stage_before", "hypothesis"), mild=True
    ),
    Mutation(
        "CN011", "nobody_left_human_review", lambda r: r.set(STATE, "/history/0", _LEFT | {"who": None, "why": "x"})
    ),
    Mutation("CN011", "stop_was_left_without_a_reason", lambda r: r.set(STATE, "/history/0", _LEFT | {"who": "ada"})),
    Mutation("CN011", "old_entry_names_nobody", lambda r: r.set(STATE, "/history/0", _LEFT), mild=True),
)
