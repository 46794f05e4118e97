"""Launch scripts of other authors: what is as good as ours, and what is not."""

from __future__ import annotations

import pytest

from autolab_core.guard.entry import guard_words
from autolab_core.vocab.states import Severity, Stage, Verdict
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.selftest.repository import (
    ACTIVATION,
    BATCH_SCRIPT,
    COMMAND,
    ENVIRONMENT_TEXT,
    ITERATION,
    PATHS,
    RUN_PATHS,
    build,
)

ENVIRONMENT = "docs/environment.md"


@pytest.fixture
def repository(tmp_path):
    return build(tmp_path)


def check(repository, rule: str, **options):
    checks = examine(repository.root, only=["launch_scripts"], **options).judgement.checks
    return next(each for each in checks if each.rule == rule)


def batch(repository, old: str, new: str) -> None:
    text = BATCH_SCRIPT.decode()
    assert old in text
    repository.write(PATHS.run_slurm, text.replace(old, new))


def test_the_guard_may_stand_before_the_entry_point_but_nothing_like_it(repository):
    guarded = " ".join(guard_words("/usr/bin/python3", "/data", "/data/.autolab/guard/r.policy.json", "r"))
    batch(repository, COMMAND, f"{guarded} {COMMAND}")
    assert check(repository, "LS006").status is Verdict.PASS

    repository.write(PATHS.run_slurm, BATCH_SCRIPT.decode().replace(COMMAND, f"python -m mine -- {COMMAND}"))
    assert check(repository, "LS006").status is Verdict.FAIL


@pytest.mark.parametrize(
    "line", ["#!/bin/bash", "#!/usr/bin/bash -l", "#! /usr/bin/env bash", "#!/usr/bin/env -S bash -e"]
)
def test_bash_is_named_in_several_ways(repository, line):
    batch(repository, "#!/usr/bin/env bash", line)

    assert check(repository, "LS001").status is Verdict.PASS


def test_comments_and_blank_lines_may_stand_before_the_first_command(repository):
    batch(repository, "set -euo", "\n# why\n\nset -euo")
    batch_text = (repository.root / PATHS.run_slurm).read_text().replace("pipefail\n", "pipefail  # strict\n")
    repository.write(PATHS.run_slurm, batch_text)

    assert check(repository, "LS002").status is Verdict.PASS


@pytest.mark.parametrize("line", ["#SBATCH -t 00:05:00", "#SBATCH --time 00:05:00", "#SBATCH --exclusive --time=5"])
def test_a_directive_has_several_spellings(repository, line):
    batch(repository, "#SBATCH --time=00:05:00", line)

    assert check(repository, "LS003").status is Verdict.PASS


def test_a_request_for_gpus_satisfies_a_design_that_counts_some(repository):
    repository.replace(PATHS.design, "gpu_count: 0", "gpu_count: 2")
    batch(repository, "#SBATCH --mem", "#SBATCH --gres=gpu:a100:2\n#SBATCH --mem")

    assert check(repository, "LS003").status is Verdict.PASS


def test_without_a_batch_script_its_directives_are_skipped(repository):
    repository.remove(PATHS.run_slurm)

    assert check(repository, "LS003").status is Verdict.SKIP


def test_the_partition_of_the_design_may_be_named(repository):
    repository.replace(PATHS.design, "gpu_count: 0", "gpu_count: 0, partition: long")
    batch(repository, "#SBATCH --mem", "#SBATCH --partition=long\n#SBATCH --mem")

    assert check(repository, "LS004").status is Verdict.PASS


@pytest.mark.parametrize("rule", ["LS004", "LS006"])
def test_without_a_design_nothing_can_be_compared_with_it(repository, rule):
    repository.remove(PATHS.design)

    assert check(repository, rule).status is Verdict.SKIP


def test_without_an_environment_page_the_activation_is_skipped(repository):
    repository.remove(ENVIRONMENT)

    assert check(repository, "LS005").status is Verdict.SKIP


def test_an_environment_page_that_changed_after_the_launch_is_only_remarked_on(repository):
    repository.manifest("/environment/activation_sha256", "0" * 64)
    repository.write(ENVIRONMENT, ENVIRONMENT_TEXT.replace(ACTIVATION, "module load python\n"))

    found = check(repository, "LS005")

    assert found.status is Verdict.PASS
    assert {finding.severity for finding in found.findings} == {Severity.WARNING}


def test_a_design_that_changed_after_the_launch_is_only_remarked_on(repository):
    repository.manifest("/review/design_sha256", "0" * 64)
    repository.replace(PATHS.design, "seeds: [0, 1, 2]", "seeds: [0, 1]")

    found = check(repository, "LS006")

    assert found.status is Verdict.PASS
    assert {finding.severity for finding in found.findings} == {Severity.WARNING}


@pytest.mark.parametrize(
    "line",
    [
        COMMAND.replace("python3", "python"),
        f"exec {COMMAND}",
        f"OMP_NUM_THREADS=1 {COMMAND}",
        f"srun --ntasks=1 --unbuffered {COMMAND}",
        f"{COMMAND} >out.txt 2>&1",
        f"{COMMAND} | tee log",
        COMMAND.replace(" --seeds", " \\\n  --seeds"),
        COMMAND.replace("configs/train.json", "'configs/train.json'"),
        f"  {COMMAND}  # the main command",
    ],
)
def test_the_entry_point_may_be_started_in_several_ways(repository, line):
    batch(repository, f"srun {COMMAND}", line)

    assert check(repository, "LS006").status is Verdict.PASS


@pytest.mark.parametrize(
    "line",
    [f"# {COMMAND}", f"echo {COMMAND}", f"{COMMAND} 3", f"echo '{COMMAND}'", "'", COMMAND.replace(".train", ".other")],
)
def test_a_line_that_does_something_else_is_not_the_entry_point(repository, line):
    batch(repository, f"srun {COMMAND}", line)

    assert check(repository, "LS006").status is Verdict.FAIL


def test_a_later_launch_replaced_the_scripts_of_an_earlier_run(repository):
    repository.set(".autolab/state.json", "/last_run_id", "later")
    repository.write(PATHS.run_local, (repository.root / PATHS.run_local).read_text().replace("demo", "later"))
    options = {"stage": Stage.EXTRACT_RESULTS, "iteration_id": ITERATION, "run_id": "20260201T120000Z_demo"}

    assert check(repository, "LS008", **options).findings == ()
    assert check(repository, "LS007", **options).findings == ()


def test_the_runs_own_copy_is_judged_in_place_of_the_iterations(repository):
    repository.write(RUN_PATHS.script, "#!/bin/sh\n")

    assert [finding.path for finding in check(repository, "LS001").findings] == [RUN_PATHS.script]


def test_a_script_that_is_no_text_is_an_error(repository):
    repository.write(PATHS.run_local, b"\xff")

    assert check(repository, "LS001").status is Verdict.ERROR
