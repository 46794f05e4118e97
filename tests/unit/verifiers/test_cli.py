"""``autolab-verify`` as its users meet it: a process, its output and its exit code."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autolab_core import __version__
from autolab_core.io.layout import STATE, VERIFICATION_RESULT, schema_file
from autolab_verifiers.builtin import BUILTIN, load
from autolab_verifiers.cli.main import main
from autolab_verifiers.engine.collect import ENGINE
from autolab_verifiers.report.rules import ENGINE_RULES
from autolab_verifiers.selftest.repository import ITERATION, RUN, RUN_PATHS, build

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
    assert re.fullmatch(r"\d+ checks: \d+ pass, 0 fail, 0 error, \d+ skip\n", done.stdout)


def test_it_starts_without_what_is_dear_and_not_needed(repository):
    """OpenSSL, all of ruamel.yaml, attrs; and a NamedTuple whose annotation is text, which has to be compiled."""
    code = (
        "import sys, typing; made = []\n"
        "class Noted(typing.ForwardRef, _root=True):\n"
        "    def __init__(self, *words, **more): made.append(words[0]); super().__init__(*words, **more)\n"
        "typing.ForwardRef = Noted\n"
        "from autolab_verifiers.cli.main import main; code = main([sys.argv[1]])\n"
        "dear = {'hashlib', 'ruamel.yaml.main', 'attr', 'pathlib', 'subprocess', 'threading', 'orjson', 'pluggy'}\n"
        "print(code, made, sorted(dear & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path += {sys.path!r}\n{code}", str(repository.root)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines()[-1] == "0 [] []"


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
        ["--format", "xml"],
        ["--output", "a.json"],
        ["--output", "a.json", "--format", "json"],
        ["--format", "json", "--output", "a.json", "--output", "b.json"],
        ["--format", "json", "--format", "text"],
        ["--format", "json", "--output", "a.json", "--format", "sarif", "--output", "./a.json"],
        ["--format", "sarif", "--output", VERIFICATION_RESULT],
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


@pytest.mark.parametrize("name", ["json", "sarif", "junit", "github"])
def test_verbosity_colour_and_encoding_never_change_a_machine_format(repository, name):
    repository.manifest("/status", "queué")
    plain = run(str(repository.root), "--format", name, PYTHONIOENCODING="utf-8").stdout
    loud = run(str(repository.root), "--format", name, "-vv", FORCE_COLOR="1", PYTHONIOENCODING="ascii").stdout
    quiet = run(str(repository.root), "--format", name, "-q").stdout

    without_run = [re.sub(r'"run": \{[^{}]*"duration_ms"[^{}]*\}', "", text) for text in (plain, loud, quiet)]
    assert without_run[0] == without_run[1] == without_run[2]
    assert "queué" in plain


def test_several_formats_go_to_files_and_one_to_standard_output(repository, tmp_path_factory):
    repository.manifest("/status", "queued")
    folder = tmp_path_factory.mktemp("answers")
    arguments = f"""
        --format sarif --output {folder}/a.sarif
        --format github
        --format junit --output {folder}/a.xml
        --format text --output {folder}/a.txt
    """
    done = run(*arguments.split(), cwd=repository.root)

    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("::error file=")
    assert json.loads((folder / "a.sarif").read_bytes())["version"] == "2.1.0"
    assert (folder / "a.xml").read_bytes().startswith(b"<?xml")
    assert "FAIL  RH002" in (folder / "a.txt").read_text()
    assert json.loads((repository.root / VERIFICATION_RESULT).read_bytes())["passed"] is False


def test_formats_that_all_have_files_print_nothing(repository):
    done = run("--format", "json", "--output", "answer.json", cwd=repository.root)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (repository.root / "answer.json").read_bytes() == (repository.root / VERIFICATION_RESULT).read_bytes()


def test_a_file_that_cannot_be_written_is_exit_2_and_the_rest_is_still_told(repository):
    done = run("--format", "sarif", "--output", "no/such/folder/a.sarif", "--format", "text", cwd=repository.root)

    assert done.returncode == 2
    assert " 0 fail, 0 error, " in done.stdout
    assert done.stderr.count("\n") == 1
    assert "no/such/folder/a.sarif: cannot be written" in done.stderr
    assert (repository.root / VERIFICATION_RESULT).exists()


def test_an_output_that_is_refused_leaves_the_old_file_as_it_was(repository):
    (repository.root / "here").write_text("old")
    (repository.root / "link").symlink_to("here")
    done = run("--format", "json", "--output", "link", cwd=repository.root)

    assert (done.returncode, (repository.root / "here").read_text()) == (2, "old")


def test_nothing_is_written_into_the_repository_when_nobody_wants_it(repository):
    done = run(str(repository.root), "--no-write")

    assert done.returncode == 0
    assert not (repository.root / VERIFICATION_RESULT).exists()
    assert not (repository.root / RUN_PATHS.verification).exists()


def test_only_what_is_asked_for_is_imported(repository):
    """Each of these costs more than judging does."""
    code = (
        "import sys\nfrom autolab_verifiers.cli.main import main\nmain(sys.argv[1:])\n"
        "late = {'sarif', 'junit', 'github', 'rules', 'places', 'problems', 'document'}\n"
        "print([name for name in late if f'autolab_verifiers.report.{name}' in sys.modules], 'xml' in sys.modules)"
    )
    arguments = [sys.executable, "-P", "-c", code, str(repository.root), "--no-write"]
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(arguments, capture_output=True, text=True, env=variables, check=True)

    assert done.stdout.splitlines()[1:] == ["[] False"]


def test_stage_iteration_and_run_can_be_named(repository):
    repository.remove(STATE)
    done = run(str(repository.root), "--stage", "extract_results", "--iteration", ITERATION, "--run", RUN)

    assert done.returncode == 0


def test_names_may_be_joined_by_commas(repository):
    done = run(str(repository.root), "--skip", "run_health,result_sanity", "--skip", "schema_checks", "-v")

    assert done.stdout.count("left out by --skip") == 42


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


@pytest.mark.parametrize("rule", [rule for _, rule in ENGINE_RULES])
def test_the_engine_s_own_rules_explain_themselves(rule, capsys):
    assert main(["--explain", rule]) == 0
    assert capsys.readouterr().out.startswith(f"{rule} ({ENGINE}): ")


@pytest.mark.parametrize("name", [*BUILTIN, ENGINE])
def test_a_verifier_explains_each_of_its_rules(name, capsys):
    expected = [rule.id for rule in load(name).rules] if name in BUILTIN else [rule for _, rule in ENGINE_RULES]

    assert main(["--explain", name]) == 0
    assert re.findall(rf"^(\w+) \({name}\): ", capsys.readouterr().out, re.MULTILINE) == expected


@pytest.mark.parametrize(
    ("name", "meant"), [("rh003", "did you mean RH003? "), ("run_helth", "did you mean run_health? "), ("zzzzz", "")]
)
def test_a_name_that_no_rule_has_is_answered_by_the_nearest(name, meant):
    done = run("--explain", name)

    told = f"no rule or verifier is called '{name}'; {meant}`autolab-verify --list` shows them all"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"autolab-verify: {told}\n")


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
    assert " pass, 0 fail, 0 error, " in done.stdout
    assert VERIFICATION_RESULT in done.stderr


def test_a_terminal_that_knows_little_still_gets_an_answer(repository):
    repository.manifest("/status", "queué\u202e")

    done = run(str(repository.root), PYTHONIOENCODING="ascii")

    assert done.returncode == 1
    assert "queu\\xe9" in done.stdout


def test_an_interrupt_is_exit_130(repository):
    """The process waits in a verifier of ours, so that the interrupt meets it at work."""
    waiting = (
        "import sys, time\nfrom autolab_verifiers.cli import main as cli\nfrom autolab_verifiers.builtin import load\n"
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
