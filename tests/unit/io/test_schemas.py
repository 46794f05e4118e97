"""The schemas as shipped, and the one door that judges by them."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import fastjsonschema
import pytest
from jsonschema import Draft202012Validator

from autolab_core.io.documents import read_json, read_yaml
from autolab_core.io.schemas import SCHEMA_NAMES, SchemaStore, schema_folder, shipped, store
from autolab_core.io.schemas.problem import SchemaProblem
from autolab_core.models.checks import RELATIVE_PATTERN
from autolab_core.models.manifest import JOB_ID_NEEDED
from autolab_core.models.resources import DURATION_PATTERN, MEMORY_PATTERN
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.ids import ID_MAX, ID_PATTERN
from autolab_core.vocab.states import SYNC_SYNONYMS, RunStatus, SyncStatus
from scripts.generate_validators import GENERATED, ROOT, generate, schema_names

FORMATS = Path(__file__).parents[2] / "examples" / "formats"
SCHEMAS = {name: json.loads(shipped(name)) for name in SCHEMA_NAMES}
MANIFEST = {"run_id": "r1", "iteration_id": "i1", "status": RunStatus.RUNNING.value}


@pytest.fixture
def folder(tmp_path):
    """A repository's own schemas, equal to the shipped ones."""
    for name in SCHEMA_NAMES:
        (tmp_path / f"{name}.schema.json").write_bytes(shipped(name))
    return tmp_path


def own(folder, schema, name="state"):
    """A store in which the repository's schema *name* is *schema*."""
    text = schema if isinstance(schema, str) else json.dumps(schema)
    (folder / f"{name}.schema.json").write_text(text, encoding="utf-8")
    return SchemaStore(folder)


# The files.


def test_every_schema_file_has_its_name_in_the_list():
    assert schema_names() == sorted(SCHEMA_NAMES)


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_a_schema_is_a_schema_with_a_stable_id_and_says_what_it_is_for(name):
    schema = SCHEMAS[name]
    Draft202012Validator.check_schema(schema)

    assert schema["$id"] == f"urn:autolab:schema:1.0:{name}"
    assert schema["title"]
    assert schema["description"]


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_every_key_is_described_and_no_key_is_forbidden(name):
    def walk(node):
        assert node.get("additionalProperties") is not False
        for key, child in node.get("properties", {}).items():
            target = SCHEMAS[name]["$defs"][child["$ref"].rsplit("/", 1)[1]] if "$ref" in child else child
            assert target.get("description"), key
        for child in [*node.get("properties", {}).values(), *node.get("$defs", {}).values()]:
            walk(child)

    walk(SCHEMAS[name])


@pytest.mark.parametrize(
    ("definition", "pattern"),
    [
        ("id", ID_PATTERN),
        ("optional_id", ID_PATTERN),
        ("duration", DURATION_PATTERN),
        ("memory", MEMORY_PATTERN),
        ("relative_path", RELATIVE_PATTERN),
        ("optional_relative_path", RELATIVE_PATTERN),
    ],
)
def test_patterns_in_schemas_are_the_constants_of_the_code(definition, pattern):
    found = [schema["$defs"][definition] for schema in SCHEMAS.values() if definition in schema.get("$defs", {})]

    assert found
    assert {each["pattern"] for each in found} == {pattern}
    assert {each.get("maxLength") for each in found} == ({ID_MAX} if pattern == ID_PATTERN else {None})


def test_sync_status_takes_the_canonical_words_and_the_known_synonyms():
    enum = SCHEMAS["run_manifest"]["properties"]["artifact_sync_to_local"]["properties"]["status"]["enum"]

    assert set(enum) == {str(word) for word in SyncStatus} | set(SYNC_SYNONYMS)


def test_the_schema_and_the_model_ask_for_a_job_id_at_the_same_statuses():
    condition = SCHEMAS["run_manifest"]["if"]["properties"]["status"]["enum"]

    assert set(condition) == {str(status) for status in JOB_ID_NEEDED}


