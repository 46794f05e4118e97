"""One worker of pytest-xdist runs every test that shares a cluster, or a cloud, so that only one is started.

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

# The fixtures that share a cluster which is mended after each test.
SHARED = ("slurm", "slurm_without_accounting")
# One cluster for a whole file of tests; it need not wait for those above.
_APART = ("slurm_with_preemption", "far_slurm")
# The servers of a cloud (``tests/cloud``), which have to be started only once, too.
_CLOUD = ("aws_account", "s3_server")
_ALL = "|".join((*SHARED, *_APART, *_CLOUD))
_ASKS = re.compile(rf"^ *(?:async )?def \w+\([^)]*\b({_ALL})\b[^)]*\)", re.MULTILINE)


@cache
def shares_cluster(file: Path) -> str:
    """The name of the cluster that a test or a fixture in *file* shares with others; empty when it shares none.

    It goes by the text: tests are collected elsewhere.
    """
    try:
        found = _ASKS.search(file.read_text(encoding="utf-8"))
    except OSError:
        return ""
    if found is None:
        return ""
    if found[1] in _CLOUD:
        return _CLOUD[0]
    return found[1] if found[1] in _APART else SHARED[0]


class SharedClusterScheduling(LoadScopeScheduling):
    """Every test goes to the next worker that is free, but files that share a cluster go to one, and go first."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return shares_cluster(self.config.rootpath / file) or nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> SharedClusterScheduling | None:
    return SharedClusterScheduling(config, log) if config.getoption("dist") == "loadgroup" else None
