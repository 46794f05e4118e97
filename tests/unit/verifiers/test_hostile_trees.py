"""Any tree of bytes gives a report: nothing that a file holds or is makes a verification raise or pass unseen."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autolab_core.io.documents import parse_yaml
from autolab_core.io.layout import ENVIRONMENT, LINE_LIMITS, POLICY, PYPROJECT, STATE, schema_file
from autolab_core.io.schemas import SCHEMA_NAMES
from autolab_core.vocab.states import Stage, Verdict
from autolab_verifiers.builtin import BUILTIN
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.report.answer import Judgement
from autolab_verifiers.report.formats import FORMATS, Answer, render_as
from autolab_verifiers.selftest.repository import (
    DOCUMENTS,
    ITERATION,
    JSON_FILES,
    OTHER_FILES,
    PATHS,
    RUN,
    RUN_DOCUMENTS,
    RUN_PATHS,
    Repository,
    build,
)

FILES = (*DOCUMENTS, *RUN_DOCUMENTS, PATHS.run_local)
# Everything that some verifier opens.
READ = (
    *FILES,
    PATHS.run_slurm,
    ENVIRONMENT,
    PYPROJECT,
    RUN_PATHS.script,
    RUN_PATHS.start_marker,
    RUN_PATHS.cancel_request,
    RUN_PATHS.supervision,
    RUN_PATHS.log("stdout.log"),
    *(schema_file(name) for name in SCHEMA_NAMES),
)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**18), 0, 1.5e308, -0.0, 1e-300])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["completed", "NaN", "local", "slurm", "2026-02-01T12:00:00Z", "x" * 5000, "../..", RUN, ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    return build(tmp_path_factory.mktemp("hostile"))


def judged(root: Path, overlay: dict[str, bytes]) -> Judgement:
    """The judgement of every verifier; it can be told in every format, too.

    Where the state is damaged it is what names the subject.
    """
    subject: dict[str, Any] = {"stage": Stage.EXTRACT_RESULTS, "iteration_id": ITERATION, "run_id": RUN}
    verification = examine(root, overlay=overlay, only=list(BUILTIN), **({} if STATE in overlay else subject))
    judgement = verification.judgement
    assert {check.verifier for check in judgement.checks} >= set(BUILTIN)
    answer = Answer(judgement, str(root), verification.verifiers)
    for name in FORMATS:
        assert render_as(name, answer, verbosity=1).decode()
    return judgement


def broke(judgement: Judgement) -> list[str]:
    """Errors that blame a verifier: a rule that could not cope with what it was given."""
    return [check.reason for check in judgement.checks if check.reason and "broke" in check.reason]


FUZZ = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@FUZZ
@given(path=st.sampled_from(FILES), content=st.binary(max_size=60))
def test_any_bytes_in_any_file_give_a_report(repository, path, content):
    judgement = judged(repository.root, {path: content})

    assert broke(judgement) == []


@FUZZ
@given(overlay=st.dictionaries(st.sampled_from(READ), st.binary(max_size=60), max_size=12))
def test_any_tree_of_bytes_gives_a_report(repository, overlay):
    judgement = judged(repository.root, overlay)

    assert broke(judgement) == []
    assert not judgement.passed or not set(overlay) & {STATE, RUN_PATHS.manifest, RUN_PATHS.metrics, PATHS.review}


Way = tuple[str | int, ...]


def ways(data: object, at: Way = ()) -> list[Way]:
    """The way to every value in *data*, itself included."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [at, *(each for key, value in inner for each in ways(value, (*at, key)))]


def replaced(data: object, way: Way, value: object) -> object:
    """A copy of *data* that has *value* at the end of *way*."""
    if not way:
        return value
    copy: Any = json.loads(json.dumps(data))
    inner = copy
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = value
    return copy


PLACES = [(path, way) for path, data in JSON_FILES.items() for way in ways(data)]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(PLACES), value=VALUES)
def test_any_value_at_any_place_of_any_document_gives_a_report(repository, place, value):
    path, way = place
    content = json.dumps(replaced(JSON_FILES[path], way, value)).encode()

    assert broke(judged(repository.root, {path: content})) == []


