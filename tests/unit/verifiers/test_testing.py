"""What plugin authors are given: samples that are valid, and a contract that a bad verifier does not pass."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from autolab_core.io.documents import dump_json
from autolab_core.io.schemas import SchemaStore
from autolab_core.models.manifest import RunManifest
from autolab_core.vocab.states import HostMode, RunStatus, Severity, Verdict
from autolab_verifiers import testing
from autolab_verifiers.builtin import BUILTIN, load
from autolab_verifiers.contract import Finding, Rule, RuleSet, Scope, Skip
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.testing import (
    RUN_PATHS,
    Mutation,
    assert_verifier_contract,
    build,
    judged,
    manifests,
    metrics,
    mutations,
    repositories,
)

ROOT = Path(__file__).parents[3]
few = settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))

# --- samples


@few
@given(repositories())
def test_every_builtin_verifier_passes_on_a_valid_repository(sample):
    with sample.on_disk() as repository:
        judgement = examine(repository.root).judgement

    assert [check for check in judgement.checks if check.status in (Verdict.FAIL, Verdict.ERROR)] == []
    assert judgement.passed
    # Values that do not differ between seeds are remarkable, and not wrong.
    assert {check.rule for check in judgement.checks if check.findings} <= {"RS011"}
    assert {check.verifier for check in judgement.checks} == set(BUILTIN)


@pytest.mark.parametrize("status", testing.strategies.STATUSES)
@pytest.mark.parametrize("host", HostMode)
def test_a_repository_of_each_status_and_host_can_be_asked_for(status, host):
    @settings(few, max_examples=2)
    @given(repositories([status], [host]))
    def holds(sample):
        assert (sample.status, sample.host, sample.manifest["status"]) == (status, host, str(status))
        with sample.on_disk() as repository:
            assert examine(repository.root).judgement.passed

    holds()


@few
@given(manifests(), metrics(RunStatus.PARTIAL))
def test_documents_are_valid_by_schema_and_model(manifest, values):
    schemas = SchemaStore("/nowhere")

    assert schemas.problems("run_manifest", manifest) == schemas.problems("run_metrics", values) == ()
    dump_json(manifest)
    assert RunManifest.__name__
    assert values["missing"]


def test_the_shipped_mutations_are_at_hand():
    assert {mutation.rule for mutation in mutations("template_fill")} == {f"TF00{number}" for number in range(1, 6)}
    assert set(mutations("template_fill")) < set(mutations())


def test_the_verdicts_of_a_verifier_that_is_not_installed_can_be_had(tmp_path):
    build(tmp_path).remove(RUN_PATHS.logs)

    assert judged(good(), tmp_path)["MY001"].status is Verdict.FAIL


@pytest.mark.parametrize("name", testing.__all__)
def test_without_hypothesis_a_name_is_there_or_says_what_is_missing(name):
    code = f"import sys; sys.modules['hypothesis'] = None\nfrom autolab_verifiers.testing import {name}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    if name in {"Sample", "assert_verifier_contract", "manifests", "metrics", "repositories"}:
        assert done.stderr.endswith(
            f"ImportError: autolab_verifiers.testing.{name} needs the package hypothesis: "
            "pip install 'autolab-verify[testing]'\n"
        )
    else:
        assert (done.returncode, done.stderr) == (0, "")


# --- the contract


@pytest.mark.parametrize("name", BUILTIN)
def test_the_builtin_verifiers_keep_the_contract(name):
    assert_verifier_contract(load(name), mutations(name), max_examples=10)


LOGS_GONE = Mutation("MY001", "logs_are_gone", lambda r: r.remove(RUN_PATHS.logs))


def logs_are_there(context):
    """Without logs nobody knows what happened."""
    if not context.tree.exists(context.run.logs):
        yield context.missing(context.run.logs, "does not exist")


def good(check=logs_are_there, **changes) -> RuleSet:
    """A verifier that keeps the contract, but for what *check* and *changes* (fields of its rule) say."""
    verifier = RuleSet(changes.pop("name", "mine"), "a verifier")
    rule = Rule("MY001", "the run has logs", "keep them", check)
    verifier._rules.append(rule._replace(**changes))
    return verifier


def broken_by(verifier, table=(LOGS_GONE,), **options) -> str:
    with pytest.raises(AssertionError) as caught:
        assert_verifier_contract(verifier, table, **options)
    return str(caught.value)


def test_a_good_verifier_passes():
    assert_verifier_contract(good(), [LOGS_GONE], max_examples=10)


def undocumented(context):
    yield from logs_are_there(context)


@pytest.mark.parametrize(
    ("verifier", "said"),
    [
        (good(name="Mine!"), "its name 'Mine!' is not in lower case"),
        (good(name="run_health"), "its name 'run_health' is that of a builtin verifier"),
        (good(id="logs"), "logs: the id is not capital letters"),
        (good(summary=" "), "MY001: it has no summary"),
        (good(hint=""), "MY001: it has no hint"),
        (good(undocumented), "MY001: it has no docstring"),
        (good(scopes=()), "MY001: its scopes are not"),
        (RuleSet("mine", "no rules"), "its rules are not a tuple"),
    ],
)
def test_a_verifier_that_describes_itself_wrongly_breaks_the_contract(verifier, said):
    assert said in broken_by(verifier)


def test_two_rules_of_one_id_break_the_contract():
    verifier = good()
    verifier._rules *= 2

    assert "MY001: the id is not unique" in broken_by(verifier)


def test_a_rule_without_a_mutation_breaks_the_contract():
    assert "MY001: no mutation shows that it can fail" in broken_by(good(), ())


def test_a_rule_that_never_objects_breaks_the_contract():
    def never(context):
        """Everything is fine."""
        yield from ()

    assert "MY001 logs_are_gone: the broken copy does not fail but is pass" in broken_by(good(never))


def documented(function):
    function.__doc__ = "A reason."
    return function


@documented
def trusts_a_type(context):
    yield from logs_are_there(context)
    context.design()["metrics"]["primary"]["name"].upper()


@documented
def returns_a_list(context):
    return list(logs_are_there(context))


@documented
def yields_a_text(context):
    yield from logs_are_there(context)
    if context.stage is None:
        yield "this is wrong"


@documented
def yields_a_strange_finding(context):
    yield from logs_are_there(context)
    if context.stage is None:
        yield Finding("", context.run.folder, severity=Severity.NOTE)


@documented
def writes(context):
    yield from logs_are_there(context)
    if not context.tree.exists(context.run.metrics):
        Path(context.tree.absolute("seen")).write_text("")


@documented
def exits(context):
    yield from logs_are_there(context)
    if not context.tree.exists(context.run.metrics):
        raise SystemExit(0)


@documented
def returns_nothing(context):
    return None


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (trusts_a_type, "MY001 raised "),
        (returns_a_list, "MY001 returned list; a rule is a generator"),
        (yields_a_text, "MY001 yielded str; a rule yields findings"),
        (yields_a_strange_finding, "MY001 yielded a finding with a field of the wrong type"),
        (writes, "mine wrote to the repository"),
        (exits, "MY001 raised SystemExit: 0"),
    ],
)
def test_a_rule_that_misbehaves_on_some_tree_breaks_the_contract(check, said):
    assert said in broken_by(good(check), max_examples=100)


def test_a_rule_that_remembers_breaks_the_contract():
    seen = []

    @documented
    def remembers(context):
        yield from logs_are_there(context)
        seen.append(context)
        yield context.missing("x", f"the {len(seen)}th time", severity=Severity.NOTE)

    assert "MY001 answers differently" in broken_by(good(remembers))


def test_a_rule_that_looks_beyond_its_scope_breaks_the_contract():
    said = broken_by(good(scopes=(Scope.REPOSITORY,)), max_examples=1)

    assert "MY001 looked at a thing of the scope RUN, which is none of its own" in said


def test_whether_a_verifier_applies_is_asked_on_any_tree():
    class Picky(RuleSet):
        def applies(self, context):
            return Skip("not here") if context.design()["metrics"] is None else None

    picky = Picky("mine", "a verifier")
    picky._rules = good()._rules

    assert "mine.applies raised KeyError: 'metrics'" in broken_by(picky, max_examples=1)
