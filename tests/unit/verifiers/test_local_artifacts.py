"""The run's checksum list against the run's folder: whatever lies there, and whoever wrote the list."""

from __future__ import annotations

import hashlib
import os
import subprocess

import pytest

from autolab_core.io.layout import POLICY
from autolab_core.vocab.states import SYNC_SYNONYMS, Severity, SyncStatus, Verdict
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.selftest.repository import OUTPUT, OUTPUT_BYTES, OUTPUT_NAME, PATHS, RUN, RUN_PATHS, build

FOLDER, LIST = RUN_PATHS.folder, RUN_PATHS.checksums
RULES = ("LA001", "LA002", "LA003", "LA004", "LA005")
SYNC = "/artifact_sync_to_local"
PINNED = f"{SYNC}/checksums_sha256"
ZERO = "0" * 64


@pytest.fixture
def repository(tmp_path):
    return build(tmp_path / "repository")


def checks(repository, **options):
    found = examine(repository.root, only=["local_artifacts"], **options).judgement.checks
    return {check.rule: check for check in found if check.rule in RULES}


def verdicts(repository) -> list[Verdict]:
    return [check.status for check in checks(repository).values()]


def pin(repository, source: bytes):
    """Make *source* the run's list, recorded as if it always had been."""
    repository.write(LIST, source)
    repository.manifest(PINNED, hashlib.sha256(source).hexdigest())
    repository.drop(RUN_PATHS.manifest, f"{SYNC}/files").drop(RUN_PATHS.manifest, f"{SYNC}/bytes")


def pin_what_is_here(repository, *arguments: str):
    """As another tool would: `sha256sum` of everything in ``outputs``."""
    folder = repository.root / FOLDER
    command = ["find", *(arguments or ("outputs",)), "-type", "f", "-exec", "sha256sum", "{}", "+"]
    pin(repository, subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout)


def unlist(repository):
    """Make it a run from before there were lists."""
    repository.remove(LIST).drop(RUN_PATHS.manifest, PINNED)


def said(check) -> list[tuple[str, str]]:
    return [(finding.path.removeprefix(f"{FOLDER}/"), finding.message) for finding in check.findings]


def test_a_list_that_another_tool_wrote_is_as_good_as_ours(repository):
    pin_what_is_here(repository, "./outputs")

    assert verdicts(repository) == [Verdict.PASS] * 5


def test_names_of_any_bytes_are_proven(repository):
    names = [b"back\\slash", b"new\nline", b"return\r", b"\xff.bin", b"~tilde", b"{{run_id}}", b"<RUN_ID>", b" blank "]
    for name in names:
        with open(os.path.join(os.fsencode(repository.root / FOLDER / "outputs"), name), "wb") as file:
            file.write(name)
    pin_what_is_here(repository)
    assert verdicts(repository) == [Verdict.PASS] * 5

    for name in names:
        with open(os.path.join(os.fsencode(repository.root / FOLDER / "outputs"), name), "ab") as file:
            file.write(b"!")

    found = checks(repository)["LA002"]
    assert {os.fsencode(path) for path, _ in said(found)} == {b"outputs/" + name for name in names}
    assert {message for _, message in said(found)} == {"is not the file that is listed: its sha256 is another"}


def test_a_file_longer_than_every_document_is_proven(repository):
    with open(repository.root / FOLDER / "outputs/weights.bin", "wb") as file:
        file.truncate(40 * 1024 * 1024)
    pin_what_is_here(repository)
    assert verdicts(repository) == [Verdict.PASS] * 5

    with open(repository.root / FOLDER / "outputs/weights.bin", "r+b") as file:
        file.seek(35 * 1024 * 1024)
        file.write(b"\1")

    assert [path for path, _ in said(checks(repository)["LA002"])] == ["outputs/weights.bin"]


