"""Make the golden iteration's files again, by really running it: ``python examples/regenerate_golden.py``.

Times, process ids and the machine's name come from the run and differ each time; everything else is the same.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scratch import GOLDEN, MADE, environment, make_scratch

RUN_ID = "20260201T120000Z_demo"
_COMMANDS = (
    ("autolab", "init"),
    ("autolab", "review", "approve", "--who", "golden"),
    ("autolab", "launch", "--wait", "--run-id", RUN_ID),
    ("autolab", "run"),
    ("autolab", "run"),
    ("autolab-verify", "--stage", "extract_results"),
)
_REWRITTEN = (".autolab/state.json", "experiments/plan/iter_golden/review_result.json")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="autolab-golden-") as scratch:
        folder = Path(scratch) / "golden"
        make_scratch(folder)
        for argv in _COMMANDS:
            print("$", *argv, flush=True)
            subprocess.run(argv, cwd=folder, env=environment(), check=True)
        for made in (*MADE, *_REWRITTEN):
            _bring_home(folder / made, GOLDEN / made)
    print(f"{GOLDEN} holds a new run {RUN_ID}")
    return 0


def _bring_home(made: Path, place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    if made.is_dir():
        shutil.copytree(made, place, ignore=shutil.ignore_patterns("__pycache__", "run.lock", ".*.tmp"))
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(made, place)


if __name__ == "__main__":
    sys.exit(main())
