"""Fixtures that give containers, a real S3 and AWS Batch, all on this machine.

Where the programs are not installed, their tests are skipped; in CI that is a failure.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.cloud.account import Account, make_account
from tests.cloud.image import image
from tests.cloud.servers import Moto, PodmanSocket, Seaweed, program

NOT_INSTALLED = "needs a cloud on this machine; not installed: "
ADVICE = "apt-get install --no-install-recommends podman runc"
_PODMAN = ("podman", "runc", "conmon")
# Podman's secrets are one list for all processes of this user: each worker has one of its own.
_SECRET = (f"AUTOLAB_TEST_SECRET_{os.getpid()}", "kept-out-of-sight")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.stats.get("skipped", [])
    # Of a skipped test the report holds the file, the line and the reason.
    reasons = [report.longrepr[2] for report in reports if isinstance(report.longrepr, tuple)]
    ours = [reason for reason in reasons if NOT_INSTALLED in reason]
    if ours:
        terminalreporter.section("NOT TESTED IN A CLOUD", red=True, bold=True)
        missing = max(ours, key=len).partition(NOT_INSTALLED)[2]
        terminalreporter.write_line(f"{len(ours)} tests were skipped. Not installed: {missing}", red=True)
        terminalreporter.write_line(f"On Debian 12: {ADVICE}", red=True)


def _need(*programs: str) -> None:
    if missing := [name for name in programs if program(name) is None]:
        pytest.skip(NOT_INSTALLED + ", ".join(missing))


@pytest.fixture(scope="session")
def podman_image() -> str:
    """The name of an image with Python 3.11 and a shell in podman's store."""
    _need(*_PODMAN)
    return image()


@pytest.fixture(scope="session")
def podman_secret(podman_image: str) -> Iterator[tuple[str, str]]:
    """The name and the value of a secret that podman has."""
    name, value = _SECRET
    subprocess.run(["podman", "secret", "rm", name], check=False, capture_output=True)
    subprocess.run(["podman", "secret", "create", name, "-"], input=value.encode(), check=True, capture_output=True)
    yield _SECRET
    subprocess.run(["podman", "secret", "rm", name], check=False, capture_output=True)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[Seaweed]:
    """A real S3 server, shared: each test makes a bucket of its own (``s3_server.bucket(name)``)."""
    _need("weed")
    with Seaweed() as server:
        yield server


@pytest.fixture(scope="session")
def moto_account(podman_image: str) -> Iterator[Account]:
    """An AWS account whose Batch starts real containers, shared by the session."""
    with PodmanSocket() as podman, Moto(podman.url) as moto:
        account = make_account(moto)
        yield account
        # A container that could not start is left behind by moto.
        jobs = account.client("batch").list_jobs(jobQueue=account.queue)["jobSummaryList"]
        names = [f"{job['jobName']}-{job['jobId']}" for job in jobs]
        subprocess.run(["podman", "rm", "--force", "--ignore", "--time=0", *names], check=False, capture_output=True)


@pytest.fixture
def aws_account(moto_account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The same, and boto3 asks it for the length of a test."""
    for name, value in moto_account.environment.items():
        monkeypatch.setenv(name, value)
    return moto_account
