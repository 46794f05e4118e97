"""The policy in the table ``[tool.autolab]`` of pyproject.toml, and the settings of verifiers in either place."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from autolab_core.io.layout import POLICY, PYPROJECT
from autolab_core.io.repository import Repository
from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import Severity, Verdict
from autolab_verifiers.builtin import BUILTIN
from autolab_verifiers.contract.context import VerifyContext
from autolab_verifiers.contract.findings import Finding
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.report.answer import Check, Judgement, exit_code
from autolab_verifiers.selftest.repository import build

TABLE = """\
[project]
name = "x"

[tool.autolab.stages.extract_results]
run = ["schema_checks"]
required = ["run_health"]

[tool.autolab.settings.run_health]
answer = [42]
"""
# Each mentions what is looked for, and none has the table.
LOOKALIKES = (
    '[tool.autolabel]\nstages = 7\n[tool.autolab-x]\nstages = 7\n"',  # broken, and not about us
    "[tool.autolab_x]\nx = ",
    'a = "[tool.autolab]"\n',
    "# [tool.autolab]\n[tool]\nautolabs = 3\n",
    "# [tool.autolab]\ntool = 3\n",
    "[tool.other\n",
    "",
)


@pytest.fixture
def repository(tmp_path):
    made = build(tmp_path)
    made.remove(POLICY)
    return made


def judged(repository, **named) -> Judgement:
    return examine(repository.root, **named).judgement


def verifiers(judgement: Judgement) -> set[str]:
    return {check.verifier for check in judgement.checks}


def problems(judgement: Judgement) -> list[Check]:
    return [check for check in judgement.checks if check.verifier == "autolab_verify"]


def test_the_table_is_the_policy(repository):
    repository.write(PYPROJECT, TABLE)

    judgement = judged(repository)

    assert verifiers(judgement) == {"schema_checks", "run_health"}
    assert judgement.passed


@pytest.mark.parametrize("text", LOOKALIKES)
def test_a_file_without_the_table_is_nobody_s_business(repository, text):
    repository.write(PYPROJECT, text)

    assert verifiers(judged(repository)) == set(BUILTIN)


@pytest.mark.parametrize(
    ("text", "rule", "place", "words"),
    [
        (TABLE.replace('"schema_checks"', '"ledgr"'), "AV002", "/tool/autolab/stages/extract_results/run:5", "'ledgr'"),
        (TABLE.replace('"run_health"', '"ledgr"'), "AV004", "/tool/autolab/stages/extract_results/required:6", "ledgr"),
        ("[tool.autolab]\nstages = 7\n", "AV002", "/tool/autolab/stages:2", "is not a mapping"),
        ("\n[tool.autolab]\nx = = 1\n", "AV002", "None:3", "is not TOML"),
        ("[tool.autolab", "AV002", "None:1", "is not TOML"),
        ("[tool.autolab]\nx = '\xff'\n".encode("latin-1"), "AV002", "None:2", "is not UTF-8 text"),
    ],
    ids=["name", "required", "shape", "broken", "cut", "latin"],
)
def test_what_is_wrong_with_the_table_is_told_with_file_and_line(repository, text, rule, place, words):
    repository.write(PYPROJECT, text)

    judgement = judged(repository)
    [check] = problems(judgement)
    [finding] = check.findings

    assert (check.rule, check.status, exit_code(judgement)) == (rule, Verdict.ERROR, 2)
    assert (finding.path, f"{finding.pointer}:{finding.line}") == (PYPROJECT, place)
    assert words in finding.message


def test_the_schema_of_the_policy_is_the_table_s_too(repository):
    repository.write(PYPROJECT, "\n[tool.autolab.launch]\nrequire_reviewed = 'maybe'\n")

    check = next(check for check in judged(repository).checks if check.rule == "SC010")

    assert check.status is Verdict.FAIL
    [finding] = check.findings
    expected = (PYPROJECT, "/tool/autolab/launch/require_reviewed", 3)
    assert (finding.path, finding.pointer, finding.line) == expected


def test_the_policy_s_own_file_wins_and_the_table_is_said_to_be_ignored(repository):
    repository.write(PYPROJECT, TABLE)
    repository.write(POLICY, "stages: {extract_results: {run: [schema_checks]}}\n")

    judgement = judged(repository)
    [check] = problems(judgement)

    assert judgement.passed
    assert verifiers(judgement) == {"schema_checks", "autolab_verify"}
    assert (check.rule, check.status) == ("AV002", Verdict.SKIP)
    [finding] = check.findings
    assert (finding.severity, finding.path, finding.line) == (Severity.WARNING, PYPROJECT, 4)
    assert finding.message == f"the table is ignored, because {POLICY} exists"


def test_a_table_that_is_ignored_is_no_check_that_was_passed(repository):
    repository.write(PYPROJECT, TABLE)
    repository.write(POLICY, "stages: {}\n")

    assert exit_code(judged(repository, skip=list(BUILTIN))) == 2


def test_a_broken_table_beside_the_policy_s_own_file_is_an_error(repository):
    repository.write(PYPROJECT, "[tool.autolab]\nx = = 1\n")
    repository.write(POLICY, "stages: {extract_results: {run: [schema_checks]}}\n")

    judgement = judged(repository)

    assert [(check.rule, check.status) for check in problems(judgement)] == [("AV002", Verdict.ERROR)]
    assert verifiers(judgement) == {"schema_checks", "autolab_verify"}


@pytest.mark.parametrize("own", [False, True])
def test_a_file_that_cannot_be_read_may_hold_the_policy_where_there_is_no_other(repository, own):
    os.mkfifo(repository.root / PYPROJECT)
    if own:
        repository.write(POLICY, "stages: {}\n")

    assert [check.rule for check in problems(judged(repository))] == ([] if own else ["AV002"])


def test_the_launch_gate_reads_the_table_too(repository):
    repository.write(PYPROJECT, "[tool.autolab]\nlaunch = { require_reviewed = true }\n")

    assert Repository(repository.root).policy().launch.require_reviewed


def test_the_launch_gate_names_file_line_and_key_of_what_is_wrong(repository):
    repository.write(PYPROJECT, "\n[tool.autolab]\nlaunch = { require_reviewed = 'maybe' }\n")

    with pytest.raises(DocumentError, match=r"pyproject.toml:3: at /tool/autolab/launch/require_reviewed "):
        Repository(repository.root).policy()


def context(repository) -> VerifyContext:
    return VerifyContext(Tree(str(repository.root)), stage=None, iteration_id=None)


def test_settings_reach_a_verifier_from_the_table(repository):
    repository.write(PYPROJECT, TABLE)
    given = context(repository)

    assert given.setting("run_health", "answer") == [42]
    expected = Finding("too much", PYPROJECT, pointer="/tool/autolab/settings/run_health/answer", line=9)
    assert given.at_setting("run_health", "answer", "too much") == expected


def test_settings_reach_a_verifier_from_the_file(repository):
    repository.write(POLICY, "settings:\n  a/b: {c: 7}\n")
    given = context(repository)

    assert given.setting("a/b", "c") == 7
    assert given.at_setting("a/b", "c", "odd") == Finding("odd", POLICY, pointer="/settings/a~1b/c", line=2)


@pytest.mark.parametrize("text", ["settings: {other: {answer: 1}}", "settings: 3", "settings: {run_health: 3}", "[]"])
def test_a_setting_that_is_not_there_is_none(repository, text):
    repository.write(POLICY, text)

    assert context(repository).setting("run_health", "answer") is None


def test_without_a_policy_there_are_no_settings(repository):
    assert context(repository).setting("run_health", "answer") is None


@pytest.mark.parametrize(("text", "imported"), [(TABLE, True), (LOOKALIKES[-2], False), ("[tool.x]\n", False)])
def test_toml_is_read_only_where_the_heading_stands(repository, text, imported):
    repository.write(PYPROJECT, text)
    program = (
        "import sys; from autolab_verifiers.cli.main import main; main([sys.argv[1], '-q']); "
        "sys.exit(7 if 'tomllib' in sys.modules else 0)"
    )

    done = subprocess.run([sys.executable, "-c", program, str(repository.root)], capture_output=True, check=False)

    assert done.returncode == (7 if imported else 0), done.stderr
