"""The judgement as SARIF 2.1.0, for code scanning services and editors.

Equal trees give equal bytes: no times, no absolute paths. Every result has a place, because services refuse those
without; what has no file of its own is shown at the nearest file that exists (``report/places.py``).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import Any, Final
from urllib.parse import quote

from autolab_core import __version__
from autolab_core.vocab.states import Verdict
from autolab_verifiers.contract.findings import Finding
from autolab_verifiers.report.answer import Check, Judgement, about, exit_code
from autolab_verifiers.report.document import storable
from autolab_verifiers.report.places import Place, Places
from autolab_verifiers.report.problems import problems
from autolab_verifiers.report.rules import Catalogue, RuleFacts

__all__ = ["FINGERPRINT", "ROOT_ID", "as_sarif"]

ROOT_ID: Final = "%SRCROOT%"
FINGERPRINT: Final = "autolab/v1"

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_UNDECIDED: Final = 2
_LONGEST: Final = 1024  # what GitHub keeps of a rule's description
# A number that stands alone: a count, a limit, a line. Digits in a name (`seed0`) are part of the name.
_NUMBER: Final = re.compile(r"(?<!\w)\d+(?!\w)")


def as_sarif(judgement: Judgement, root: str, rules: Catalogue) -> dict[str, Any]:
    """The SARIF log of *judgement* on the repository *root*, with *rules* to describe what was asked."""
    indexes: dict[tuple[str, str], int] = {}
    for check in judgement.checks:
        indexes.setdefault((check.verifier, check.rule), len(indexes))
    code = exit_code(judgement)
    run = {
        "tool": {
            "driver": {
                "name": "autolab-verify",
                "version": __version__,
                "rules": [_rule(key, rules.get(key)) for key in indexes],
            }
        },
        "invocations": [{"executionSuccessful": code != _UNDECIDED, "exitCode": code}],
        "originalUriBaseIds": {ROOT_ID: {"description": {"text": "The root of the repository that was verified."}}},
        "columnKind": "unicodeCodePoints",
        "results": _Results(judgement, root, indexes).all(),
        "properties": {
            "passed": judgement.passed,
            "message": storable(judgement.message),
            "stage": judgement.stage,
            "iteration": storable(judgement.iteration_id),
            "run": storable(judgement.run_id),
            "counts": dict(judgement.counts),
        },
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(key: tuple[str, str], facts: RuleFacts | None) -> dict[str, Any]:
    verifier, rule_id = (str(storable(part)) for part in key)
    facts = facts or RuleFacts(f"a rule of {verifier}", "", "")
    explanation = facts.explanation or facts.summary
    return {
        "id": rule_id,
        "name": f"{verifier}/{rule_id}",
        "shortDescription": _text(facts.summary[:_LONGEST]),
        "fullDescription": _text(explanation[:_LONGEST]),
        "help": _text(facts.hint or explanation),
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": [verifier]},
    }


def _text(text: str) -> dict[str, str | None]:
    """*text* as a SARIF message, in which ``[words](address)`` would be a link: what was judged must not set any."""
    return {"text": storable(text.replace("](", "] ("))}


class _Results:
    """The results of *judgement*, in the order of its checks."""

    def __init__(self, judgement: Judgement, root: str, indexes: dict[tuple[str, str], int]) -> None:
        self._judgement = judgement
        self._places = Places(root, judgement)
        self._indexes = indexes
        self._seen: Counter[str] = Counter()

    def all(self) -> list[dict[str, Any]]:
        return [self._result(check, finding) for check in self._judgement.checks for finding in problems(check)]

    def _result(self, check: Check, finding: Finding) -> dict[str, Any]:
        place = self._places.of(finding)
        shown = finding.path or about(check)
        moved = f"{shown}: " if shown and place.path != shown else ""
        hint = f"\nhint: {finding.hint}" if finding.hint else ""
        told = {
            "path": finding.path or None,
            "pointer": finding.pointer,
            "hint": finding.hint,
            "iteration": check.iteration_id,
            "run": check.run_id,
        }
        undecided = check.status is Verdict.ERROR
        return {
            "ruleId": storable(check.rule),
            "ruleIndex": self._indexes[check.verifier, check.rule],
            "level": finding.severity.value,
            "message": _text(f"{moved}{finding.message}{hint}"),
            "locations": [{"physicalLocation": _location(place)}],
            "partialFingerprints": {FINGERPRINT: self._fingerprint(check, finding)},
            "properties": {
                "verdict": check.status.value,
                **{key: storable(value) for key, value in told.items() if value is not None},
                **({"reason": storable(check.reason)} if undecided and check.reason else {}),
            },
        }

    def _fingerprint(self, check: Check, finding: Finding) -> str:
        """The same for the same fault when lines move and counts change; different for each result of one log."""
        message = _NUMBER.sub("#", finding.message)
        named = () if finding.path else (about(check),)  # a path tells it already
        parts = (check.verifier, check.rule, finding.path, finding.pointer or "", message, *filter(None, named))
        text = "\0".join(str(storable(part)) for part in parts)
        self._seen[text] += 1
        if self._seen[text] > 1:
            text += f"\0{self._seen[text]}"
        return hashlib.sha256(text.encode()).hexdigest()


def _location(place: Place) -> dict[str, Any]:
    # As the bytes that the file system has: a name may be no UTF-8, which Python keeps as surrogates.
    uri = quote(place.path.encode("utf-8", "surrogateescape"), safe="/")
    location: dict[str, Any] = {"artifactLocation": {"uri": uri, "uriBaseId": ROOT_ID}}
    if place.line is not None:
        location["region"] = {"startLine": place.line}
        if place.column is not None:
            location["region"]["startColumn"] = place.column
    return location
