"""What counts as evidence; the mutations show each rule fail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autolab_core.io.layout import VERIFICATION_RESULT
from autolab_core.vocab.states import Verdict
from autolab_verifiers.builtin import load
from autolab_verifiers.selftest.prove import judged
from autolab_verifiers.selftest.repository import PATHS, RUN, RUN_PATHS, Repository, build

PASSED = {"verifier": "run_health", "rule": "RH003", "status": "pass", "findings": []}
SKIPPED = {**PASSED, "status": "skip", "run_id": "other"}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = build(tmp_path)
    return made.write(VERIFICATION_RESULT, json.dumps({"run_id": RUN, "checks": [PASSED, SKIPPED]}))


def verdicts(repository: Repository, *records: object) -> dict[str, Verdict]:
    repository.write(RUN_PATHS.evidence, json.dumps({"evidence": records}))
    return {rule: check.status for rule, check in judged(load("evidence"), repository.root).items()}


def record(**changes: object) -> dict[str, object]:
    pointer = f"{VERIFICATION_RESULT}#/checks/0"
    return {"artifact_path": PATHS.design, "what_it_proves": "x", "verifier_output_pointer": pointer, **changes}


def test_a_rule_that_was_asked_twice_has_to_have_passed_both_times(repository):
    named = f"{VERIFICATION_RESULT}#RH003"

    assert verdicts(repository, record())["EV003"] is Verdict.PASS
    assert verdicts(repository, record(verifier_output_pointer=named))["EV003"] is Verdict.FAIL


def test_the_run_s_own_result_counts_and_a_pointer_into_a_check_is_one_to_it(repository):
    repository.write(RUN_PATHS.verification, json.dumps({"run_id": RUN, "checks": [PASSED]}))

    found = verdicts(repository, record(verifier_output_pointer=f"{RUN_PATHS.verification}#/checks/0/status"))

    assert found["EV003"] is Verdict.PASS


@pytest.mark.parametrize("source", ["", "[]", '{"checks": 5}', '{"checks": [5, null]}', "{"])
def test_a_result_without_that_check_is_no_proof(repository, source):
    repository.write(VERIFICATION_RESULT, source)

    assert verdicts(repository, record())["EV003"] is Verdict.FAIL


def test_an_excerpt_may_have_other_line_ends_and_blanks_around_it(repository):
    repository.write("docs/notes.md", "one\r\ntwo\r\nthree\r\n")

    found = verdicts(repository, record(artifact_path="docs/notes.md", excerpt="\ntwo\nthree "))

    assert found == {"EV001": "pass", "EV002": "pass", "EV003": "pass", "EV004": "pass"}


def test_nothing_can_be_quoted_from_a_folder(repository):
    found = verdicts(repository, record(artifact_path=RUN_PATHS.logs, excerpt="x"))

    assert (found["EV002"], found["EV004"]) == (Verdict.PASS, Verdict.FAIL)


def test_an_artifact_behind_a_link_out_of_the_repository_is_not_there(repository):
    repository.link("docs/out.md", "/etc/hostname")

    assert verdicts(repository, record(artifact_path="docs/out.md"))["EV002"] is Verdict.FAIL


@pytest.mark.parametrize("records", [(), (5, None, [])])
def test_records_that_are_none_break_nothing(repository, records):
    found = verdicts(repository, *records)

    assert Verdict.ERROR not in found.values()
    assert (found["EV001"] is Verdict.FAIL) == bool(records)
