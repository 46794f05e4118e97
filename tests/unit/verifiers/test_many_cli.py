"""``autolab-verify --all`` and ``--changed-since`` as their users meet them: a process, its output, its exit code."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from autolab_core.io.layout import VERIFICATION_RESULT
from autolab_core.io.schemas import SchemaStore
from autolab_verifiers.selftest.repository import PATHS, RUN, build
from benchmarks.many import make
from tests.unit.verifiers.many import COMMAND, FIRST, environment, manifests, run

RUNS = 60


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """Sixty runs that all fail several rules, one of them in a way that cannot be decided."""
    root = tmp_path_factory.mktemp("many") / "broken"
    make(root, RUNS, 2)
    for manifest in manifests(root):
        data = json.loads(manifest.read_text())
        data |= {"status": "queued", "command": " ", "run_id": "other"}
        manifest.write_text(json.dumps(data, indent=2) + "\n")
        (manifest.parent / "metrics.json").write_text("{}\n")
    manifests(root)[0].write_text("{")
    return root


# --- everything


def test_all_runs_are_judged_and_the_answer_is_written_once(valid):
    done = run(valid, "--all")

    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(
        r"7 runs: 7 pass, 0 fail, 0 error, 0 skip; \d+ checks: \d+ pass, 0 fail, 0 error, \d+ skip\n", done.stdout
    )
    answer = json.loads((valid / VERIFICATION_RESULT).read_bytes())
    assert (answer["passed"], answer["runs"]["pass"], answer["checks"]) == (True, 7, [])
    assert answer["message"].startswith("7 runs: ")
    assert SchemaStore(None).problems("verification_result", answer) == ()
    assert not list(valid.rglob("runs/*/verification*"))


def test_no_write_writes_nothing(valid):
    before = sorted(valid.rglob("*"))

    assert run(valid, "--all", "--no-write").returncode == 0
    assert sorted(valid.rglob("*")) == before


def test_one_iteration_alone(valid):
    done = run(valid, "--all", "--iteration", "iter_0001")
    assert (done.returncode, done.stdout[:9]) == (0, "3 runs: 3")

    gone = run(valid, "--all", "--iteration", "iter_9")
    assert (gone.returncode, gone.stdout) == (2, "")
    assert gone.stderr.startswith("autolab-verify: iteration 'iter_9' has no folder")
    assert gone.stderr.count("\n") == 1


@pytest.mark.parametrize("many", [["--all"], ["--changed-since", "HEAD"]])
def test_one_run_and_many_runs_do_not_go_together(valid, many):
    done = run(valid, *many, "--run", RUN)

    assert (done.returncode, done.stdout) == (2, "")
    assert "--run names one run" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_repository_without_runs_was_not_checked(tmp_path):
    repository = build(tmp_path / "empty")
    repository.remove(PATHS.runs)
    done = run(repository.root, "--all")

    assert done.returncode == 2
    assert "nothing was checked" in done.stdout
    assert "0 runs: " in done.stdout


@pytest.mark.parametrize("name", ["-x", "a b", "<RUN_ID>", "é"])
def test_a_folder_that_cannot_be_a_run_is_named_and_the_others_are_judged(valid, name):
    (valid / FIRST.runs / name).mkdir()
    done = run(valid, "--all")

    assert done.returncode == 2
    assert re.search(rf"ERROR AV005 {re.escape(FIRST.runs)}/{re.escape(name)}: ", done.stdout)
    assert "7 runs: 7 pass" in done.stdout


@pytest.mark.parametrize("target", ["..", "../../../../../outside", "/etc"])
def test_a_planted_run_that_leads_out_is_refused_and_not_read(valid, tmp_path, target):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "run_manifest.json").write_text('{"secret": 1}')
    (valid / FIRST.runs / "planted").symlink_to(target)
    done = run(valid, "--all", "-v")

    if target == "..":
        assert done.returncode == 1  # a run of its own, though an odd one
    else:
        assert done.returncode == 2
        assert f"{FIRST.runs}/planted: leads out of the repository" in done.stdout
    assert "secret" not in done.stdout + done.stderr


@pytest.mark.parametrize("place", ["run_manifest.json", "metrics.json"])
def test_a_planted_file_of_a_run_is_refused_and_not_read(valid, tmp_path, place):
    (tmp_path / "secret.json").write_text('{"password": "x"}')
    file = manifests(valid)[0].parent / place
    file.unlink()
    file.symlink_to(tmp_path / "secret.json")
    done = run(valid, "--all")

    assert done.returncode == 2
    assert f"{place}: leads out of the repository" in done.stdout
    assert "password" not in done.stdout
    assert "7 runs: 6 pass, 0 fail, 1 error" in done.stdout


@pytest.mark.parametrize("folder", ["docs", ".autolab/schemas", FIRST.folder])
def test_a_folder_that_leads_out_is_one_finding_and_no_crash(valid, tmp_path, folder):
    (valid / folder).rename(tmp_path / "moved")
    (valid / folder).symlink_to(tmp_path / "moved")
    done = run(valid, "--all")

    assert done.returncode == 2
    assert "leads out of the repository" in done.stdout + done.stderr
    assert "this is a fault of autolab-verify" not in done.stderr


def test_one_run_at_a_time_holds_for_each_iteration(valid):
    for manifest in manifests(valid)[:2]:
        data = json.loads(manifest.read_text())
        manifest.write_text(json.dumps({**data, "status": "running"}))
    done = run(valid, "--all", "--only", "run_health", "--format", "json")
    found = [check for check in json.loads(done.stdout)["checks"] if check["rule"] == "RH016"]

    assert done.returncode == 1
    assert [(check["iteration_id"], check.get("run_id"), check["status"]) for check in found] == [
        ("iter_0000", None, "fail")
    ]


def test_an_iteration_in_two_places_leaves_its_runs_undecided_and_says_why(valid):
    (valid / "experiments/iter_0000").mkdir()
    done = run(valid, "--all", "--format", "json")
    answer = json.loads(done.stdout)
    bad = [check for check in answer["checks"] if check["status"] == "error" and not check["findings"]]

    assert done.returncode == 2
    assert (answer["runs"]["pass"], answer["runs"]["error"]) == (4, 3)
    assert {check["iteration_id"] for check in bad} == {"iter_0000"}
    assert all("lies in 2 folders" in check["reason"] for check in bad)
    assert answer["counts"]["error"] == len(bad) > 3


# --- many findings


def test_the_text_is_cut_and_says_where_the_rest_is(broken):
    done = run(broken, "--all", "--no-write")
    lines = done.stdout.splitlines()

    assert done.returncode == 2
    assert len(lines) < 1000
    (cut,) = [line for line in lines if line.startswith("…") and "could not be decided" in line]
    shown = len({line.split(": ")[0] for line in lines if line.startswith(("FAIL", "ERROR"))})
    assert int(cut.split()[2]) > shown > 20
    assert cut.endswith(f"all of them are in {VERIFICATION_RESULT}")
    assert lines[-1].startswith("61 runs: 1 pass, 59 fail, 1 error, 0 skip; ")


def test_counts_add_up_in_every_format(broken, tmp_path):
    files = {name: tmp_path / f"answer.{name}" for name in ("json", "sarif", "junit", "github")}
    wanted = [word for name, file in files.items() for word in ("--format", name, "--output", str(file))]
    done = run(broken, "--all", "--no-write", *wanted)
    assert (done.returncode, done.stderr) == (2, "")

    answer = json.loads(files["json"].read_bytes())
    assert SchemaStore(None).problems("verification_result", answer) == ()
    assert files["json"].read_text() == json.dumps(answer, indent=2, ensure_ascii=False) + "\n"
    counts = Counter(check["status"] for check in answer["checks"])
    assert (counts["fail"], counts["error"]) == (answer["counts"]["fail"], answer["counts"]["error"])
    assert sum(answer["runs"].values()) == RUNS + 1
    bad = {
        (check["iteration_id"], check["run_id"])
        for check in answer["checks"]
        if check["status"] in ("fail", "error") and "run_id" in check
    }
    assert len(bad) == answer["runs"]["fail"] + answer["runs"]["error"] == RUNS

    findings = [(check, finding) for check in answer["checks"] for finding in check["findings"]]
    (log,) = json.loads(files["sarif"].read_bytes())["runs"]
    prints = Counter(result["partialFingerprints"]["autolab/v1"] for result in log["results"])
    assert len(log["results"]) >= len(findings) > 300
    assert max(prints.values()) == 1
    named = Counter((r["properties"].get("iteration"), r["properties"].get("run")) for r in log["results"])
    assert set(named) >= bad

    suites = ET.fromstring(files["junit"].read_bytes())
    cases = list(suites.iter("testcase"))
    assert len(cases) == len(answer["checks"])
    assert max(Counter((case.get("classname"), case.get("name")) for case in cases).values()) == 1
    assert {case.get("name", "").rpartition("[")[2].rstrip("]") for case in cases} >= {"/".join(each) for each in bad}

    commands = files["github"].read_text().splitlines()
    assert len(commands) == len(log["results"]) + 1
    assert commands[-1].startswith("autolab-verify: 61 runs: ")


def test_a_reason_without_a_file_names_its_run(tmp_path):
    from autolab_core.vocab.states import Verdict
    from autolab_verifiers.report.answer import Check, Judgement, RunFacts, count
    from autolab_verifiers.report.formats import Answer, render_as

    checks = [
        Check("v", "V001", Verdict.ERROR, reason="the verifier broke", iteration_id="i", run_id=name)
        for name in ("r1", "r2")
    ]
    runs = {"pass": 0, "fail": 0, "error": 2, "skip": 0}
    facts = RunFacts("2026-02-01T12:00:00Z", "tool", 1)
    judgement = Judgement(False, "m", None, None, None, count(checks), checks, facts, runs)
    answer = Answer(judgement, str(build(tmp_path / "r").root), list)

    for name in ("text", "json", "sarif", "junit", "github"):
        shown = render_as(name, answer).decode()
        assert shown.count("r1") >= 1 <= shown.count("r2"), name
    assert (
        "ERROR V001 i/r1: the verifier broke\nERROR V001 i/r2: the verifier broke" in render_as("text", answer).decode()
    )


# --- a terminal


def on_terminal(root: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output, and what came to the terminal that standard error is."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, str(root), *arguments], stdout=subprocess.PIPE, stderr=theirs, env=environment(), text=True
    ) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # Linux: the last holder of the other end is gone
                break
            if not part:
                break
            shown += part
        assert process.stdout is not None
        output = process.stdout.read()
    os.close(ours)
    return process.returncode, output, shown.decode()


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """So many runs that judging them takes longer than the bar waits."""
    root = tmp_path_factory.mktemp("many") / "long"
    make(root, 1500, 3)
    return root


def test_a_bar_is_shown_on_a_terminal_and_gone_at_the_end(long):
    code, output, shown = on_terminal(long, "--all", "--no-write")

    assert code == 0
    pictures = re.findall(r"\r\x1b\[K\[(#*)(\.*)\] (\d+)/1501 runs", shown)
    assert pictures
    assert all(len(done) + len(left) == 30 for done, left, _ in pictures)
    assert [int(number) for *_, number in pictures] == sorted(int(number) for *_, number in pictures)
    assert shown.endswith("\r\x1b[K")
    assert "\x1b" not in output


@pytest.mark.parametrize("quiet", [True, False])
def test_no_bar_where_nobody_looks(long, quiet):
    if quiet:
        _, _, shown = on_terminal(long, "--all", "--no-write", "-q")
    else:
        shown = run(long, "--all", "--no-write").stderr
    assert shown == ""


def test_an_interrupt_ends_it_and_leaves_no_file(long):
    before = sorted(path for path in long.rglob("*") if "runs" not in path.parts)
    with subprocess.Popen(
        [*COMMAND, str(long), "--all", "--format", "json", "--output", str(long / "answer.json")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
    ) as process:
        time.sleep(0.7)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)

    assert (process.returncode, output, errors) == (130, "", "")
    assert sorted(path for path in long.rglob("*") if "runs" not in path.parts) == before
