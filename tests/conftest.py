"""What holds for every test: nothing of the person who runs them leaks in."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

pytest_plugins = ["tests.cluster.scheduling", "tests.cluster.fixtures", "tests.remote.fixtures", "tests.cloud.fixtures"]

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

_FOREIGN = ("AUTOLAB_", "AWS_", "GIT_", "SBATCH_", "SLURM_", "SQUEUE_", "SACCT_")
_GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@example.invalid",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@example.invalid",
}

# No credentials of anybody: neither in a file, nor of the machine itself.
_AWS = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture(autouse=True, scope="session")
def _own_environment():
    """Git, Slurm, AWS and Autolab settings of the caller are out of sight, for the tests and for what they start."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(_FOREIGN):
                patch.delenv(name)
        for name, value in (_GIT | _AWS).items():
            patch.setenv(name, value)
        yield


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI nothing may be skipped: a program or a right that is missing there is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("in CI a skipped test is a failure", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
