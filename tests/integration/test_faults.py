"""What is broken, missing, full or gone: a named error in one line, or the outcome that says whose turn it is.

Nothing that was there is lost or replaced, and an answer of no touches no experiment file.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autolab_core.exec.local import LocalRunner
from autolab_core.io.repository import Repository
from autolab_core.stages.cancel import cancel
from autolab_core.stages.context import StageContext
from autolab_core.stages.launch import LaunchOptions
from autolab_core.stages.launching.schedulers import Schedulers
from autolab_core.stages.step import step
from autolab_core.vocab.times import parse_timestamp
from autolab_verifiers.engine.verify import verify
from tests.integration.crash.lab import FOLDER, Lab, assert_one_line, finish, labs

STATE = ".autolab/state.json"
BACKLOG = ".autolab/backlog.yaml"
DESIGN = f"{FOLDER}/design.yaml"
REVIEW = f"{FOLDER}/review_result.json"
ENVIRONMENT = "docs/environment.md"
JUNK = bytes(range(256)) * 4
FOREVER = "while [ ! -e go ]; do sleep 0.05; done"
# What every command may write: its locks, the record of what was judged, and (with its history) the state.
OWN = (".autolab/locks/", ".autolab/verification_result.json")


def untouched(lab: Lab, *apart: str) -> dict[str, str]:
    """The hashes of everything but Autolab's own records, and what is named *apart*."""
    return {path: digest for path, digest in lab.hashes().items() if not path.startswith((*OWN, *apart))}


def ended_run(lab: Lab, *, stage: str = "extract_results", body: str = "", **options: str) -> None:
    """A run whose processes are gone; the state is at *stage*."""
    lab.make(body, **options)
    assert lab.fork("launch").code == 0
    lab.ended()
    if stage == "extract_results":
        assert lab.fork("run").code == 0
    assert lab.state()["stage"] == stage


def refused(lab: Lab, *argv: str, outcome: str, words: tuple[str, ...] = (), to: str | None = None) -> None:
    """*argv* is refused with exit 1; no experiment file is touched, and the refusal is in the state's history."""
    before, history = untouched(lab, STATE), len(lab.state()["history"])
    answer = lab.fork(*argv, "--json")
    assert (answer.code, answer.stderr) == (1, ""), answer
    assert answer.json["outcome"] == outcome, answer
    assert answer.json["retry_stage"] == to
    assert answer.json["advice"]
    said = answer.json["summary"] + answer.json["advice"]
    assert [word for word in words if word not in said] == [], said
    assert untouched(lab, STATE) == before
    entries = lab.state()["history"][history:]
    assert entries[-1]["status"] == outcome
    assert answer.json["summary"] in entries[-1]["summary"]


# --- full and read-only disks


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, with 600 KiB; only root can make one."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", place], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("only root may mount a file system")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.fixture
def disk_lab(small_disk, tmp_path, zygote):
    for lab in labs(small_disk, zygote):
        lab.outside = tmp_path / "outside"
        lab.bin = lab.outside / "bin"
        shutil.copytree(small_disk / "lab.outside", lab.outside)
        shutil.rmtree(small_disk / "lab.outside")
        yield lab


def fill(disk: Path, free_pages: int) -> Path:
    """Leave *free_pages* pages of 4 KiB on *disk*."""
    filler = disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb") as file:
        while True:
            file.write(bytes(4096))
            file.flush()
    os.truncate(filler, filler.stat().st_size - 4096 * free_pages)
    return filler


def launch_on_a_full_disk(lab: Lab, disk: Path, pages: int) -> int:
    """Launch with so much space, make room, and go on to the end. Returns the launch's exit code."""
    lab.make()
    filler = fill(disk, pages)
    answer = lab.fork("launch")
    lab.check_files()
    if answer.code != 0:
        assert_one_line(answer, "full")
    lab.ended()
    filler.unlink()

    for _ in range(3):  # a run whose markers found no space failed, and is launched again
        lab.finish_iteration()
    assert len(set(lab.starts())) == len(lab.starts())
    assert lab.starts()[-1] == lab.state()["last_run_id"]
    return answer.code


