"""The ledger against the manifests: which runs need a row, and what it has to say."""

from __future__ import annotations

import pytest

from autolab_core.io.layout import LEDGER
from autolab_core.io.ledger.rows import HEAD
from autolab_core.vocab.states import SYNC_SYNONYMS, Verdict
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.selftest.repository import RUN_PATHS, build

MANIFEST, SYNC = RUN_PATHS.manifest, "/artifact_sync_to_local/status"


@pytest.fixture
def sent(tmp_path):
    return build(tmp_path / "repository").to_slurm()


def checks(repository):
    found = examine(repository.root, only=["ledger"]).judgement.checks
    return {check.rule: check for check in found if check.rule.startswith("LG")}


def test_a_local_run_needs_no_ledger(tmp_path):
    found = checks(build(tmp_path / "repository"))

    assert {rule: (check.status, check.reason) for rule, check in found.items()} == {
        "LG001": (Verdict.SKIP, "there is no ledger"),
        "LG002": (Verdict.SKIP, "a local run: the ledger is for Slurm jobs"),
        "LG003": (Verdict.SKIP, "there is no ledger"),
    }


@pytest.mark.parametrize("status", ["submitted", "running", "synced", "completed", "partial", "failed"])
def test_from_its_submission_on_a_run_needs_a_row(sent, status):
    sent.remove(LEDGER).manifest("/status", status)

    [finding] = checks(sent)["LG002"].findings

    assert (finding.path, finding.message) == (LEDGER, "does not exist, which is job '4242'")


@pytest.mark.parametrize("status", ["pending", "failed"])
def test_a_run_that_was_never_submitted_needs_none(sent, status):
    sent.remove(LEDGER).manifest("/status", status).drop(MANIFEST, "/job_id")

    check = checks(sent)["LG002"]

    assert (check.status, "not submitted" in check.reason) == (Verdict.SKIP, True)


def test_a_job_that_waits_in_the_queue_needs_one(sent):
    sent.remove(LEDGER).manifest("/status", "pending")

    assert checks(sent)["LG002"].status is Verdict.FAIL
    assert checks(sent.ledger())["LG002"].status is Verdict.PASS


@pytest.mark.parametrize("word", [word for word, sync in SYNC_SYNONYMS.items() if sync == "ok"])
def test_a_synonym_of_the_sync_status_is_the_same(sent, word):
    assert checks(sent.manifest(SYNC, word))["LG002"].status is Verdict.PASS


@pytest.mark.parametrize("place", ["/slurm/job_id", "/resource_request/job_id"])
def test_a_job_id_that_another_tool_put_elsewhere_counts(sent, place):
    sent.drop(MANIFEST, "/job_id").manifest(place, 4242)

    assert checks(sent)["LG002"].status is Verdict.PASS


def test_each_difference_is_named_with_the_line_of_the_row(sent):
    sent.manifest("/status", "failed").manifest(SYNC, "failed").manifest("/job_id", "1")

    findings = checks(sent)["LG002"].findings

    line = len(HEAD.splitlines()) + 1
    assert [(finding.path, finding.line) for finding in findings] == [(LEDGER, line)] * 3
    assert [finding.message.rpartition(" ")[2] for finding in findings] == ["'1'", "'failed'", "'failed'"]


@pytest.mark.parametrize(
    "content", [b"", b"# Jobs\n", HEAD[:-5], b"\xff\xfe\n" * 9, HEAD + b"\x00\n", HEAD + b"| " * 40 + b"\n"]
)
def test_a_file_that_is_no_ledger_is_a_finding_and_never_a_crash(sent, content):
    found = checks(sent.write(LEDGER, content))

    assert found["LG002"].status is Verdict.FAIL
    assert [check.traceback for check in found.values()] == [None] * 3
    assert found["LG001"].findings


def test_a_folder_in_its_place_cannot_be_decided(sent):
    found = checks(sent.remove(LEDGER).folder(LEDGER))

    assert {check.status for check in found.values()} == {Verdict.ERROR}
    assert [check.traceback for check in found.values()] == [None] * 3


def test_one_hundred_faults_are_counted_and_twenty_named(sent):
    sent.write(LEDGER, (sent.root / LEDGER).read_bytes() + b"prose\n" * 100)

    findings = checks(sent)["LG001"].findings

    assert len(findings) == 21
    assert [each.message for each in findings if each.line is None] == ["100 faults; the first 20 are named"]
