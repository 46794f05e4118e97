"""The self-test proves what it says, and says so when it cannot."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autolab_core.stages.init import init
from autolab_core.vocab.states import Stage, Verdict
from autolab_verifiers.builtin import BUILTIN, load
from autolab_verifiers.cli.main import main
from autolab_verifiers.contract import RuleSet
from autolab_verifiers.engine.collect import Collected, Plugin
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.report.answer import Check
from autolab_verifiers.selftest.everything import self_test
from autolab_verifiers.selftest.mutation import Mutation
from autolab_verifiers.selftest.mutations import builtin_mutations, load_mutations
from autolab_verifiers.selftest.prove import prove
from autolab_verifiers.selftest.repository import ITERATION, PATHS, RUN_PATHS, build
from autolab_verifiers.selftest.scenarios import scenarios

ROOT = Path(__file__).parents[3]


def blunted(monkeypatch, name: str, rule_id: str) -> None:
    """Let the rule *rule_id* of the builtin verifier *name* never object."""
    verifier = load(name)
    rules = [rule._replace(check=lambda context: iter(())) if rule.id == rule_id else rule for rule in verifier.rules]
    monkeypatch.setattr(verifier, "_rules", rules)


def a_verifier(check=None, name: str = "mine") -> RuleSet:
    """One rule, which asks that the run has logs unless *check* says otherwise."""
    verifier = RuleSet(name, "a verifier")

    @verifier.rule("MY001", "the run has logs", hint="keep them")
    def logs(context):
        """Without logs nobody knows what happened."""
        if not context.tree.exists(context.run.logs):
            yield context.missing(context.run.logs, "does not exist")

    if check is not None:
        verifier._rules[0] = verifier._rules[0]._replace(check=check)
    return verifier


LOGS_GONE = Mutation("MY001", "logs_are_gone", lambda r: r.remove(RUN_PATHS.logs))


def reasons(verifier, *mutations: Mutation) -> list[str]:
    return [each.reason for each in prove(verifier, mutations).unproven]


# --- the whole


def test_everything_that_is_shipped_is_proven(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert main(["--self-test"]) == 0

    lines = capsys.readouterr().out.splitlines()
    for line, name in zip(lines, BUILTIN, strict=False):
        count = len(load(name).rules)
        assert line.split() == [
            name,
            *f"{count} of {count} rules proven by {len(load_mutations(name))} mutations".split(),
        ]
    assert "yes: an empty run folder fails" in "\n".join(lines)
    assert "yes: an agent that did nothing fails at launch" in "\n".join(lines)
    assert "4 of 4 whole repositories" in lines[-1]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", BUILTIN)
def test_every_builtin_verifier_has_mutations_of_its_own(name):
    assert {mutation.rule for mutation in load_mutations(name)} == {rule.id for rule in load(name).rules}


def test_the_tables_are_told_apart_by_name():
    assert len(list(builtin_mutations())) == sum(len(load_mutations(name)) for name in BUILTIN)
    with pytest.raises(KeyError):
        load_mutations("no_such_verifier")


@pytest.mark.parametrize(("name", "rule"), [("run_health", "RH003"), ("template_fill", "TF002")])
def test_a_rule_that_never_objects_ends_it_with_1(monkeypatch, capsys, name, rule):
    blunted(monkeypatch, name, rule)

    assert main(["--self-test", "--only", name]) == 1

    out = capsys.readouterr().out
    count = len(load(name).rules)
    assert f"{name}  {count - 1} of {count} rules proven" in out
    for mutation in load_mutations(name):
        said = f"UNPROVEN {rule} {mutation.name} ({name}): the broken copy does not fail but is pass" in out
        assert said == (mutation.rule == rule)


def test_an_empty_run_folder_that_passes_ends_it_with_1(monkeypatch, capsys):
    """RH001 alone objects to the empty folder: what its loss means is seen whichever rules are asked for."""
    blunted(monkeypatch, "run_health", "RH001")

    assert [each.held for each in scenarios()].count(False) == 1
    assert main(["--self-test", "--only", "template_fill"]) == 1
    assert "NO: an empty run folder fails" in capsys.readouterr().out


def test_it_answers_as_json(monkeypatch, capsys):
    blunted(monkeypatch, "template_fill", "TF002")

    assert main(["--self-test", "--only", "template_fill", "--format", "json"]) == 1

    document = json.loads(capsys.readouterr().out)
    (verifier,) = document["verifiers"]
    assert document["proven"] is False
    assert set(verifier["rules"]) - set(verifier["proven"]) == {"TF002"}
    assert {each["rule"] for each in verifier["unproven"]} == {"TF002"}
    assert all(scenario["held"] for scenario in document["scenarios"])


def test_it_answers_into_a_file(tmp_path, capsys):
    assert main(["--self-test", "--only", "template_fill", "--format", "json", "--output", f"{tmp_path}/a.json"]) == 0

    assert capsys.readouterr().out == ""
    assert json.loads((tmp_path / "a.json").read_text())["proven"] is True


@pytest.mark.parametrize(
    "arguments",
    [["--format", "sarif"], ["--only", "no_such_verifier"], ["--only", "run_health", "--skip", "run_health"]],
)
def test_what_cannot_be_decided_ends_it_with_2(arguments, capsys):
    assert main(["--self-test", *arguments]) == 2


def test_the_users_repository_is_not_touched(tmp_path, capsys):
    build(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path, *tmp_path.rglob("*"))}

    assert main([str(tmp_path), "--self-test", "--only", "template_fill"]) == 0

    assert {path: path.stat().st_mtime_ns for path in (tmp_path, *tmp_path.rglob("*"))} == before


def test_ctrl_c_leaves_nothing_behind(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-P", "-m", "autolab_verifiers", "--self-test"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    ends = time.monotonic() + 60
    while not any(tmp_path.iterdir()) and time.monotonic() < ends:
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    _, stderr = child.communicate(timeout=60)

    assert (child.returncode, stderr) == (130, b"")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stage", [Stage.LAUNCH, Stage.EXTRACT_RESULTS])
def test_nothing_done_is_what_init_leaves_behind(tmp_path, stage):
    """The self-test may not call `autolab init`; what it builds instead fails by the same rules."""
    init(tmp_path / "real", iteration_id=ITERATION)
    build(tmp_path / "built").nothing_done(stage)

    def failed(root):
        checks = examine(root, stage=stage, iteration_id=ITERATION).judgement.checks
        return {check.rule for check in checks if check.status is Verdict.FAIL}

    assert failed(tmp_path / "real") == failed(tmp_path / "built") != set()


# --- one verifier


def test_a_rule_is_proven_by_its_mutation():
    proof = prove(a_verifier(), [LOGS_GONE])

    assert (proof.proven, proof.unproven) == (("MY001",), ())


def test_a_rule_without_a_mutation_is_unproven():
    assert reasons(a_verifier()) == ["no mutation shows that it can fail"]


@pytest.mark.parametrize(
    ("mutation", "reason"),
    [
        (LOGS_GONE._replace(rule="MY002"), "mine has no rule of this id"),
        (LOGS_GONE._replace(damage=lambda r: None), "the broken copy does not fail but is pass"),
        (LOGS_GONE._replace(damage=lambda r: r.remove("x")), "its `damage` failed: FileNotFoundError"),
        (LOGS_GONE._replace(prepare=lambda r: 1 / 0), "its `prepare` failed: ZeroDivisionError: division by zero"),
        (LOGS_GONE._replace(prepare=LOGS_GONE.damage), "on the original it is no pass but fail: does not exist"),
        (LOGS_GONE._replace(mild=True), "the mutation is called mild, but the answer is fail"),
        (LOGS_GONE._replace(mild=True, damage=lambda r: None), "the broken copy passes without a warning"),
    ],
)
def test_what_does_not_prove_a_rule(mutation, reason):
    (found,) = [each for each in prove(a_verifier(), [mutation]).unproven if each.mutation is not None]

    assert found.reason.startswith(reason)


def breaks_where_it_should_object(context):
    """A crash is no objection."""
    if not context.tree.exists(context.run.logs):
        raise KeyError("logs")
    yield from ()


def test_a_rule_that_breaks_is_not_proven_by_that():
    found = reasons(a_verifier(breaks_where_it_should_object), LOGS_GONE)

    assert found == ["it broke instead of objecting: the verifier broke: KeyError: 'logs'"]


def skips_always(context):
    """Never decides."""
    from autolab_verifiers.contract import Skip

    raise Skip("not today")
    yield


def test_a_rule_that_is_skipped_is_not_proven():
    assert reasons(a_verifier(skips_always), LOGS_GONE) == ["on the original it is no pass but skip: not today"]


# --- plugins


def plugin(mutations, *verifiers) -> Collected:
    found = tuple(verifiers) or (a_verifier(),)
    loaded = Plugin("a_plugin", "a-plugin 1.0", found, mutations)
    return Collected({each.name: each for each in found}, (), (), (loaded,))


def of_plugins(collected: Collected) -> list[tuple[str, str, str]]:
    shown = self_test(collected, skip=list(BUILTIN))
    return [(each.verifier, each.rule, each.reason) for each in shown.unproven]


def test_a_plugin_brings_mutations_of_its_own():
    shown = self_test(plugin(lambda: [LOGS_GONE]), skip=list(BUILTIN))

    assert ([proof.verifier for proof in shown.proofs], shown.exit_code) == (["mine"], 0)


def test_a_plugin_without_mutations_is_unproven():
    assert of_plugins(plugin(list)) == [("mine", "MY001", "no mutation shows that it can fail")]


def fails_to_tell():
    raise RuntimeError("no luck")


@pytest.mark.parametrize(
    ("mutations", "reason"),
    [
        (fails_to_tell, "the plugin 'a_plugin' was asked for its mutations: RuntimeError: no luck"),
        (lambda: [LOGS_GONE, 3], "the plugin 'a_plugin' brings something that is no Mutation"),
    ],
)
def test_a_plugin_that_cannot_tell_its_mutations_is_unproven(mutations, reason):
    assert of_plugins(plugin(mutations)) == [("mine", "MY001", reason)]


def test_a_mutation_of_no_rule_of_the_plugin_is_told():
    collected = plugin(lambda: [LOGS_GONE, LOGS_GONE._replace(rule="MY009")])

    assert of_plugins(collected) == [("mine", "MY009", "mine has no rule of this id")]


def test_a_plugin_that_cannot_be_loaded_ends_it_with_2():
    broken = (Check("autolab_verify", "AV003", Verdict.ERROR, reason="the plugin 'x' cannot be used"),)

    assert self_test(plugin(lambda: [LOGS_GONE])._replace(broken=broken), skip=list(BUILTIN)).exit_code == 2


def test_the_sample_can_be_changed_in_a_chain(tmp_path):
    repository = build(tmp_path).become("failed").manifest("/failure", None).write("a/b", "c")

    assert repository.read(RUN_PATHS.manifest)["failure"] is None
    with pytest.raises(ValueError, match=r"stands 0 times in .*design\.yaml, not once"):
        repository.replace(PATHS.design, "no such text", "")
