"""The answer as a document and as text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from autolab_core.io.layout import STATE, VERIFICATION_RESULT
from autolab_core.io.schemas import SchemaStore
from autolab_core.models.report import Check as ReportCheck
from autolab_core.models.report import Finding as ReportFinding
from autolab_core.models.report import Report
from autolab_core.vocab.errors import AutolabError
from autolab_core.vocab.states import Severity, Verdict
from autolab_verifiers.contract import Finding
from autolab_verifiers.engine.verify import examine, verify
from autolab_verifiers.report.answer import Check, Judgement, RunFacts, conclude, count
from autolab_verifiers.report.document import as_pieces
from autolab_verifiers.report.text import render
from autolab_verifiers.selftest.repository import RUN_PATHS, build


@pytest.fixture
def repository(tmp_path):
    return build(tmp_path)


def as_document(judgement: Judgement) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(b"".join(as_pieces(judgement)))
    return document


def judgement(*checks: Check) -> Judgement:
    counts = count(checks)
    passed, message = conclude(counts)
    return Judgement(passed, message, "launch", "iter", None, counts, checks, RunFacts("now", "tool", 1))


def without_run(document: bytes) -> bytes:
    data = json.loads(document)
    del data["run"]
    return json.dumps(data).encode()


# --- the document


def test_the_answer_is_written_to_the_repository_and_beside_the_run(repository):
    verify(repository.root)

    root, beside = (repository.root / path for path in (VERIFICATION_RESULT, RUN_PATHS.verification))
    assert root.read_bytes() == beside.read_bytes()


def test_nothing_is_written_when_nobody_asks(repository):
    verify(repository.root, write=False)

    assert not (repository.root / VERIFICATION_RESULT).exists()


def test_a_run_folder_that_is_not_there_is_not_made(repository):
    repository.remove(RUN_PATHS.folder)

    assert not verify(repository.root).passed
    assert (repository.root / VERIFICATION_RESULT).exists()
    assert not (repository.root / RUN_PATHS.folder).exists()


def test_the_document_fits_its_schema(repository):
    repository.manifest("/status", "queued")
    verify(repository.root)

    assert SchemaStore(None).problems("verification_result", repository.read(VERIFICATION_RESULT)) == ()


def test_equal_trees_give_equal_bytes_but_for_the_run(tmp_path):
    documents = []
    for name in ("a", "b"):
        repository = build(tmp_path / name)
        repository.manifest("/status", "queued")
        verify(repository.root)
        verify(repository.root)
        documents.append((repository.root / VERIFICATION_RESULT).read_bytes())

    assert without_run(documents[0]) == without_run(documents[1])
    assert documents[0].split(b'"run": {')[0] == documents[1].split(b'"run": {')[0]


def test_the_keys_are_the_same_whatever_the_answer(repository):
    good = as_document(examine(repository.root).judgement)
    repository.write(STATE, b"{")
    bad = as_document(examine(repository.root).judgement)

    assert list(good) == list(bad)
    assert {tuple(check) for check in [*good["checks"], *bad["checks"]]} == {
        ("verifier", "rule", "status", "reason", "findings")
    }
    assert {tuple(finding) for check in bad["checks"] for finding in check["findings"]} == {
        ("severity", "path", "pointer", "line", "message", "hint")
    }


def test_the_run_block_says_when_by_what_and_how_long(repository):
    assert list(as_document(examine(repository.root).judgement)["run"]) == ["generated_at", "tool", "duration_ms"]


def test_a_finding_points_to_its_line(repository):
    repository.manifest("/status", "queued")

    check = next(check for check in examine(repository.root).judgement.checks if check.rule == "RH002")

    (finding,) = check.findings
    text = (repository.root / RUN_PATHS.manifest).read_text(encoding="utf-8")
    assert '"status": "queued"' in text.splitlines()[(finding.line or 0) - 1]
    assert finding.hint == "write 'pending'"


def test_bytes_that_are_no_text_can_be_reported():
    name = b"runs/\xff\n".decode("utf-8", "surrogateescape")
    document = as_document(judgement(Check("v", "V1", Verdict.FAIL, (Finding("is odd", name),))))

    assert json.loads(json.dumps(document).encode())["checks"][0]["findings"][0]["path"] == "runs/\\udcff\n"


@pytest.mark.parametrize("path", [VERIFICATION_RESULT, RUN_PATHS.verification])
def test_an_answer_that_cannot_be_written_is_an_error_of_its_own(repository, path):
    (repository.root / path).mkdir(parents=True)

    with pytest.raises(AutolabError, match="verification_result"):
        verify(repository.root)


def test_an_answer_never_leaves_the_repository_through_a_link(repository, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "precious"
    outside.write_text("precious", encoding="utf-8")
    (repository.root / VERIFICATION_RESULT).symlink_to(outside)

    with pytest.raises(AutolabError):
        verify(repository.root)
    assert outside.read_text(encoding="utf-8") == "precious"


def test_verify_answers_with_the_models_of_the_document(repository):
    repository.manifest("/status", "queued")
    report = verify(repository.root, write=False)
    inner = examine(repository.root).judgement

    assert isinstance(report, Report)
    assert all(isinstance(check, ReportCheck) for check in report.checks)
    assert all(isinstance(found, ReportFinding) for check in report.checks for found in check.findings)
    assert (report.passed, report.message, report.counts) == (inner.passed, inner.message, inner.counts)
    assert [(check.rule, check.status) for check in report.checks] == [
        (check.rule, check.status) for check in inner.checks
    ]


# --- the text

WRONG = Finding("is wrong", "a/b.json", line=3, hint="mend it")
ODD = Finding("is odd", "c.json", severity=Severity.WARNING, hint="look")
FAILED = Check("v", "V2", Verdict.FAIL, (WRONG,))
REMARKED = Check("v", "V1", Verdict.PASS, (ODD,))
SKIPPED = Check("v", "V3", Verdict.SKIP, reason="not here")


def test_what_is_wrong_comes_first_with_its_place_and_its_way_out():
    lines = render(judgement(REMARKED, FAILED, SKIPPED)).splitlines()

    assert lines[:5] == [
        "FAIL  V2 a/b.json:3: is wrong",
        "      hint: mend it",
        "",
        "warn  V1 c.json: is odd",
        "      hint: look",
    ]
    assert lines[-1] == "3 checks: 1 pass, 1 fail, 0 error, 1 skip"


def test_a_pass_is_one_line():
    assert render(judgement(Check("v", "V1", Verdict.PASS))) == "1 checks: 1 pass, 0 fail, 0 error, 0 skip\n"


def test_nothing_checked_is_said():
    assert render(judgement(SKIPPED)).endswith("1 skip; nothing was checked\n")


def test_skips_are_listed_with_their_reasons_when_asked():
    assert "skip  V3 v: not here" in render(judgement(SKIPPED), verbosity=1)
    assert "not here" not in render(judgement(SKIPPED, FAILED))


def test_quiet_is_the_summary_alone():
    assert render(judgement(FAILED), verbosity=-1) == "1 checks: 0 pass, 1 fail, 0 error, 0 skip\n"


def test_an_error_says_why_it_could_not_be_decided():
    check = Check("v", "V1", Verdict.ERROR, reason="the verifier broke: KeyError: 1")

    assert "ERROR V1 v: the verifier broke: KeyError: 1" in render(judgement(check))


def test_rules_that_say_the_same_share_their_lines():
    unreadable = tuple(
        Check("v", f"V{number}", Verdict.ERROR, (WRONG,), "a/b.json:3: is wrong") for number in (1, 2, 3)
    )

    assert render(judgement(*unreadable)).count("is wrong") == 1
    assert "ERROR V1…V3 (3 rules) a/b.json:3: is wrong" in render(judgement(*unreadable))


def test_many_findings_are_cut_in_the_text_and_whole_in_the_document():
    many = Check("v", "V1", Verdict.FAIL, tuple(Finding(f"number {n}", "x") for n in range(1000)))

    assert render(judgement(many)).count("number") == 20
    assert "and 980 more" in render(judgement(many))
    assert len(as_document(judgement(many))["checks"][0]["findings"]) == 1000


def test_a_hostile_name_cannot_move_the_cursor():
    hostile = Finding("\x1b[2J\r\ngone\u202e", "a\nb\x07.json", hint="\x9b31m")
    text = render(judgement(Check("v\x1b", "V1", Verdict.FAIL, (hostile,))))

    assert not {"\x1b", "\r", "\x07", "\x9b", "\u202e"} & set(text)
    assert len(text.splitlines()) == 5


def test_colour_is_only_there_when_asked_for():
    assert "\x1b" not in render(judgement(FAILED))
    assert "\x1b[31m" in render(judgement(FAILED), colour=True)
