"""``pytest --autolab``: what is collected, what is answered, and how it goes together with pytest's own options."""

from __future__ import annotations

import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from autolab_core.io.layout import POLICY, STATE
from autolab_verifiers.builtin import BUILTIN
from autolab_verifiers.selftest.repository import ITERATION, PATHS, RUN, RUN_PATHS, build
from tests.unit.repositories import snapshot

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[3]
ITEMS = f"autolab::{ITERATION}::{RUN}::"


@pytest.fixture
def lab(pytester):
    """A valid repository at ``lab``, beside the folder that pytest is started in."""
    made = build(pytester.path / "lab")
    made.remove(POLICY)
    (pytester.path / "elsewhere").mkdir()
    pytester.chdir()
    return made


@pytest.fixture
def judge(pytester, lab, monkeypatch):
    """Start a pytest of its own in an empty folder, on the repository."""
    monkeypatch.chdir(pytester.path / "elsewhere")

    def start(*arguments: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess("--autolab", "--autolab-root=../lab", *arguments)

    return start


def ids(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if line.startswith("autolab::")]


def break_status(lab) -> None:
    lab.manifest("/status", "done")


def three_iterations(lab) -> None:
    """Two more iterations in other places, each with the run."""
    for other, folder in (("iter_b", "experiments/iter_b"), ("iter_c", "experiments/done/iter_c")):
        shutil.copytree(lab.root / PATHS.folder, lab.root / folder)
        for file in (lab.root / folder).rglob("*"):
            if file.suffix in {".json", ".yaml"}:
                file.write_bytes(file.read_bytes().replace(ITERATION.encode(), other.encode()))


def test_the_golden_iteration_passes(pytester):
    shutil.copytree(ROOT / "examples" / "golden_iteration", pytester.path / "lab")
    before = snapshot(pytester.path / "lab")

    result = pytester.runpytest_subprocess("--autolab", "--autolab-root=lab")

    assert result.ret == 0
    # Nothing is closed or handed over, the design names no spec (which nine verifiers are about), no replicates were
    # launched, and no evidence is recorded.
    assert result.parseoutcomes() == {"passed": len(BUILTIN) - 13, "skipped": 13}
    assert snapshot(pytester.path / "lab") == before


def test_each_verifier_is_an_item_of_the_run(judge):
    found = ids(judge("--collect-only", "-q"))

    assert {f"{ITEMS}schema_checks", f"{ITEMS}run_health", f"{ITEMS}result_sanity"} <= set(found)
    assert all(each.startswith(ITEMS) for each in found)


def test_a_failure_shows_the_finding_and_the_hint_and_no_traceback(judge, lab):
    break_status(lab)

    result = judge("-k", "run_health")

    result.assert_outcomes(failed=1, deselected=len(ids(judge("--collect-only", "-q"))) - 1)
    result.stdout.fnmatch_lines(
        [
            f"RH002 {RUN_PATHS.manifest}:*: `status` is 'done', which is not a canonical run status",
            "    hint: write 'completed'",
            f"FAILED {ITEMS}run_health - RH002*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*.py:*")
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_what_could_not_be_decided_is_an_error_and_not_a_failure(judge, lab):
    lab.write(RUN_PATHS.manifest, "{")

    result = judge("-k", "run_health")

    assert result.parseoutcomes()["errors"] == 1
    assert "failed" not in result.parseoutcomes()
    result.stdout.fnmatch_lines(["could not be decided", f"RH*{RUN_PATHS.manifest}:1*"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_state_that_cannot_be_read_is_an_error_of_the_engine(judge, lab):
    lab.write(STATE, "[")

    result = judge()

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"AV001 {STATE}:1*", "ERROR autolab::-::-::autolab_verify - could not be decided"])


def test_a_policy_that_asks_for_nothing_is_no_pass(judge, lab):
    lab.write(POLICY, "stages: {extract_results: {run: []}}\n")

    result = judge()

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*nothing was checked, which is not a pass*"])


def test_skipped_items_say_why_and_alone_are_no_pass(judge, lab):
    lab.set(STATE, "/last_run_id", "")

    result = judge("-k", "result_sanity", "-rs")

    assert result.parseoutcomes()["skipped"] == 1
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(["SKIPPED*no run to look at yet*"])
    result.stdout.fnmatch_lines(["autolab: nothing was checked, which is not a pass"])


def test_a_warning_is_listed_although_the_item_passes(judge, lab):
    lab.write(".autolab/schemas/backlog.schema.json", (ROOT / "schemas/backlog.schema.json").read_text() + "\n\n")

    result = judge("-k", "schema_checks")

    assert result.parseoutcomes()["passed"] == 1
    result.stdout.fnmatch_lines(["*Autolab warnings*", f"{ITEMS}schema_checks", "SC*backlog.schema.json*"])


def test_a_marker_selects_and_leaves_out(judge, pytester):
    pytester.makepyfile(test_it="def test_it(): pass")

    with_tests = judge("-m", "autolab", "--strict-markers", "../test_it.py")
    without = judge("-m", "not autolab", "--strict-markers", "../test_it.py")

    assert with_tests.parseoutcomes()["deselected"] == 1
    assert (with_tests.ret, without.ret) == (0, 0)
    assert without.parseoutcomes()["passed"] == 1


def test_xdist_gives_the_same_answers(judge, lab):
    break_status(lab)
    alone = judge().parseoutcomes()

    shared = judge("-n", "2")

    assert shared.parseoutcomes() == alone
    assert alone["failed"] >= 1
    shared.stdout.fnmatch_lines([f"RH002 {RUN_PATHS.manifest}:*"])


def test_junit_has_the_run_as_class_and_the_verifier_as_name(judge, lab, pytester):
    break_status(lab)

    judge("--junitxml=../junit.xml")

    cases = {case.get("name"): case for case in ET.parse(pytester.path / "junit.xml").iter("testcase")}
    assert cases["run_health"].get("classname") == f"autolab.{ITERATION}.{RUN}"
    assert "RH002" in cases["run_health"].find("failure").get("message")
    assert list(cases["file_line_limits"]) == []


def test_lf_judges_again_what_failed_and_only_that(judge, lab):
    lab.metrics("/schema_version", 7)
    broken = judge().parseoutcomes()["failed"]

    again = judge("--lf")

    assert again.parseoutcomes()["failed"] == broken
    assert "passed" not in again.parseoutcomes()


def test_x_stops_at_the_first_failure(judge, lab):
    break_status(lab)

    assert judge("-x").parseoutcomes()["failed"] == 1
    assert judge().parseoutcomes()["failed"] > 1


@pytest.mark.parametrize("prefix", ["", "../"])
def test_an_item_is_judged_by_its_node_id(judge, prefix):
    result = judge(f"{prefix}{ITEMS}run_health")

    result.assert_outcomes(passed=1)


def test_a_node_id_of_nothing_is_not_passed_over(judge):
    result = judge("autolab::iter_x")

    result.stdout.fnmatch_lines(["*not found: autolab::iter_x*"])
    assert result.ret == pytest.ExitCode.INTERRUPTED


def test_all_judges_every_run_in_both_layouts(judge, lab):
    three_iterations(lab)
    lab.set(f"experiments/done/iter_c/runs/{RUN}/run_manifest.json", "/status", "done")

    result = judge("--autolab-all", "-k", "run_health", "-v")

    # A run and its iteration are judged apart from one another.
    result.assert_outcomes(passed=5, failed=1, deselected=result.parseoutcomes()["deselected"])
    result.stdout.fnmatch_lines([f"autolab::iter_b::{RUN}::run_health PASSED*"])
    result.stdout.fnmatch_lines([f"autolab::iter_c::{RUN}::run_health FAILED*"])


def test_all_implies_the_option(pytester, lab):
    result = pytester.runpytest_subprocess("--autolab-all", "--autolab-root=lab", "--collect-only", "-q")

    assert f"{ITEMS}run_health" in ids(result)


def test_all_without_any_run_is_an_error(judge, lab):
    lab.remove(PATHS.runs)

    result = judge("--autolab-all")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*nothing was checked, which is not a pass*"])


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda lab: lab.remove(".autolab"), "is not an Autolab repository"),
        (lambda lab: lab.remove(".autolab/schemas/run_manifest.schema.json"), "`autolab init` restores it"),
        (lambda lab: shutil.rmtree(lab.root), "is not a folder"),
    ],
)
def test_no_repository_is_wrong_usage_in_one_line(judge, lab, spoil, words):
    spoil(lab)

    result = judge()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line] == [
        next(line for line in result.errlines if line.startswith("ERROR: autolab: ") and words in line)
    ]