@pytest.mark.parametrize("pages", [0, 1, 2, 4, 6, 9])
def test_a_launch_on_a_full_disk_says_so_and_loses_nothing(disk_lab, small_disk, pages):
    launch_on_a_full_disk(disk_lab, small_disk, pages)


@pytest.mark.long
@pytest.mark.parametrize("pages", range(24))
def test_a_launch_may_run_out_of_space_at_any_page(disk_lab, small_disk, pages):
    code = launch_on_a_full_disk(disk_lab, small_disk, pages)

    assert code in ((2,) if pages < 4 else (0, 2))


@pytest.mark.parametrize("pages", [0, 1, 2])
def test_an_extraction_on_a_full_disk_says_so_and_loses_nothing(disk_lab, small_disk, pages):
    ended_run(disk_lab)
    before = disk_lab.hashes(FOLDER)
    filler = fill(small_disk, pages)

    answer = disk_lab.fork("extract")

    if answer.code != 1:  # 1: the project's own parser met the full disk first, and left what it left
        assert_one_line(answer, "full")
    after = disk_lab.hashes(FOLDER)
    assert set(before) <= set(after)
    filler.unlink()
    disk_lab.finish_iteration()
    assert disk_lab.manifest()["status"] == "completed"


def test_a_supervisor_on_a_full_disk_still_stops_the_run(disk_lab, small_disk):
    disk_lab.make(FOREVER, walltime="0:01")
    assert disk_lab.fork("launch", "--grace", "1").code == 0
    disk_lab.started()
    filler = fill(small_disk, 0)

    disk_lab.ended()

    filler.unlink()
    assert [disk_lab.fork("run").code, disk_lab.fork("run").code] == [0, 1]
    assert disk_lab.manifest()["status"] == "failed"


@pytest.mark.parametrize("kib", [0, 1, 2, 5])
def test_a_limit_on_the_size_of_files_is_named(lab, kib):
    lab.make()
    before = untouched(lab, STATE)

    answer = lab.shell(f"ulimit -f {kib}; $autolab launch")

    assert_one_line(answer, "larger than", "ulimit -f")
    lab.check_json()
    after = untouched(lab, STATE)
    assert {path: after[path] for path in before} == before
    lab.finish_iteration()
    assert lab.starts() == lab.run_ids()


COMMANDS = {
    "launch": ("launch",),
    "run": ("run",),
    "approve": ("review", "approve", "--who", "ada"),
    "reopen": ("reopen", "--who", "ada", "--why", "why not"),
    "init": ("init",),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_read_only_disk_is_named(disk_lab, small_disk, command):
    disk_lab.make()
    if command == "reopen":
        disk_lab.replace(BACKLOG, "status: open, type", "status: done, type")
    if command == "init":
        (disk_lab.root / ".gitignore").unlink()
    before = disk_lab.hashes()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)

    answer = disk_lab.fork(*COMMANDS[command])

    assert_one_line(answer, "read-only")
    assert disk_lab.hashes() == before
    assert disk_lab.fork("status").code == 0
    assert disk_lab.fork("ls").code == 0


@pytest.mark.parametrize("command", [("extract",), ("run",), ("monitor",), ("cancel",)])
def test_results_are_not_read_onto_a_read_only_disk(disk_lab, small_disk, command):
    ended_run(disk_lab)
    before = disk_lab.hashes()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)

    answer = disk_lab.fork(*command)

    assert_one_line(answer, "read-only")
    assert disk_lab.hashes() == before
    assert disk_lab.fork("show", disk_lab.run.name).code == 0


