"""The committed example experiments, which were really carried out, as the verifiers see them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autolab_core.vocab.states import Severity, Verdict
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.report.answer import Check
from autolab_verifiers.selftest.repository import Repository

EXAMPLES = Path(__file__).resolve().parents[4] / "examples"
PREFIXES = ("MC", "BF", "BU", "AP", "RU", "CS", "CG", "NI", "SC012", "SC013")


def judged(repository: Repository, example: str, experiment: str) -> dict[str, Check]:
    shutil.copytree(EXAMPLES / example, repository.root, dirs_exist_ok=True, symlinks=True)
    judgement = examine(repository.root, spec=f"experiments/{experiment}.md").judgement
    return {check.rule: check for check in judgement.checks if check.rule.startswith(PREFIXES)}


def objections(checks: dict[str, Check]) -> list[tuple[str, str]]:
    found = [(check.rule, finding) for check in checks.values() for finding in check.findings]
    return [(rule, finding.message) for rule, finding in found if finding.severity is not Severity.NOTE]


def of(checks: dict[str, Check], status: Verdict) -> set[str]:
    return {rule for rule, check in checks.items() if check.status is status}


def test_the_golden_experiment_passes_every_rule(repository):
    checks = judged(repository, "golden_iteration", "exp-001-momentum")

    assert objections(checks) == []
    # No abort, no waiver; no run of a job; the copy lies in no git repository.
    assert of(checks, Verdict.SKIP) == {"AP002", "AP005", "BU005", "CG001", "NI005"}
    assert of(checks, Verdict.PASS) == checks.keys() - of(checks, Verdict.SKIP)


def test_the_aborted_experiment_is_in_order(repository):
    checks = judged(repository, "stopped_experiments", "exp-001-high-rate")

    assert objections(checks) == []
    assert {"AP001", "AP002", "AP003", "RU001", "RU002", "RU003"} <= of(checks, Verdict.PASS)


def test_the_experiment_without_its_baseline_goes_on(repository):
    checks = judged(repository, "stopped_experiments", "exp-002-lost-baseline")

    assert objections(checks) == []
    assert {"BF003", "BF005", "RU001", "RU003"} <= of(checks, Verdict.PASS)
    assert checks["MC002"].reason == "the experiment goes on"


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        ("0.5189", "0.4189", {"RU001", "RU006"}),
        ('"end":"finished"', '"end":"broken"', {"RU001"}),
    ],
)
def test_a_journal_that_was_edited_is_noticed(repository, old, new, rules):
    shutil.copytree(EXAMPLES / "golden_iteration", repository.root, dirs_exist_ok=True, symlinks=True)
    path = repository.root / ".autolab/experiments/exp-001-momentum/journal.jsonl"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")

    judgement = examine(repository.root, spec="experiments/exp-001-momentum.md").judgement

    assert rules <= {check.rule for check in judgement.checks if check.status is Verdict.FAIL}
