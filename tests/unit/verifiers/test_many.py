"""Many runs in one verification: each is judged as it would be alone, and what is said of them stays readable."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autolab_core.io.layout import STATE
from autolab_core.vocab.states import Stage, Verdict
from autolab_verifiers.contract import Finding
from autolab_verifiers.engine.collect import ENGINE
from autolab_verifiers.engine.many import examine_many
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.selftest.mutations import builtin_mutations
from autolab_verifiers.selftest.repository import ITERATION, PATHS, RUN, RUN_PATHS, build
from benchmarks.many import make

STAGE = Stage.EXTRACT_RESULTS
OTHER_RUN, FLAT = "20260202T120000Z_other", "iter_flat"
MUTATIONS = list(builtin_mutations())
OF_EXPERIMENTS = ("MC", "BF", "BU", "AP", "RU", "CS", "CG", "NI", "SC012", "SC013")


def copied(source: Path, target: Path, **words: str) -> None:
    """A copy of the folder *source*, with *words* replaced in its files."""
    shutil.copytree(source, target, symlinks=True)
    for file in target.rglob("*"):
        if file.is_file() and not file.is_symlink():
            text = file.read_bytes()
            for old, new in words.items():
                text = text.replace(old.encode(), new.encode())
            file.write_bytes(text)


def several(root):
    """The sample with a second run, and with a second iteration of one run in the flat layout. Not all is in order."""
    repository = build(root)
    copied(root / RUN_PATHS.folder, root / PATHS.run(OTHER_RUN).folder, **{RUN: OTHER_RUN})
    flat = root / "experiments" / FLAT
    copied(root / PATHS.folder, flat, **{PATHS.folder: f"experiments/{FLAT}", ITERATION: FLAT})
    shutil.rmtree(flat / "runs" / OTHER_RUN)
    return repository


@pytest.fixture
def repository(tmp_path):
    return several(tmp_path / "repository")


def said(checks, *, of=None):
    """What *checks* object to, as something to compare: each finding, and each reason why there is no answer."""
    found = set()
    for check in checks:
        if check.verifier == ENGINE or (of is not None and (check.iteration_id, check.run_id) not in of):
            continue
        found |= {(check.verifier, check.rule, finding) for finding in check.findings}
        if check.status is Verdict.ERROR:
            found.add((check.verifier, check.rule, check.reason))
    return found


def rules_of(judgement, iteration_id, run_id):
    return {
        check.rule
        for check in judgement.checks
        if (check.iteration_id, check.run_id) == (iteration_id, run_id) and check.status is Verdict.FAIL
    }


def is_of_the_last_launch(found):
    """The iteration's scripts are those of its last launch. No other run, judged alone, is held against them."""
    _, rule, what = found
    return rule in {"LS007", "LS008"} and isinstance(what, Finding) and what.path.startswith(f"{PATHS.folder}/launch/")


def is_of_an_experiment(found):
    """The whole repository is judged with its experiments, a single run with that of its design alone."""
    _, rule, _ = found
    return rule.startswith(OF_EXPERIMENTS)


def compare(root):
    """Judge *root* as a whole and each of its runs alone, and insist that the same is said of each run."""
    many = examine_many(str(root), stage=STAGE).judgement
    runs = [
        (iteration, run.name)
        for iteration, folder in ((ITERATION, root / PATHS.runs), (FLAT, root / "experiments" / FLAT / "runs"))
        for run in sorted(folder.glob("*"))
        if run.is_dir() and not run.name.startswith("<")
    ]
    assert sum(many.runs.values()) == len(runs)
    for iteration, run in runs:
        alone = examine(str(root), stage=STAGE, iteration_id=iteration, run_id=run).judgement
        together = said(many.checks, of={(None, None), (iteration, None), (iteration, run)})
        if run == OTHER_RUN:
            together = {found for found in together if not is_of_the_last_launch(found)}
        if iteration == FLAT:  # its design names no spec
            together = {found for found in together if not is_of_an_experiment(found)}
        assert together == said(alone.checks)
    return many


# --- the same verdicts


def test_runs_in_order_pass(valid):
    judgement = examine_many(str(valid), stage=STAGE).judgement

    assert judgement.passed, [check for check in judgement.checks if check.status is not Verdict.PASS]
    assert judgement.runs == {"pass": 7, "fail": 0, "error": 0, "skip": 0}
    assert judgement.message.startswith("7 runs: ")


def test_each_run_is_judged_as_it_would_be_alone(repository):
    judgement = compare(repository.root)

    assert judgement.runs[Verdict.FAIL]  # the copy was not started by the script that is there


@pytest.mark.parametrize("state_knows", [True, False])
def test_the_last_launchs_scripts_name_one_of_the_iterations_runs(repository, state_knows):
    if not state_knows:
        state = repository.root / STATE
        state.write_text(state.read_text(encoding="utf-8").replace(ITERATION, FLAT), encoding="utf-8")
    script = repository.root / PATHS.run_local
    text = script.read_text(encoding="utf-8")
    asked = "LS008" in rules_of(examine_many(str(repository.root), stage=STAGE).judgement, ITERATION, None)
    script.write_text(text.replace(RUN, "20250101T000000Z_elsewhere"), encoding="utf-8")

    damaged = examine_many(str(repository.root), stage=STAGE).judgement

    assert not asked
    assert "LS008" in rules_of(damaged, ITERATION, None)


def test_another_run_of_the_iteration_is_not_the_last_one_that_the_state_names(repository):
    script = repository.root / PATHS.run_local
    script.write_text(script.read_text(encoding="utf-8").replace(RUN, OTHER_RUN), encoding="utf-8")

    assert "LS008" in rules_of(examine_many(str(repository.root), stage=STAGE).judgement, ITERATION, None)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[f"{each.rule}-{each.name}" for each in MUTATIONS])
def test_a_broken_repository_is_judged_as_run_by_run(repository, mutation):
    if mutation.prepare is not None:
        mutation.prepare(repository)
    mutation.damage(repository)

    compare(repository.root)


# --- many

_PEAK = """
import resource, sys
from autolab_verifiers.cli.main import main

code = main([sys.argv[1], "--all", "--no-write", "-q"])
print(code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(root):
    """Exit code and largest resident set, in KiB, of a process that judges all runs of *root*."""
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    # A small parent: a child's figure begins with what the process it was forked from had.
    command = [
        sys.executable,
        "-P",
        "-c",
        f"import subprocess, sys; subprocess.run([sys.executable, '-P', '-c', {_PEAK!r}, {str(root)!r}], check=True)",
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=variables, check=True)
    code, kibibytes = done.stdout.splitlines()[-1].split()
    return int(code), int(kibibytes)


@pytest.mark.parametrize("damaged", [False, True])
def test_a_run_leaves_about_a_kilobyte_behind(tmp_path, damaged):
    # Its id, its status and its last row of the ledger; never its documents (about 15 KiB), nor what it had to say.
    peaks = []
    for runs in (300, 3000):
        files = make(tmp_path / str(runs), runs, runs // 100)
        if damaged:
            for file in files[::2]:
                file.write_text(file.read_text().replace('"completed"', '"queued"'))
        code, kibibytes = peak(tmp_path / str(runs))
        assert code == int(damaged)
        peaks.append(kibibytes)

    assert peaks[1] - peaks[0] < 1.5 * 2700, peaks
