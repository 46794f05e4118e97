"""Who is asked where a run stands, and how little is imported for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autolab_cli.cloud.main import plain_status
from autolab_cli.cloud.parser import build_parser
from autolab_core.cloud.engines.podman.adapter import PodmanEngine
from autolab_core.cloud.engines.podman.observer import SETTINGS, PodmanObserver
from autolab_core.cloud.engines.rows import Row, written_rows
from autolab_core.cloud.engines.slurm.adapter import SlurmEngine
from autolab_core.cloud.engines.table import make_engine
from autolab_core.cloud.models import CloudIntent
from autolab_core.cloud.observers import Observers
from autolab_core.cloud.places import Places
from autolab_core.cloud.records import CloudRecords
from autolab_core.exec.local import LocalRunner
from autolab_core.io.layout import POLICY
from autolab_core.io.tree import Tree
from autolab_core.models.policy import BackendPolicy
from autolab_core.vocab.engines import EngineState
from autolab_core.vocab.errors import DocumentError, UsageError

RUN_ID = "20260201T120000Z-exp-001-x-1a2b"
TIME = "2026-02-01T12:00:00Z"
# None of these is needed to look: each costs a tenth of an interpreter's start, or several.
HEAVY = {
    "argparse",
    "attr",
    "attrs",
    "cattrs",
    "hashlib",
    "importlib.metadata",
    "jsonschema",
    "pathlib",
    "shutil",
    "urllib.parse",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "repo" / ".autolab").mkdir(parents=True)
    return tmp_path / "repo"


def write_rows(root: Path, *rows: str) -> None:
    (root / POLICY).write_text("compute:\n  backends:\n" + "".join(f"    - {row}\n" for row in rows))


def a_run(root: Path, storage: Path) -> CloudIntent:
    intent = CloudIntent(
        run_id=RUN_ID,
        token="t",
        spec="experiments/exp-001-x.md",
        request_sha256="0" * 64,
        engine="podman",
        storage=f"folder://{storage}",
        created_at=TIME,
        output_dir="results/exp-001-x",
        max_hours=12,
        handle=f"autolab-{RUN_ID}",
    )
    return CloudRecords(root).save(intent)


def stand_in(folder: Path, status: str) -> str:
    """A podman that has the run's container, in *status*; the PATH with it."""
    folder.mkdir()
    state = {"Status": status, "StartedAt": TIME, "FinishedAt": "0001-01-01T00:00:00Z", "ExitCode": 0}
    answer = json.dumps([{"Name": f"autolab-{RUN_ID}", "State": state, "HostConfig": {"Memory": 1 << 30}}])
    (folder / "podman").write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")
    (folder / "podman").chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def beats(storage: Path, phase: str) -> None:
    run = storage / "runs" / RUN_ID
    run.mkdir(parents=True)
    (run / "run.json").write_text("{}")
    (run / "heartbeat.json").write_text(json.dumps({"run_id": RUN_ID, "attempt": 1, "at": TIME, "phase": phase}))


def test_a_run_that_goes_on_is_looked_at_without_models(root, tmp_path):
    storage = tmp_path / "a store"
    a_run(root, storage)
    beats(storage, "installing")
    code = (
        "import sys; before = set(sys.modules); from autolab_cli.cloud.main import main; code = main(['status']);"
        f" print(code, *sorted({HEAVY!r} & (set(sys.modules) - before)), file=sys.stderr)"
    )
    environment = {**os.environ, "PATH": stand_in(tmp_path / "bin", "running")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True, check=True
    )

    assert "phase    installing\n" in done.stdout
    assert "no sign of life" in done.stdout
    assert done.stderr == "0\n"


def test_podman_needs_no_row_to_be_looked_at(root):
    observer = Observers(root).engine("podman")

    assert isinstance(observer, PodmanObserver)
    assert observer.handle("r").engine == "podman"


@pytest.mark.parametrize("name", ["here", "podman"])
def test_a_row_of_podman_is_looked_at_under_its_own_name(root, name):
    write_rows(root, "{name: here, kind: podman, settings: {image: i, folder: /s}}")
    observer = Observers(root).engine(name)

    assert isinstance(observer, PodmanObserver)
    assert observer.handle("r").engine == "here"


def test_another_engine_is_made_of_its_row(root):
    write_rows(root, "{name: cluster, kind: slurm, settings: {partition: long}}")
    observer = Observers(root).engine("cluster")

    assert isinstance(observer, SlurmEngine)
    assert (observer.name, observer.settings.partition) == ("cluster", "long")


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("{name: podman, kind: podman, settings: {memory: 1G}}", DocumentError),
        ("{name: podman, kind: podman, settings: {image: 3}}", DocumentError),
        ("{name: podman, kind: podman, max_gpus: many}", DocumentError),
        ("{name: podman}", DocumentError),
        ("{name: podman, kind: nobody-brings-it}", UsageError),
        ("{name: other, kind: slurm, settings: {no: such}}", None),
    ],
)
def test_what_is_wrong_with_a_row_is_told_as_whoever_makes_the_engine_tells_it(root, row, error):
    write_rows(root, row)
    if error is None:
        assert isinstance(Observers(root).engine("podman"), PodmanObserver)
        return
    with pytest.raises(error) as wanted:
        Places(root).engine("podman")
    with pytest.raises(error) as told:
        Observers(root).engine("podman")

    assert str(told.value) == str(wanted.value)


def test_a_name_that_no_row_has_is_told_with_those_that_there_are(root):
    with pytest.raises(UsageError, match="there is no engine 'sky' here; there are podman"):
        Observers(root).engine("sky")


def test_rows_are_read_as_they_are_written(root):
    write_rows(root, "{name: a, kind: slurm, max_gpus: 4}", "{name: b, kind: podman, settings: {image: i}}")

    assert written_rows(Tree(str(root))) == (Row("a", "slurm", {}), Row("b", "podman", {"image": "i"}))


def test_podmans_observer_knows_the_settings_of_its_engine():
    with pytest.raises(DocumentError) as told:
        make_engine(BackendPolicy("b", "podman", settings={"no-such": "x"}), Path("/r"), LocalRunner())

    assert f"there are {', '.join(sorted(SETTINGS))}" in str(told.value)


def test_an_engine_observes_as_its_light_part_does(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", stand_in(tmp_path / "bin", "paused"))
    engine, observer = PodmanEngine(LocalRunner(), "mine"), PodmanObserver(LocalRunner(), "mine")
    handle = observer.handle(RUN_ID)

    assert engine.describe([handle]) == observer.describe([handle])
    assert observer.describe([handle])[handle].state is EngineState.RUNNING


@pytest.mark.parametrize(
    "line", ["status", "status R", "status --json", "status --json R", "status R --json", "status R --json --json"]
)
def test_the_short_way_is_what_the_parser_makes(line):
    words = line.split()

    assert vars(plain_status(words)) == vars(build_parser(words).parse_args(words))


@pytest.mark.parametrize(
    "line", ["", "ls", "status a b", "status --root .", "status -h", "status --js", "status --", "-h"]
)
def test_all_else_is_left_to_the_parser(line):
    assert plain_status(line.split()) is None
