"""Mutations for each rule of ``template_fill``."""

from __future__ import annotations

from typing import Final

from autolab_verifiers.selftest.mutation import Mutation
from autolab_verifiers.selftest.repository import PATHS

__all__ = ["TABLE"]

NOTES = f"{PATHS.folder}/analysis/summary.md"

TABLE: Final[tuple[Mutation, ...]] = (
    Mutation("TF001", "review_holds_a_token", lambda r: r.set(PATHS.review, "/by", "{{reviewer}}")),
    Mutation("TF001", "summary_holds_a_path_to_fill", lambda r: r.write(NOTES, "See `runs/<RUN_ID>/metrics.json`.\n")),
    Mutation(
        "TF001", "script_holds_a_token", lambda r: r.script_says("set +u", "set +u # as {{shared:roles.md}} says")
    ),
    Mutation("TF001", "metrics_hold_a_token", lambda r: r.metrics("/note", "of <iteration_id>")),
    Mutation("TF001", "summary_is_binary", lambda r: r.write(NOTES, b"\0\1"), mild=True),
    Mutation("TF001", "summary_is_huge", lambda r: r.write(NOTES, b"x" * 1_048_577), mild=True),
    Mutation("TF002", "run_folder_is_a_placeholder", lambda r: r.folder(f"{PATHS.runs}/<RUN_ID>")),
    Mutation("TF002", "iteration_is_a_placeholder", lambda r: r.folder("experiments/plan/<ITERATION_ID>")),
    Mutation("TF002", "script_is_a_placeholder", lambda r: r.write(f"{PATHS.folder}/launch/{{{{name}}}}.sh", b"")),
    Mutation(
        "TF003",
        "design_has_a_todo",
        lambda r: r.write(PATHS.design, (r.root / PATHS.design).read_text() + "# TODO: seeds\n"),
    ),
    Mutation("TF003", "metrics_are_to_be_decided", lambda r: r.metrics("/note", "TBD")),
    Mutation("TF003", "summary_begins_with_a_todo", lambda r: r.write(NOTES, "# Summary\n\n- TODO: the loss\n")),
    Mutation("TF003", "summary_speaks_of_a_todo", lambda r: r.write(NOTES, "The last TODO was settled.\n"), mild=True),
    Mutation("TF004", "note_is_dots", lambda r: r.metrics("/note", "...")),
    Mutation("TF004", "reviewer_is_an_ellipsis", lambda r: r.set(PATHS.review, "/by", "…")),
    Mutation("TF005", "command_is_blank", lambda r: r.manifest("/command", "  ")),
    Mutation("TF005", "command_is_empty", lambda r: r.manifest("/command", ""), also=frozenset({"RH010"})),
    Mutation(
        "TF005",
        "arm_has_a_blank_name",
        lambda r: r.metrics("/per_run_metrics/0/name", " "),
        also=frozenset({"RS008", "RS009"}),
    ),
)
