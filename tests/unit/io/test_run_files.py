"""What lies in a run's folder, and what of it stays as it is."""

from __future__ import annotations

import os

import pytest

from autolab_core.io.layout import RunPaths
from autolab_core.io.run_files import run_files, settled_files
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.paths import relative_problem

PATHS = RunPaths("experiments/i/runs/r1")


def test_files_and_what_is_none_are_told_apart_and_no_link_is_followed(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").write_bytes(b"12345")
    (tmp_path / "empty").mkdir()
    (tmp_path / "up").symlink_to("..")
    (tmp_path / "a" / "self").symlink_to("self")
    (tmp_path / "a" / "file").symlink_to("b/c")
    os.mkfifo(tmp_path / "pipe")

    found = run_files(str(tmp_path), PATHS.folder)

    assert found.files == {"a/b/c": 5}
    links = dict.fromkeys(("up", "a/self", "a/file"), "a symbolic link")
    assert found.others == {**links, "pipe": "a pipe, a socket or a device"}


@pytest.mark.parametrize("kind", ["nothing", "file"])
def test_what_is_no_folder_is_an_error_with_its_name(tmp_path, kind):
    if kind == "file":
        (tmp_path / "x").touch()

    with pytest.raises(DocumentError) as caught:
        run_files(str(tmp_path / "x"), PATHS.folder)
    assert caught.value.path == PATHS.folder


def test_only_the_runs_own_bookkeeping_is_unsettled(tmp_path):
    outputs = tmp_path / "outputs"
    for folder in (tmp_path, outputs):
        folder.mkdir(exist_ok=True)
        for name in ("run_manifest.json", "verification_result.json", "artifacts.sha256", "metrics.json"):
            (folder / name).touch()

    found = settled_files(run_files(str(tmp_path), PATHS.folder), PATHS)

    assert sorted(found) == [
        "metrics.json",
        "outputs/artifacts.sha256",
        "outputs/metrics.json",
        "outputs/run_manifest.json",
        "outputs/verification_result.json",
    ]


def test_unsettled_names_are_relative_to_the_runs_folder():
    assert {"run_manifest.json", "artifacts.sha256", "logs/run.lock"} <= PATHS.unsettled()
    assert [name for name in PATHS.unsettled() if relative_problem(name) or name.startswith("experiments")] == []