@pytest.mark.parametrize("folder", [".autolab", f"{FOLDER}"])
def test_a_folder_without_write_permission_is_named(lab, folder):
    lab.make()
    # Root may write anywhere, unless it gives up that right.
    as_anybody = "" if os.geteuid() else "setpriv --bounding-set -dac_override,-dac_read_search,-fowner "
    (lab.root / folder).chmod(0o555)
    try:
        assert_one_line(lab.shell(f"{as_anybody}$autolab launch"), "permission denied")
    finally:
        (lab.root / folder).chmod(0o755)
    lab.finish_iteration()
    assert lab.starts() == lab.run_ids()


# --- folders that are gone


@pytest.mark.parametrize("command", [("status",), ("launch",), ("run",), ("ls",), ("init",)])
def test_a_current_folder_that_is_gone_is_named(lab, command):
    lab.make()
    gone = lab.outside / "gone"
    gone.mkdir()

    answer = lab.shell(f'cd "{gone}" && rmdir "{gone}" && $autolab {" ".join(command)}')

    assert_one_line(answer, "no longer exists")


@pytest.mark.parametrize("command", [("status",), ("launch",), ("run",), ("extract",), ("cancel",), ("ls",)])
def test_a_root_that_is_not_there_is_named(lab, command):
    lab.make()

    elsewhere = lab.outside / "empty"
    elsewhere.mkdir()
    assert_one_line(lab.fork(*command, "--root", str(elsewhere)), "autolab init")


def test_a_repository_that_vanishes_under_a_waiting_launch_is_named_and_not_made_again(lab):
    lab.make("while [ -d .autolab ]; do sleep 0.05; done")
    waiting = lab.start("launch", "--wait", "--root", str(lab.root), cwd=lab.outside)
    lab.started()

    lab.root.rename(lab.root.parent / "moved away")
    shutil.rmtree(lab.root.parent / "moved away")

    assert_one_line(finish(waiting), str(lab.root))
    assert not lab.root.exists()


# --- clocks


