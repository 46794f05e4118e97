"""What a look reads of a run's documents: the same as their models would have."""

from __future__ import annotations

import json
from types import NoneType
from typing import Any

import attrs
import pytest

from autolab_core.cloud import facts, models
from autolab_core.io.codec import structure
from autolab_core.io.documents import parse_json
from autolab_core.vocab.errors import DocumentError

# What a model's field may hold, as JSON gives it: by its annotation.
KINDS = {
    "str": {str},
    "str | None": {str, NoneType},
    "int": {int},
    "float": {int, float},
    "bool": {bool},
    "tuple[str, ...]": {list},
    "Mapping[str, Any]": {dict},
    "Mapping[str, Any] | None": {dict, NoneType},
}
TIME = "2026-02-01T12:00:00Z"
RECORD = {
    "run_id": "r1",
    "token": "t",
    "spec": "s.md",
    "request_sha256": "0",
    "engine": "podman",
    "storage": "folder:///s",
    "created_at": TIME,
    "output_dir": "results/x",
    "max_hours": 12,
    "handle": "42",
    "ended": {"exit_code": 0},
}
LIFE = {"run_id": "r1", "attempt": 2, "at": TIME, "phase": "running", "synced_at": None, "notice": {"action": "stop"}}
END = {
    "run_id": "r1",
    "attempt": 1,
    "exit_code": 3,
    "reason": "command",
    "phase": "running",
    "message": "it ended with 3",
    "started_at": TIME,
    "finished_at": TIME,
    "last_lines": ["one", "two"],
    "seconds": 1.5,
    "of_a_later_version": [1],
}
ALL = [
    (facts.RUN, models.CloudIntent, facts.known_run, RECORD),
    (facts.LIFE, models.Heartbeat, facts.sign_of_life, LIFE),
    (facts.END, models.RunResult, facts.run_end, END),
]
each = pytest.mark.parametrize(("shape", "model", "read", "data"), ALL, ids=[one[0].model for one in ALL])


def as_document(data: object):
    return parse_json(json.dumps(data).encode(), "the file")


@each
def test_a_shape_is_that_of_its_model(shape, model, read, data):
    fields = {field.name: field for field in attrs.fields(model) if field.name != "extra"}
    attrs.resolve_types(model)
    required = {name for name, field in fields.items() if field.default is attrs.NOTHING}
    kinds = {name: KINDS[model.__annotations__[name]] for name in fields}

    assert shape.model == model.__name__
    assert set(shape.required) == required
    assert {name: set(found) for name, found in {**shape.required, **shape.optional}.items()} == kinds
    assert set(shape.words) == {name for name, field in fields.items() if "phase" in name or name == "reason"}


@each
def test_what_fits_is_read_as_its_model_reads_it_and_without_it(shape, model, read, data, monkeypatch):
    wanted = structure(as_document(data), model)
    monkeypatch.delattr(models, shape.model)
    found = read(as_document(data))

    assert found._asdict() == {name: getattr(wanted, name) for name in found._fields}


def broken(data: dict[str, Any], shape: facts.Shape):
    """*data* with each of its keys in turn gone, or of another type."""
    for name in [*shape.required, *shape.optional]:
        yield {key: value for key, value in data.items() if key != name}
        yield from ({**data, name: value} for value in (3, 3.0, 3.5, True, None, "word", [3], ["x"], {}))


def of(read: Any, data: object, *more: object) -> Any:
    """What *read* makes of *data*, or the words with which it refuses it."""
    try:
        return read(as_document(data), *more)
    except DocumentError as error:
        return str(error)


@each
def test_what_does_not_fit_is_told_as_its_model_tells_it(shape, model, read, data):
    refused = 0
    for wrong in [[], "text", *broken(data, shape)]:
        wanted, found = of(structure, wrong, model), of(read, wrong)
        if isinstance(wanted, str):
            refused += 1
            assert found == wanted
        else:
            assert found._asdict() == {name: getattr(wanted, name) for name in found._fields}
    assert refused > len(shape.required)
