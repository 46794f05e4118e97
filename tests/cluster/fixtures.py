"""Fixtures that give a real Slurm. Where its programs are not installed, their tests are skipped, and loudly.

All tests that share a cluster run in one worker (``scheduling.py``), so it is started once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.cluster import programs
from tests.cluster.cluster import Cluster
from tests.cluster.configuration import PREEMPTION, PREEMPTION_PARTITIONS
from tests.cluster.scheduling import SHARED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.stats.get("skipped", [])
    # Of a skipped test the report holds the file, the line and the reason.
    reasons = [report.longrepr[2] for report in reports if isinstance(report.longrepr, tuple)]
    ours = [reason for reason in reasons if programs.NOT_INSTALLED in reason]
    if ours:
        missing = max(ours, key=len).partition(programs.NOT_INSTALLED)[2]
        terminalreporter.section("NOT TESTED AGAINST A REAL SLURM", red=True, bold=True)
        terminalreporter.write_line(f"{len(ours)} tests were skipped. Not installed: {missing}", red=True)
        terminalreporter.write_line(f"On Debian 12: {programs.ADVICE}", red=True)


def _need(*groups: Mapping[str, str]) -> None:
    if missing := programs.missing(groups):
        pytest.skip(programs.NOT_INSTALLED + ", ".join(missing))


@pytest.fixture(scope="session")
def slurm() -> Iterator[Cluster]:
    """A cluster of two nodes with accounting, shared by the whole session.

    A test may cancel its jobs, stop daemons and drain nodes: after it the cluster is mended and its jobs are gone.
    """
    _need(programs.SCHEDULER, programs.ACCOUNTING)
    with Cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def slurm_without_accounting() -> Iterator[Cluster]:
    """As ``slurm``, without slurmdbd: sacct has no answer. It starts in a third of a second."""
    _need(programs.SCHEDULER)
    with Cluster(accounting=False) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def slurm_with_preemption() -> Iterator[Cluster]:
    """Six nodes with accounting, and partitions whose jobs take each other's place (``PREEMPTION_PARTITIONS``).

    It is not mended between tests: one test's jobs may be another's, too.
    """
    _need(programs.SCHEDULER, programs.ACCOUNTING)
    with Cluster(nodes=6, partitions=PREEMPTION_PARTITIONS, extra=PREEMPTION) as cluster:
        yield cluster


@pytest.fixture
def own_slurm() -> Iterator[Callable[..., Cluster]]:
    """``own_slurm(**options)`` starts a cluster for this test alone; the options are those of ``Cluster``."""
    started: list[Cluster] = []

    def start(**options: object) -> Cluster:
        _need(programs.SCHEDULER, *([programs.ACCOUNTING] if options.get("accounting", True) else []))
        started.append(Cluster(**options))
        return started[-1].start()

    yield start
    for cluster in started:
        cluster.stop()


@pytest.fixture(autouse=True)
def _mended(request: pytest.FixtureRequest) -> Iterator[None]:
    """What one test did to a shared cluster is undone before the next."""
    used = [name for name in SHARED if name in request.fixturenames]
    clusters = [request.getfixturevalue(name) for name in used]
    yield
    for cluster in clusters:
        cluster.mend()
