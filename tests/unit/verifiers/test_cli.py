"""``autolab-verify`` as its users meet it: a process, its output and its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autolab_core import __version__
from autolab_core.io.layout import STATE, VERIFICATION_RESULT, schema_file
from autolab_verifiers.builtin import BUILTIN, load
from autolab_verifiers.cli import main
from tests.golden.build import ITERATION, RUN, RUN_PATHS, build

ROOT = Path(__file__).parents[3]
RULES = [rule for name in BUILTIN for rule in load(name).rules]


@pytest.fixture
def repository(tmp_path):
    return build(tmp_path)


def run(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "autolab_verifiers", *arguments]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=variables, check=False)


def test_a_repository_in_order_passes(repository):
    done = run(str(repository.root))

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "44 checks: 43 pass, 0 fail, 0 error, 1 skip\n"


def test_it_finds_the_repository_from_within(repository):
    assert run(cwd=repository.root / RUN_PATHS.logs).returncode == 0


def test_a_failing_rule_is_exit_1_and_told_with_its_place(repository):
    repository.manifest("/status", "queued")
    done = run("--root", str(repository.root))

    assert done.returncode == 1
    assert f"FAIL  RH002 {RUN_PATHS.manifest}:7: `status` is 'queued'" in done.stdout
    assert "hint: write 'pending'" in done.stdout


def test_what_cannot_be_decided_is_exit_2(repository):
    repository.write(RUN_PATHS.manifest, "{")

    assert run(str(repository.root)).returncode == 2


def test_a_missing_schema_is_exit_2_and_names_init(repository):
    repository.remove(schema_file("run_manifest"))
    done = run(str(repository.root))

    assert (done.returncode, done.stdout) == (2, "")
    assert "autolab init" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--stage", "lanch"],
        ["--only", "nothing"],
        ["--iteration", "iter_missing"],
        ["--run", "../x"],
        ["--root", "/nowhere/at/all"],
        ["--explain", "XX999"],
        ["--nonsense"],
        ["-q", "-v"],
    ],
)
def test_wrong_usage_is_exit_2_without_a_traceback(repository, arguments):
    done = run(*arguments, cwd=repository.root)

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr


def test_outside_a_repository_it_says_so(tmp_path):
    done = run(cwd=tmp_path)

    assert (done.returncode, "autolab init" in done.stderr) == (2, True)


def test_json_is_the_document_that_is_written(repository):
    done = run(str(repository.root), "--format", "json")

    assert done.stdout.encode() == (repository.root / VERIFICATION_RESULT).read_bytes()


def test_verbosity_and_colour_never_change_the_json(repository):
    plain = json.loads(run(str(repository.root), "--format", "json").stdout)
    loud = json.loads(run(str(repository.root), "--format", "json", "-vv", FORCE_COLOR="1").stdout)

    assert {**plain, "run": None} == {**loud, "run": None}


def test_stage_iteration_and_run_can_be_named(repository):
    repository.remove(STATE)
    done = run(str(repository.root), "--stage", "extract_results", "--iteration", ITERATION, "--run", RUN)

    assert done.returncode == 0


def test_names_may_be_joined_by_commas(repository):
    done = run(str(repository.root), "--skip", "run_health,result_sanity", "--skip", "schema_checks", "-v")

    assert done.stdout.count("left out by --skip") == 38


def test_the_list_names_every_rule(repository):
    listed = run("--list").stdout

    assert [line.split()[0] for line in listed.splitlines() if line.startswith("  ")] == [rule.id for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_explains_itself(rule, capsys):
    assert main(["--explain", rule.id]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"{rule.id} (")
    assert rule.summary in shown
    assert len(rule.explanation) > 40
    assert rule.explanation != rule.summary
    assert f"Hint: {rule.hint}" in shown


def test_help_has_examples_and_exit_codes():
    done = run("--help")

    assert done.returncode == 0
    assert "examples:" in done.stdout
    assert "exit codes:" in done.stdout


def test_the_version_is_told():
    assert run("--version").stdout == f"autolab-verify {__version__}\n"


def test_a_reader_who_has_gone_away_does_not_change_the_answer(repository):
    command = f"'{sys.executable}' -P -m autolab_verifiers -v | true; exit ${{PIPESTATUS[0]}}"
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", command], cwd=repository.root, env=variables, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_output_that_cannot_be_written_is_exit_2(repository):
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "autolab_verifiers"],
            cwd=repository.root,
            env=variables,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.returncode == 2
    assert "cannot be printed" in done.stderr


def test_the_answer_is_shown_also_when_it_cannot_be_written_down(repository):
    (repository.root / VERIFICATION_RESULT).mkdir()
    done = run(str(repository.root))

    assert done.returncode == 2
    assert "43 pass" in done.stdout
    assert VERIFICATION_RESULT in done.stderr


def test_a_terminal_that_knows_little_still_gets_an_answer(repository):
    repository.manifest("/status", "queué\u202e")

    done = run(str(repository.root), PYTHONIOENCODING="ascii")

    assert done.returncode == 1
    assert "queu\\xe9" in done.stdout


def test_an_interrupt_is_exit_130(repository):
    """The process waits in a verifier of ours, so that the interrupt meets it at work."""
    waiting = (
        "import sys, time\nfrom autolab_verifiers import cli\nfrom autolab_verifiers.builtin import load\n"
        "def wait(context):\n    print('waiting', flush=True)\n    time.sleep(60)\n    yield\n"
        "load('schema_checks').rule('SC099', 'waits')(wait)\nsys.exit(cli.main())\n"
    )
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", waiting], cwd=repository.root, env=variables, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)

        assert process.wait(timeout=20) == 130


def test_a_fault_of_ours_is_exit_2_and_not_1(repository, capsys):
    """Python's own exit code for an uncaught error would read as "the answer is no"."""
    load("schema_checks")

    class Odd:
        def __fspath__(self):
            raise RuntimeError("boom")

    assert main([Odd()]) == 2  # type: ignore[list-item]
    assert "fault of autolab-verify" in capsys.readouterr().err
