"""The guard's record against the run, the policy and the spec that lies there now."""

from __future__ import annotations

import json

import pytest

from autolab_core.io.layout import POLICY
from autolab_core.vocab.states import Severity, Verdict
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.selftest.guarding import RECORD, SPEC, guarded, known, recorded, with_spec
from autolab_verifiers.selftest.repository import RUN_PATHS, build

RULES = tuple(f"SG00{number}" for number in range(1, 9))


@pytest.fixture
def repository(tmp_path):
    return build(tmp_path / "repository")


def checks(repository):
    found = examine(repository.root, only=["spec_guard"]).judgement.checks
    return {check.rule: check for check in found if check.rule in RULES}


def verdicts(repository) -> list[Verdict]:
    return [check.status for check in checks(repository).values()]


def reasons(repository) -> set[str | None]:
    return {check.reason for check in checks(repository).values()}


def test_a_guarded_run_of_a_committed_spec_passes_every_rule(repository):
    guarded(repository)

    assert verdicts(repository) == [Verdict.PASS] * 8
    assert [check.findings for check in checks(repository).values()] == [()] * 8


def test_a_run_without_spec_and_guard_is_left_alone(repository):
    assert verdicts(repository) == [Verdict.SKIP] * 8
    assert reasons(repository) == {"the design names no spec, and the run was not guarded"}


def test_a_run_of_a_spec_without_guard_fails_and_is_remarked_on_where_the_policy_asks_for_none(repository):
    with_spec(repository)

    (finding,) = checks(repository)["SG001"].findings
    assert (checks(repository)["SG001"].status, finding.severity) == (Verdict.FAIL, Severity.ERROR)
    assert "was not guarded: the policy asks for content" in finding.message

    repository.write(POLICY, "guard: {require: none}\n")
    (finding,) = checks(repository)["SG001"].findings
    assert (checks(repository)["SG001"].status, finding.severity) == (Verdict.PASS, Severity.WARNING)

    repository.write(POLICY, "guard: {require: none}\nsettings: {spec_guard: {require: landlock}}\n")
    assert checks(repository)["SG001"].status is Verdict.FAIL


@pytest.mark.parametrize(
    ("policy", "word"),
    [
        ("settings: {spec_guard: {require: landlock}}", "landlock"),
        ("guard: {require: mount}", "mount"),
        ("guard: {network: none}", "content"),
        ("guard: {require: mount}\nsettings: {spec_guard: {require: landlock}}", "mount"),
        ("guard: {require: content}\nsettings: {spec_guard: {require: mount}}", "mount"),
    ],
)
def test_where_the_policy_asks_a_run_without_spec_has_to_be_guarded_too(repository, policy, word):
    repository.write(POLICY, f"{policy}\n")

    assert checks(repository)["SG001"].status is Verdict.FAIL
    assert checks(repository)["SG001"].findings[0].message == f"the run was not guarded: the policy asks for {word}"


@pytest.mark.parametrize(
    "policy",
    ["settings: {spec_guard: {require: none}}", "settings: {spec_guard: {require: null}}", "guard: {require: none}"],
)
def test_a_policy_may_ask_for_nothing(repository, policy):
    repository.write(POLICY, f"{policy}\n")

    assert verdicts(repository) == [Verdict.SKIP] * 8


@pytest.mark.parametrize("word", ["strong", "true", "[mount]", "3"])
@pytest.mark.parametrize("policy", ["settings: {{spec_guard: {{require: {}}}}}", "guard: {{require: {}}}"])
def test_a_level_that_is_none_is_an_error_at_its_place(repository, policy, word):
    guarded(repository)
    repository.write(POLICY, f"{policy.format(word)}\n")

    check = checks(repository)["SG003"]
    assert check.status is Verdict.ERROR
    assert check.findings[0].path == POLICY


@pytest.mark.parametrize("status", ["pending", "submitted", "running"])
def test_while_a_run_goes_on_its_guard_has_no_end(repository, status):
    guarded(repository)
    gist = repository.read(RUN_PATHS.manifest)["guard"]
    repository.become(status).manifest("/guard", {**gist, "verified": None})
    recorded(repository, "/after", None)

    assert checks(repository)["SG005"].reason == "the run has not ended"
    assert set(verdicts(repository)) == {Verdict.PASS, Verdict.SKIP}


def test_a_run_that_has_not_started_has_no_record_yet(repository):
    with_spec(repository)
    repository.become("pending").drop(RUN_PATHS.manifest, "/timestamps/started_at")

    assert reasons(repository) == {"the run has not started"}


def test_each_change_that_the_guard_saw_is_a_finding_and_many_are_counted(repository):
    guarded(repository)
    changes = [{"path": f"experiments/{number}", "what": "content"} for number in range(25)]
    changes.append({"path": "x", "what": "a word of a later version"})
    recorded(repository, "/after", {"at": "2026-02-01T12:00:09Z", "seals_ok": False, "changes": changes})

    findings = checks(repository)["SG005"].findings
    assert len(findings) == 21
    assert "6 more files changed" in {finding.message for finding in findings}


@pytest.mark.parametrize("errno", [None, "ENOENT", "ETXTBSY"])
def test_only_a_refusal_is_a_refusal(repository, errno):
    guarded(repository)
    recorded(repository, "/probe/0/errno", errno)

    assert checks(repository)["SG004"].status is Verdict.FAIL


def test_a_spec_that_is_held_as_a_file_needs_no_attempt_beside_it(repository):
    guarded(repository)
    recorded(repository, "/policy/protected", ["RESEARCH_LOG.md", SPEC])
    recorded(repository, "/probe", repository.read(RECORD)["probe"][:1])

    assert checks(repository)["SG004"].status is Verdict.PASS


def test_a_repository_that_was_moved_is_judged_as_before(repository, tmp_path):
    guarded(repository)
    moved = repository.root.rename(tmp_path / "moved")

    found = examine(moved, only=["spec_guard"]).judgement.checks
    assert {check.status for check in found if check.rule in RULES} == {Verdict.PASS}


@pytest.mark.parametrize(
    "content",
    ["", "[]", "null", "{}", '{"schema_version": "1.0"}', '"a"', "\x00", '{"schema_version": "1.0", "policy": 3}'],
)
def test_a_record_of_any_shape_is_judged(repository, content):
    guarded(repository)
    known(repository.write(RECORD, content))

    found = checks(repository)
    assert Verdict.PASS not in {check.status for rule, check in found.items() if rule not in ("SG001", "SG002")}
    assert {found["SG001"].status, found["SG002"].status} & {Verdict.FAIL, Verdict.ERROR}
    assert all(check.traceback is None for check in found.values())


@pytest.mark.parametrize("guard", [3, "yes", [], {}, {"level": 3}])
def test_a_manifest_of_any_shape_is_judged(repository, guard):
    guarded(repository).manifest("/guard", guard)

    found = checks(repository)
    assert found["SG001"].status is Verdict.FAIL
    assert all(check.traceback is None for check in found.values())


def test_a_record_with_any_value_exchanged_is_judged(repository):
    guarded(repository)
    whole = json.loads((repository.root / RECORD).read_text())
    for key in whole:
        for value in (None, 3, "text", [], {}, [3], {"a": 1}):
            known(repository.write(RECORD, json.dumps({**whole, key: value})))
            assert all(check.traceback is None for check in checks(repository).values()), (key, value)
