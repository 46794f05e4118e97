"""Documents to models and back."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import attrs
import pytest

from autolab_core.io.codec import structure, structure_data, unstructure
from autolab_core.io.codec_hooks import VOCABULARIES
from autolab_core.io.documents import parse_json, parse_yaml, read_json, read_yaml
from autolab_core.models.design import Design
from autolab_core.models.limits import LineLimitsFile
from autolab_core.models.manifest import Failure, ResourceRequest, RunManifest, Timestamps
from autolab_core.models.metrics import RunMetrics
from autolab_core.models.resources import Duration, Memory
from autolab_core.models.state import State
from autolab_core.vocab import states
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import HostMode, RunStatus, Stage, SyncStatus
from tests.strategies.documents import MODELS

FORMATS = Path(__file__).parents[2] / "examples" / "formats"
MANIFEST = {"run_id": "r1", "iteration_id": "i1", "status": RunStatus.RUNNING.value}
EXAMPLES = sorted(FORMATS.iterdir())
LIMIT = "/line_limits/fixed_max_lines/a~1b"
STATE = {"iteration_id": "i1", "stage": Stage.LAUNCH.value}


def refused(data, cls):
    with pytest.raises(DocumentError) as caught:
        structure_data(data, cls, "file.json")
    return caught.value


def read(path):
    return read_yaml(path) if path.suffix == ".yaml" else read_json(path)


# Reading.


@pytest.mark.parametrize(
    "path", [path for path in sorted(FORMATS.iterdir()) if path.stem in MODELS], ids=lambda p: p.name
)
def test_a_documented_example_is_read_and_written_with_every_key_in_its_place(path):
    document = read(path)
    written = unstructure(structure(document, MODELS[path.stem]))

    assert [key for key in written if key in document.data] == list(document.data)
    assert set(written) - set(document.data) <= {"schema_version"}


def test_words_become_the_enums_of_the_vocabulary():
    manifest = structure_data(
        {**MANIFEST, "host_mode": "local", "artifact_sync_to_local": {"status": "ok"}}, RunManifest
    )

    assert type(manifest.status) is RunStatus
    assert type(manifest.host_mode) is HostMode
    assert manifest.artifact_sync_to_local is not None
    assert type(manifest.artifact_sync_to_local.status) is SyncStatus


def test_every_vocabulary_is_known_to_the_codec():
    assert {kind.__name__ for kind in VOCABULARIES} == {
        name for name in states.__all__ if isinstance(getattr(states, name), type)
    }


def test_a_fault_has_path_pointer_and_line():
    text = b'{\n "run_id": "r1",\n "iteration_id": "i1",\n "status": "queued"\n}\n'

    with pytest.raises(DocumentError) as caught:
        structure(parse_json(text, "runs/r1/run_manifest.json"), RunManifest)

    assert (caught.value.path, caught.value.line, caught.value.pointer) == ("runs/r1/run_manifest.json", 4, "/status")
    assert str(caught.value).startswith("runs/r1/run_manifest.json:4: at /status expected one of 'pending'")


def test_a_fault_deep_in_yaml_has_its_line():
    text = (
        b"iteration_id: i1\nentrypoint: {cli: x}\nmetrics:\n  primary: {name: a}\n"
        b"variants:\n  - name: a\n  - name: ''\n"
    )

    with pytest.raises(DocumentError) as caught:
        structure(parse_yaml(text, "design.yaml"), Design)

    assert (caught.value.line, caught.value.pointer) == (7, "/variants/1/name")


@pytest.mark.parametrize(
    ("cls", "data", "pointer", "message"),
    [
        (State, {**STATE, "sync_status": 5}, "/sync_status", "expected text, found 5"),
        (State, {**STATE, "sync_status": None}, "/sync_status", "expected text, found null"),
        (State, {**STATE, "stage_attempt": True}, "/stage_attempt", "expected an integer, found true"),
        (State, {**STATE, "stage_attempt": "1"}, "/stage_attempt", "expected an integer, found '1'"),
        (State, {**STATE, "stage_attempt": 0.5}, "/stage_attempt", "expected an integer, found 0.5"),
        (State, {**STATE, "stage_attempt": -1}, "/stage_attempt", "'stage_attempt' must be >= 0: -1"),
        (State, {**STATE, "history": "ab"}, "/history", "expected a list, found 'ab'"),
        (State, {**STATE, "history": [{}]}, "/history/0", "the key 'timestamp_utc' is missing"),
        (State, [], "", "expected a mapping, found an empty list"),
        (State, {"stage": "launch"}, "", "the key 'iteration_id' is missing"),
        (RunManifest, {**MANIFEST, "guard": []}, "/guard", "expected a mapping, found an empty list"),
        (RunManifest, {**MANIFEST, "x/y": [float("inf")]}, "/x~1y/0", "expected a finite number, found inf"),
        (LineLimitsFile, {"line_limits": {"fixed_max_lines": {"a/b": "9"}}}, LIMIT, "expected an integer, found '9'"),
    ],
)  # fmt: skip
def test_nothing_is_coerced_and_the_refusal_says_where(cls, data, pointer, message):
    error = refused(data, cls)

    assert (error.path, error.pointer, error.message) == ("file.json", pointer, message)


def test_a_choice_names_all_that_is_taken():
    design = {
        "iteration_id": "i",
        "entrypoint": {"cli": "x"},
        "metrics": {"primary": {"name": "a"}, "success_delta": []},
    }

    assert refused(design, Design).message == "expected text or a number, found an empty list"


def test_an_integral_float_is_an_integer_and_an_integer_stays_one_as_a_number():
    state = structure_data({**STATE, "stage_attempt": 3.0}, State)
    metrics = structure_data(
        {"iteration_id": "i", "run_id": "r", "status": "completed", "primary_metric": {"name": "a", "value": 10**400}},
        RunMetrics,
    )

    assert (state.stage_attempt, type(state.stage_attempt)) == (3, int)
    assert metrics.primary_metric.value == 10**400


@pytest.mark.parametrize(
    ("entrypoint", "message"),
    [
        ({}, "entrypoint needs exactly one of 'module' and 'cli'"),
        ({"module": "a", "cli": "b"}, "entrypoint needs exactly one of 'module' and 'cli'"),
        ({"cli": "b", "args": {"a": 1}}, "entrypoint 'args' go with 'module'; write them into 'cli'"),
    ],
)
def test_a_rule_about_several_keys_points_to_the_mapping_that_breaks_it(entrypoint, message):
    design = {"iteration_id": "i", "entrypoint": entrypoint, "metrics": {"primary": {"name": "a"}}}
    error = refused(design, Design)

    assert (error.pointer, error.message) == ("/entrypoint", message)


# Writing.


def test_unknown_keys_of_every_level_survive_in_their_place():
    data = {
        "x_first": [1, {"a": None}],
        **MANIFEST,
        "timestamps": {"x_queued_at": "yesterday", "started_at": None},
        "history": [{"at": "2026-02-01T12:00:00Z", "x_who": "me", "status": "running"}],
        "schema_version": "1.0",
    }

    written = unstructure(structure_data(data, RunManifest))

    assert written == data
    assert list(written) == list(data)
    assert list(written["history"][0]) == list(data["history"][0])


def test_a_null_that_was_there_stays_and_one_that_was_not_is_not_added():
    data = {**MANIFEST, "resource_request": {"partition": None}, "schema_version": "1.0"}

    assert unstructure(structure_data(data, RunManifest)) == data


def test_a_changed_value_is_written_beside_what_the_file_held():
    manifest = structure_data({**MANIFEST, "timestamps": {"started_at": None}}, RunManifest)
    ended = attrs.evolve(
        manifest,
        status=RunStatus.COMPLETED,
        timestamps=attrs.evolve(manifest.timestamps, completed_at="2026-02-01T12:00:00Z"),
    )

    assert unstructure(ended) == {
        **MANIFEST,
        "status": "completed",
        "timestamps": {"started_at": None, "completed_at": "2026-02-01T12:00:00Z"},
        "schema_version": "1.0",
    }


def test_a_value_set_back_to_its_default_is_written_where_the_file_had_the_key():
    manifest = structure_data({**MANIFEST, "command": "x"}, RunManifest)

    assert unstructure(attrs.evolve(manifest, command=None))["command"] is None


def test_what_we_made_is_written_whole_with_the_version_first():
    manifest = RunManifest(
        run_id="r1",
        iteration_id="i1",
        status=RunStatus.FAILED,
        resource_request=ResourceRequest(memory=Memory.parse("64GB"), walltime=Duration.parse("90")),
        failure=Failure(reason="x", missing=("a",)),
    )
    written = unstructure(manifest)

    assert list(written)[:4] == ["schema_version", "run_id", "iteration_id", "status"]
    assert set(written) == {field.name for field in attrs.fields(RunManifest)} - {"extra"}
    assert written["resource_request"]["partition"] is None
    assert written["resource_request"]["memory"] == "64G"
    assert written["resource_request"]["walltime"] == "01:30:00"
    assert written["failure"]["missing"] == ["a"]
    assert written["timestamps"] == {"created_at": None, "started_at": None, "completed_at": None}
    assert structure_data(written, RunManifest) == manifest


def test_what_is_written_holds_plain_types_only():
    manifest = RunManifest(
        run_id="r1",
        iteration_id="i1",
        status=RunStatus.RUNNING,
        guard={"a": (RunStatus.FAILED, Duration(60)), "b": Timestamps()},
    )
    guard = unstructure(manifest)["guard"]

    assert type(unstructure(manifest)["status"]) is str
    assert guard == {"a": ["failed", "00:01:00"], "b": {"created_at": None, "started_at": None, "completed_at": None}}
    assert type(guard["a"][0]) is str


def test_what_is_written_is_a_copy():
    manifest = structure_data({**MANIFEST, "x": {"y": [1]}, "guard": {"z": [1]}}, RunManifest)
    written = unstructure(manifest)
    written["x"]["y"].append(2)
    written["guard"]["z"].append(2)

    assert manifest.extra["x"] == {"y": [1]}
    assert manifest.guard == {"z": [1]}


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copied_model_still_knows_what_its_file_held(again):
    data = {**MANIFEST, "partition": None, "command": None, "schema_version": "1.0"}

    assert unstructure(again(structure_data(data, RunManifest))) == data


def test_synonyms_of_a_sync_status_are_written_canonically():
    manifest = structure_data({**MANIFEST, "artifact_sync_to_local": {"status": "success"}}, RunManifest)

    assert unstructure(manifest)["artifact_sync_to_local"] == {"status": "ok"}
