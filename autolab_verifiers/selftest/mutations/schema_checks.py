"""Mutations for each rule of ``schema_checks``."""

from __future__ import annotations

from typing import Final

from autolab_core.io.layout import BACKLOG, LINE_LIMITS, POLICY, REMOTE_PROFILES, STATE, TODO_FOCUS, schema_file
from autolab_verifiers.selftest import experimenting
from autolab_verifiers.selftest.mutation import Mutation
from autolab_verifiers.selftest.repository import PATHS, RUN_PATHS, Repository

__all__ = ["TABLE"]

MANIFEST, METRICS = RUN_PATHS.manifest, RUN_PATHS.metrics

# The rules that read a document and cannot decide without it.
OF_METRICS = frozenset(f"RS{number:03}" for number in range(2, 12))
OF_MANIFEST = frozenset(
    {
        *(f"RH{number:03}" for number in range(2, 16)),
        *(f"RP{number:03}" for number in range(1, 5)),
        *("RS001", "RS005", "LL003", "LL004", "LL005"),
    }
)
OF_DESIGN = frozenset({"RH005", "RS004", "RS006", "RS008", "LL003", "LS003", "LS004", "LS006"})


def _decided(r: Repository) -> Repository:
    """Let the iteration have come to its decision."""
    return r.write(PATHS.decision, '{"decision": "stop", "rationale": "the question is answered"}')


TABLE: Final[tuple[Mutation, ...]] = (
    Mutation("SC001", "backlog_is_no_yaml", lambda r: r.write(BACKLOG, "a: [1")),
    Mutation("SC001", "todo_is_empty", lambda r: r.write(TODO_FOCUS, b"")),
    Mutation("SC001", "manifest_is_truncated", lambda r: r.write(MANIFEST, b'{"run_id": "2026'), also=OF_MANIFEST),
    Mutation(
        "SC001",
        "metrics_hold_nan",
        lambda r: r.replace(METRICS, '"value": 83.6,\n    "delta', '"value": NaN,\n    "delta'),
        also=OF_METRICS,
    ),
    Mutation(
        "SC001",
        "metrics_have_a_key_twice",
        lambda r: r.replace(METRICS, '"missing": []', '"missing": [], "status": "x"'),
        also=OF_METRICS,
    ),
    Mutation(
        "SC001",
        "design_is_a_dead_link",
        lambda r: r.remove(PATHS.design).link(PATHS.design, "no"),
        also=OF_DESIGN | {"LL001"},
    ),
    Mutation("SC002", "design_without_an_entrypoint", lambda r: r.replace(PATHS.design, "entrypoint:", "entry:")),
    Mutation("SC002", "design_is_gone", lambda r: r.remove(PATHS.design)),
    Mutation("SC003", "review_with_an_unknown_word", lambda r: r.set(PATHS.review, "/status", "approved")),
    Mutation("SC003", "review_is_gone", lambda r: r.remove(PATHS.review)),
    Mutation("SC004", "manifest_with_a_text_for_a_number", lambda r: r.manifest("/commit/untracked", "none")),
    Mutation(
        "SC005",
        "metrics_without_a_primary_metric",
        lambda r: r.drop(METRICS, "/primary_metric"),
        also=frozenset({"RS002", "RS004"}),
    ),
    Mutation("SC006", "state_with_negative_attempts", lambda r: r.set(STATE, "/stage_attempt", -1)),
    Mutation(
        "SC007",
        "backlog_experiment_without_a_status",
        lambda r: r.replace(BACKLOG, "status: in_progress", "note: in_progress"),
    ),
    Mutation("SC008", "todo_with_a_text_for_a_count", lambda r: r.set(TODO_FOCUS, "/open_task_count", "one")),
    Mutation("SC009", "limits_without_their_section", lambda r: r.replace(LINE_LIMITS, "line_limits:", "limits:")),
    Mutation("SC010", "policy_of_a_wrong_shape", lambda r: r.write(POLICY, "launch: {require_reviewed: maybe}\n")),
    Mutation(
        "SC011",
        "schema_was_changed",
        lambda r: r.replace(schema_file("state"), '"title"', '"$comment": "", "title"'),
        mild=True,
    ),
    Mutation("SC011", "schema_is_gone", lambda r: r.remove(schema_file("state")), mild=True),
    Mutation(
        "SC012",
        "experiment_has_a_list_of_notes",
        lambda r: r.set(experimenting.METRICS, "/notes", ["retried"]),
        prepare=experimenting.reported,
    ),
    Mutation(
        "SC013",
        "experiment_has_a_text_for_its_budget",
        lambda r: r.set(experimenting.CONFIG, "/budget", "none"),
        prepare=experimenting.reported,
    ),
    Mutation(
        "SC014",
        "decision_is_of_another_shape",
        lambda r: r.write(PATHS.decision, '{"next_stage": "launch"}'),
        mild=True,
        prepare=_decided,
    ),
    Mutation(
        "SC014",
        "decision_is_no_json",
        lambda r: r.write(PATHS.decision, "launch"),
        mild=True,
        prepare=_decided,
    ),
    Mutation(
        "SC015",
        "profile_without_a_host",
        lambda r: r.write(REMOTE_PROFILES, "profiles: {far: {root: /x}}\n"),
        prepare=lambda r: r.write(REMOTE_PROFILES, "profiles: {far: {host: far, root: /x}}\n"),
    ),
)
