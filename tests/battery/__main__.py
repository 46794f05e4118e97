"""Make every attempt and do all work of the acceptance list: ``python -m tests.battery RESULTS.json``.

``python -m tests.battery.write_table RESULTS.json`` puts what it found into ``docs/guard.md``.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from autolab_core.guard.enforce import syscalls
from tests.battery.acceptance import WORKS, Work
from tests.battery.board import document
from tests.battery.everything import ATTEMPTS
from tests.battery.field import Field, field
from tests.battery.verdict import Row, broken
from tests.battery.working import work

_AT_ONCE = 4


def _machine() -> dict[str, str]:
    return {
        "Linux": platform.release().partition("-")[0],
        "Landlock ABI": str(syscalls.landlock_abi()),
        "bubblewrap": subprocess.run(
            ["bwrap", "--version"], capture_output=True, text=True, check=False
        ).stdout.split()[-1],
        "git": subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.split()[-1],
        "processor": platform.machine(),
    }


def _attempts(place: Field, pool: ThreadPoolExecutor) -> list[Row]:
    asked = [(each, who) for each in ATTEMPTS for who in place.users if who == "root" or not each.root]
    return list(pool.map(lambda one: place.row(*one), asked))


def _works(place: Field, pool: ThreadPoolExecutor) -> dict[str, Any]:
    def one(each: Work) -> dict[str, Any]:
        levels = {}
        for level in place.levels["owner"]:
            done = [work(each, place, who, level, profile)[0] == 0 for who in place.users for profile in each.profiles]
            levels[str(level)] = "yes" if all(done) else f"no: {each.costs.get(level, 'not known why')}"
        return {"says": each.says, "levels": levels}

    return dict(zip((each.name for each in WORKS), pool.map(one, WORKS), strict=True))


def main() -> int:
    """Write the results; 1 when something does not hold."""
    if os.geteuid() != 0:
        print("the whole battery is made as root, who also makes an ordinary user", file=sys.stderr)
        return 2
    with field() as place, ThreadPoolExecutor(_AT_ONCE) as pool:
        rows = _attempts(place, pool)
        works = _works(place, pool)
    named = {each.name: each for each in ATTEMPTS}
    wrong = [f"{row.attempt}, by {row.who}: {line}" for row in rows for line in broken(named[row.attempt], row)]
    print("\n".join(wrong))
    Path(sys.argv[1]).write_text(json.dumps(document(ATTEMPTS, rows, works, _machine()), indent=1) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