class Clock:
    """A clock that jumps back an hour each time somebody looks at it."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC) + timedelta(days=1)

    def __call__(self) -> datetime:
        self.at -= timedelta(hours=1)
        return self.at


def in_order(times: list[str]) -> bool:
    parsed = [parse_timestamp(each) for each in times]
    assert None not in parsed
    return parsed == sorted(parsed)  # type: ignore[type-var]


def test_a_clock_that_jumps_back_keeps_every_record_in_order(lab, monkeypatch):
    lab.make()
    monkeypatch.setenv("STARTS", lab.env["STARTS"])
    repository = Repository(lab.root)
    clock = Clock()
    context = StageContext(repository, LocalRunner(), Schedulers(lab.root, LocalRunner()), verify, clock)

    results = [step(context, LaunchOptions(), wait=True) for _ in range(3)]

    assert [result.outcome for result in results] == ["advance"] * 3, results
    history = lab.state()["history"]
    assert in_order([entry["timestamp_utc"] for entry in history])
    assert "the clock showed" in history[-1]["summary"]
    manifest = lab.manifest()
    assert in_order([entry["at"] for entry in manifest["history"]])
    assert any("the clock showed" in entry["why"] for entry in manifest["history"])
    times = manifest["timestamps"]
    assert in_order([times["created_at"], times["started_at"], times["completed_at"]])


def test_a_clock_that_jumps_back_during_the_run_keeps_the_times_in_order(lab):
    """The script asks ``date``; this one says 2001 from its second answer on."""
    real = shutil.which("date")
    lab.make()
    lab.program(
        "date", f'#!/bin/sh\n[ -e "$0.asked" ] && echo 2001-01-01T00:00:00Z && exit\n: >"$0.asked"\n{real} "$@"\n'
    )

    lab.finish_iteration()

    assert lab.json(lab.run / "logs/exit.json")["finished_at"] == "2001-01-01T00:00:00Z"
    times = lab.manifest()["timestamps"]
    assert in_order([times["created_at"], times["started_at"], times["completed_at"]])


# --- damaged files


def damaged(content: bytes) -> dict[str, bytes]:
    return {"empty": b"", "half": content[: len(content) // 2], "junk": JUNK}


KINDS = ("empty", "half", "junk")
READERS = [
    ("launch",),
    ("run",),
    ("extract",),
    ("monitor",),
    ("cancel",),
    ("status",),
    ("review", "approve", "--who", "a"),
]


def damage(lab: Lab, path: str, kind: str) -> None:
    lab.write(path, damaged((lab.root / path).read_bytes())[kind])


def stays_as_it_is(lab: Lab, *argv: str, words: tuple[str, ...] = (), code: int = 2) -> None:
    before = lab.hashes()
    assert_one_line(lab.fork(*argv), *words, code=code)
    after = lab.hashes()
    assert {path: after.get(path) for path in before if not path.startswith(OWN)} == {
        path: digest for path, digest in before.items() if not path.startswith(OWN)
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("argv", READERS, ids=lambda argv: argv[0])
def test_a_damaged_state_is_named_and_kept(lab, argv, kind):
    lab.make()
    damage(lab, STATE, kind)

    stays_as_it_is(lab, *argv, words=("state.json",))


@pytest.mark.parametrize("change", [{"stage": "dreaming"}, {"last_run_id": ".."}, {"pending_run_id": "../x"}])
@pytest.mark.parametrize("argv", READERS[:5], ids=lambda argv: argv[0])
def test_a_state_that_says_what_cannot_be_is_named_with_its_key(lab, argv, change):
    ended_run(lab, stage="slurm_monitor")
    lab.write(STATE, json.dumps({**lab.state(), **change}))

    stays_as_it_is(lab, *argv, words=("state.json", *change))


@pytest.mark.parametrize("kind", ["half", "junk"])
@pytest.mark.parametrize("argv", [("launch",), ("run",), ("extract",)], ids=lambda argv: argv[0])
def test_a_damaged_backlog_is_named_and_kept(lab, argv, kind):
    lab.make()
    damage(lab, BACKLOG, kind)

    stays_as_it_is(lab, *argv, words=("backlog.yaml",))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", [DESIGN, ENVIRONMENT])
def test_a_damaged_source_of_the_script_is_named_and_kept(lab, path, kind):
    lab.make()
    lab.write(REVIEW, '{"status": "pass"}')
    damage(lab, path, kind)

    stays_as_it_is(lab, "launch", words=(Path(path).name,))
    assert lab.run_ids() == []


@pytest.mark.parametrize("blocks", [0, 2])
def test_an_environment_page_without_one_activation_block_is_named(lab, blocks):
    lab.make()
    lab.write(REVIEW, '{"status": "pass"}')
    lab.write(ENVIRONMENT, "# Environment\n" + "\n```bash\n:\n```\n" * blocks)

    stays_as_it_is(lab, "launch", words=("environment.md", "bash"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("argv", [("run",), ("extract",), ("monitor",), ("cancel",)], ids=lambda argv: argv[0])
def test_a_damaged_manifest_is_named_and_kept(lab, argv, kind):
    ended_run(lab)
    damage(lab, f"{lab.run.relative_to(lab.root)}/run_manifest.json", kind)

    stays_as_it_is(lab, *argv, words=("run_manifest.json",))


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_launches_beside_a_run_whose_manifest_is_damaged(lab, kind):
    ended_run(lab)
    damage(lab, f"{lab.run.relative_to(lab.root)}/run_manifest.json", kind)
    lab.write(STATE, json.dumps({**lab.state(), "stage": "launch"}))

    stays_as_it_is(lab, "launch", words=("run_manifest.json",))
    assert len(lab.starts()) == 1


def test_a_manifest_that_is_gone_is_named(lab):
    ended_run(lab)
    (lab.run / "run_manifest.json").unlink()

    assert_one_line(lab.fork("extract"), "run_manifest.json", "last_run_id", "autolab ls")


@pytest.mark.parametrize("kind", [*KINDS, "wrong token", "of another run", "no code"])
def test_an_exit_marker_that_proves_nothing_gives_no_result(lab, kind):
    ended_run(lab)
    marker = lab.run / "logs/exit.json"
    whole = json.loads(marker.read_bytes())
    contents = damaged(marker.read_bytes()) | {
        "wrong token": json.dumps({**whole, "token": "autolab-forged"}).encode(),
        "of another run": json.dumps({**whole, "token": whole["token"].replace("Z_", "Z_0")}).encode(),
        "no code": json.dumps({**whole, "exit_code": None}).encode(),
    }
    marker.write_bytes(contents[kind])

    before = untouched(lab, STATE, f"{FOLDER}/runs")
    answer = lab.fork("extract", "--json")

    assert (answer.code, answer.stderr) == (1, "")
    assert answer.json["outcome"] == "stay"
    assert "exit" in answer.json["summary"]
    assert marker.read_bytes() == contents[kind]
    assert untouched(lab, STATE, f"{FOLDER}/runs") == before
    assert lab.extractions() == []
    assert not (lab.run / "metrics.json").exists()
    assert lab.manifest()["status"] != "completed"
    marker.write_text(json.dumps(whole))
    lab.finish_iteration()


def test_a_run_without_its_exit_marker_failed(lab):
    ended_run(lab, stage="slurm_monitor")
    manifest = json.loads((lab.run / "run_manifest.json").read_text())
    (lab.run / "logs/exit.json").unlink()
    assert manifest["status"] in {"submitted", "running"}

    assert lab.fork("run").code == 0
    assert lab.fork("run").code == 1

    assert lab.manifest()["status"] == "failed"
    assert lab.extractions() == []


@pytest.mark.parametrize("kind", [*KINDS, "wrong token"])
def test_a_start_marker_of_somebody_else_proves_nothing_and_a_damaged_one_only_that_it_began(lab, kind):
    ended_run(lab)
    marker = lab.run / "logs/start.json"
    whole = marker.read_bytes()
    contents = damaged(whole) | {"wrong token": whole.replace(b"autolab-", b"forged-")}
    marker.write_bytes(contents[kind])

    answer = lab.fork("extract", "--json")

    assert "Traceback" not in answer.stderr
    assert answer.json["outcome"] == ("stay" if kind == "wrong token" else "advance")
    assert marker.read_bytes() == contents[kind]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["supervisor.json", "cancel.json"])
def test_damaged_notes_of_the_supervisor_stop_nobody(lab, name, kind):
    ended_run(lab)
    note = lab.run / "logs" / name
    note.write_bytes(damaged((lab.run / "logs/supervisor.json").read_bytes())[kind])

    answer = lab.fork("extract")

    assert "Traceback" not in answer.stderr
    assert (answer.code, lab.manifest()["status"]) == (0, "completed")


def test_schemas_that_are_gone_are_named_with_the_way_back(lab):
    ended_run(lab)
    shutil.rmtree(lab.root / ".autolab/schemas")

    for argv in (("launch",), ("run",), ("extract",), ("monitor",)):
        assert_one_line(lab.fork(*argv), "schema", "autolab init")

    assert lab.fork("init").code == 0
    lab.finish_iteration()


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_schema_of_the_repository_is_named(lab, kind):
    lab.make()
    damage(lab, ".autolab/schemas/run_manifest.schema.json", kind)

    stays_as_it_is(lab, "launch", words=("run_manifest.schema.json",))
    assert lab.run_ids() == []


# --- names and places that cannot be


def test_a_pending_run_that_left_nothing_is_launched_under_its_name(lab):
    lab.make()
    lab.write(STATE, json.dumps({**lab.state(), "pending_run_id": "20260101T000000Z_gone"}))

    lab.finish_iteration()

    assert lab.starts() == lab.run_ids() == ["20260101T000000Z_gone"]


@pytest.mark.parametrize("run_id", ["<RUN_ID>", "{{run_id}}", "../x", "-x", "a/b", "", "x" * 200])
def test_a_run_id_that_cannot_be_is_refused_before_anything_is_written(lab, run_id):
    lab.make()

    stays_as_it_is(lab, "launch", f"--run-id={run_id}", words=("run id",))
    assert lab.run_ids() == []


def test_a_run_id_that_is_taken_is_refused(lab):
    lab.make()
    (lab.root / FOLDER / "runs/taken").mkdir(parents=True)

    stays_as_it_is(lab, "launch", "--run-id", "taken", words=("taken", "exists"))


@pytest.mark.parametrize("link", ["runs", "launch"])
def test_folders_that_lead_out_of_the_repository_are_refused(lab, link):
    lab.make()
    target = lab.outside / "elsewhere"
    target.mkdir()
    (lab.root / FOLDER / link).symlink_to(target)

    answer = lab.fork("launch")

    assert answer.code in (1, 2)
    assert "leads out of the repository" in answer.stderr + answer.stdout
    assert list(target.iterdir()) == []
    assert lab.starts() == []


def test_an_iteration_in_two_layouts_is_refused(lab):
    lab.make()
    shutil.copytree(lab.root / FOLDER, lab.root / "experiments/iter_001")

    stays_as_it_is(lab, "launch", words=("2 folders", "keep one"))


@pytest.mark.parametrize(("count", "words"), [(0, "no entry"), (2, "2 entries")])
@pytest.mark.parametrize("command", [("launch",), ("run",), ("extract",)], ids=lambda argv: argv[0])
def test_an_iteration_needs_exactly_one_experiment(lab, command, count, words):
    lab.make()
    entry = "  - {id: e_NAME, hypothesis_id: h_iter_001, status: open, type: plan, iteration_id: iter_001}\n"
    lab.write(BACKLOG, "hypotheses: []\nexperiments:\n" + entry * count if count else "experiments: []\n")
    lab.write(STATE, json.dumps({**lab.state(), "experiment_id": ""}))

    stays_as_it_is(lab, *command, words=("backlog.yaml", words))


# --- refusals


def close(lab: Lab, word: str = "done") -> None:
    lab.replace(BACKLOG, "status: open, type", f"status: {word}, type")


@pytest.mark.parametrize("word", ["done", "completed", "closed", "resolved", "Done"])
def test_a_closed_experiment_is_not_launched(lab, word):
    lab.make()
    close(lab, word)

    refused(lab, "launch", outcome="stop", words=(word, "autolab reopen"))

    assert lab.run_ids() == []


@pytest.mark.parametrize("command", ["run", "extract"])
def test_a_closed_experiment_is_not_extracted_until_it_is_reopened(lab, command):
    ended_run(lab)
    close(lab)

    refused(lab, command, outcome="stop", words=("done", "reopen"))

    assert lab.extractions() == []
    reopened = lab.fork("reopen", "--who", "ada", "--why", "it was closed too early", "--stage", "extract_results")
    assert reopened.code == 0
    assert "ada" in (lab.root / BACKLOG).read_text()
    lab.finish_iteration()
    assert lab.manifest()["status"] == "completed"


@pytest.mark.parametrize(
    ("review", "words"),
    [
        (None, "does not exist"),
        ("", "cannot be used"),
        ('{"status": "pa', "cannot be used"),
        ('{"status": "approved"}', "cannot be used"),
        ('{"status": "needs_retry"}', "needs_retry"),
        ('{"status": "failed"}', "failed"),
        ('{"status": "pass", "blocking_findings": ["it is wrong"]}', "1 blocking"),
    ],
)
def test_without_a_review_that_passes_nothing_is_launched(lab, review, words):
    lab.make()
    if review is None:
        (lab.root / REVIEW).unlink()
    else:
        lab.write(REVIEW, review)

    refused(lab, "launch", outcome="needs_retry", to="implementation_review", words=(words,))

    assert lab.run_ids() == []
    lab.write(REVIEW, '{"status": "pass"}')
    assert lab.fork("launch").code == 0


@pytest.mark.parametrize("path", [DESIGN, ENVIRONMENT])
def test_what_was_changed_after_the_review_is_not_launched(lab, path):
    lab.make()
    lab.write(path, (lab.root / path).read_bytes() + b"\n")

    refused(lab, "launch", outcome="needs_retry", to="implementation_review", words=(path, "has changed"))

    lab.approve()
    assert lab.fork("launch").code == 0


def slurm(lab: Lab, sinfo: int, squeue: int) -> None:
    for name, code in (("sinfo", sinfo), ("squeue", squeue)):
        lab.program(name, f"#!/bin/sh\necho slurm-wlm 22.05.8\nexit {code}\n")


def test_a_design_for_this_machine_is_not_launched_on_a_slurm_host(lab):
    lab.make()
    slurm(lab, 0, 0)

    refused(lab, "launch", outcome="needs_retry", to="design", words=("local", "slurm", "sinfo -V", "squeue -V"))

    assert lab.run_ids() == []


def test_a_design_for_slurm_is_not_launched_here(lab):
    lab.make(location="location: slurm, ")
    slurm(lab, 0, 1)

    refused(lab, "launch", outcome="needs_retry", to="design", words=("slurm", "local", "ended with 1"))


@pytest.mark.parametrize("codes", [(0, 1), (1, 0)])
def test_half_a_slurm_is_none(lab, codes):
    lab.make()
    slurm(lab, *codes)

    lab.finish_iteration()

    manifest = lab.manifest()
    assert manifest["host_mode"] == "local"
    assert (manifest["host"]["sinfo"]["exit_code"], manifest["host"]["squeue"]["exit_code"]) == codes


def test_after_too_many_attempts_a_person_is_asked(lab):
    lab.make()
    lab.write(REVIEW, '{"status": "failed"}')
    outcomes = []
    for _ in range(4):
        answer = lab.fork("launch", "--json")
        outcomes.append((answer.code, lab.state()["history"][-1]["status"], lab.state()["stage"]))

    assert outcomes[:3] == [(1, "needs_retry", "implementation_review")] * 3
    assert outcomes[3] == (1, "human_review", "human_review")
    assert "max_stage_attempts" in lab.state()["history"][-1]["summary"]
    assert_one_line(lab.fork("launch"), "human_review")
    assert lab.fork("run").code == 1
    assert lab.fork("reopen", "--who", "ada", "--why", "mended").code == 0
    lab.approve()
    lab.finish_iteration()


def test_a_slurm_run_that_has_not_ended_is_not_extracted(lab):
    ended_run(lab)
    path = f"{lab.run.relative_to(lab.root)}/run_manifest.json"
    manifest = {**lab.manifest(), "host_mode": "slurm", "launch_mode": "slurm", "job_id": "4242", "status": "running"}
    lab.write(path, json.dumps(manifest))

    refused(lab, "extract", outcome="stay", words=("running", "autolab monitor"))


def test_another_run_that_is_active_is_named(lab):
    lab.make(FOREVER)
    lab.fork("launch")
    lab.started()
    lab.write(STATE, json.dumps({**lab.state(), "stage": "launch"}))

    refused(lab, "launch", outcome="stay", words=("one run at a time", "pid", "since"))

    assert cancel(
        StageContext(
            Repository(lab.root),
            LocalRunner(),
            Schedulers(lab.root, LocalRunner()),
            verify,
            lambda: datetime.now(UTC),
        ),
        reason="the test is over",
    )
    lab.ended()
