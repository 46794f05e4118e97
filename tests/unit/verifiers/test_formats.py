"""Formats and files: which answer goes where, the committed copies, and what other programs are told to call."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from autolab_core.io.documents import parse_yaml
from autolab_core.io.layout import VERIFICATION_RESULT
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.states import Verdict
from autolab_verifiers.contract import Finding
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.report.answer import Check
from autolab_verifiers.report.formats import (
    FORMATS,
    Answer,
    Output,
    OutputFile,
    outputs,
    refuse_answers_of,
    render_as,
)
from autolab_verifiers.selftest.repository import build
from tests.golden.make_answers import ANSWERS, answers

ROOT = Path(__file__).parents[3]
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
PIPS = {"--quiet", "--disable-pip-version-check"}


def our_options() -> set[str]:
    command = [sys.executable, "-P", "-m", "autolab_verifiers", "--help"]
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    shown = subprocess.run(command, capture_output=True, text=True, check=True, env=variables).stdout
    return {*OPTION.findall(shown), "--root"}


def yaml(name: str):
    return parse_yaml((ROOT / name).read_bytes(), name).data


# --- which answer goes where


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], [Output("text")]),
        (["json"], [Output("json")]),
        (["sarif", OutputFile("a")], [Output("sarif", "a")]),
        (["sarif", OutputFile("a"), "text"], [Output("sarif", "a"), Output("text")]),
        (["text", "sarif", OutputFile("a")], [Output("text"), Output("sarif", "a")]),
        (["json", OutputFile("a"), "json"], [Output("json", "a"), Output("json")]),
    ],
)
def test_a_file_belongs_to_the_format_right_before_it(words, expected):
    assert outputs(words) == expected


@pytest.mark.parametrize(
    "words",
    [
        [OutputFile("a")],
        [OutputFile("a"), "json"],
        ["json", OutputFile("a"), OutputFile("b")],
        ["json", "text"],
        ["json", OutputFile("a"), "sarif", OutputFile("./a")],
    ],
)
def test_what_is_ambiguous_is_refused(words):
    with pytest.raises(UsageError):
        outputs(words)


def test_the_answers_of_every_verification_are_never_an_output(tmp_path):
    build(tmp_path)
    (tmp_path / "link").symlink_to(VERIFICATION_RESULT)

    for path in (VERIFICATION_RESULT, "link"):
        with pytest.raises(UsageError):
            refuse_answers_of(str(tmp_path), [Output("sarif", str(tmp_path / path))])
    refuse_answers_of(str(tmp_path / ".autolab/schemas"), [Output("json", str(tmp_path / VERIFICATION_RESULT))])


@pytest.mark.parametrize("name", FORMATS)
def test_names_that_are_no_utf8_can_be_told_in_every_format(tmp_path, name):
    repository = build(tmp_path)
    judgement = examine(repository.root).judgement
    finding = Finding("is \udcff", "a\udcff", hint="do \udcff")
    odd = Check("v\udcff", "X\udcff", Verdict.ERROR, (finding,), "why \udcff")

    assert render_as(name, Answer(judgement._replace(checks=(odd,)), str(tmp_path), list), verbosity=1).decode()


# --- the committed copies


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return answers(tmp_path_factory.mktemp("answers"))


@pytest.mark.parametrize("name", ["answer.json", "answer.sarif", "answer.xml"])
def test_the_golden_iteration_is_answered_as_committed(made, name):
    """`python -m tests.golden.make_answers` writes them again after a change that is meant."""
    assert made[name].decode() == (ANSWERS / name).read_text(encoding="utf-8")


def test_nothing_else_is_committed_as_an_answer(made):
    assert {file.name for file in ANSWERS.iterdir()} == set(made)


# --- what other programs are told to call


def test_the_hook_names_our_command_and_options_that_it_has():
    (hook,) = yaml(".pre-commit-hooks.yaml")
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]

    assert hook["id"] == "autolab-verify"
    assert hook["entry"] in scripts
    assert set(hook["args"]) <= our_options()
    assert (hook["language"], hook["pass_filenames"], hook["always_run"]) == ("python", False, True)


def test_the_action_names_our_command_and_options_that_it_has():
    steps = yaml("action.yml")["runs"]["steps"]
    used = {option for step in steps for option in OPTION.findall(step["run"])}

    assert used - PIPS <= our_options()
    assert {"--root", "--stage", "--format", "--output"} <= used
    assert "/bin/autolab-verify" in steps[-1]["run"]
    assert set(re.findall(r"--format (\w+)", steps[-1]["run"])) <= set(FORMATS)


def test_the_inputs_of_the_action_are_never_part_of_a_script():
    action = yaml("action.yml")
    handed_over = "".join(value for step in action["runs"]["steps"] for value in step["env"].values())

    assert all("${{" not in step["run"] for step in action["runs"]["steps"])
    assert all(f"inputs.{name} " in handed_over for name in action["inputs"])


def test_the_action_s_script_judges_and_leaves_both_files(tmp_path):
    repository = build(tmp_path / "lab")
    binaries = tmp_path / "temp/autolab/bin"
    binaries.mkdir(parents=True)
    command = binaries / "autolab-verify"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -P -m autolab_verifiers "$@"\n')
    command.chmod(0o755)
    script = yaml("action.yml")["runs"]["steps"][-1]["run"]
    variables = {
        **os.environ,
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_OUTPUT": str(tmp_path / "outputs"),
        "ROOT": str(repository.root),
        "STAGE": "extract_results",
        "MORE": "--skip result_sanity  --no-write",
    }
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"autolab-verify: \d+ checks: \d+ pass, 0 fail, 0 error, \d+ skip\n", done.stdout)
    assert not (repository.root / VERIFICATION_RESULT).exists()
    told = dict(line.split("=", 1) for line in (tmp_path / "outputs").read_text().splitlines())
    assert all(Path(told[name]).stat().st_size for name in ("sarif", "junit"))


# --- the page


def test_the_page_of_the_formats_shows_each_of_them():
    page = (ROOT / "docs/formats.md").read_text()

    assert [name for name in FORMATS if f"\n## {name}\n" not in page] == []
    assert set(OPTION.findall(page)) <= our_options()
