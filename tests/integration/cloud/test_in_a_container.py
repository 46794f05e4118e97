"""A run in a real container of podman, with a folder of this machine for its storage."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import attrs
import pytest

from autolab_core.cloud.engines.podman.adapter import PodmanEngine
from autolab_core.cloud.job import job_of
from autolab_core.cloud.stored import read_manifest, read_result, read_run
from autolab_core.vocab.cloud import CloudEnd, CloudPhase
from autolab_core.vocab.engines import EngineState
from tests.integration.cloud.place import Impatient, Place
from tests.unit.cloud import samples

# Something is in the results first; then the run goes on for ever.
FOREVER = f"""\
import pathlib, time
out = pathlib.Path("{samples.RESULTS}")
out.mkdir(parents=True, exist_ok=True)
(out / "early.txt").write_text("made before the end")
print("begun", flush=True)
while True:
    time.sleep(0.1)
"""


def wheel(folder: Path) -> None:
    """A package that needs no network and no build to be installed."""
    folder.mkdir()
    info = "tiny-1.0.dist-info"
    with zipfile.ZipFile(folder / "tiny-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("tiny.py", "VALUE = 17\n")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")


def test_a_run_installs_runs_and_comes_home_and_the_same_call_finds_it(make_place):
    place = make_place(f"import tiny\nassert tiny.VALUE == 17\n{samples.RUN}")
    wheel(place.root / "vendor")
    (place.root / "requirements.txt").write_text("./vendor/tiny-1.0-py3-none-any.whl\n")
    samples.git(place.root, "add", "-A")
    samples.git(place.root, "commit", "-q", "-m", "requirements")

    intent = place.submit()
    again = place.submit()
    seen = place.over()

    assert again.handle == intent.handle
    assert [run.handle.run_id for run in place.engine.list()].count(intent.run_id) == 1
    assert (seen.standing.phase, seen.standing.exit_code) == (CloudPhase.ENDED, 0), place.told(seen)
    pulled = place.pull()
    assert pulled.merged is not None
    assert pulled.merged.merged, pulled.merged
    assert (place.results / "large.bin").stat().st_size == 256 * 8192
    found = json.loads((place.results / "seen.json").read_text())
    assert found["argv"] == ["--full", "a b"]
    assert found["data"] == ["data/a.txt", "data/more/b.bin"]


def test_a_run_that_fails_has_its_exit_code_and_its_results(make_place):
    place = make_place(f"{samples.RUN}\nsys.exit(3)\n")

    place.submit()
    seen = place.over()

    assert seen.standing.exit_code == 3
    place.pull()
    assert (place.results / "curves" / "2.csv").exists()


def test_a_run_that_takes_too_much_memory_says_so(make_place):
    place = make_place(f"{samples.RUN}\nx = b'x' * 400_000_000\n")

    place.submit(memory=150 * 2**20)
    seen = place.over()

    assert seen.standing.exit_code == 137, place.told(seen)
    assert "memory" in seen.standing.line


def test_a_run_is_ended_at_max_hours_and_what_it_made_is_kept(make_place):
    place = make_place(FOREVER)

    intent = place.submit(max_hours=6 / 3600)
    place.over()

    result = read_result(place.storage, intent.run_id)
    assert result is not None
    assert result.reason == CloudEnd.DEADLINE
    place.pull()
    assert (place.results / "early.txt").read_text() == "made before the end"


def test_a_runner_that_is_frozen_is_killed_by_the_engine_though_nobody_watches(make_place):
    place = make_place(FOREVER)
    place = attrs.evolve(place, engine=Impatient(place.engine, 20))
    intent = place.submit()
    place.until(lambda seen: saved(place, intent.run_id))

    freeze(intent.run_id)
    seen = place.over()

    assert seen.standing.phase is CloudPhase.LOST
    assert "limit" in seen.standing.line
    place.pull(partial=True)
    assert (place.results / "early.txt").exists()


def saved(place: Place, run_id: str) -> bool:
    """Whether the storage has what the run made first."""
    found = read_manifest(place.storage, run_id, attempt=1)
    return found is not None and any(file.path == "early.txt" for file in found[0].files)


def freeze(run_id: str) -> None:
    """Stop every process of the container, and nobody else: what a machine looks like that hangs."""
    pid = subprocess.check_output(
        ["podman", "inspect", "--format", "{{.State.Pid}}", f"autolab-{run_id}"], text=True
    ).strip()
    below = [pid, *Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    for each in below:
        os.kill(int(each), signal.SIGSTOP)


def test_a_second_container_of_the_same_run_does_nothing(make_place):
    place = make_place(FOREVER)
    intent = place.submit()
    place.until(lambda seen: seen.standing.phase is CloudPhase.RUNNING)

    run = read_run(place.storage, intent.run_id)
    assert run is not None
    job = job_of(run, place.storage.address, place.engine.capabilities())
    second = place.engine.submit(attrs.evolve(job, run_id=f"{intent.run_id}-2"))
    place.run_ids.append(second.run_id)
    while (seen := place.engine.describe([second])[second]).state is not EngineState.ENDED:
        time.sleep(0.1)

    assert seen.exit_code == 75
    assert "nothing to do" in "".join(place.engine.logs(second).lines)
    assert place.look().standing.phase is CloudPhase.RUNNING


CLIENT = """\
import os, signal, sys
from pathlib import Path
from autolab_core.cloud.engines.podman.adapter import PodmanEngine
from autolab_core.cloud.running import Submission, submit
from autolab_core.cloud.storage.folder import FolderStorage
from autolab_core.exec.local import LocalRunner
from tests.unit.cloud import samples

root, storage, image, word, when = sys.argv[1:]

class Mortal:
    def run(self, command):
        ours = command.argv[:2] == ("podman", word)
        if ours and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = LocalRunner().run(command)
        if ours:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

engine = PodmanEngine(Mortal(), image=image, network="host")
submit(Path(root), samples.request(), engine, FolderStorage(Path(storage)), Submission(sync_seconds=0.5))
"""


@pytest.mark.parametrize(
    ("word", "when"),
    [pytest.param("create", "before", marks=pytest.mark.long), ("create", "after"), ("start", "after")],
)
def test_a_client_that_is_killed_leaves_one_job_at_most_and_the_same_call_finds_it(make_place, word, when):
    place = make_place("print('begun')\n")
    assert isinstance(place.engine, PodmanEngine)
    storage = place.storage.address.removeprefix("folder://")
    words = (sys.executable, "-c", CLIENT, str(place.root), storage, str(place.engine.image), word, when)

    killed = subprocess.run(words, cwd=Path(__file__).parents[3], check=False, capture_output=True)
    intent = place.submit()

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    ours = [run for run in place.engine.list() if run.handle.run_id == intent.run_id]
    assert len(ours) == 1
    seen = place.over()
    assert seen.standing.exit_code == 0, place.told(seen)
    assert place.engine.describe([ours[0].handle])[ours[0].handle].state is EngineState.ENDED
