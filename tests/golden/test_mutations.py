"""Every rule catches its own damage, and nothing objects to the untouched repository."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from autolab_core.io.layout import REMOTE_PROFILES
from autolab_core.vocab.states import Severity, Verdict
from autolab_verifiers.builtin import BUILTIN, load
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.report.answer import Judgement
from autolab_verifiers.selftest.mutation import Mutation
from autolab_verifiers.selftest.mutations import builtin_mutations
from autolab_verifiers.selftest.repository import PATHS, RUN_PATHS, Repository, build

TABLE = tuple(builtin_mutations())
BAD = {Verdict.FAIL, Verdict.ERROR}
RULES = [rule.id for name in BUILTIN for rule in load(name).rules]
OF_EXPERIMENTS = [rule for rule in RULES if rule[:2] in {"MC", "BF", "BU", "AP", "RU", "CS", "CG", "NI"}]
OF_EDITS = [rule for rule in RULES if rule[:2] in {"ES", "EV"}]


def judged(root: Path) -> Judgement:
    return examine(root).judgement


def broken_rules(judgement: Judgement) -> list[str]:
    return [check.rule for check in judgement.checks if check.status in BAD]


def _of(prefix: str, reason: str) -> dict[str, str]:
    """The same *reason* for each rule whose id begins with *prefix*: they are about something that is not there."""
    return dict.fromkeys([rule for rule in RULES if rule.startswith(prefix)], reason)


def prepared(root: Path, mutation: Mutation) -> Repository:
    """The original that *mutation* is done to."""
    repository = build(root)
    if mutation.prepare is not None:
        mutation.prepare(repository)
    return repository


def test_the_untouched_repository_passes_every_rule(tmp_path):
    build(tmp_path)

    judgement = judged(tmp_path)

    assert judgement.passed
    assert [check.rule for check in judgement.checks] == RULES
    assert {
        check.rule: check.status for check in judgement.checks if check.status is not Verdict.PASS
    } == dict.fromkeys(
        [
            *("SC012", "SC013", "SC014", "SC015", "RH012", "LA006"),
            *(rule for rule in RULES if rule[:2] in {"CE", "LG", "SG", "RP"}),
            *OF_EXPERIMENTS,
            *OF_EDITS,
        ],
        Verdict.SKIP,
    )
    assert [check.rule for check in judgement.checks if check.findings] == []


def test_the_untouched_slurm_run_passes_every_rule(tmp_path):
    build(tmp_path).to_slurm()

    judgement = judged(tmp_path)

    assert {check.rule: check.reason for check in judgement.checks if check.status is not Verdict.PASS} == {
        **dict.fromkeys(OF_EXPERIMENTS, "the design names no spec"),
        **dict.fromkeys(("SC012", "SC013"), "the design names no spec"),
        "SC014": f"{PATHS.decision} does not exist",
        "SC015": f"{REMOTE_PROFILES} does not exist",
        "LA006": "the run's files did not come from another machine",
        **_of("CE", "no experiment is closed"),
        **_of("SG", "the design names no spec, and the run was not guarded"),
        **_of("RP", "the run is no group of replicates, and no replicate of one"),
        **_of("ES", "no stage is handed over"),
        **_of("EV", f"{RUN_PATHS.evidence} does not exist"),
    }
    assert [check.rule for check in judgement.checks if check.findings] == []


@pytest.mark.parametrize("status", ["pending", "submitted", "running", "failed", "partial"])
def test_a_run_of_any_status_can_be_in_order(tmp_path, status):
    build(tmp_path).become(status)

    judgement = judged(tmp_path)

    assert broken_rules(judgement) == []
    assert judgement.passed


@pytest.mark.parametrize("mutation", TABLE, ids=lambda each: f"{each.rule}-{each.name}")
def test_a_rule_catches_its_damage(tmp_path, mutation: Mutation):
    mutation.damage(prepared(tmp_path, mutation))

    judgement = judged(tmp_path)

    own = next(check for check in judgement.checks if check.rule == mutation.rule)
    if mutation.mild:
        assert own.status is Verdict.PASS
        assert {finding.severity for finding in own.findings} <= {Severity.WARNING, Severity.NOTE}
        assert own.findings
    else:
        assert own.status in BAD
    broken = broken_rules(judgement)
    assert set(broken) - {mutation.rule} == mutation.also
    # Where a schema and a rule overlap the schema's finding comes first.
    assert [rule.startswith("SC") for rule in broken] == sorted(
        (rule.startswith("SC") for rule in broken), reverse=True
    )
    assert judgement.passed == (mutation.mild and not mutation.also)


@pytest.mark.parametrize(
    "mutation", [each for each in TABLE if each.prepare], ids=lambda each: f"{each.rule}-{each.name}"
)
def test_what_a_mutation_prepares_is_in_order(tmp_path, mutation: Mutation):
    prepared(tmp_path, mutation)

    judgement = judged(tmp_path)

    own = next(check for check in judgement.checks if check.rule == mutation.rule)
    assert (own.status, own.findings) == (Verdict.PASS, ())
    assert judgement.passed


@pytest.mark.parametrize("mutation", TABLE, ids=lambda each: f"{each.rule}-{each.name}")
def test_every_objection_names_a_place_and_a_way_out(tmp_path, mutation: Mutation):
    mutation.damage(prepared(tmp_path, mutation))

    own = next(check for check in judged(tmp_path).checks if check.rule == mutation.rule)

    assert own.findings
    for finding in own.findings:
        assert finding.message
        assert finding.hint
        assert (tmp_path / finding.path).parent.exists()
        assert (finding.line is None) == (finding.pointer is None) or finding.line


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_of_every_builtin_verifier_has_a_mutation(rule):
    assert rule in {mutation.rule for mutation in TABLE}


def test_the_words_that_must_never_be_a_status_have_a_mutation_each():
    names = {mutation.name for mutation in TABLE if mutation.rule == "RH002"}

    assert {"status_queued", "status_in_progress"} <= names


def test_rule_ids_are_dense():
    for name, prefix in BUILTIN.items():
        ids = [rule.id for rule in load(name).rules]

        assert ids == [f"{prefix}{number:03}" for number in range(1, len(ids) + 1)]


def test_a_mutation_has_a_name_of_its_own():
    names = [(mutation.rule, mutation.name) for mutation in TABLE]

    assert len(set(names)) == len(names)


def test_building_does_not_share_data(tmp_path):
    build(tmp_path / "a").manifest("/status", "queued")
    before = copy.deepcopy(build(tmp_path / "b").read(".autolab/state.json"))

    assert judged(tmp_path / "b").passed
    assert build(tmp_path / "c").read(".autolab/state.json") == before
