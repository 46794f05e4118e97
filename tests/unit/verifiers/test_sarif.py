"""SARIF: what code scanning services accept, and what they need to tell old findings from new ones.

The rules are written out by hand from the SARIF 2.1.0 standard and from what services refuse; the full JSON Schema of
the standard is not at hand in a test.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core import __version__
from autolab_core.io.layout import POLICY, STATE, schema_file
from autolab_core.vocab.states import Severity, Verdict
from autolab_verifiers.builtin import BUILTIN, load
from autolab_verifiers.contract import Finding
from autolab_verifiers.engine.collect import BROKEN_PLUGIN, ENGINE
from autolab_verifiers.engine.locate import STATE_RULE
from autolab_verifiers.engine.runs import RUNS_RULE
from autolab_verifiers.engine.select import POLICY_RULE, REQUIRED_RULE
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.report.answer import Check, Judgement, RunFacts, conclude, count
from autolab_verifiers.report.formats import Answer, render_as
from autolab_verifiers.report.rules import ENGINE_RULES
from autolab_verifiers.report.sarif import FINGERPRINT, ROOT_ID
from autolab_verifiers.selftest.repository import ITERATION, PATHS, RUN, RUN_PATHS, build

TEXT = {
    "type": "object",
    "properties": {"text": {"type": "string", "minLength": 1}},
    "required": ["text"],
    "additionalProperties": False,
}
RULE = {
    "type": "object",
    "required": ["id", "name", "shortDescription", "fullDescription", "help", "defaultConfiguration"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "name": {"type": "string"},
        "shortDescription": TEXT,
        "fullDescription": TEXT,
        "help": TEXT,
        "defaultConfiguration": {"properties": {"level": {"enum": ["none", "note", "warning", "error"]}}},
        "properties": {"type": "object"},
    },
    "additionalProperties": False,
}
LOCATION = {
    "type": "object",
    "required": ["physicalLocation"],
    "properties": {
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation"],
            "properties": {
                "artifactLocation": {
                    "required": ["uri", "uriBaseId"],
                    # Relative, forward slashes, and nothing that a URI cannot hold.
                    "properties": {
                        "uri": {"pattern": r"^(?!/)(?!.*//)([A-Za-z0-9._~/-]|%[0-9A-F]{2})+$"},
                        "uriBaseId": {"const": ROOT_ID},
                    },
                    "additionalProperties": False,
                },
                "region": {
                    "required": ["startLine"],
                    "properties": {
                        "startLine": {"type": "integer", "minimum": 1},
                        "startColumn": {"type": "integer", "minimum": 1},
                    },
                    "additionalProperties": False,
                },
            },
            "additionalProperties": False,
        }
    },
    "additionalProperties": False,
}
RESULT = {
    "type": "object",
    "required": ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"],
    "properties": {
        "ruleId": {"type": "string", "minLength": 1},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": {"enum": ["note", "warning", "error"]},
        "message": TEXT,
        "locations": {"type": "array", "items": LOCATION, "minItems": 1, "maxItems": 1},
        "partialFingerprints": {"required": [FINGERPRINT], "additionalProperties": {"pattern": "^[0-9a-f]{64}$"}},
        "properties": {"type": "object"},
    },
    "additionalProperties": False,
}
RUN_SCHEMA = {
    "type": "object",
    "required": ["tool", "invocations", "originalUriBaseIds", "results"],
    "properties": {
        "tool": {
            "properties": {
                "driver": {
                    "required": ["name", "version", "rules"],
                    "properties": {"rules": {"type": "array", "items": RULE, "uniqueItems": True}},
                }
            }
        },
        "invocations": {
            "items": {
                "required": ["executionSuccessful"],
                "properties": {"executionSuccessful": {"type": "boolean"}, "exitCode": {"type": "integer"}},
                "additionalProperties": False,
            }
        },
        "originalUriBaseIds": {"additionalProperties": {"properties": {"description": TEXT}, "required": []}},
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        "results": {"type": "array", "items": RESULT},
        "properties": {"type": "object"},
    },
    "additionalProperties": False,
}
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string", "pattern": "^https://.*/sarif-schema-2.1.0.json$"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": RUN_SCHEMA, "minItems": 1, "maxItems": 1},
    },
    "additionalProperties": False,
}


@pytest.fixture
def repository(tmp_path):
    return build(tmp_path)


def checked(root: Path, source: bytes):
    """The one run in *source*, which keeps to all that is asked of every log."""
    log = json.loads(source)
    jsonschema.Draft202012Validator(SARIF).validate(log)
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert all((root / os.fsdecode(unquote_to_bytes(uri_of(result)))).is_file() for result in run["results"])
    fingerprints = [result["partialFingerprints"][FINGERPRINT] for result in run["results"]]
    assert len(set(fingerprints)) == len(fingerprints)
    assert os.fsencode(root) not in source
    return run


def judged(repository, **options):
    verification = examine(repository.root, **options)
    answer = Answer(verification.judgement, str(repository.root), lambda: [load(name) for name in BUILTIN])
    return checked(repository.root, render_as("sarif", answer))


def told(repository, *checks: Check):
    """The run that tells *checks*, which nobody made by judging."""
    counts = count(checks)
    passed, message = conclude(counts)
    judgement = Judgement(passed, message, "launch", ITERATION, RUN, counts, checks, RunFacts("now", "tool", 1))
    return checked(repository.root, render_as("sarif", Answer(judgement, str(repository.root), list)))


def failed(*findings: Finding) -> Check:
    return Check("v", "V1", Verdict.FAIL, findings)


def uri_of(result) -> str:
    return result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


def region_of(result):
    return result["locations"][0]["physicalLocation"].get("region")


def fingerprints(run) -> list[str]:
    return [result["partialFingerprints"][FINGERPRINT] for result in run["results"]]


def test_a_repository_in_order_has_no_results_and_says_what_was_asked(repository):
    run = judged(repository)

    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 0}]
    assert run["tool"]["driver"]["version"] == __version__
    assert sum(run["properties"]["counts"].values()) == len(run["tool"]["driver"]["rules"])


def test_every_rule_is_described(repository):
    rules = {rule["id"]: rule for rule in judged(repository)["tool"]["driver"]["rules"]}
    expected = next(rule for rule in load("run_health").rules if rule.id == "RH003")

    assert rules["RH003"]["shortDescription"]["text"] == expected.summary
    assert rules["RH003"]["help"]["text"] == expected.hint
    assert rules["RH003"]["fullDescription"]["text"].split() == expected.explanation.split()


def test_what_the_engine_itself_reports_is_described_too():
    ids = (STATE_RULE, POLICY_RULE, BROKEN_PLUGIN, REQUIRED_RULE, RUNS_RULE)

    assert set(ENGINE_RULES) == {(ENGINE, rule) for rule in ids}


def test_a_failing_rule_is_a_result_at_the_key_that_is_wrong(repository):
    repository.manifest("/status", "queued")
    run = judged(repository)
    result = next(result for result in run["results"] if result["ruleId"] == "RH002")

    assert (uri_of(result), region_of(result)) == (RUN_PATHS.manifest, {"startLine": 7, "startColumn": 3})
    assert result["level"] == "error"
    assert "'queued'" in result["message"]["text"]
    assert "\nhint: " in result["message"]["text"]
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]


def test_a_key_of_a_yaml_document_has_its_column_too(repository):
    repository.replace(PATHS.design, "mode: maximize", "mode: most")
    regions = [region_of(result) for result in judged(repository)["results"] if uri_of(result) == PATHS.design]
    lines = (repository.root / PATHS.design).read_text().splitlines()
    line, text = next((number, text) for number, text in enumerate(lines, 1) if "mode:" in text)

    assert {"startLine": line, "startColumn": text.index("mode:") + 1} in regions


def test_what_cannot_be_decided_is_an_error_and_no_successful_execution(repository):
    repository.write(RUN_PATHS.manifest, "{")
    run = judged(repository)

    assert run["invocations"] == [{"executionSuccessful": False, "exitCode": 2}]
    told_of = [result for result in run["results"] if result["properties"]["verdict"] == "error"]
    assert {result["level"] for result in told_of} == {"error"}
    assert RUN_PATHS.manifest in {uri_of(result) for result in told_of if result["ruleId"] == "SC001"}


def test_a_verification_that_checked_nothing_is_no_successful_execution(repository):
    run = told(repository, Check("v", "V1", Verdict.SKIP, reason="not now"))

    assert run["invocations"] == [{"executionSuccessful": False, "exitCode": 2}]
    assert run["results"] == []


def test_the_reason_of_an_error_without_findings_is_its_message(repository):
    result = told(repository, Check("v", "V1", Verdict.ERROR, reason="the verifier broke: KeyError: 'x'"))["results"]

    assert [each["message"]["text"] for each in result] == ["the verifier broke: KeyError: 'x'"]


def test_the_reason_of_an_error_is_not_told_twice(repository):
    check = Check("v", "V1", Verdict.ERROR, (Finding("is empty", STATE, line=1),), f"{STATE}:1: is empty")

    assert len(told(repository, check)["results"]) == 1


def test_the_reason_of_an_error_is_told_beside_what_was_found_before(repository):
    check = Check("v", "V1", Verdict.ERROR, (Finding("is odd", STATE, line=1),), "the verifier broke: KeyError: 'x'")
    results = told(repository, check)["results"]

    assert [result["message"]["text"] for result in results] == ["is odd", "the verifier broke: KeyError: 'x'"]
    assert [uri_of(result) for result in results] == [STATE, STATE]


def test_severities_become_levels_whatever_the_verdict(repository):
    mild = tuple(Finding(f"is {severity}", STATE, severity=severity) for severity in Severity)
    check = Check("v", "V1", Verdict.PASS, mild)

    assert [result["level"] for result in told(repository, check)["results"]] == ["error", "warning", "note"]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (f"{RUN_PATHS.folder}/outputs/missing.json", RUN_PATHS.manifest),
        (RUN_PATHS.folder, RUN_PATHS.manifest),
        (f"{PATHS.folder}/analysis/summary.md", PATHS.design),
        ("docs/missing.md", STATE),
        ("/etc/passwd", STATE),
        ("../outside", STATE),
        ("nul\0byte", STATE),
        ("half \ud800", STATE),
    ],
)
def test_what_has_no_file_is_shown_at_the_nearest_file_that_exists(repository, path, shown):
    (result,) = told(repository, failed(Finding("is missing", path, line=3)))["results"]

    assert (uri_of(result), region_of(result)) == (shown, None)
    assert result["message"]["text"].endswith(": is missing")


def test_what_is_about_no_file_is_shown_at_the_manifest(repository):
    (result,) = told(repository, failed(Finding("is odd", "")))["results"]

    assert uri_of(result) == RUN_PATHS.manifest
    assert result["message"]["text"] == "is odd"


def test_without_manifest_design_and_state_a_schema_stands_for_the_repository(repository):
    for path in (RUN_PATHS.manifest, PATHS.design, STATE):
        repository.remove(path)
    (result,) = told(repository, failed(Finding("is missing", STATE)))["results"]

    assert uri_of(result) == schema_file("run_manifest")


def test_a_link_that_leaves_the_repository_is_not_a_place(repository, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "file"
    outside.write_text("x")
    (repository.root / "link").symlink_to(outside)

    assert uri_of(told(repository, failed(Finding("is a link", "link")))["results"][0]) == STATE


@pytest.mark.parametrize("name", [b"a b#c%?.json", "größe.json".encode(), b"no\xffutf8.json", b"c:colon"])
def test_uris_are_percent_encoded_from_the_bytes_of_the_name(repository, name):
    (repository.root / os.fsdecode(name)).write_text("{}")
    source = json.dumps(told(repository, failed(Finding("odd", os.fsdecode(name))))["results"])

    encoded = "".join(chr(byte) if re.match(rb"[\w.]", bytes([byte])) else f"%{byte:02X}" for byte in name)
    assert f'"{encoded}"' in source


def test_lines_and_columns_below_1_are_left_out(repository):
    (result,) = told(repository, failed(Finding("odd", STATE, line=0, pointer="/stage")))["results"]

    assert region_of(result) is None


def test_fingerprints_stay_when_lines_move_and_counts_change(repository):
    before = told(repository, failed(Finding("has 230 lines, 220 are allowed", STATE, line=3)))
    after = told(repository, failed(Finding("has 231 lines, 220 are allowed", STATE, line=9, hint="cut it")))

    assert fingerprints(before) == fingerprints(after)


@pytest.mark.parametrize(
    "other",
    [
        Check("v", "V2", Verdict.FAIL, (Finding("seed0 is odd", STATE, pointer="/a"),)),
        failed(Finding("seed0 is odd", POLICY, pointer="/a")),
        failed(Finding("seed0 is odd", STATE, pointer="/b")),
        failed(Finding("seed1 is odd", STATE, pointer="/a")),
    ],
)
def test_fingerprints_tell_rule_file_key_and_message_apart(repository, other):
    one = told(repository, failed(Finding("seed0 is odd", STATE, pointer="/a")))

    assert fingerprints(one) != fingerprints(told(repository, other))


def test_results_that_say_the_same_have_fingerprints_of_their_own(repository):
    twice = told(repository, failed(Finding("line 3 is odd", STATE, line=3), Finding("line 4 is odd", STATE, line=4)))

    assert len(set(fingerprints(twice))) == 2


def test_what_was_judged_sets_no_links(repository):
    (result,) = told(repository, failed(Finding("found [here](https://example.org)", STATE)))["results"]

    assert "](" not in result["message"]["text"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return build(tmp_path_factory.mktemp("shared"))


@given(text=st.text(st.characters(), min_size=1, max_size=20), line=st.integers(-1, 3))
def test_any_text_gives_a_log_that_is_accepted(shared, text, line):
    finding = Finding(text, text, pointer=text, line=line, hint=text)

    told(shared, Check(text, text, Verdict.FAIL, (finding,)), Check(text, "V2", Verdict.ERROR, reason=text))


def test_equal_trees_give_equal_bytes(tmp_path):
    sources = []
    for name in ("one", "another"):
        repository = build(tmp_path / name)
        repository.manifest("/status", "queued")
        judgement = examine(repository.root).judgement
        sources.append(render_as("sarif", Answer(judgement, str(repository.root), list)))

    assert sources[0] == sources[1]