@FUZZ
@given(path=st.sampled_from([LINE_LIMITS, POLICY, PATHS.design]), value=VALUES, data=st.data())
def test_any_value_at_any_place_of_any_yaml_file_gives_a_report(repository, path, value, data):
    document = parse_yaml(OTHER_FILES[path], path).data
    way = data.draw(st.sampled_from(ways(document)))
    content = json.dumps(replaced(document, way, value)).encode()  # JSON is YAML

    assert broke(judged(repository.root, {path: content})) == []


@FUZZ
@given(damage=st.dictionaries(st.sampled_from(PLACES), VALUES, min_size=2, max_size=4))
def test_damage_in_several_places_gives_a_report(repository, damage):
    overlay = {
        path: json.dumps(replaced(JSON_FILES[path], way, value)).encode() for (path, way), value in damage.items()
    }

    assert broke(judged(repository.root, overlay)) == []


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("what", ["folder", "dead link", "loop", "outside", "pipe", "socket", "huge", "deep", "empty"])
def test_what_is_no_readable_file_is_never_a_pass(tmp_path, path, what):
    repository = build(tmp_path / "repository")
    repository.remove(path)
    place = repository.root / path
    make(what, place, tmp_path)

    judgement = examine(repository.root).judgement

    if path != PATHS.run_local or what not in {"deep", "huge", "empty"}:
        assert Verdict.ERROR in {check.status for check in judgement.checks}
    assert not judgement.passed
    assert broke(judgement) == []


def make(what: str, place: Path, outside: Path) -> None:
    if what == "folder":
        place.mkdir()
    elif what == "dead link":
        place.symlink_to("nowhere")
    elif what == "loop":
        place.symlink_to(place.name)
    elif what == "outside":
        (outside / "secret").write_text("{}", encoding="utf-8")
        place.symlink_to(outside / "secret")
    elif what == "empty":
        place.touch()
    elif what == "pipe":
        os.mkfifo(place)
    elif what == "socket":
        here = os.getcwd()
        os.chdir(place.parent)  # the name of a socket has 107 bytes at most
        try:
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(place.name)
        finally:
            os.chdir(here)
    elif what == "huge":
        with open(place, "wb") as file:
            file.truncate(100 * 1024 * 1024)
    else:
        place.write_bytes(b"[" * 10_000 + b"]" * 10_000)


def test_a_run_folder_that_leads_out_of_the_repository_is_an_error(tmp_path):
    repository = build(tmp_path / "repository")
    (repository.root / RUN_PATHS.folder).rename(tmp_path / "elsewhere")
    (repository.root / RUN_PATHS.folder).symlink_to(tmp_path / "elsewhere")

    judgement = examine(repository.root).judgement

    assert Verdict.ERROR in {check.status for check in judgement.checks}
    assert broke(judgement) == []


def test_strange_names_beside_the_runs_do_no_harm(tmp_path):
    repository = build(tmp_path)
    runs = os.fsencode(repository.root / PATHS.runs)
    for name in (b"new\nline", b"\xff\xfe", b".hidden", b"a b", b"-x", b"x" * 255):
        os.mkdir(os.path.join(runs, name))
    (repository.root / PATHS.runs / "a file").write_text("x", encoding="utf-8")

    assert examine(repository.root).judgement.passed


def test_an_empty_repository_is_not_a_pass(tmp_path):
    repository = Repository(tmp_path)
    repository.write(".autolab/schemas/run_manifest.schema.json", b"")
    repository.write(STATE, b"")

    judgement = examine(tmp_path).judgement

    assert not judgement.passed
    assert broke(judgement) == []


def test_a_count_that_no_machine_could_list_ends_soon(tmp_path):
    repository = build(tmp_path)
    repository.replace(PATHS.design, "count: 3", "count: 1000000000000")

    check = next(check for check in examine(tmp_path).judgement.checks if check.rule == "RS008")

    assert "missing seeds 3, 4, 5, 6, 7, …" in check.findings[0].message


def test_a_schema_of_the_repository_that_is_no_schema_is_an_error(tmp_path):
    repository = build(tmp_path)
    repository.write(".autolab/schemas/design.schema.json", b'{"type": 7}')

    statuses = {check.rule: check.status for check in examine(tmp_path).judgement.checks}

    assert statuses["SC002"] is Verdict.ERROR
    assert statuses["RH001"] is Verdict.PASS
