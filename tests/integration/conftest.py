"""Real repositories, real processes."""

from __future__ import annotations

import pytest

from tests.integration.crash.lab import Zygote, labs


@pytest.fixture(scope="session")
def zygote():
    """One driver for each worker; every command it runs is a process of its own."""
    driver = Zygote()
    yield driver
    driver.close()


@pytest.fixture
def lab(tmp_path, zygote):
    """A place for a repository; nothing that was started there may be left at the end."""
    yield from labs(tmp_path, zygote)
