"""Mutations for each rule of ``file_line_limits``."""

from __future__ import annotations

from typing import Final

from autolab_core.io.layout import LINE_LIMITS
from autolab_verifiers.selftest.mutation import Mutation
from autolab_verifiers.selftest.repository import BATCH_SCRIPT, DESIGN_TEXT, PATHS, RUN_PATHS, SCRIPT

__all__ = ["TABLE"]

MANIFEST = RUN_PATHS.manifest

LONG = SCRIPT + b"# padding\n" * 160

TABLE: Final[tuple[Mutation, ...]] = (
    Mutation(
        "LL001",
        "review_is_too_long",
        lambda r: r.write(PATHS.review, (r.root / PATHS.review).read_bytes() + b"\n" * 60),
    ),
    Mutation("LL001", "design_is_too_long", lambda r: r.write(PATHS.design, DESIGN_TEXT + "# padding\n" * 220)),
    Mutation(
        "LL002", "script_is_too_long", lambda r: r.write(PATHS.run_local, LONG), also=frozenset({"RH009", "LL001"})
    ),
    Mutation("LL002", "limit_was_raised", lambda r: r.replace(LINE_LIMITS, "run_local.sh: 160", "run_local.sh: 161")),
    Mutation(
        "LL002",
        "limit_was_raised_for_a_long_script",
        lambda r: r.write(PATHS.run_local, LONG).replace(LINE_LIMITS, "run_local.sh: 160", "run_local.sh: 999"),
        also=frozenset({"RH009"}),
    ),
    Mutation(
        "LL002",
        "sbatch_script_is_too_long",
        lambda r: r.write(PATHS.run_slurm, BATCH_SCRIPT + b"#\n" * 120),
        also=frozenset({"LL001"}),
    ),
    Mutation("LL003", "manifest_has_too_many_lines", lambda r: r.manifest("/notes", list(range(200)))),
    Mutation(
        "LL003",
        "what_was_guarded_is_endless",
        lambda r: r.manifest("/guard", {"covered": list(range(400))}),
        also=frozenset({"SG001"}),
    ),
    Mutation("LL004", "manifest_has_too_many_characters", lambda r: r.manifest("/notes", "x" * 61_000)),
    Mutation(
        "LL005",
        "manifest_has_too_many_bytes",
        lambda r: r.write(
            MANIFEST,
            (r.root / MANIFEST).read_bytes().replace(b'"started"', b'"x"').rstrip().removesuffix(b"}")
            + b', "notes": "'
            + "€".encode() * 27_000
            + b'"}\n',
        ),
    ),
    Mutation(
        "LL006",
        "limit_is_text",
        lambda r: r.replace(LINE_LIMITS, "design.yaml: 220", "design.yaml: many"),
        also=frozenset({"SC009"}),
    ),
    Mutation("LL006", "limit_of_a_file_outside", lambda r: r.replace(LINE_LIMITS, "design.yaml: 220", "../../x: 220")),
    Mutation(
        "LL006", "caps_are_swapped", lambda r: r.replace(LINE_LIMITS, "min_cap_lines: 120", "min_cap_lines: 1300")
    ),
)