def test_a_stage_that_is_none_is_wrong_usage(judge):
    result = judge("--autolab-stage", "lanch")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: autolab: --autolab-stage 'lanch': there are hypothesis*"])


def test_the_repository_is_found_above_the_root_folder(pytester, lab, monkeypatch):
    monkeypatch.chdir(lab.root / "experiments")

    result = pytester.runpytest_subprocess("--autolab", "-q", "-p", "no:cacheprovider")

    assert result.ret == 0


def test_a_run_that_nobody_asked_for_is_not_judged(pytester, lab):
    break_status(lab)
    pytester.makepyfile("def test_it(): pass")

    result = pytester.runpytest_subprocess("--autolab-root=lab", "--strict-markers")

    result.assert_outcomes(passed=1)


def test_the_plugin_imports_nothing_of_the_engine_before_it_is_asked():
    program = (
        "import pytest, sys; before = set(sys.modules); import autolab_verifiers.pytest_plugin\n"
        "print(*sorted(name for name in set(sys.modules) - before if not name.startswith('_')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)

    assert done.stdout.split() == ["autolab_verifiers", "autolab_verifiers.pytest_plugin"]


def test_the_fixtures_give_the_repository_and_its_report(pytester, lab):
    pytester.makepyfile(
        f"""
        def test_repository(autolab_repository):
            assert (autolab_repository / {PATHS.design!r}).is_file()

        def test_report(autolab_report):
            assert autolab_report.run_id == {RUN!r}
            assert autolab_report.passed, autolab_report.message
        """
    )
    before = snapshot(lab.root)

    pytester.runpytest_subprocess("--autolab-root=lab").assert_outcomes(passed=2)
    assert snapshot(lab.root) == before


def test_the_fixtures_say_in_one_line_that_there_is_no_repository(pytester):
    pytester.makepyfile("def test_repository(autolab_repository): pass")

    result = pytester.runpytest_subprocess("--autolab-root=nowhere")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["autolab: *nowhere is not a folder"])
    result.stdout.no_fnmatch_line("*Traceback*")
