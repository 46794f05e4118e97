"""Manifests of other tools."""

from __future__ import annotations

import pytest

from autolab_core.io.codec import structure_data, unstructure
from autolab_core.io.legacy import normalise_manifest
from autolab_core.models.manifest import RunManifest

MANIFEST = {"run_id": "r1", "iteration_id": "i1", "status": "running", "host_mode": "slurm"}
NOON = "2026-02-01T12:00:00Z"


@pytest.mark.parametrize(
    ("place", "pointer"),
    [
        ({"slurm": {"job_id": "4242"}}, "/slurm/job_id"),
        ({"resource_request": {"job_id": "4242"}}, "/resource_request/job_id"),
        ({"resource_request": {"slurm": {"job_id": 4242}}}, "/resource_request/slurm/job_id"),
        ({"job_id": None, "slurm": {"job_id": 4242.0}}, "/slurm/job_id"),
        ({"job_id": "", "slurm": {"job_id": "4242"}}, "/slurm/job_id"),
    ],
)
def test_a_job_id_is_found_where_other_tools_put_it(place, pointer):
    read, notes = normalise_manifest({**MANIFEST, **place})

    assert read["job_id"] == "4242"
    assert notes == (f"job_id '4242' was read from {pointer}",)


def test_the_other_tools_key_stays_and_ours_is_added_on_a_rewrite():
    written = unstructure(structure_data({**MANIFEST, "slurm": {"job_id": 7, "x": 1}, "started_at": NOON}, RunManifest))

    assert written["slurm"] == {"job_id": 7, "x": 1}
    assert written["started_at"] == NOON
    assert written["job_id"] == "7"
    assert written["timestamps"] == {"started_at": NOON}


def test_our_own_job_id_counts_and_another_one_is_noted():
    data = {**MANIFEST, "job_id": "1", "slurm": {"job_id": "2"}}

    assert normalise_manifest(data) == (data, ("/slurm/job_id says '2'; job_id '1' counts",))


def test_a_number_as_job_id_is_read_as_its_digits():
    assert normalise_manifest({**MANIFEST, "job_id": 4242})[0]["job_id"] == "4242"


@pytest.mark.parametrize("value", [True, 0, -1, 0.5, [], {}])
def test_what_is_no_job_id_is_left_for_the_schema(value):
    data = {**MANIFEST, "job_id": value}

    assert normalise_manifest(data) == (data, ())


def test_times_at_top_level_fill_what_is_not_there():
    read, notes = normalise_manifest({**MANIFEST, "started_at": NOON, "timestamps": {"started_at": None, "x": 1}})

    assert read["timestamps"] == {"started_at": NOON, "x": 1}
    assert notes == ("timestamps/started_at was read from /started_at",)


def test_our_own_time_counts_and_another_one_is_noted():
    data = {**MANIFEST, "completed_at": NOON, "timestamps": {"completed_at": "2026-02-01T13:00:00Z"}}

    assert normalise_manifest(data) == (data, ("/completed_at differs; timestamps/completed_at counts",))


def test_a_time_at_top_level_that_is_none_is_not_read():
    data = {**MANIFEST, "started_at": "yesterday"}

    assert normalise_manifest(data) == (data, ("/started_at is not a time and was not read",))


@pytest.mark.parametrize("data", [None, [], "x", 5, {}, {"timestamps": []}, {"slurm": [], "resource_request": 1}])
def test_what_is_not_a_manifest_comes_back_as_it_is(data):
    assert normalise_manifest(data) == (data, ())
