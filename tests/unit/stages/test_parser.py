"""Extraction by the project's own code: a command, or a function that ``call_parser.py`` calls."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from autolab_core.models.design import ExtractParser
from autolab_core.models.resources import Duration
from autolab_core.stages import call_parser
from autolab_core.stages.parser import run_parser
from autolab_core.vocab.errors import UsageError
from tests.unit.repositories import FOLDER, put, real_context

CALL = call_parser.__file__


def call(folder: Path, body: str, name: str = "extract", *more: str):
    (folder / "own.py").write_text(body)
    pairs = ["run_id=r1", "iteration_id=iter_a", "metrics_path=metrics.json", *more]
    command = [sys.executable, CALL, "own", name, *pairs]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def metrics(folder: Path):
    return json.loads((folder / "metrics.json").read_text())


@pytest.mark.parametrize(
    ("parameters", "given"),
    [
        ("", {}),
        ("run_id", {"run_id": "r1"}),
        ("iteration_id, run_id", {"iteration_id": "iter_a", "run_id": "r1"}),
        ("*, run_id, other=5", {"run_id": "r1", "other": 5}),
    ],
)
def test_a_function_gets_those_values_that_it_has_parameters_for(tmp_path, parameters, given):
    done = call(tmp_path, f"def extract({parameters}): return dict(locals())")

    assert (done.returncode, done.stderr, metrics(tmp_path)) == (0, "", given)


def test_a_function_that_takes_everything_gets_everything(tmp_path):
    call(tmp_path, "def extract(**values): return values", "extract", "run_path=a=b")

    assert metrics(tmp_path) == {
        "run_id": "r1",
        "iteration_id": "iter_a",
        "metrics_path": "metrics.json",
        "run_path": "a=b",
    }


def test_a_function_that_returns_nothing_wrote_the_file_itself(tmp_path):
    done = call(tmp_path, "def extract(metrics_path): open(metrics_path, 'w').write('{\"own\": 1}')")

    assert (done.returncode, metrics(tmp_path)) == (0, {"own": 1})


@pytest.mark.parametrize(
    ("body", "name", "code", "said"),
    [
        ("def extract(): return [1]", "extract", 2, "own.extract returned a list, not a mapping or None"),
        ("def extract(): raise ValueError('no rows')", "extract", 1, "ValueError: no rows"),
        ("def extract(): return {'x': float('nan')}", "extract", 1, "ValueError"),
        ("def extract(): return {'x': object()}", "extract", 1, "TypeError"),
        ("def extract(needs_more): pass", "extract", 1, "needs_more"),
        ("extract = 5", "extract", 2, "own has no callable 'extract'"),
        ("", "extract", 2, "own has no callable 'extract'"),
        ("def (", "extract", 1, "SyntaxError"),
        ("raise SystemExit(9)", "extract", 9, ""),
    ],
)
def test_a_function_that_fails_says_how_and_leaves_no_metrics(tmp_path, body, name, code, said):
    done = call(tmp_path, body, name)

    assert (done.returncode, said in done.stderr) == (code, True)
    assert not (tmp_path / "metrics.json").exists()


def test_call_parser_needs_nothing_but_the_standard_library():
    code = f"import runpy, sys; runpy.run_path({CALL!r}); print(sorted(m for m in sys.modules if 'autolab' in m))"

    assert subprocess.check_output([sys.executable, "-I", "-S", "-c", code], text=True) == "[]\n"


def test_a_link_in_the_place_of_what_it_writes_is_not_followed(tmp_path, monkeypatch):
    (tmp_path / "own.py").write_text("def extract(): return {'a': 1}")
    (tmp_path / "spec").write_text("kept")
    for name in ("metrics.json", f".metrics.json.{os.getpid()}.tmp"):
        (tmp_path / name).symlink_to("spec")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    monkeypatch.delitem(sys.modules, "own", raising=False)

    assert call_parser.main(["own", "extract", f"metrics_path={tmp_path}/metrics.json"]) == 0

    assert (metrics(tmp_path), (tmp_path / "spec").read_text()) == ({"a": 1}, "kept")
    assert not (tmp_path / "metrics.json").is_symlink()


@pytest.fixture
def extract(repository):
    """Run a parser for run ``r1``; the answer."""
    put(repository, f"{FOLDER}/runs/r1/logs/stdout.log", "")
    paths = repository.iteration("iter_a")

    def extract(**parser):
        design = attrs.evolve(repository.design(paths), extract_parser=ExtractParser(**parser) if parser else None)
        return run_parser(real_context(repository), paths, paths.run("r1"), design, "r1")

    return extract


def log(repository, name):
    return (repository.root / f"{FOLDER}/runs/r1/logs/{name}").read_text()


def test_a_command_is_filled_in_and_runs_in_the_repository(repository, extract):
    problem = extract(
        kind="command", command="bash -c 'echo \"$1\"; pwd; echo $AUTOLAB_RUN_ID' x '{iteration_path} {run_id}'"
    )

    assert problem is None
    assert log(repository, "extract.stdout.log") == f"{FOLDER} r1\n{repository.root}\nr1\n"


def test_a_function_is_imported_by_the_activated_environment(repository, extract):
    put(repository, "src/own.py", "def extract(metrics_path): open(metrics_path, 'w').write('{}')")

    assert extract(kind="python", module="own", callable="extract") is None
    assert (repository.root / f"{FOLDER}/runs/r1/metrics.json").read_text() == "{}"


@pytest.mark.parametrize("target", ["spec.md", "/nowhere/else"])
def test_a_parser_writes_no_link_that_the_run_left(repository, extract, target):
    put(repository, "spec.md", "kept")
    metrics = repository.root / f"{FOLDER}/runs/r1/metrics.json"
    metrics.symlink_to(repository.root / target)

    assert extract(kind="command", command="bash -c 'echo {} > {metrics_path}'".replace("{}", "{{}}")) is None

    assert ((repository.root / "spec.md").read_text(), metrics.is_symlink()) == ("kept", False)


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("bash -c 'echo first >&2; echo last >&2; exit 4'", "ended with exit code 4: last"),
        ("no-such-program", "ended with exit code 127: bash: line 5: no-such-program: command not found"),
        ("bash -c 'kill -9 $$'", "the extract_parser ended with signal 9"),
    ],
)
def test_a_command_that_fails_is_told_in_one_line_and_its_output_is_kept(repository, extract, command, problem):
    said = extract(kind="command", command=command)

    assert problem in said
    assert "\n" not in said
    assert ("last" in log(repository, "extract.stderr.log")) == ("last" in problem)


def test_a_command_that_takes_too_long_is_ended(extract):
    assert "no answer within 1 s" in extract(kind="command", command="sleep 60", timeout=Duration(1))


def test_a_design_without_a_parser_says_what_is_missing(extract):
    with pytest.raises(UsageError, match="has no extract_parser: say how"):
        extract()


def test_an_unknown_placeholder_is_refused_before_anything_runs(extract):
    with pytest.raises(UsageError, match=r"extract_parser.command holds \{runid\}"):
        extract(kind="command", command="x {runid}")
