"""The mutation table: for each rule a broken copy of the judged repository that this rule catches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import NamedTuple

from autolab_core.io.layout import (
    BACKLOG,
    ENVIRONMENT,
    LINE_LIMITS,
    POLICY,
    STATE,
    TODO_FOCUS,
    schema_file,
)
from autolab_verifiers.selftest.repository import (
    BATCH_SCRIPT,
    DESIGN_TEXT,
    PATHS,
    RUN,
    RUN_PATHS,
    SCRIPT,
    TOKEN,
    Repository,
)

MANIFEST, METRICS, MARKER = RUN_PATHS.manifest, RUN_PATHS.metrics, RUN_PATHS.exit_marker


class Mutation(NamedTuple):
    """``rule`` must object to what ``damage`` did; ``also`` are the rules that rightly object with it.

    ``mild``: the rule passes and says so with a warning or a note.
    """

    rule: str
    name: str
    damage: Callable[[Repository], object]
    also: frozenset[str] = frozenset()
    mild: bool = False


TABLE: list[Mutation] = []


def case(rule: str, name: str, damage: Callable[[Repository], object], *also: str, mild: bool = False) -> None:
    TABLE.append(Mutation(rule, name, damage, frozenset(also), mild))


# --- schema_checks

RH_ALL = tuple(f"RH{number:03}" for number in range(1, 17))
RS_ALL = tuple(f"RS{number:03}" for number in range(1, 12))
OF_MANIFEST = (*RH_ALL[1:], "RS001", "RS005", "LL003", "LL004", "LL005")
OF_DESIGN = ("RH005", "RS004", "RS006", "RS008", "LL003", "LS003", "LS004", "LS006")
OF_METRICS = RS_ALL[1:]

case("SC001", "backlog_is_no_yaml", lambda r: r.write(BACKLOG, "a: [1"))
case("SC001", "todo_is_empty", lambda r: r.write(TODO_FOCUS, b""))
case("SC001", "manifest_is_truncated", lambda r: r.write(MANIFEST, b'{"run_id": "2026'), *OF_MANIFEST)
case(
    "SC001",
    "metrics_hold_nan",
    lambda r: r.replace(METRICS, '"value": 83.6,\n    "delta', '"value": NaN,\n    "delta'),
    *OF_METRICS,
)
case(
    "SC001",
    "metrics_have_a_key_twice",
    lambda r: r.replace(METRICS, '"missing": []', '"missing": [], "status": "x"'),
    *OF_METRICS,
)
case(
    "SC001",
    "design_is_a_dead_link",
    lambda r: (r.remove(PATHS.design), (r.root / PATHS.design).symlink_to("no")),
    *OF_DESIGN,
    "LL001",
)
case("SC002", "design_without_an_entrypoint", lambda r: r.replace(PATHS.design, "entrypoint:", "entry:"))
case("SC002", "design_is_gone", lambda r: r.remove(PATHS.design))
case("SC003", "review_with_an_unknown_word", lambda r: r.set(PATHS.review, "/status", "approved"))
case("SC003", "review_is_gone", lambda r: r.remove(PATHS.review))
case("SC004", "manifest_with_a_text_for_a_number", lambda r: r.manifest("/commit/untracked", "none"))
case("SC005", "metrics_without_a_primary_metric", lambda r: r.drop(METRICS, "/primary_metric"), "RS002", "RS004")
case("SC006", "state_with_negative_attempts", lambda r: r.set(STATE, "/stage_attempt", -1))
case(
    "SC007",
    "backlog_experiment_without_a_status",
    lambda r: r.replace(BACKLOG, "status: in_progress", "note: in_progress"),
)
case("SC008", "todo_with_a_text_for_a_count", lambda r: r.set(TODO_FOCUS, "/open_task_count", "one"))
case("SC009", "limits_without_their_section", lambda r: r.replace(LINE_LIMITS, "line_limits:", "limits:"))
case("SC010", "policy_of_a_wrong_shape", lambda r: r.write(POLICY, "launch: {require_reviewed: maybe}\n"))
case(
    "SC011",
    "schema_was_changed",
    lambda r: r.replace(schema_file("state"), '"title"', '"$comment": "", "title"'),
    mild=True,
)
case("SC011", "schema_is_gone", lambda r: r.remove(schema_file("state")), mild=True)

# --- run_health

case("RH001", "manifest_is_gone", lambda r: r.remove(MANIFEST))
case("RH001", "run_folder_is_empty", lambda r: (r.remove(RUN_PATHS.folder), (r.root / RUN_PATHS.folder).mkdir()))
case("RH002", "status_queued", lambda r: r.manifest("/status", "queued"), "SC004", "RH015")
case("RH002", "status_in_progress", lambda r: r.manifest("/status", "in_progress"), "SC004", "RH015")
case("RH002", "status_in_capitals", lambda r: r.manifest("/status", "COMPLETED"), "SC004", "RH015")
case("RH002", "status_is_gone", lambda r: r.drop(MANIFEST, "/status"), "SC004", "RH015")
case("RH003", "end_is_not_recorded", lambda r: r.drop(MANIFEST, "/timestamps/completed_at"))
case("RH003", "failed_without_an_end", lambda r: (r.become("failed"), r.drop(MANIFEST, "/timestamps/completed_at")))
case("RH003", "partial_without_an_end", lambda r: (r.become("partial"), r.drop(MANIFEST, "/timestamps/completed_at")))
case("RH004", "manifest_of_another_run", lambda r: r.manifest("/run_id", "other"))
case("RH004", "manifest_of_another_iteration", lambda r: r.manifest("/iteration_id", "iter_other"))
case("RH005", "host_mode_is_gone", lambda r: r.drop(MANIFEST, "/host_mode"))
case("RH005", "launched_for_another_host", lambda r: r.manifest("/launch_mode", "slurm"))
case(
    "RH005",
    "probes_say_slurm",
    lambda r: (r.manifest("/host/sinfo/exit_code", 0), r.manifest("/host/squeue/exit_code", 0)),
)
case("RH005", "designed_for_slurm", lambda r: r.replace(PATHS.design, "location: local", "location: slurm"))
case("RH006", "sync_failed", lambda r: r.manifest("/artifact_sync_to_local/status", "failed"))
case("RH006", "sync_word_is_unknown", lambda r: r.manifest("/artifact_sync_to_local/status", "fine"), "SC004")
case("RH006", "sync_word_is_a_synonym", lambda r: r.manifest("/artifact_sync_to_local/status", "success"), mild=True)
case("RH006", "local_run_was_synced", lambda r: r.manifest("/artifact_sync_to_local/method", "rsync"))
case(
    "RH006", "slurm_run_is_not_home", lambda r: (r.to_slurm(), r.manifest("/artifact_sync_to_local/status", "syncing"))
)
case("RH007", "logs_are_gone", lambda r: r.remove(RUN_PATHS.logs), "RH008")
case("RH008", "exit_marker_is_gone", lambda r: r.remove(MARKER))
case("RH008", "command_failed", lambda r: r.set(MARKER, "/exit_code", 3))
case("RH008", "marker_of_another_start", lambda r: r.set(MARKER, "/token", "autolab-iter_golden-other"))
case(
    "RH008",
    "failed_though_the_command_did_not",
    lambda r: (r.become("failed"), r.manifest("/failure/stage", "slurm_monitor")),
)
case(
    "RH008",
    "failed_without_marker_or_reason",
    lambda r: (r.become("failed"), r.remove(MARKER), r.drop(MANIFEST, "/failure/reason")),
    "SC004",
    "RH014",
)
case(
    "RH008",
    "ended_but_not_extracted",
    lambda r: (
        r.become("running"),
        r.write(MARKER, json.dumps({"token": TOKEN, "exit_code": 0})),
    ),
    mild=True,
)
case("RH009", "script_was_edited", lambda r: r.write(PATHS.run_local, SCRIPT + b"# one line more\n"))
case("RH009", "script_is_gone", lambda r: r.remove(PATHS.run_local))
case("RH009", "the_runs_own_copy_was_edited", lambda r: r.write(RUN_PATHS.script, SCRIPT + b"# one line more\n"))
for _pointer in (
    "/commit",
    "/command",
    "/resource_request",
    "/artifact_sync_to_local/status",
    "/verifier_snapshot",
    "/host/hostname",
    "/host/sinfo",
    "/host/squeue",
    "/timestamps/created_at",
):
    _also = ("SC004", "RH006") if "sync" in _pointer else ()
    case("RH010", f"without{_pointer.replace('/', '_')}", lambda r, p=_pointer: r.drop(MANIFEST, p), *_also)
case("RH010", "commit_says_nothing", lambda r: r.manifest("/commit", {"branch": "main"}))
case("RH011", "time_without_an_offset", lambda r: r.manifest("/timestamps/started_at", "2026-02-01T12:00:01"), "SC004")
case("RH011", "ended_before_it_started", lambda r: r.manifest("/timestamps/completed_at", "2026-02-01T11:59:59Z"))
case(
    "RH011",
    "running_run_has_ended",
    lambda r: (r.become("running"), r.manifest("/timestamps/completed_at", "2026-02-01T12:00:09Z")),
)
case(
    "RH011",
    "end_at_top_level",
    lambda r: (r.drop(MANIFEST, "/timestamps/completed_at"), r.manifest("/completed_at", "2026-02-01T12:00:09Z")),
    mild=True,
)
case("RH012", "slurm_run_without_a_job_id", lambda r: (r.to_slurm(), r.drop(MANIFEST, "/job_id")), "SC004")
case(
    "RH012",
    "job_id_elsewhere",
    lambda r: (r.to_slurm(), r.drop(MANIFEST, "/job_id"), r.manifest("/slurm/job_id", "4242")),
    mild=True,
)
case("RH013", "still_running_at_extraction", lambda r: (r.become("running"), r.set(STATE, "/stage", "extract_results")))
case("RH014", "failed_without_a_reason", lambda r: (r.become("failed"), r.manifest("/failure", None)), "RH008")
case("RH014", "completed_with_a_failure", lambda r: r.manifest("/failure", {"reason": "but it worked"}))
case("RH015", "history_ends_elsewhere", lambda r: r.drop(MANIFEST, "/history/3"))
case("RH015", "history_goes_back_in_time", lambda r: r.manifest("/history/3/at", "2026-02-01T11:00:00Z"))
case("RH015", "history_makes_an_illegal_move", lambda r: r.manifest("/history/0/status", "completed"))
case("RH016", "two_runs_are_active", lambda r: (r.become("running"), r.second_run("submitted")))

# --- result_sanity

case("RS001", "completed_without_metrics", lambda r: r.remove(METRICS))
case("RS002", "value_is_text", lambda r: r.metrics("/primary_metric/value", "83.6"), "SC005")
case("RS002", "value_is_null", lambda r: r.metrics("/primary_metric/value", None))
case("RS002", "row_hides_a_nan", lambda r: r.metrics("/per_run_metrics/4/validation_loss", "NaN"))
case("RS002", "arm_has_no_value", lambda r: r.metrics("/variant_results/0/value", None))
case("RS003", "metrics_of_another_run", lambda r: r.metrics("/run_id", "other"))
case("RS003", "metrics_of_another_iteration", lambda r: r.metrics("/iteration_id", "iter_other"))
case(
    "RS004",
    "another_primary_metric",
    lambda r: r.replace(PATHS.design, "name: validation_accuracy", "name: test_accuracy"),
)
case("RS005", "metrics_are_partial", lambda r: (r.metrics("/status", "partial"), r.metrics("/missing", ["x"])))
case(
    "RS005",
    "metrics_of_a_running_run",
    lambda r: (
        r.write("keep", (r.root / METRICS).read_bytes()),
        r.become("running"),
        r.write(METRICS, (r.root / "keep").read_bytes()),
    ),
)
case("RS006", "arm_is_left_out", lambda r: r.metrics("/variant_results", []))
case("RS006", "arm_was_added", lambda r: r.replace(PATHS.design, "  - name: momentum", "  - name: nesterov"), "RS008")
case(
    "RS006",
    "arm_is_there_twice",
    lambda r: r.edit(METRICS, lambda data: data["variant_results"].append(data["variant_results"][0])),
)
case("RS007", "delta_is_too_good", lambda r: r.metrics("/primary_metric/delta_vs_baseline", 2.1))
case("RS007", "delta_is_rounded_away", lambda r: r.metrics("/primary_metric/delta_vs_baseline", 1.0))
case("RS007", "delta_has_the_wrong_sign", lambda r: r.metrics("/primary_metric/delta_vs_baseline", -1.2))
case("RS008", "seed_is_left_out", lambda r: r.replace(PATHS.design, "count: 3", "count: 4"))
case("RS008", "seed_is_there_twice", lambda r: r.metrics("/per_run_metrics/5/seed", 1))
case("RS008", "seed_was_not_asked_for", lambda r: r.metrics("/per_run_metrics/5/seed", 7))
case("RS009", "value_is_the_best_seed", lambda r: r.metrics("/variant_results/0/value", 84.0))
case("RS009", "loss_is_not_the_mean", lambda r: r.metrics("/baseline_results/0/validation_loss", 0.2))
case("RS010", "partial_names_nothing", lambda r: (r.become("partial"), r.metrics("/missing", [])))
case("RS010", "failed_names_nothing", lambda r: (r.become("failed"), r.metrics("/missing", [])))
case(
    "RS011",
    "all_seeds_alike",
    lambda r: r.edit(
        METRICS,
        lambda data: [
            row.update(validation_accuracy=83.6) for row in data["per_run_metrics"] if row["name"] == "momentum"
        ],
    ),
    mild=True,
)

# --- file_line_limits

LONG = SCRIPT + b"# padding\n" * 160
case("LL001", "review_is_too_long", lambda r: r.write(PATHS.review, (r.root / PATHS.review).read_bytes() + b"\n" * 60))
case("LL001", "design_is_too_long", lambda r: r.write(PATHS.design, DESIGN_TEXT + "# padding\n" * 220))
case("LL002", "script_is_too_long", lambda r: r.write(PATHS.run_local, LONG), "RH009", "LL001")
case("LL002", "limit_was_raised", lambda r: r.replace(LINE_LIMITS, "run_local.sh: 160", "run_local.sh: 161"))
case(
    "LL002",
    "limit_was_raised_for_a_long_script",
    lambda r: (r.write(PATHS.run_local, LONG), r.replace(LINE_LIMITS, "run_local.sh: 160", "run_local.sh: 999")),
    "RH009",
)
case("LL002", "sbatch_script_is_too_long", lambda r: r.write(PATHS.run_slurm, BATCH_SCRIPT + b"#\n" * 120), "LL001")
case("LL003", "manifest_has_too_many_lines", lambda r: r.manifest("/notes", list(range(200))))
case("LL004", "manifest_has_too_many_characters", lambda r: r.manifest("/notes", "x" * 61_000))
case(
    "LL005",
    "manifest_has_too_many_bytes",
    lambda r: r.write(
        MANIFEST,
        (r.root / MANIFEST).read_bytes().replace(b'"started"', b'"x"').rstrip().removesuffix(b"}")
        + b', "notes": "'
        + "€".encode() * 27_000
        + b'"}\n',
    ),
)
case("LL006", "limit_is_text", lambda r: r.replace(LINE_LIMITS, "design.yaml: 220", "design.yaml: many"), "SC009")
case("LL006", "limit_of_a_file_outside", lambda r: r.replace(LINE_LIMITS, "design.yaml: 220", "../../x: 220"))
case("LL006", "caps_are_swapped", lambda r: r.replace(LINE_LIMITS, "min_cap_lines: 120", "min_cap_lines: 1300"))

# --- template_fill

NOTES = f"{PATHS.folder}/analysis/summary.md"


def batch(old: str, new: str) -> Callable[[Repository], object]:
    """Put a batch script that says *new* for *old* beside the local one."""
    assert old.encode() in BATCH_SCRIPT
    return lambda r: r.write(PATHS.run_slurm, BATCH_SCRIPT.replace(old.encode(), new.encode()))


def local(old: str, new: str) -> Callable[[Repository], object]:
    """Let the script that was started say *new* for *old*, as if it had always said so."""

    def damage(r: Repository) -> None:
        path = r.read(MANIFEST)["submission"]["script"]
        r.replace(path, old, new)
        r.manifest("/submission/script_sha256", hashlib.sha256((r.root / path).read_bytes()).hexdigest())

    return damage


case("TF001", "review_holds_a_token", lambda r: r.set(PATHS.review, "/by", "{{reviewer}}"))
case("TF001", "summary_holds_a_path_to_fill", lambda r: r.write(NOTES, "See `runs/<RUN_ID>/metrics.json`.\n"))
case("TF001", "script_holds_a_token", local("set +u", "set +u # as {{shared:roles.md}} says"))
case("TF001", "metrics_hold_a_token", lambda r: r.metrics("/note", "of <iteration_id>"))
case("TF001", "summary_is_binary", lambda r: r.write(NOTES, b"\0\1"), mild=True)
case("TF001", "summary_is_huge", lambda r: r.write(NOTES, b"x" * 1_048_577), mild=True)
case("TF002", "run_folder_is_a_placeholder", lambda r: (r.root / PATHS.runs / "<RUN_ID>").mkdir())
case("TF002", "iteration_is_a_placeholder", lambda r: (r.root / "experiments/plan/<ITERATION_ID>").mkdir())
case("TF002", "script_is_a_placeholder", lambda r: r.write(f"{PATHS.folder}/launch/{{{{name}}}}.sh", b""))
case(
    "TF003",
    "design_has_a_todo",
    lambda r: r.write(PATHS.design, (r.root / PATHS.design).read_text() + "# TODO: seeds\n"),
)
case("TF003", "metrics_are_to_be_decided", lambda r: r.metrics("/note", "TBD"))
case("TF003", "summary_begins_with_a_todo", lambda r: r.write(NOTES, "# Summary\n\n- TODO: the loss\n"))
case("TF003", "summary_speaks_of_a_todo", lambda r: r.write(NOTES, "The last TODO was settled.\n"), mild=True)
case("TF004", "note_is_dots", lambda r: r.metrics("/note", "..."))
case("TF004", "reviewer_is_an_ellipsis", lambda r: r.set(PATHS.review, "/by", "…"))
case("TF005", "command_is_blank", lambda r: r.manifest("/command", "  "))
case("TF005", "command_is_empty", lambda r: r.manifest("/command", ""), "RH010")
case("TF005", "arm_has_a_blank_name", lambda r: r.metrics("/per_run_metrics/0/name", " "), "RS008", "RS009")

# --- launch_scripts

BASH = "#!/usr/bin/env bash"
case("LS001", "interpreter_is_sh", local(BASH, "#!/bin/sh"))
case("LS001", "interpreter_is_left_out", local(BASH, "# a script"))
case("LS001", "batch_interpreter_is_python", batch(BASH, "#!/usr/bin/env python3"))
case("LS002", "errors_are_ignored", local("set -euo pipefail", "set -u"))
case("LS002", "errors_are_ignored_at_first", local("set -euo pipefail", "cd .\nset -euo pipefail"))
case("LS002", "batch_errors_are_ignored", batch("set -euo pipefail", "set -e"))
case("LS003", "no_memory_is_asked_for", batch("#SBATCH --mem=1G\n", ""))
case("LS003", "time_has_no_value", batch("--time=00:05:00", "--time="))
case("LS003", "directive_stands_too_low", batch("srun", "#SBATCH --qos=long\nsrun"))
case(
    "LS003",
    "no_gpu_is_asked_for",
    lambda r: (r.write(PATHS.run_slurm, BATCH_SCRIPT), r.replace(PATHS.design, "gpu_count: 0", "gpu_count: 2")),
)
case("LS004", "partition_is_hard_coded", batch("#SBATCH --mem", "#SBATCH -p gpu\n#SBATCH --mem"))
case("LS004", "step_names_a_partition", batch("srun", "srun --partition=gpu"))
case("LS005", "activation_was_edited", local("export PYTHONPATH=", "export PYTHONPATH=/opt:"))
case("LS005", "batch_activation_was_edited", batch("export PYTHONPATH=", "module load python\nexport PYTHONPATH=/opt:"))
case("LS005", "environment_has_no_block", lambda r: r.write(ENVIRONMENT, "# Environment\n"))
case("LS006", "another_command_runs", local("golden.train --config", "golden.train --fast --config"))
case("LS006", "batch_runs_another_seed", batch("--seeds 0 1 2", "--seeds 0 1 2 3"))
case(
    "LS006",
    "entrypoint_is_for_a_shell",
    lambda r: r.replace(PATHS.design, "module: golden.train", "cli: cd src && x"),
    "SC002",
)
case("LS007", "batch_logs_lie_elsewhere", batch(f"{RUN_PATHS.logs}/stdout.log", "slurm-%j.out"))
case(
    "LS007",
    "local_logs_lie_elsewhere",
    lambda r: r.write(PATHS.run_local, SCRIPT.replace(b"/logs", b"/out")),
    "RH009",
    mild=True,
)
case("LS008", "script_is_another_runs", local(f"AUTOLAB_RUN_ID={RUN}", "AUTOLAB_RUN_ID=other"))
case("LS008", "script_is_another_iterations", local("AUTOLAB_ITERATION_ID=iter_golden", "AUTOLAB_ITERATION_ID=iter_x"))
case(
    "LS008",
    "batch_script_is_another_runs",
    lambda r: r.write(PATHS.run_slurm, BATCH_SCRIPT.replace(RUN.encode(), b"r")),
    "LS007",
)

# --- consistency

case(
    "CN001",
    "design_of_another_iteration",
    lambda r: r.replace(PATHS.design, "iteration_id: iter_golden", "iteration_id: i"),
)
case("CN002", "state_names_another_experiment", lambda r: r.set(STATE, "/experiment_id", "e_other"))
case("CN002", "backlog_does_not_know_it", lambda r: r.replace(BACKLOG, "id: e_golden", "id: e_other"))
case(
    "CN002", "backlog_has_it_for_another", lambda r: r.replace(BACKLOG, "iteration_id: iter_golden", "iteration_id: i")
)
case(
    "CN002",
    "backlog_has_it_twice",
    lambda r: r.write(
        BACKLOG, (r.root / BACKLOG).read_text() + "  - {id: e_golden, hypothesis_id: h_golden, status: open}\n"
    ),
)
case(
    "CN003",
    "design_tests_something_else",
    lambda r: r.replace(PATHS.design, "hypothesis_id: h_golden", "hypothesis_id: h"),
)
case(
    "CN003", "backlog_says_something_else", lambda r: r.replace(BACKLOG, "hypothesis_id: h_golden", "hypothesis_id: h")
)
case("CN004", "last_run_is_not_there", lambda r: r.set(STATE, "/last_run_id", "never"), "RH001", "LS007", "LS008")
case("CN004", "launch_is_still_pending", lambda r: r.set(STATE, "/pending_run_id", "next"))
case(
    "CN005",
    "state_is_ahead_of_the_manifest",
    lambda r: (r.become("failed"), r.manifest("/artifact_sync_to_local/status", "failed")),
    mild=True,
)
case("CN006", "stay_went_on", lambda r: r.set(STATE, "/history/0/status", "stay"))
case("CN006", "stop_went_on", lambda r: r.set(STATE, "/history/0/status", "stop"))
case("CN006", "history_has_a_gap", lambda r: r.set(STATE, "/history/1/stage_before", "design"), mild=True)
case("CN006", "stage_was_set_by_hand", lambda r: r.set(STATE, "/stage", "decide_repeat"), mild=True)
case(
    "CN007",
    "review_does_not_pass",
    lambda r: (r.set(PATHS.review, "/status", "needs_retry"), r.manifest("/review", None)),
)
case(
    "CN007", "review_blocks", lambda r: (r.set(PATHS.review, "/blocking_findings", ["x"]), r.manifest("/review", None))
)
case(
    "CN007",
    "review_was_reopened",
    lambda r: (r.set(PATHS.review, "/status", "failed"), r.manifest("/review", {"status": "pass"})),
    mild=True,
)
case("CN008", "design_was_changed", lambda r: r.replace(PATHS.design, "unit: ", "unit:  "), mild=True)
case(
    "CN009",
    "seed_is_not_asked_for",
    lambda r: r.replace(PATHS.design, "seeds: [0, 1, 2", "seeds: [0, 1, 7"),
    "LS006",
    mild=True,
)
