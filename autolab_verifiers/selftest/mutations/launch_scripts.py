"""Mutations for each rule of ``launch_scripts``."""

from __future__ import annotations

from typing import Final

from autolab_core.io.layout import ENVIRONMENT
from autolab_verifiers.selftest.mutation import Mutation
from autolab_verifiers.selftest.repository import BATCH_SCRIPT, PATHS, RUN, RUN_PATHS, SCRIPT

__all__ = ["TABLE"]

BASH = "#!/usr/bin/env bash"

TABLE: Final[tuple[Mutation, ...]] = (
    Mutation("LS001", "interpreter_is_sh", lambda r: r.script_says(BASH, "#!/bin/sh")),
    Mutation("LS001", "interpreter_is_left_out", lambda r: r.script_says(BASH, "# a script")),
    Mutation("LS001", "batch_interpreter_is_python", lambda r: r.batch_script_says(BASH, "#!/usr/bin/env python3")),
    Mutation("LS002", "errors_are_ignored", lambda r: r.script_says("set -euo pipefail", "set -u")),
    Mutation(
        "LS002", "errors_are_ignored_at_first", lambda r: r.script_says("set -euo pipefail", "cd .\nset -euo pipefail")
    ),
    Mutation("LS002", "batch_errors_are_ignored", lambda r: r.batch_script_says("set -euo pipefail", "set -e")),
    Mutation("LS003", "no_memory_is_asked_for", lambda r: r.batch_script_says("#SBATCH --mem=1G\n", "")),
    Mutation("LS003", "time_has_no_value", lambda r: r.batch_script_says("--time=00:05:00", "--time=")),
    Mutation("LS003", "directive_stands_too_low", lambda r: r.batch_script_says("srun", "#SBATCH --qos=long\nsrun")),
    Mutation(
        "LS003",
        "no_gpu_is_asked_for",
        lambda r: r.write(PATHS.run_slurm, BATCH_SCRIPT).replace(PATHS.design, "gpu_count: 0", "gpu_count: 2"),
    ),
    Mutation(
        "LS004",
        "partition_is_hard_coded",
        lambda r: r.batch_script_says("#SBATCH --mem", "#SBATCH -p gpu\n#SBATCH --mem"),
    ),
    Mutation("LS004", "step_names_a_partition", lambda r: r.batch_script_says("srun", "srun --partition=gpu")),
    Mutation(
        "LS005", "activation_was_edited", lambda r: r.script_says("export PYTHONPATH=", "export PYTHONPATH=/opt:")
    ),
    Mutation(
        "LS005",
        "batch_activation_was_edited",
        lambda r: r.batch_script_says("export PYTHONPATH=", "module load python\nexport PYTHONPATH=/opt:"),
    ),
    Mutation("LS005", "environment_has_no_block", lambda r: r.write(ENVIRONMENT, "# Environment\n")),
    Mutation(
        "LS006",
        "another_command_runs",
        lambda r: r.script_says("golden.train --config", "golden.train --fast --config"),
    ),
    Mutation("LS006", "batch_runs_another_seed", lambda r: r.batch_script_says("--seeds 0 1 2", "--seeds 0 1 2 3")),
    Mutation(
        "LS006",
        "entrypoint_is_for_a_shell",
        lambda r: r.replace(PATHS.design, "module: golden.train", "cli: cd src && x"),
        also=frozenset({"SC002"}),
    ),
    Mutation(
        "LS007",
        "batch_logs_lie_elsewhere",
        lambda r: r.batch_script_says(f"{RUN_PATHS.logs}/stdout.log", "slurm-%j.out"),
    ),
    Mutation(
        "LS007",
        "local_logs_lie_elsewhere",
        lambda r: r.write(PATHS.run_local, SCRIPT.replace(b"/logs", b"/out")),
        also=frozenset({"RH009"}),
        mild=True,
    ),
    Mutation(
        "LS008", "script_is_another_runs", lambda r: r.script_says(f"AUTOLAB_RUN_ID={RUN}", "AUTOLAB_RUN_ID=other")
    ),
    Mutation(
        "LS008",
        "script_is_another_iterations",
        lambda r: r.script_says("AUTOLAB_ITERATION_ID=iter_golden", "AUTOLAB_ITERATION_ID=iter_x"),
    ),
    Mutation(
        "LS008",
        "batch_script_is_another_runs",
        lambda r: r.write(PATHS.run_slurm, BATCH_SCRIPT.replace(RUN.encode(), b"r")),
        also=frozenset({"LS007"}),
    ),
)
