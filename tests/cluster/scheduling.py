"""One worker of pytest-xdist runs every test that shares a cluster, so that only one is started.

That is what ``--dist loadgroup`` with the mark ``xdist_group`` is for; pytest-xdist 3.8 writes a test's group into
``_nodeid``, which pytest 9.2 does not read any more, so the groups are made here.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

__all__ = ["SHARED", "SharedClusterScheduling", "shares_cluster"]

# The fixtures that share one.
SHARED = ("slurm", "slurm_without_accounting")
_ASKS = re.compile(rf"^ *(?:async )?def \w+\([^)]*\b(?:{'|'.join(SHARED)})\b[^)]*\)", re.MULTILINE)


@cache
def shares_cluster(file: Path) -> bool:
    """Whether a test or a fixture in *file* asks for a shared cluster; by its text: tests are collected elsewhere."""
    try:
        return _ASKS.search(file.read_text(encoding="utf-8")) is not None
    except OSError:
        return False


class SharedClusterScheduling(LoadScopeScheduling):
    """Every test goes to the next worker that is free, but files that share a cluster go to one, and go first."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "slurm" if shares_cluster(self.config.rootpath / file) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> SharedClusterScheduling | None:
    return SharedClusterScheduling(config, log) if config.getoption("dist") == "loadgroup" else None
