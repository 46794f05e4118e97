"""``autolab ledger`` as a user, a harness and git use it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autolab_core.io.layout import LEDGER, LEDGER_SCRIPT, LEDGER_SEAL, STATE
from autolab_core.stages.init import init
from autolab_verifiers.selftest.repository import RUN, RUN_PATHS, Repository, build
from tests.unit.cli.conftest import autolab

MANIFEST = RUN_PATHS.manifest
SYNC = "/artifact_sync_to_local/status"
GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")


@pytest.fixture
def submitted(tmp_path) -> Repository:
    """A repository with a Slurm run that is not in the ledger yet."""
    repository = build(tmp_path / "repository").to_slurm().remove(LEDGER)
    init(repository.root)
    return repository


def ledger(submitted: Repository, action: str, *arguments: str, cwd: Path | None = None):
    return autolab("ledger", action, *arguments, cwd=cwd or submitted.root)


def append(submitted: Repository, *arguments: str):
    return ledger(submitted, "append", "--manifest", MANIFEST, *arguments)


def git(submitted: Repository, *arguments: str, code: int = 0) -> None:
    done = subprocess.run([*GIT, *arguments], cwd=submitted.root, capture_output=True, text=True, check=False)
    assert done.returncode == code, done


def test_the_command_of_the_launch_stage_runs_as_it_stands(submitted):
    iteration_id, run_id = "iter_golden", RUN
    (submitted.root / "experiments/plan/iter_golden").rename(submitted.root / "experiments/iter_golden")
    python = submitted.root / "venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    command = (
        f"./venv/bin/python scripts/slurm_job_list.py append"
        f" --manifest experiments/{iteration_id}/runs/{run_id}/run_manifest.json --doc docs/slurm_job_list.md"
    )

    answers = [
        subprocess.run(["bash", "-c", command], cwd=submitted.root, capture_output=True, text=True, check=False)
        for _ in range(2)
    ]

    assert [(answer.returncode, answer.stderr) for answer in answers] == [(0, ""), (0, "")]
    assert answers[0].stdout == f"{RUN}: job 4242 is completed; appended to {LEDGER}\n"
    assert answers[1].stdout == f"{RUN}: job 4242 is completed; nothing to append: {LEDGER} says so already\n"
    assert (submitted.root / LEDGER).read_text().count(f"| {RUN} | 4242 | bench | completed |") == 1


def test_the_script_can_be_executed_is_kept_and_says_what_it_lacks(submitted):
    script = submitted.root / LEDGER_SCRIPT
    bare = subprocess.run([sys.executable, "-S", "-E", script], capture_output=True, text=True, check=False, cwd="/")

    assert os.access(script, os.X_OK)
    assert bare.returncode == 1
    assert "install autolab-verify for" in bare.stderr
    assert len(bare.stderr.splitlines()) == 1
    script.write_text("# mine\n")
    init(submitted.root)
    assert script.read_text() == "# mine\n"


def test_a_local_run_is_no_concern_of_the_ledger(tmp_path):
    repository = build(tmp_path / "repository")

    answer = append(repository)

    assert (answer.code, answer.err) == (0, "")
    assert "a local run" in answer.out
    assert not (repository.root / LEDGER).exists()


@pytest.mark.parametrize("status", ["pending", "submitted", "running", "completed", "failed"])
def test_a_slurm_run_without_a_job_id_is_refused_in_one_line(submitted, status):
    submitted.manifest("/status", status).drop(MANIFEST, "/job_id")

    answer = append(submitted)

    assert (answer.code, answer.out, len(answer.err.splitlines())) == (1, "", 1)
    assert "job_id is missing" in answer.err
    assert not (submitted.root / LEDGER).exists()


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("nowhere/run_manifest.json", "does not exist"),
        ("docs/environment.md", "is not a run's manifest"),
        ("../run_manifest.json", "is no file of the repository"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_one_line_and_exit_2(submitted, manifest, said):
    answer = ledger(submitted, "append", "--manifest", manifest)

    assert (answer.code, answer.out, len(answer.err.splitlines())) == (2, "", 1)
    assert said in answer.err


def test_each_change_is_a_row_and_show_has_them(submitted):
    for status, sync in (("running", "pending"), ("running", "syncing"), ("synced", "ok"), ("synced", "ok")):
        submitted.manifest("/status", status).manifest(SYNC, sync)
        assert append(submitted).code == 0
    submitted.manifest("/scheduler", {"state": "COMPLETED"})
    assert append(submitted, "--notes", "a | b\nc").code == 0

    rows = ledger(submitted, "show", "--json").json["rows"]
    assert [(row["status"], row["sync"], row["native_state"]) for row in rows] == [
        ("running", "pending", ""),
        ("running", "syncing", ""),
        ("synced", "ok", ""),
        ("synced", "ok", "COMPLETED"),
    ]
    assert rows[-1]["notes"] == "a | b\nc"
    current = ledger(submitted, "show", "--current", "--run", RUN).out
    assert len(current.splitlines()) == 1
    assert r"a | b\nc" in current


def test_paths_count_from_the_current_folder(submitted):
    folder = submitted.root / RUN_PATHS.folder

    assert ledger(submitted, "append", "--manifest", "run_manifest.json", cwd=folder).code == 0
    assert ledger(submitted, "verify", "--doc", f"{submitted.root}/{LEDGER}", cwd=folder).code == 0


def test_verify_says_which_line_was_edited(submitted):
    append(submitted)
    submitted.manifest("/status", "failed").manifest("/failure", {"reason": "it broke"})
    append(submitted)
    assert ledger(submitted, "verify").code == 0
    submitted.replace(LEDGER, "| completed |", "| running |")
    before = (submitted.root / LEDGER).read_bytes()

    answer, as_json = ledger(submitted, "verify"), ledger(submitted, "verify", "--json")

    assert (answer.code, as_json.code) == (1, 1)
    assert answer.out.startswith(f"{LEDGER}:5: was changed")
    assert [fault["line"] for fault in as_json.json["faults"]] == [5]
    assert (submitted.root / LEDGER).read_bytes() == before


@pytest.mark.parametrize("edit", [("| ok |  |", "| ok | all is well |"), ("| completed |", "| failed |"), ("T", "U")])
def test_verify_sees_an_edit_of_the_last_row_where_it_was_appended(submitted, edit):
    append(submitted)
    path = submitted.root / LEDGER
    rows = path.read_text().rpartition("\n| 20")
    path.write_text(f"{rows[0]}{rows[1]}{rows[2].replace(*edit)}")

    answer = ledger(submitted, "verify")

    assert answer.code == 1
    assert answer.out == f"{LEDGER}:5: was changed or removed since it was appended here, as the last row\n"


def test_verify_sees_a_removal_of_the_last_row_but_not_in_what_git_checked_out(submitted):
    append(submitted)
    git(submitted, "init", "-q", "-b", "main")
    git(submitted, "add", "-A")
    git(submitted, "commit", "-q", "-m", "one row")
    before = (submitted.root / LEDGER).read_bytes()
    append(submitted, "--notes", "later")

    (submitted.root / LEDGER).write_bytes(before)
    assert ledger(submitted, "verify").code == 0  # as `git checkout` leaves it
    submitted.write(LEDGER, b"".join(before.splitlines(keepends=True)[:-1]))
    assert ledger(submitted, "verify").out.startswith(f"{LEDGER}:5: was changed or removed")


@pytest.mark.parametrize("seal", [b"", b"{}", b'{"sha256": "x", "offset": 1}', b"[" * 4096, b"\xff", b"7"])
def test_a_seal_that_cannot_be_read_is_not_missed(submitted, seal):
    append(submitted)
    submitted.write(LEDGER_SEAL, seal)

    assert ledger(submitted, "verify").code == 0


def test_without_a_ledger_there_is_nothing_to_decide(submitted):
    for action in ("verify", "show", "merge"):
        answer = ledger(submitted, action)

        assert (answer.code, answer.out) == (2, "")
        assert f"{LEDGER}: does not exist" in answer.err


@pytest.mark.parametrize("union", [True, False], ids=["union", "conflict"])
def test_a_merge_of_two_branches_is_seen_and_closed(submitted, union):
    append(submitted)
    if union:
        submitted.write(".gitattributes", f"{LEDGER} merge=union\n")
    git(submitted, "init", "-q", "-b", "main")
    git(submitted, "add", "-A")
    git(submitted, "commit", "-q", "-m", "one row")
    for branch in ("ours", "theirs"):
        git(submitted, "checkout", "-q", "-b", branch, "main")
        append(submitted, "--notes", f"seen by {branch}")
        git(submitted, "commit", "-q", "-a", "-m", branch)
    git(submitted, "merge", "-q", "ours", code=0 if union else 1)
    merged = (submitted.root / LEDGER).read_bytes()
    rows = [line for line in merged.splitlines() if line.startswith(b"| ")]

    judged = autolab("ledger", "verify", cwd=submitted.root)
    verified = subprocess.run(
        [sys.executable, "-m", "autolab_verifiers", "--only", "ledger"],
        cwd=submitted.root,
        capture_output=True,
        text=True,
        check=False,
    )
    closed = ledger(submitted, "merge")

    assert (judged.code, "autolab ledger merge" in judged.out) == (1, True)
    assert (verified.returncode, "LG003" in verified.stdout) == (1, True)
    assert (closed.code, "appended a row that joins 2 branches" in closed.out) == (0, True)
    after = (submitted.root / LEDGER).read_bytes()
    assert [line for line in after.splitlines() if line.startswith(b"| ")][:-1] == rows
    assert b"<<<<" not in after
    assert ledger(submitted, "verify").code == 0
    assert ledger(submitted, "merge").out == f"{LEDGER}: there is no open merge\n"
    assert len(ledger(submitted, "show", "--json").json["rows"][-1]["previous"]) == 2
    assert append(submitted, "--notes", "seen after").code == 0
    assert ledger(submitted, "verify").code == 0


def test_the_api_is_at_the_top(submitted):
    import autolab_core

    assert autolab_core.append_to_ledger(submitted.root, MANIFEST).written
    assert autolab_core.survey_ledger(submitted.root).rows == len(autolab_core.read_ledger(submitted.root)) == 1
    assert autolab_core.merge_ledger(submitted.root).ends == ()
    assert submitted.read(STATE)
