"""The enums in ``schemas/`` are the words of the vocabulary, no more and no less."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from autolab_core.vocab import states
from autolab_core.vocab.compute import ComputePreference
from autolab_core.vocab.transitions import DECISIONS
from tests.architecture.house import SCHEMAS

DRAFT = "https://json-schema.org/draft/2020-12/schema"

RUN = set(states.RunStatus)
STAGE = set(states.Stage)
# Synonyms are read, so the schema takes them; what we write is canonical.
SYNC = set(states.SyncStatus) | set(states.SYNC_SYNONYMS)

# (schema, pointer to the enum's owner) -> the words that it takes; null may stand beside them.
ENUMS: dict[tuple[str, str], set[str]] = {
    ("decision_result", "/properties/decision"): set(DECISIONS),
    ("design", "/properties/compute/properties/location"): set(states.HostMode),
    ("handover", "/properties/stage"): STAGE,
    ("review_result", "/properties/status"): set(states.ReviewStatus),
    ("run_manifest", "/properties/artifact_sync_to_local/properties/status"): SYNC,
    ("run_manifest", "/properties/failure/properties/outcome"): set(states.StageOutcome),
    ("run_manifest", "/properties/failure/properties/stage"): STAGE,
    ("run_manifest", "/properties/history/items/properties/status"): RUN,
    ("run_manifest", "/properties/host_mode"): set(states.HostMode),
    ("run_manifest", "/properties/launch_mode"): set(states.HostMode),
    ("run_manifest", "/properties/status"): RUN,
    ("run_metrics", "/properties/status"): set(states.MetricsStatus),
    ("stage_context", "/properties/host/properties/mode"): set(states.HostMode),
    ("stage_context", "/properties/last_verification/properties/failures/items/properties/status"): set(states.Verdict),
    ("stage_context", "/properties/run/properties/status"): RUN,
    ("stage_context", "/properties/stage"): STAGE,
    ("state", "/$defs/history_entry/properties/stage_after"): STAGE,
    ("state", "/$defs/history_entry/properties/stage_before"): STAGE,
    ("state", "/$defs/history_entry/properties/status"): set(states.StageOutcome),
    ("state", "/properties/stage"): STAGE,
    ("verification_result", "/$defs/check/properties/status"): set(states.Verdict),
    ("verification_result", "/$defs/finding/properties/severity"): set(states.Severity),
    ("verifier_policy", "/properties/compute/properties/preference"): set(ComputePreference),
}

VOCABULARY = set().union(*ENUMS.values()) | states.CLOSED_BACKLOG


def schemas() -> dict[str, dict[str, Any]]:
    files = sorted(SCHEMAS.glob("*.schema.json"))
    return {file.name.removesuffix(".schema.json"): json.loads(file.read_text(encoding="utf-8")) for file in files}


def enums(node: Any, pointer: str = "") -> Iterator[tuple[str, set[str]]]:
    """Pointer and words of every enum below *node*."""
    if isinstance(node, dict):
        if isinstance(node.get("enum"), list):
            yield pointer, set(node["enum"]) - {None}
        for key, value in node.items():
            yield from enums(value, f"{pointer}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from enums(value, f"{pointer}/{index}")


FOUND = {(name, pointer): words for name, schema in schemas().items() for pointer, words in enums(schema)}


@pytest.mark.parametrize(("name", "pointer"), ENUMS)
def test_a_schema_takes_exactly_the_words_of_the_vocabulary(name, pointer):
    assert FOUND.get((name, pointer)) == ENUMS[name, pointer]


def test_every_other_enum_has_words_of_its_own_or_is_a_condition():
    """A condition (``if``) may name some of the words; it must not name one that the vocabulary does not have."""
    others = {place: words for place, words in FOUND.items() if place not in ENUMS and words & VOCABULARY}

    assert {place: words for place, words in others.items() if "/if" not in place[1] or words - VOCABULARY} == {}


def test_every_schema_has_an_id_of_its_own_and_names_its_draft():
    found = schemas()

    assert found
    assert len({schema["$id"] for schema in found.values()}) == len(found)
    assert {schema["$schema"] for schema in found.values()} == {DRAFT}
