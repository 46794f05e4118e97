"""``cloud-run`` with podman, as it is where nothing is configured: real containers, a folder for the storage."""

from __future__ import annotations

import gzip
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from autolab_core.cloud.engines.podman.adapter import PodmanEngine
from autolab_core.cloud.records import CloudRecords
from autolab_core.io.layout import POLICY
from tests.unit.cloud import samples
from tests.unit.cloud.commands import LINE, Answer, Command, commands_in
from tests.unit.cloud.labs import Lab

# It has the secret, prints it, as no command should, and keeps no more of it than its length.
SECRETIVE = samples.RUN.replace(
    "dict(os.environ)", '[len(value) for name, value in os.environ.items() if "TEST_SECRET" in name]'
)
SECRETIVE += "print([value for name, value in os.environ.items() if 'TEST_SECRET' in name], file=sys.stderr)\n"


@pytest.fixture
def command(podman_image, tmp_path, monkeypatch, capfd) -> Iterator[Command]:
    """``cloud-run`` in a repository whose experiment is ready; its storage is where it is by default."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = samples.proven(samples.repository(tmp_path / "repo", SECRETIVE))
    lab = Lab(root, samples.ProcessEngine(tmp_path / "unused"), samples.storage(tmp_path / "state/autolab/cloud"))
    made = commands_in(monkeypatch, capfd)(lab)
    settings = f"{{image: '{podman_image}', network: host}}"
    (root / POLICY).write_text(f"compute:\n  backends:\n    - {{name: here, kind: podman, settings: {settings}}}\n")
    yield made
    names = [f"autolab-{intent.run_id}" for intent in CloudRecords(root).every()]
    subprocess.run(["podman", "rm", "--force", "--ignore", "--time=0", *names], check=False, capture_output=True)


def asked(*words: str) -> str:
    return subprocess.run(["podman", *words], check=True, capture_output=True, text=True).stdout


def everything_below(*folders: Path) -> Iterator[tuple[Path, bytes]]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                yield path, gzip.decompress(data) if path.name.endswith(".gz") else data


def test_it_sends_waits_and_pulls_and_a_secret_shows_nowhere(command, podman_secret, monkeypatch):
    name, value = podman_secret
    forgotten = []  # the container is looked into before it is taken away
    forget = PodmanEngine.forget
    monkeypatch.setattr(PodmanEngine, "forget", lambda *asked: forgotten.append(asked))
    answer: Answer = command.run("--data-dirs", "data/", "--secret", name)

    assert answer.code == 0, answer
    (intent,) = CloudRecords(command.lab.root).every()
    assert f'"env": [{len(value)}]' in (command.lab.results / "seen.json").read_text()
    container = f"autolab-{intent.run_id}"
    shown = [
        asked("inspect", container),
        asked("logs", container),
        asked("ps", "--all", "--no-trunc", "--format", "json", "--filter", f"name={container}"),
        *(command(*words).out for words in (("status", "--json"), ("logs",), ("ls", "--json"))),
        answer.out,
        answer.err,
    ]
    assert [text for text in shown if value in text] == []
    (taken_away,) = forgotten
    forget(*taken_away)
    assert subprocess.run(["podman", "container", "exists", container], check=False).returncode == 1
    assert "phase    ended (exit code 0)" in command("status").out
    kept = dict(everything_below(command.lab.root, command.lab.storage.root))
    assert any(path.name == "run.json" for path in kept)
    assert "['***']" in command("logs").err
    assert [path for path, data in kept.items() if value.encode() in data] == []
    check = command("check", "--spec", samples.SPEC)
    assert (check.code, "here (podman), taken where none is named" in check.out) == (0, True), check


def test_an_image_that_cannot_be_had_is_said_and_no_run_is_left_open(command):
    answer = command.run("--detach", "--image", "localhost/no-such-image:1")

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1), answer
    assert "the image localhost/no-such-image:1 cannot be pulled" in answer.err
    assert "it was never started" in command("status").out


def test_a_run_that_was_left_is_looked_at_and_ended(command):
    (command.lab.root / samples.SCRIPT).write_text("import time\nprint('begun', flush=True)\ntime.sleep(60)\n")
    samples.git(command.lab.root, "commit", "-aqm", "slow")
    run_id = command.sent(line=LINE)

    assert command.sent(line=LINE) == run_id
    assert command("terminate", run_id).code == 0
    assert command.run("--detach", line="true").code == 0, "a run that was terminated is not active"