@pytest.mark.parametrize("target", ["{outside}/secret", "../../../../../../secret", "/etc/hostname", "kept", "nowhere"])
def test_a_listed_file_that_is_a_link_is_not_followed(repository, tmp_path, target):
    (tmp_path / "secret").write_bytes(OUTPUT_BYTES)
    repository.write(f"{FOLDER}/outputs/kept", OUTPUT_BYTES).remove(OUTPUT)
    repository.link(OUTPUT, target.format(outside=tmp_path))

    found = checks(repository)

    assert said(found["LA002"]) == [(OUTPUT_NAME, "is a symbolic link, not a file of the run")]
    assert found["LA004"].status is Verdict.FAIL


def test_a_folder_that_is_a_link_hides_no_file(repository, tmp_path):
    (repository.root / FOLDER / "outputs").rename(tmp_path / "elsewhere")
    repository.link(f"{FOLDER}/outputs", str(tmp_path / "elsewhere"))

    assert said(checks(repository)["LA002"]) == [(OUTPUT_NAME, "lies behind outputs, which is a symbolic link")]


def test_a_pipe_in_the_place_of_a_file_does_not_keep_anybody_waiting(repository):
    repository.remove(OUTPUT)
    os.mkfifo(repository.root / OUTPUT)

    assert said(checks(repository)["LA002"]) == [
        (OUTPUT_NAME, "is a pipe, a socket or a device, not a file of the run")
    ]


def test_many_differences_are_counted(repository):
    source = "".join(f"{ZERO}  outputs/{number:03}\n" for number in range(50))
    pin(repository, source.encode())

    findings = checks(repository)["LA002"].findings

    assert len(findings) == 21
    assert findings[0].message == "30 more files are not here as listed"
    assert checks(repository)["LA004"].findings[0].message.endswith("but 50 of 50 listed files are not here as listed")


@pytest.mark.parametrize("status", ["pending", "submitted", "running"])
def test_what_a_cut_short_extraction_left_is_not_judged(repository, status):
    repository.become(status).write(LIST, "half a lis")

    found = checks(repository)

    assert {check.status for check in found.values()} == {Verdict.SKIP}
    assert found["LA001"].reason == "the run has not ended: its checksum list is not final"


def test_a_run_without_a_list_is_left_alone(repository):
    unlist(repository)

    found = checks(repository)

    assert {check.status for check in found.values()} == {Verdict.SKIP}
    assert found["LA001"].reason == "the run has no checksum list"


def test_that_the_files_of_a_cluster_came_home_is_said_to_be_taken_on_trust(repository):
    repository.to_slurm()
    unlist(repository)

    assert "(method 'rsync') is taken on trust" in checks(repository)["LA004"].reason


@pytest.mark.parametrize(
    ("setting", "status"),
    [("true", Verdict.FAIL), ("false", Verdict.SKIP), ("1", Verdict.FAIL), ("[yes]", Verdict.FAIL)],
)
def test_a_policy_may_ask_for_a_list(repository, setting, status):
    unlist(repository)
    repository.write(POLICY, f"settings: {{local_artifacts: {{require_list: {setting}}}}}\n")

    check = checks(repository)["LA004"]

    assert check.status is status
    if setting not in ("true", "false"):
        assert check.findings[0].path == POLICY
        assert "not true or false" in check.findings[0].message


@pytest.mark.parametrize("status", ["failed", "partial"])
def test_a_policy_asks_for_the_list_of_good_runs_only(repository, status):
    repository.become(status)
    unlist(repository)
    repository.write(POLICY, "settings: {local_artifacts: {require_list: true}}\n")

    assert checks(repository)["LA004"].status is Verdict.SKIP


def test_a_list_that_is_gone_is_told_once(repository):
    repository.remove(LIST)

    found = checks(repository)

    assert [check.status for check in found.values()] == [Verdict.FAIL, *[Verdict.SKIP] * 4]
    assert {check.reason for check in list(found.values())[1:]} == {"its checksum list is gone (LA001)"}


def test_a_list_that_cannot_be_read_is_told_once_with_its_line(repository):
    pin(repository, f"{ZERO}  a\n{ZERO}  ../../design.yaml\n".encode())

    found = checks(repository)

    assert [check.status for check in found.values()] == [Verdict.FAIL, *[Verdict.SKIP] * 4]
    (finding,) = found["LA001"].findings
    assert (finding.path, finding.line) == (LIST, 2)
    assert "may lead out of the folder" in finding.message


