"""``python -m benchmarks.remote [--rounds N] [--files N] [--megabytes N] [--gate]``: what runs elsewhere cost.

Over a real sshd on this machine: bringing home many small files, and one large one, with their proof, against a plain
``rsync -a`` of the same folder in the same run; and a command over the connection that is open, against the same
command started here. ``--gate`` ends with 1 when a figure is above what CI allows.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from autolab_core.exec.command import Command, Runner
from autolab_core.exec.local import LocalRunner
from autolab_core.exec.ssh import SshHost, SshRunner
from autolab_core.io.layout import RunPaths
from autolab_core.transfer.base import FarFolder
from autolab_core.transfer.home import Homecoming, bring_home
from autolab_core.vocab.states import SyncStatus
from benchmarks.copies import asked, large, seconds
from tests.remote.server import ALIAS, SshServer, missing

__all__ = ["Pull", "polls", "pulls"]

_TARGET, _GATE = 1.3, 2.5
_POLL_TARGET_MS, _POLL_GATE_MS = 30.0, 150.0
_PATHS = RunPaths("experiments/plan/iter_001/runs/r1")


class Pull(NamedTuple):
    """Seconds of each round, and the median of the ratios."""

    what: str
    plain: tuple[float, ...]
    ours: tuple[float, ...]

    @property
    def ratio(self) -> float:
        return statistics.median(ours / plain for ours, plain in zip(self.ours, self.plain, strict=True))


def _small(folder: Path, count: int) -> Path:
    for number in range(count):
        path = folder / "outputs" / str(number // 200) / f"{number}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(200 + number % 4000))
    return folder


def _large(folder: Path, megabytes: int) -> Path:
    large(folder, megabytes)
    return folder


def _plainly(ssh: tuple[str, ...], source: Path, target: Path) -> None:
    subprocess.run(("rsync", "-a", "-e", " ".join(ssh), f"{ALIAS}:{source}/", f"{target}/"), check=True)


def _with_proof(runner: SshRunner, source: Path, target: Path) -> None:
    run = target / "run"
    run.mkdir(parents=True)
    sync = bring_home(Homecoming(FarFolder(runner, str(source)), _PATHS, run, target / "staging"))
    if sync.status is not SyncStatus.OK:
        raise SystemExit(f"the files did not come home: {sync.diagnosis}")


def pulls(runner: SshRunner, folder: Path, rounds: int, files: int, megabytes: int) -> list[Pull]:
    """Both folders, by both ways in turn, over the same open connection."""
    found = []
    sources = (
        (f"{files} small files", _small(folder / "small", files)),
        (f"one file of {megabytes} MB", _large(folder / "large", megabytes)),
    )
    for what, source in sources:
        plain, ours = [], []
        for number in range(rounds):
            target = folder / f"plain-{number}"
            plain.append(seconds(_plainly, runner.ssh, source, target))
            shutil.rmtree(target)
            ours.append(seconds(_with_proof, runner, source, target))
            shutil.rmtree(target)
        found.append(Pull(what, tuple(plain), tuple(ours)))
        shutil.rmtree(source)
    return found


def polls(runner: Runner, rounds: int) -> float:
    """How many milliseconds an open connection adds to a command: the median over *rounds* times ten."""
    command, here = Command(("sh", "-c", "true")), LocalRunner()
    runner.run(command)
    added = []
    for _ in range(10 * rounds):
        local = seconds(here.run, command)
        added.append(seconds(runner.run, command) - local)
    return 1000 * statistics.median(added)


def main() -> int:
    options = asked(__doc__)
    if missing():
        sys.stdout.write(f"not measured: {', '.join(missing())} not installed\n")
        return 0
    with tempfile.TemporaryDirectory() as name, SshServer("MaxStartups 100:30:200") as server:
        runner = SshRunner(SshHost(ALIAS, config=server.config, control=str(server.folder / "c")))
        found = pulls(runner, Path(name), options.rounds, options.files, options.megabytes)
        added = polls(runner, options.rounds)
        runner.close()
    within = added <= _POLL_GATE_MS
    for pull in found:
        within = within and pull.ratio <= _GATE
        seconds = f"{statistics.median(pull.ours):.2f} s against {statistics.median(pull.plain):.2f} s"
        met = "met" if pull.ratio <= _TARGET else "MISSED"
        sys.stdout.write(f"{pull.what}: {pull.ratio:.2f} × rsync -a ({seconds}), target {_TARGET}, {met}\n")
    met = "met" if added <= _POLL_TARGET_MS else "MISSED"
    sys.stdout.write(f"a command over the open connection: {added:+.1f} ms, target {_POLL_TARGET_MS:g}, {met}\n")
    return int(options.gate and not within)


if __name__ == "__main__":
    sys.exit(main())
