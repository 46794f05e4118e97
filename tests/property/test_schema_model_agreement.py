"""Schemas and models accept and refuse the same documents, and a rewrite loses nothing."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.io.codec import structure_data, unstructure
from autolab_core.io.documents import dump_json, parse_json
from autolab_core.io.legacy import normalise_manifest
from autolab_core.io.schemas import SchemaStore
from autolab_core.models.checks import RELATIVE_PATTERN
from autolab_core.models.resources import Duration, Memory
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.ids import ID_MAX, ID_PATTERN, id_problem
from autolab_core.vocab.paths import relative_problem
from tests.strategies.documents import HOSTILE, MODELS, VALID, mutants

SHIPPED = SchemaStore(None)
NAMES = sorted(MODELS)
hostile_texts = st.one_of(
    st.text(),
    st.text(alphabet="ab.-_/\\~<>{}\n\x00AB"),
    st.sampled_from([value for value in HOSTILE if isinstance(value, str)]),
)


def refusal(name, data):
    """Why the model refuses *data*, or None."""
    try:
        structure_data(data, MODELS[name])
    except DocumentError as error:
        return error
    return None


def key_paths(data, path=()):
    """The path of every key of every mapping in *data*."""
    members = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return {(*path, key) for key, _ in members}.union(*(key_paths(member, (*path, key)) for key, member in members))


@pytest.mark.parametrize("name", NAMES)
def test_a_model_refuses_exactly_the_mutants_that_its_schema_refuses(name):
    @given(mutants(name))
    def check(data):
        problems = SHIPPED.problems(name, data)
        refused = refusal(name, data)

        assert (refused is None) == (problems == ()), (refused, problems)

    check()


@pytest.mark.parametrize("name", NAMES)
def test_a_rewrite_is_accepted_keeps_every_key_and_reads_as_the_same(name):
    @given(VALID[name])
    def check(data):
        before = copy.deepcopy(data)
        model = structure_data(data, MODELS[name])
        written = unstructure(model)

        assert data == before
        assert structure_data(written, MODELS[name]) == model
        assert key_paths(data) <= key_paths(written)
        assert SHIPPED.problems(name, written) == ()
        assert unstructure(structure_data(written, MODELS[name])) == written

    check()


@pytest.mark.parametrize("name", NAMES)
def test_a_rewrite_survives_the_file(name):
    @given(VALID[name])
    def check(data):
        written = unstructure(structure_data(data, MODELS[name]))

        assert parse_json(dump_json(written), "file").data == written

    check()


@given(VALID["run_manifest"])
def test_reading_where_other_tools_write_changes_nothing_that_was_there(data):
    before = json.dumps(data)
    read, notes = normalise_manifest(data)

    assert json.dumps(data) == before
    assert all(read[key] == value for key, value in data.items() if key not in {"job_id", "timestamps"})
    assert (read is data) or notes
    assert normalise_manifest(read)[0] == read


@given(hostile_texts)
def test_the_id_pattern_says_what_the_function_says(text):
    import re

    by_pattern = re.search(ID_PATTERN, text) is not None and len(text) <= ID_MAX

    assert by_pattern == (id_problem(text) is None)


@given(hostile_texts)
def test_the_path_pattern_says_what_the_function_says(text):
    import re

    assert (re.search(RELATIVE_PATTERN, text) is not None) == (relative_problem(text) is None)


@given(st.from_regex(r"[0-9:-]{1,12}", fullmatch=True))
def test_a_duration_is_written_as_a_text_that_means_the_same(text):
    try:
        duration = Duration.parse(text)
    except ValueError:
        return

    assert Duration.parse(str(duration)) == duration


@given(st.from_regex(r"[0-9]{1,12}([KMGTkmgt][Bb]?)?", fullmatch=True))
def test_memory_is_written_as_a_text_that_means_the_same(text):
    try:
        memory = Memory.parse(text)
    except ValueError:
        return

    assert Memory.parse(str(memory)) == memory
