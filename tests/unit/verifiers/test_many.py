"""Many runs in one verification: each is judged as it would be alone, and what is said of them stays readable."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from autolab_core.io.layout import BACKLOG, POLICY, STATE, VERIFICATION_RESULT, IterationPaths, schema_file
from autolab_core.io.schemas import SchemaStore
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.states import Stage, Verdict
from autolab_verifiers.builtin import BUILTIN, load
from autolab_verifiers.engine.collect import ENGINE
from autolab_verifiers.engine.many import examine_many
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.report.answer import exit_code
from autolab_verifiers.report.document import as_pieces
from autolab_verifiers.selftest.mutations import builtin_mutations
from autolab_verifiers.selftest.repository import ITERATION, PATHS, RUN, RUN_PATHS, build
from benchmarks.many import make

STAGE = Stage.EXTRACT_RESULTS
OTHER_RUN, FLAT = "20260202T120000Z_other", "iter_flat"
# An iteration's scripts are those of its last launch. Where the iteration is judged as a whole nobody says which run
# that was: LS008 then asks them for the iteration alone, of every iteration, and LS007 names no run.
LAST_LAUNCH = "LS008"
MUTATIONS = list(builtin_mutations())


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


@pytest.fixture
def valid(tmp_path):
    """Three iterations with two good runs each, and the sample's own run."""
    make(tmp_path / "valid", 6, 3)
    return tmp_path / "valid"


def _without_run(rule, finding):
    return finding._replace(message="") if rule == "LS007" else finding


def said(checks, *, of=None):
    """What *checks* object to, as something to compare: each finding, and each reason why there is no answer."""
    found = set()
    for check in checks:
        if check.verifier == ENGINE or (of is not None and (check.iteration_id, check.run_id) not in of):
            continue
        if check.status in (Verdict.FAIL, Verdict.ERROR) or check.findings:
            found |= {
                (check.verifier, check.rule, _without_run(check.rule, finding))
                for finding in check.findings
                if check.rule != LAST_LAUNCH
            }
        if check.status is Verdict.ERROR:
            found.add((check.verifier, check.rule, check.reason))
    return found


def rules_of(judgement, iteration_id, run_id):
    return {
        check.rule
        for check in judgement.checks
        if (check.iteration_id, check.run_id) == (iteration_id, run_id) and check.status is Verdict.FAIL
    }


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
        assert said(many.checks, of={(None, None), (iteration, None), (iteration, run)}) == said(alone.checks)
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
    assert rules_of(judgement, ITERATION, OTHER_RUN) == {"LA003"}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[f"{each.rule}-{each.name}" for each in MUTATIONS])
def test_a_broken_repository_is_judged_as_run_by_run(repository, mutation):
    if mutation.prepare is not None:
        mutation.prepare(repository)
    mutation.damage(repository)

    compare(repository.root)
