"""A run gets its checksum list with its results: of every file that does not change any more, and of no other."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess

import pytest

from autolab_core.models.job import JobObservation
from autolab_core.stages.context import StageContext
from autolab_core.stages.extract import extract
from autolab_core.stages.watching import artifacts
from autolab_core.vocab.errors import DocumentError, StoreError
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.states import StageOutcome
from tests.unit.repositories import AT, FOLDER, FakeScheduler, change_json, context, manifest, put, read_json, replace

RUN = f"{FOLDER}/runs/r1"
LIST = f"{RUN}/artifacts.sha256"
ENDED = JobObservation(JobState.COMPLETED, 0, "", AT, AT)
ROWS = [
    {"name": name, "seed": seed, "mean_distance": value + seed}
    for name, value in (("plain", 20), ("drift", 100))
    for seed in (0, 1, 2)
]
# What the run put out, and what is about its processes and may be written late.
OF_THE_RUN = ("logs/exit.json", "logs/start.json", "logs/stderr.log", "logs/stdout.log", "rows.json", "run_local.sh")
OF_ITS_PROCESSES = ("logs/run.lock", "logs/supervisor.json", "logs/supervisor.log", "logs/cancel.json")
OF_THE_EXTRACTION = ("logs/extract.stderr.log", "logs/extract.stdout.log", "metrics.json")


@pytest.fixture
def run(repository):
    """A local run whose command has ended, at the stage where its results are read."""
    put(repository, f"{RUN}/run_manifest.json", manifest(submission={"token": "t"}))
    for name in (*OF_THE_RUN, *OF_ITS_PROCESSES):
        put(repository, f"{RUN}/{name}", f"{name}\n")
    put(repository, f"{RUN}/rows.json", json.dumps(ROWS))
    change_json(repository, ".autolab/state.json", stage="extract_results", last_run_id="r1")
    return repository


def doing(repository, observation=ENDED) -> StageContext:
    return context(repository, scheduler=FakeScheduler(observation))


def sync(repository):
    return read_json(repository, f"{RUN}/run_manifest.json")["artifact_sync_to_local"]


def status(repository):
    return read_json(repository, f"{RUN}/run_manifest.json")["status"]


def listed(repository) -> list[str]:
    return [line.split("  ", 1)[1] for line in (repository.root / LIST).read_text().splitlines()]


def checked(repository) -> int:
    command = ["sha256sum", "--check", "--strict", "--quiet", "artifacts.sha256"]
    return subprocess.run(command, cwd=repository.root / RUN, check=False).returncode


def test_a_completed_run_lists_what_does_not_change_any_more(run):
    result = extract(doing(run))

    assert (result.outcome, status(run)) == (StageOutcome.ADVANCE, "completed")
    assert listed(run) == sorted((*OF_THE_RUN, *OF_THE_EXTRACTION))
    assert checked(run) == 0


def test_the_manifest_records_the_list_and_what_it_adds_up_to(run):
    extract(doing(run))

    source = (run.root / LIST).read_bytes()
    lengths = [(run.root / RUN / name).stat().st_size for name in listed(run)]
    assert {key: value for key, value in sync(run).items() if value is not None} == {
        "status": "ok",
        "method": "none",
        "files": len(lengths),
        "bytes": sum(lengths),
        "checksums_sha256": hashlib.sha256(source).hexdigest(),
    }


def test_names_of_any_bytes_are_listed(run):
    names = [
        b"outputs/a\nb",
        b"outputs/back\\slash",
        b"outputs/\xff.bin",
        b"outputs/deep/er/x",
        b"outputs/run_manifest.json",
    ]
    for name in names:
        path = os.path.join(os.fsencode(run.root / RUN), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(name)

    extract(doing(run))

    assert sync(run)["files"] == len((*OF_THE_RUN, *OF_THE_EXTRACTION, *names))
    assert checked(run) == 0


def test_links_and_what_is_no_file_are_not_listed(run):
    folder = run.root / RUN
    (folder / "latest.json").symlink_to("rows.json")
    (folder / "elsewhere").symlink_to(run.root / "src")
    (folder / "nowhere").symlink_to("/nowhere")
    os.mkfifo(folder / "pipe")

    assert extract(doing(run)).outcome is StageOutcome.ADVANCE

    assert listed(run) == sorted((*OF_THE_RUN, *OF_THE_EXTRACTION))


def test_a_file_that_a_living_writer_is_at_work_on_is_not_listed(run):
    put(run, f"{RUN}/logs/.autolab-{os.getpid()}-{'0' * 8}-{'0' * 16}.tmp", "half")

    extract(doing(run))

    assert listed(run) == sorted((*OF_THE_RUN, *OF_THE_EXTRACTION))


def test_a_second_extraction_leaves_list_and_record_alone(run):
    extract(doing(run))
    before = ((run.root / LIST).read_bytes(), (run.root / LIST).stat().st_ino, sync(run))
    change_json(run, ".autolab/state.json", stage="extract_results")

    extract(doing(run))

    assert ((run.root / LIST).read_bytes(), (run.root / LIST).stat().st_ino, sync(run)) == before


def test_a_partial_run_has_a_list_and_a_new_one_once_it_is_complete(run):
    replace(run, f"{FOLDER}/design.yaml", "variants:", "variants:\n  - {name: more, changes: {drift: 0.2}}")
    extract(doing(run))
    assert status(run) == "partial"
    first = sync(run)["checksums_sha256"]
    assert checked(run) == 0
    replace(run, f"{FOLDER}/design.yaml", "  - {name: more, changes: {drift: 0.2}}\n", "")
    put(run, f"{RUN}/note.txt", "found later")

    extract(doing(run))

    assert status(run) == "completed"
    assert sync(run)["checksums_sha256"] != first
    assert "note.txt" in listed(run)
    assert checked(run) == 0


def test_a_run_whose_results_cannot_be_read_has_no_list(run):
    put(run, f"{RUN}/rows.json", "[")

    extract(doing(run))

    assert status(run) == "failed"
    assert not (run.root / LIST).exists()
    assert sync(run)["checksums_sha256"] is None


def test_a_partial_run_that_then_fails_loses_its_list(run):
    replace(run, f"{FOLDER}/design.yaml", "variants:", "variants:\n  - {name: more, changes: {drift: 0.2}}")
    extract(doing(run))
    put(run, f"{RUN}/rows.json", "[")

    extract(doing(run))

    assert status(run) == "failed"
    assert not (run.root / LIST).exists()
    assert sync(run)["checksums_sha256"] is None


def test_a_run_that_did_not_end_well_has_no_list(run):
    extract(doing(run, JobObservation(JobState.FAILED, 1, "the command ended with exit code 1", AT, AT)))

    assert status(run) == "failed"
    assert not (run.root / LIST).exists()


def test_what_is_known_to_be_wrong_is_not_put_on_a_list(run):
    change_json(run, f"{RUN}/run_manifest.json", submission={"token": "t", "script_sha256": "0" * 64})

    extract(doing(run))

    assert sync(run)["status"] == "failed"
    assert not (run.root / LIST).exists()


def test_a_run_whose_files_change_meanwhile_is_partial_and_is_listed_the_next_time(run, monkeypatch):
    measure = artifacts.measure

    def disturbed(path, shown):
        if shown.endswith("stdout.log"):
            monkeypatch.setattr(artifacts, "measure", measure)
            raise DocumentError(shown, "changed while it was read")
        return measure(path, shown)

    monkeypatch.setattr(artifacts, "measure", disturbed)
    result = extract(doing(run))

    assert (result.outcome, status(run)) == (StageOutcome.NEEDS_RETRY, "partial")
    assert "its files cannot be listed" in result.summary
    assert (sync(run)["status"], (run.root / LIST).exists()) == ("failed", False)

    assert extract(doing(run)).outcome is StageOutcome.ADVANCE
    assert (status(run), sync(run)["status"], checked(run)) == ("completed", "ok", 0)


def test_a_run_with_too_many_files_has_no_list_and_says_so(run, monkeypatch):
    monkeypatch.setattr(artifacts, "MAX_BYTES", 100)

    assert extract(doing(run)).outcome is StageOutcome.ADVANCE

    assert not (run.root / LIST).exists()
    assert sync(run)["files"] == len((*OF_THE_RUN, *OF_THE_EXTRACTION))
    assert "too many for a checksum list" in sync(run)["diagnosis"]


def test_a_folder_in_the_place_of_the_list_is_a_plain_error(run):
    put(run, f"{LIST}/x", "")

    with pytest.raises(StoreError, match="it is a folder"):
        extract(doing(run))

    assert status(run) == "running"