@pytest.mark.parametrize("word", ["ok", *sorted(w for w, meant in SYNC_SYNONYMS.items() if meant is SyncStatus.OK)])
def test_every_word_for_ok_claims_what_the_list_must_prove(repository, word):
    repository.remove(OUTPUT).manifest(f"{SYNC}/status", word)

    found = checks(repository)

    assert [found[rule].status for rule in ("LA002", "LA004")] == [Verdict.FAIL] * 2
    assert repr(word) in found["LA004"].findings[0].message


@pytest.mark.parametrize("word", ["pending", "syncing", "failed", "queued", "error"])
def test_where_nothing_is_claimed_what_is_missing_is_only_remarked_on(repository, word):
    repository.to_slurm().remove(OUTPUT).manifest(f"{SYNC}/status", word).manifest("/status", "synced")

    found = checks(repository)

    assert found["LA002"].status is Verdict.PASS
    assert [finding.severity for finding in found["LA002"].findings] == [Severity.WARNING]
    assert found["LA004"].status is Verdict.SKIP


@pytest.mark.parametrize("word", [None, 3, "fine", []])
def test_a_sync_status_that_is_no_word_hides_no_damage(repository, word):
    repository.remove(OUTPUT).manifest(f"{SYNC}/status", word)

    assert checks(repository)["LA002"].status is Verdict.FAIL


@pytest.mark.parametrize(("key", "value"), [("files", 2), ("files", "1"), ("bytes", 0), ("bytes", [])])
def test_what_the_list_adds_up_to_is_compared(repository, key, value):
    repository.manifest(f"{SYNC}/{key}", value)

    (finding,) = checks(repository)["LA003"].findings
    assert (finding.pointer, finding.severity) == (f"{SYNC}/{key}", Severity.ERROR)


def test_a_hash_may_be_written_with_its_name_and_in_capitals(repository):
    recorded = repository.read(RUN_PATHS.manifest)["artifact_sync_to_local"]["checksums_sha256"]
    repository.manifest(PINNED, f"sha256:{recorded.upper()}")

    assert checks(repository)["LA003"].status is Verdict.PASS


def test_a_file_that_came_later_is_remarked_on_where_the_list_speaks_for_its_folder(repository):
    repository.write(f"{FOLDER}/outputs/deep/later.json", "{}").write(f"{FOLDER}/notes.txt", "of mine")
    repository.write(f"{FOLDER}/outputs/.autolab-1-{'0' * 8}-{'0' * 16}.tmp", "half")

    check = checks(repository)["LA005"]

    assert check.status is Verdict.PASS
    assert [path for path, _ in said(check)] == ["outputs/deep/later.json"]


def test_a_list_of_everything_speaks_for_the_whole_folder_but_for_what_is_still_written(repository):
    pin_what_is_here(repository, "metrics.json", "outputs", "logs")
    repository.write(f"{FOLDER}/notes.txt", "of mine").link(f"{FOLDER}/latest", "outputs")
    repository.write(RUN_PATHS.supervision, "{}").write(RUN_PATHS.run_lock, "").write(RUN_PATHS.verification, "{}")

    check = checks(repository)["LA005"]

    assert said(check) == [
        ("latest", "is a symbolic link: nothing proves what it leads to or holds"),
        ("notes.txt", "is on no list: it came after the results, or in their place"),
    ]
    assert {finding.severity for finding in check.findings} == {Severity.WARNING}


def test_a_manifest_that_cannot_be_read_is_not_ours_to_tell(repository):
    repository.write(RUN_PATHS.manifest, "{")

    assert {
        check.status for check in checks(repository, stage=None, iteration_id="iter_golden", run_id=RUN).values()
    } == {Verdict.SKIP}


def test_the_run_of_another_iteration_is_judged_by_its_own_list(repository):
    other = PATHS.run("other")
    repository.second_run("completed").write(other.checksums, f"{ZERO}  x\n")

    found = checks(repository, iteration_id="iter_golden", run_id="other")

    assert found["LA002"].findings[0].path == f"{other.folder}/x"
    assert verdicts(repository) == [Verdict.PASS] * 5
