"""``python -m benchmarks.guard [--rounds N]``: how long a guarded command waits for its start.

Measured is the wall time from the call to the moment at which the command may begin, in a process that has guarded
something before, seals and record included; and the whole of ``bwrap … true`` with the same mounts. Each round measures
all of them, so that what else the machine does hits them alike.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from unittest import mock

from autolab_core.guard.enforce import bwrap
from autolab_core.guard.enforce.privileges import has_sys_admin
from autolab_core.guard.enforce.standing import Standing
from autolab_core.guard.enforce.supervise import Guarded, run_guarded
from autolab_core.guard.plan import GuardPlan, resolve
from autolab_core.guard.policy import GuardPolicy
from autolab_core.io.layout import AUTOLAB, guard_record
from autolab_core.vocab.guard import STRONGEST_FIRST, GuardLevel, Profile

__all__ = ["measure_start"]

_TARGET = 2
_SPEC = "experiments/exp-001.md"


def _plan(root: Path) -> GuardPlan:
    for name in (AUTOLAB, "experiments", "out"):
        (root / name).mkdir()
    (root / _SPEC).write_text("# What is to be found out\n")
    subprocess.run(["git", "init", "-q", root], check=True)
    return resolve(GuardPolicy(Profile.AGENT, (AUTOLAB, "experiments"), spec=_SPEC), str(root))


def _to_start(plan: GuardPlan, level: GuardLevel) -> float:
    """Seconds until a guarded ``true`` may begin."""
    began: list[float] = []
    start = Standing.start

    def noting(standing: Standing) -> None:
        began.append(time.perf_counter())
        start(standing)

    with mock.patch.object(Standing, "start", noting):
        called = time.perf_counter()
        outcome = run_guarded(Guarded(plan, ("true",), record=guard_record("bench"), only=level, cwd=plan.root))
    if outcome.exit_code:
        raise SystemExit(f"a guarded `true` ended with {outcome.exit_code} at {level}")
    return began[0] - called


def _bubblewraps(plan: GuardPlan, program: str) -> float:
    """Seconds for ``bwrap … true`` with the mounts of *plan*."""
    argv = bwrap.argv(
        program, plan, GuardLevel.MOUNT_LANDLOCK, info_fd=2, user_namespace=not has_sys_admin(), holder=("/bin/true",)
    )
    called = time.perf_counter()
    subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - called


def measure_start(rounds: int) -> dict[str, float] | None:
    """Median seconds by level, and ``bwrap`` for bubblewrap's own; None where it is not installed."""
    program = bwrap.find(os.environ.get("PATH"))
    if program is None:
        return None
    folder = Path(tempfile.mkdtemp(prefix="bench-guard-", dir="/var/tmp"))
    try:
        plan = _plan(folder)
        seen: dict[str, list[float]] = {}
        for _ in range(rounds + 1):
            for level in STRONGEST_FIRST:
                if level.enforced:
                    seen.setdefault(level, []).append(_to_start(plan, level))
            seen.setdefault("bwrap", []).append(_bubblewraps(plan, program))
        return {name: statistics.median(times[1:]) for name, times in seen.items()}
    finally:
        shutil.rmtree(folder)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guard", description="What a guard's start costs.")
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    found = measure_start(options.rounds)
    if found is None:
        print("bubblewrap is not installed: nothing to compare with")
        return 0
    own = found.pop("bwrap")
    print(f"bwrap … true: {own * 1000:.1f} ms")
    for level, seconds in found.items():
        met = "met" if seconds <= _TARGET * own else "MISSED"
        print(f"start at {level:15} {seconds * 1000:6.1f} ms, {seconds / own:.2f} x (target {_TARGET}) {met}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
