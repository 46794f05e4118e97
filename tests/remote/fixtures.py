"""Fixtures that give a host behind ssh. Where its programs are not installed, their tests are skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from autolab_core.exec.ssh import SshHost, SshRunner
from tests.cluster import programs
from tests.cluster.cluster import Cluster
from tests.remote.machine import SameMachine, far_machine
from tests.remote.server import ALIAS, NOT_INSTALLED, SshServer, missing

MakeServer = Callable[..., SshServer]


@pytest.fixture(scope="session")
def ssh_host() -> Iterator[SshServer]:
    """A host that all tests share, and leave as it was."""
    _need()
    with SshServer("MaxStartups 100:30:200", "MaxSessions 10") as server:
        yield server


@pytest.fixture(scope="session")
def ssh_runner(ssh_host: SshServer) -> Iterator[SshRunner]:
    """A runner on the shared host, with its connection open."""
    runner = SshRunner(SshHost(ALIAS, config=ssh_host.config, control=str(ssh_host.folder / "c")))
    yield runner
    runner.close()


@pytest.fixture(scope="session")
def far_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SameMachine]:
    """A machine of its own where one can be made (``machine.py``); what tests have here is not seen there."""
    with far_machine(tmp_path_factory.getbasetemp()) as machine:
        yield machine


@pytest.fixture(scope="session")
def far_slurm(far_host: SameMachine) -> Iterator[Cluster]:
    """A real Slurm of two nodes with accounting, on ``far_host`` alone."""
    if missing_there := programs.missing():
        pytest.skip(programs.NOT_INSTALLED + ", ".join(missing_there))
    with Cluster(inside=far_host.inside) as cluster:
        yield cluster


@pytest.fixture
def make_ssh_host() -> Iterator[MakeServer]:
    """Makes a host of the test's own: what ``SshServer`` takes."""
    _need()
    with ExitStack() as stack:
        yield lambda *settings, **more: stack.enter_context(SshServer(*settings, **more))


@pytest.fixture
def runner_on(tmp_path: Path) -> Iterator[Callable[[SshServer], SshRunner]]:
    """Makes a runner on a host; its shared connection is ended after the test."""
    made: list[SshRunner] = []

    def make(server: SshServer, **more: object) -> SshRunner:
        # A socket's path may have 108 bytes at most (unix(7)), and ssh adds 17 while it makes one.
        host = SshHost(ALIAS, config=server.config, control=str(server.folder / "c"), connect_seconds=3)
        made.append(SshRunner(host, **more))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for runner in made:
        runner.close()


def _need() -> None:
    if names := missing():
        pytest.skip(NOT_INSTALLED + ", ".join(names))
