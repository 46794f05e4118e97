"""What is read of a run's documents to say where it stands. Light: who only looks imports no models.

A document that fits at a glance is taken as it is. Any other is handed to its model, which says what is wrong with it.
"""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text.

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from autolab_core.vocab.cloud import CloudEnd, CloudPhase

if TYPE_CHECKING:
    from autolab_core.io.documents import Document

__all__ = ["END", "LIFE", "RUN", "KnownRun", "RunEnd", "Shape", "SignOfLife", "known_run", "run_end", "sign_of_life"]


class KnownRun(NamedTuple):
    """A run as this repository knows it; the words are those of ``models.CloudIntent``."""

    run_id: str
    spec: str
    engine: str
    storage: str
    created_at: str
    output_dir: str
    place: str = ""
    staged_at: str | None = None
    handle: str | None = None
    submitted_at: str | None = None
    terminated_at: str | None = None
    gave_up: str | None = None
    pulled_at: str | None = None
    merged_at: str | None = None


class SignOfLife(NamedTuple):
    """The last one of a run; the words are those of ``models.Heartbeat``."""

    attempt: int
    at: str
    phase: str
    synced_at: str | None = None
    notice: Mapping[str, Any] | None = None


class RunEnd(NamedTuple):
    """How a run ended; the words are those of ``models.RunResult``."""

    attempt: int
    exit_code: int
    reason: str
    message: str
    outputs_complete: bool = True
    last_lines: tuple[str, ...] = ()


class Shape(NamedTuple):
    """What a document of the model called ``model`` holds: its keys, with the types that their values may have, and the
    words that stand for some of them. A test holds each to its model."""

    model: str
    required: Mapping[str, tuple[type, ...]]
    optional: Mapping[str, tuple[type, ...]]
    words: Mapping[str, Collection[str]]


_NONE: Final = type(None)
_TEXT: Final = (str,)
_PERHAPS_TEXT: Final = (str, _NONE)
_NUMBER: Final = (int, float)
_MAPPING: Final = (dict,)
_PERHAPS_MAPPING: Final = (dict, _NONE)

RUN: Final = Shape(
    "CloudIntent",
    dict.fromkeys(("run_id", "token", "spec", "request_sha256", "engine", "storage", "created_at", "output_dir"), _TEXT)
    | {"max_hours": _NUMBER},
    dict.fromkeys(("place", "schema_version"), _TEXT)
    | dict.fromkeys(
        ("staged_at", "handle", "submitted_at", "terminated_at", "gave_up", "pulled_at", "merged_at"), _PERHAPS_TEXT
    )
    | {"commit": _MAPPING}
    | dict.fromkeys(("ended", "forced", "artifact_sync_to_local"), _PERHAPS_MAPPING),
    {},
)
LIFE: Final = Shape(
    "Heartbeat",
    {"run_id": _TEXT, "attempt": (int,), "at": _TEXT, "phase": _TEXT},
    {"synced_at": _PERHAPS_TEXT, "notice": _PERHAPS_MAPPING, "schema_version": _TEXT},
    {"phase": frozenset(CloudPhase)},
)
END: Final = Shape(
    "RunResult",
    {"attempt": (int,), "exit_code": (int,)}
    | dict.fromkeys(("run_id", "reason", "phase", "message", "started_at", "finished_at"), _TEXT),
    dict.fromkeys(("seconds", "command_seconds", "cpu_seconds"), _NUMBER)
    | dict.fromkeys(("guard", "host"), _MAPPING)
    | {
        "manifest_sha256": _PERHAPS_TEXT,
        "outputs_complete": (bool,),
        "last_lines": (list,),
        "notice": _PERHAPS_MAPPING,
        "schema_version": _TEXT,
    },
    {"reason": frozenset(CloudEnd), "phase": frozenset(CloudPhase)},
)
_Fact = TypeVar("_Fact", KnownRun, SignOfLife, RunEnd)


def known_run(document: "Document") -> KnownRun:
    """The record *document* of a run. Raises DocumentError."""
    return _taken(document, RUN, KnownRun)


def sign_of_life(document: "Document") -> SignOfLife:
    """The heartbeat *document*. Raises DocumentError."""
    return _taken(document, LIFE, SignOfLife)


def run_end(document: "Document") -> RunEnd:
    """The result *document*. Raises DocumentError."""
    end = _taken(document, END, RunEnd)
    return end._replace(last_lines=tuple(end.last_lines))


def _taken(document: "Document", shape: Shape, fact: type[_Fact]) -> _Fact:
    data = document.data
    if _fits(data, shape):
        return fact(**{name: data[name] for name in fact._fields if name in data})
    from autolab_core.cloud import models
    from autolab_core.io.codec import structure

    model = structure(document, getattr(models, shape.model))
    return fact(**{name: getattr(model, name) for name in fact._fields})


def _fits(data: object, shape: Shape) -> bool:
    """Whether the model would take *data* as it is. What it would take otherwise (1.0 for 1) may not fit here."""
    if not isinstance(data, dict):
        return False
    if not all(name in data and type(data[name]) in kinds for name, kinds in shape.required.items()):
        return False
    if not all(name not in data or type(data[name]) in kinds for name, kinds in shape.optional.items()):
        return False
    lines = data.get("last_lines", []) if "last_lines" in shape.optional else []
    return all(type(line) is str for line in lines) and all(data[name] in words for name, words in shape.words.items())