# The generated validators.


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_the_committed_validator_belongs_to_the_schema(name):
    text = (GENERATED / f"{name}.py").read_text(encoding="utf-8")

    assert f"# source sha256 {hashlib.sha256(shipped(name)).hexdigest()}\n" in text


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_the_committed_validator_is_what_the_script_writes(name):
    text = (GENERATED / f"{name}.py").read_text(encoding="utf-8")
    made_with = re.search(r"^# fastjsonschema (.+)$", text, re.MULTILINE)
    assert made_with is not None
    if made_with[1] != fastjsonschema.VERSION:
        pytest.skip(f"written with fastjsonschema {made_with[1]}, this is {fastjsonschema.VERSION}")

    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(generate(name)))


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_a_validator_imports_nothing_but_re_and_two_names_of_ours(name):
    tree = ast.parse((GENERATED / f"{name}.py").read_text(encoding="utf-8"))
    imported = {
        (getattr(node, "module", None), alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }

    assert imported <= {
        (None, "re"),
        ("autolab_core.io.schemas.invalid", "Invalid"),
        ("autolab_core.vocab.times", "is_timestamp"),
    }


def test_a_validator_is_removed_with_its_schema():
    assert sorted(path.stem for path in GENERATED.glob("[a-z]*.py")) == sorted(SCHEMA_NAMES)


def test_a_yes_imports_nothing_slow():
    slow = ("attr", "cattrs", "jsonschema", "referencing", "ruamel", "importlib.resources", "importlib.metadata")
    code = (
        "import sys; from autolab_core.io.schemas import SchemaStore\n"
        f"assert SchemaStore(None).problems('run_manifest', {MANIFEST!r}) == ()\n"
        f"print([name for name in {slow!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)

    assert done.stdout.strip() == "[]"


# What they accept.


@pytest.mark.parametrize("path", sorted(FORMATS.iterdir()), ids=lambda path: path.name)
def test_the_documented_examples_are_valid(path):
    document = read_yaml(path) if path.suffix == ".yaml" else read_json(path)

    assert SchemaStore(None).problems(path.stem, document.data) == ()


def test_there_is_an_example_of_every_kind():
    assert {path.stem for path in FORMATS.iterdir()} == set(SCHEMA_NAMES)


@pytest.mark.parametrize("word", ["queued", "in_progress", "success", "RUNNING", "", None, 1])
def test_a_run_status_that_is_not_canonical_is_refused(word):
    (problem,) = SchemaStore(None).problems("run_manifest", {**MANIFEST, "status": word})

    assert problem.pointer == "/status"
    assert "expected one of 'pending'" in problem.message


@pytest.mark.parametrize(
    "place",
    [
        {"job_id": "4242"},
        {"job_id": 4242},
        {"slurm": {"job_id": "4242"}},
        {"resource_request": {"job_id": 4242}},
        {"resource_request": {"slurm": {"job_id": "4242"}}},
        {"job_id": "", "slurm": {"job_id": "4242"}},
    ],
)
@pytest.mark.parametrize("mode", [{"host_mode": "slurm"}, {"launch_mode": "slurm"}])
def test_a_job_id_counts_wherever_other_tools_put_it(place, mode):
    assert SchemaStore(None).problems("run_manifest", {**MANIFEST, **mode, **place}) == ()


@pytest.mark.parametrize(
    "place", [{}, {"job_id": ""}, {"job_id": None}, {"slurm": {"job_id": None}}, {"slurm": "4242"}]
)
@pytest.mark.parametrize("status", sorted(str(status) for status in JOB_ID_NEEDED))
def test_from_submitted_on_a_slurm_run_without_a_job_id_is_refused(place, status):
    problems = SchemaStore(None).problems("run_manifest", {**MANIFEST, "host_mode": "slurm", "status": status, **place})

    assert problems == (SchemaProblem("", "From submitted on, a Slurm run needs a job_id."),)


@pytest.mark.parametrize(
    "run",
    [
        {"host_mode": "slurm", "status": "pending"},
        {"host_mode": "slurm", "status": "failed"},
        {"host_mode": "local", "launch_mode": "slurm"},
        {"host_mode": "local"},
        {},
    ],
)
def test_other_runs_need_no_job_id(run):
    assert SchemaStore(None).problems("run_manifest", {**MANIFEST, **run}) == ()


# What the problems say.


@pytest.mark.parametrize(
    ("name", "data", "pointer", "message"),
    [
        ("run_manifest", {**MANIFEST, "command": 5}, "/command", "expected text or null, found 5"),
        ("run_manifest", {"run_id": "a", "iteration_id": "b"}, "", "the key 'status' is missing"),
        ("run_manifest", {}, "", "the keys 'run_id', 'iteration_id', 'status' are missing"),
        ("run_manifest", [], "", "expected a mapping, found an empty list"),
        ("run_manifest", {**MANIFEST, "a/~b": float("nan")}, "/a~1~0b", "expected a finite number, found nan"),
        ("run_manifest", {**MANIFEST, "x": {1: 2}}, "/x", "expected keys that are text, found 1"),
        ("run_manifest", {**MANIFEST, "x": {1, 2}}, "/x", "expected a value that JSON can hold, found set"),
        ("todo_focus", {"open_task_count": -1}, "/open_task_count", "expected at least 0, found -1"),
        ("line_limits", {}, "", "the key 'line_limits' is missing"),
    ],
)  # fmt: skip
def test_a_problem_says_where_it_is_and_what_was_expected(name, data, pointer, message):
    assert SchemaStore(None).problems(name, data) == (SchemaProblem(pointer, message),)


def test_a_wrong_id_is_explained_in_words_not_by_a_pattern():
    (problem,) = SchemaStore(None).problems("run_manifest", {**MANIFEST, "run_id": "../../etc"})

    assert problem.pointer == "/run_id"
    assert problem.message.startswith("'../../etc' does not fit: An id: letters, digits and")


def test_a_long_value_is_cut():
    (problem,) = SchemaStore(None).problems("run_manifest", {**MANIFEST, "run_id": "x" * 1_000_000})

    assert len(problem.message) < 300


def test_endless_problems_end():
    problems = SchemaStore(None).problems("backlog", {"experiments": [1] * 1000})

    assert len(problems) == 51
    assert problems[-1].message == "more than 50 problems; these are the first"


def test_an_unknown_schema_is_the_callers_fault():
    with pytest.raises(UsageError, match="no schema is called 'nope'; there are backlog"):
        SchemaStore(None).problems("nope", {})


def test_a_fast_no_stays_a_no_when_the_slow_engine_finds_nothing(monkeypatch):
    monkeypatch.setattr(store, "_slow_judge", lambda source, where: lambda data: ())

    assert SchemaStore(None).problems("state", {}) == (
        SchemaProblem("", "does not fit the schema state; nothing more is known"),
    )


# A repository's own schemas.


def test_a_repository_with_the_shipped_schemas_differs_in_nothing(folder):
    schemas = SchemaStore(folder)

    assert schemas.differing() == ()
    assert schemas.missing() == ()
    assert schemas.problems("run_manifest", MANIFEST) == ()


def test_a_repository_without_the_folder_lacks_all_of_them(tmp_path):
    schemas = SchemaStore(tmp_path / "nowhere")

    assert schemas.missing() == SCHEMA_NAMES
    assert schemas.differing() == ()
    assert schemas.source("state") == shipped("state")


def test_without_a_repository_nothing_is_missing():
    assert SchemaStore(None).missing() == ()


def test_one_missing_schema_is_named(folder):
    (folder / "run_manifest.schema.json").unlink()

    assert SchemaStore(folder).missing() == ("run_manifest",)


def test_a_repositorys_own_schema_wins_and_is_reported(folder):
    schemas = own(folder, {"type": "object", "required": ["mine"]})

    assert schemas.differing() == ("state",)
    assert schemas.problems("state", {}) == (SchemaProblem("", "the key 'mine' is missing"),)
    assert schemas.problems("state", {"mine": 1}) == ()


def test_a_schema_that_differs_in_a_space_judges_the_same(folder):
    schemas = own(folder, shipped("state").decode() + " ")

    assert schemas.differing() == ("state",)
    assert schemas.problems("state", {}) == SchemaStore(None).problems("state", {})


def test_our_one_date_time_counts_in_a_repositorys_own_schema(folder):
    schemas = own(folder, {"properties": {"at": {"format": "date-time"}, "mail": {"format": "email"}}})

    assert schemas.problems("state", {"at": "2026-02-01T12:00:00Z", "mail": "not one"}) == ()
    assert schemas.problems("state", {"at": 5}) == ()
    assert [problem.pointer for problem in schemas.problems("state", {"at": "2026-02-30T12:00:00Z"})] == ["/at"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "5",
        '{"type": "no such type"}',
        '{"required": "mine"}',
        '{"pattern": "("}',
        '{"type": "object", "type": "array"}',
        '{"minimum": NaN}',
        "\ufeff{}",
    ],
)
def test_a_schema_that_is_none_is_named(folder, text):
    with pytest.raises(DocumentError) as caught:
        own(folder, text).problems("state", {"a": "b"})

    assert caught.value.path == ".autolab/schemas/state.schema.json"


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "https://example.invalid/other.json"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "#/$defs/nowhere"},
        {"$ref": "#"},
        {"$dynamicRef": "#nowhere"},
    ],
)
def test_a_reference_is_never_fetched_and_one_that_leads_nowhere_is_an_error(folder, schema, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked")

    monkeypatch.setattr("socket.socket.connect", refuse)

    with pytest.raises(DocumentError, match="cannot be used"):
        own(folder, schema).problems("state", {})


def test_a_schema_that_is_a_folder_or_a_dangling_link_is_named(folder):
    (folder / "state.schema.json").unlink()
    (folder / "state.schema.json").mkdir()
    (folder / "backlog.schema.json").unlink()
    (folder / "backlog.schema.json").symlink_to("nowhere")
    schemas = SchemaStore(folder)

    assert schemas.missing() == ()
    for name in ("state", "backlog"):
        with pytest.raises(DocumentError):
            schemas.problems(name, {})


def test_the_shipped_schemas_lie_in_one_folder():
    assert {f"{name}.schema.json" for name in SCHEMA_NAMES} <= {path.name for path in Path(schema_folder()).iterdir()}
