"""Servers of a cloud on the loopback: a real S3 (SeaweedFS), AWS Batch (moto), and podman's socket for its jobs."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["CREDENTIALS", "Daemon", "Moto", "PodmanSocket", "Seaweed", "program"]

#: The one key of every server here. It opens nothing else.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIATESTTESTTESTTEST", "AWS_SECRET_ACCESS_KEY": "not-a-secret"}
REGION = "eu-west-1"
_START_SECONDS = 60.0
# A server ends with the tests, also where they are killed: then nothing holds the pipe open any more.
_WHILE_WE_LIVE = '"$@" & cat >/dev/null; kill -9 "$!"; wait'


def program(name: str) -> str | None:
    """The program *name*: of this environment, or of the machine. Debian's sbin is not in everybody's PATH."""
    own = os.path.join(sysconfig.get_path("scripts"), name)
    path = os.pathsep.join([*os.get_exec_path(), "/usr/local/sbin", "/usr/sbin", "/sbin"])
    return own if os.access(own, os.X_OK) else shutil.which(name, path=path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Daemon:
    """A server in a folder of its own. A context manager: it answers inside, and is gone after."""

    name = "daemon"

    def __init__(self) -> None:
        # A socket's path may have 108 bytes at most (unix(7)).
        self.folder = Path(tempfile.mkdtemp(prefix=f"autolab-{self.name}-"))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def words(self) -> tuple[str, ...]:
        raise NotImplementedError

    def ready(self) -> bool:
        raise NotImplementedError

    def environment(self) -> Mapping[str, str]:
        return {}

    def start(self) -> None:
        """Start it, and return when it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ("sh", "-c", _WHILE_WE_LIVE, "sh", *self.words()),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, **self.environment()},
                start_new_session=True,
            )
        wait_for(self.ready, lambda: (self.folder / "log").read_text(errors="replace")[-3000:])

    def stop(self) -> None:
        """Kill it (-9), and return when it is gone."""
        if self._process is not None:
            self._process.communicate()
            self._process = None


def wait_for(ready: Callable[[], bool], said: Callable[[], str], seconds: float = _START_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, said()
        time.sleep(0.05)


class PodmanSocket(Daemon):
    """Podman's API for docker's clients. Where this process may not raise limits, containers get those it has."""

    name = "podman"

    @property
    def url(self) -> str:
        return f"unix://{self.folder}/s"

    def words(self) -> tuple[str, ...]:
        return ("podman", "system", "service", "--time=0", self.url)

    def environment(self) -> Mapping[str, str]:
        conf = self.folder / "containers.conf"
        conf.write_text(
            '[containers]\ndefault_ulimits=["nofile=20000:20000","nproc=16384:16384"]\n'
            '[engine]\nruntime="runc"\nevents_logger="file"\n'
        )
        return {"CONTAINERS_CONF": str(conf)}

    def ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(f"{self.folder}/s") == 0


class Moto(Daemon):
    """AWS's control plane. A job of its Batch is a container that *docker* starts, on the network of this machine."""

    name = "moto"

    def __init__(self, docker: str) -> None:
        super().__init__()
        self.port = free_port()
        self._docker = docker

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def client_environment(self) -> dict[str, str]:
        """What makes boto3 ask this server."""
        return {**CREDENTIALS, "AWS_ENDPOINT_URL": self.url, "AWS_DEFAULT_REGION": REGION}

    def words(self) -> tuple[str, ...]:
        return (sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port))

    def environment(self) -> Mapping[str, str]:
        return {"DOCKER_HOST": self._docker, "MOTO_DOCKER_NETWORK_MODE": "host", **CREDENTIALS}

    def ready(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Seaweed(Daemon):
    """A real S3: it checks signatures and checksums, and keeps conditional puts."""

    name = "s3"

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()
        self._ports = [str(free_port()) for _ in range(9)]
        self._weed = program("weed") or "weed"
        identity = {
            "name": "test",
            "credentials": [
                {"accessKey": CREDENTIALS["AWS_ACCESS_KEY_ID"], "secretKey": CREDENTIALS["AWS_SECRET_ACCESS_KEY"]}
            ],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        (self.folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
        (self.folder / "data").mkdir()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> Any:
        """A client of boto3 with the server's own key."""
        import boto3
        from botocore.config import Config

        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            config=Config(
                signature_version="s3v4",
                retries={"total_max_attempts": 1},
                connect_timeout=2,
                read_timeout=10,
                s3={"addressing_style": "path"},
            ),
        )

    def bucket(self, name: str) -> str:
        """Make a bucket; its name."""
        self.client().create_bucket(Bucket=name)
        return name

    def words(self) -> tuple[str, ...]:
        master, master_grpc, volume, volume_grpc, filer, filer_grpc, s3_grpc, iceberg, lance = self._ports
        return (
            *(self._weed, "-logtostderr=true", "server", "-dir=data", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
            *("-master.telemetry=false", f"-master.port={master}", f"-master.port.grpc={master_grpc}"),
            *("-master.volumeSizeLimitMB=1024", "-master.electionTimeout=1s", "-master.heartbeatInterval=200ms"),
            *(f"-volume.port={volume}", f"-volume.port.grpc={volume_grpc}", "-volume.max=50"),
            *("-filer", f"-filer.port={filer}", f"-filer.port.grpc={filer_grpc}"),
            *("-s3", f"-s3.port={self.port}", f"-s3.port.grpc={s3_grpc}", "-s3.config=s3.json", "-s3.iam=false"),
            *(f"-s3.port.iceberg={iceberg}", f"-s3.port.lance={lance}"),
        )

    def ready(self) -> bool:
        """A PUT works: the ports are open long before."""
        from botocore.exceptions import BotoCoreError, ClientError

        client = self.client()
        try:
            if "autolab-ready" not in {each["Name"] for each in client.list_buckets()["Buckets"]}:
                client.create_bucket(Bucket="autolab-ready")
            client.put_object(Bucket="autolab-ready", Key="x", Body=b"x")
        except (BotoCoreError, ClientError):
            return False
        return True
