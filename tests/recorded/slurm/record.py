"""Record what a real Slurm answers: ``python -m tests.recorded.slurm.record [CASE…]``.

Starts private clusters (tests/cluster) from the programs that are installed, asks what the adapter asks, and writes
each answer to ``PACKAGE-VERSION/CASE/STEP.json`` beside this file. Without names every case is recorded, which takes
some minutes; a case that fails is named at the end, and what it had recorded stays.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.cluster import programs
from tests.cluster.cluster import Cluster, ClusterError
from tests.recorded.slurm import cases_ending, cases_faults, cases_waiting
from tests.recorded.slurm.questions import Recording
from tests.recorded.slurm.table import CASES, Case

FOLDER = Path(__file__).parent
MODULES = (cases_ending, cases_waiting, cases_faults)  # which fill the table


def main(names: Sequence[str]) -> int:
    if unknown := set(names) - set(CASES):
        print(f"no such case: {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
        return 2
    if missing := programs.missing():
        print(f"not installed: {', '.join(missing)}; {programs.ADVICE}")
        return 2
    wanted = [CASES[name] for name in names or CASES]
    failed: list[str] = []
    shared = [case for case in wanted if not case.options]
    if shared:
        with Cluster(node_prefix="n") as cluster:
            for case in shared:
                failed += record(cluster, case)
                cluster.mend()
    for case in wanted:
        if case.options:
            with Cluster(node_prefix="n", **case.options) as cluster:
                failed += record(cluster, case)
    if failed:
        print(f"not recorded: {', '.join(failed)}")
    return 1 if failed else 0


def record(cluster: Cluster, case: Case) -> list[str]:
    """Record one case; its name when that failed."""
    begun = time.monotonic()
    version = cluster.must("sbatch", "--version").strip().replace(" ", "-")
    try:
        case.act(cluster, Recording(cluster, FOLDER / version / case.name))
    except (ClusterError, AssertionError) as error:
        print(f"{case.name}: {error}")
        return [case.name]
    print(f"{case.name}: {time.monotonic() - begun:.1f} s", flush=True)
    return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
