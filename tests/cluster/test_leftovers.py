"""However a cluster ends, no process, folder or cgroup of it is left."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.cluster import leftovers, programs
from tests.cluster.processes import ROOT, until

# A process that leaves its job's session and process group; Slurm knows it by its parents or by its cgroup only.
ESCAPE = "setsid --fork sleep 1000; sleep 1000"
HOLD = f"""
import json, sys, time
from tests.cluster.cluster import Cluster
cluster = Cluster(**json.loads(sys.argv[1])).start()
cluster.wait_state(cluster.submit({ESCAPE!r}), "RUNNING")
print(json.dumps([str(cluster.base), cluster.nodes, cluster.keeper.pid]), flush=True)
sys.stdin.read()
cluster.stop()
"""

# Root may also start a cluster for another account, and the whole test may be an ordinary user's, who needs a Python
# that is not root's alone.
PYTHON = shutil.which("python3", path="/usr/bin:/bin:/usr/local/bin")
WAYS: dict[str, tuple[dict[str, object], str | None]] = {"one's own": ({}, None)}
if os.geteuid() == 0:
    WAYS |= {"root's for nobody": ({"user": "nobody"}, None), "nobody's": ({}, "nobody")}


class Held(NamedTuple):
    process: subprocess.Popen[str]
    base: Path
    nodes: list[str]
    keeper: int

    def left(self) -> dict[str, Any]:
        """What there is of the cluster on this machine."""
        folders = [self.base, leftovers.DATABASES / self.base.name]
        return {
            "processes": leftovers.marked(self.base),
            "folders": [folder for folder in folders if folder.exists()],
            "cgroups": [group for node in self.nodes for group in leftovers.cgroups(node)],
        }


NOTHING = {"processes": [], "folders": [], "cgroups": []}


@pytest.fixture(params=WAYS)
def held(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Held]:
    """A cluster with a running job, held by a process of its own that ends the cluster when its input is closed."""
    yield from hold(*WAYS[request.param], accounting=False)


def hold(options: dict[str, object], account: str | None, **more: object) -> Iterator[Held]:
    if missing := programs.missing():
        pytest.skip(programs.NOT_INSTALLED + ", ".join(missing))
    # An ordinary user may have no way into a checkout below /root.
    copy = Path(tempfile.mkdtemp(prefix="held", dir="/tmp"))
    copy.chmod(0o755)
    shutil.copytree(ROOT / "tests/cluster", copy / "tests/cluster", ignore=shutil.ignore_patterns("__pycache__"))
    process = subprocess.Popen(
        (PYTHON if account else sys.executable, "-c", HOLD, json.dumps(options | more)),
        cwd=copy,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **({"user": account, "group": "nogroup", "extra_groups": []} if account else {}),
    )
    try:
        base, nodes, keeper = json.loads(process.stdout.readline())
        yield Held(process, Path(base), nodes, keeper)
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()
        shutil.rmtree(copy)


def test_a_cluster_that_runs_is_found_by_what_looks_for_leftovers(held):
    # The keeper, munged, slurmctld with slurmscriptd, two slurmd, a slurmstepd, the script and its two sleeps.
    until(lambda: len(held.left()["processes"]) >= 9, 10, "all of its processes are seen")

    assert held.base in held.left()["folders"]


def test_a_stopped_cluster_leaves_nothing(held):
    held.process.stdin.close()
    held.process.wait(30)

    assert held.left() == NOTHING


def test_a_cluster_whose_test_is_killed_leaves_nothing(held):
    held.process.kill()
    until(lambda: held.left() == NOTHING, 20, f"everything is gone, not {held.left()}")


def test_what_a_killed_keeper_leaves_is_removed_by_the_next_start(held):
    os.kill(held.keeper, signal.SIGKILL)
    daemons = ("munged", "slurmctld", "slurmd")
    until(lambda: not any(daemon in names(held.base) for daemon in daemons), 10, "the daemons end with the keeper")

    def swept() -> bool:
        leftovers.sweep()  # or another worker's, which may be at it already
        return held.left() == NOTHING

    until(swept, 20, f"everything is gone, not {held.left()}")


def names(base: Path) -> set[str]:
    found = set()
    for pid in leftovers.marked(base):
        try:
            found.add(Path(f"/proc/{pid}/comm").read_text().strip())
        except OSError:
            continue
    return found


def test_a_database_is_removed_too():
    for held in hold({}, None, accounting=True):
        assert leftovers.DATABASES / held.base.name in held.left()["folders"] or (held.base / "db").exists()
        held.process.kill()
        until(lambda held=held: held.left() == NOTHING, 20, "everything is gone")


def test_the_folder_of_a_running_cluster_is_not_swept(held):
    assert held.base not in leftovers.sweep()
    assert held.left()["folders"]
