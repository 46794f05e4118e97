"""``python -m benchmarks.throughput [--runs N] [--rounds N] [--gate]``: what judging many runs costs, as ratios.

Each measurement is a process of its own with the wheel that users install. Its cost is its CPU seconds (user and
system), less those of a bare interpreter. ``--gate`` ends with 1 when a figure that is met today is above its gate.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from autolab_core.io.layout import schema_file
from benchmarks.installed import install
from benchmarks.measure import Case, Figures, measure

__all__ = ["main", "report"]

# The one of jsonschema-rs is what the floor stands for; orjson comes with the wheel.
PACKAGES = ("pytest", "jsonschema-rs", "check-jsonschema")
_RUNS_OF_ITERATION = 100
_BARE = "python -c pass"
_FLOOR = "floor: read, orjson, jsonschema-rs is_valid"
_VERIFY = "autolab-verify --all --no-write -q"
_ONE = "the same for 1 run"
_ITEMS = "pytest --autolab-all"
_EMPTY = "pytest, as many empty items"
_START = "pytest, one empty item"
_PART = 200  # files of each kind that check-jsonschema is given; all of them would take minutes

_SCHEMAS = {"run_manifest": "run_manifest", "metrics": "run_metrics"}

_MAKE = """\
import sys
from pathlib import Path
from benchmarks.many import make

make(Path(sys.argv[1]), *map(int, sys.argv[2:]))
"""
_FLOOR_PROGRAM = """\
import sys
from pathlib import Path
import jsonschema_rs, orjson

root = Path(sys.argv[1])
for name, schema in (("run_manifest.json", "run_manifest"), ("metrics.json", "run_metrics")):
    schema = root / ".autolab/schemas" / f"{schema}.schema.json"
    is_valid = jsonschema_rs.validator_for(orjson.loads(schema.read_bytes())).is_valid
    for path in open(sys.argv[2], encoding="utf-8").read().split("\\n"):
        if path.endswith(name):
            with open(path, "rb") as file:
                if not is_valid(orjson.loads(file.read())):
                    sys.exit(f"{path} is not valid")
"""
_EMPTY_PLUGIN = """\
import pytest

class Empty(pytest.Item):
    def runtest(self):
        pass

class Many(pytest.File):
    def collect(self):
        for number in range({items}):
            yield Empty.from_parent(self, name=str(number))

def pytest_collect_file(file_path, parent):
    return Many.from_parent(parent, path=file_path) if file_path.suffix == ".items" else None
"""


class Claim(NamedTuple):
    """A figure with what we want (*target*) and what CI refuses (*gate*). *at_least*: larger is better."""

    name: str
    unit: str
    target: float
    gate: float
    at_least: bool = False
    enforced: bool = True

    def within(self, value: float, bound: float) -> bool:
        return value >= bound if self.at_least else value <= bound


# What is not enforced is missed, or met without a margin: it is printed all the same. See README.md.
FLOOR = Claim("against the floor", "×", 3, 5, enforced=False)
CHECK_JSONSCHEMA = Claim("faster than check-jsonschema", "×", 10, 6, at_least=True, enforced=False)
MEMORY = Claim("peak memory", "MiB", 80, 120)
ITEM = Claim("a pytest item against an empty one", "×", 1.3, 2)


def _cases(binaries: Path, scratch: Path, runs: int, pytest_runs: int) -> list[Case]:
    repositories = {count: _repository(scratch, count) for count in {1, runs, pytest_runs}}
    root = repositories[runs]
    files = sorted(root.glob("experiments/plan/iter_0*/runs/*/*.json"))
    listed = scratch / "files.txt"
    listed.write_text("\n".join(map(str, files)), encoding="utf-8")
    python, verify = str(binaries / "python"), str(binaries / "autolab-verify")
    options = ("-p", "no:cacheprovider", "-q")
    judging = (python, "-m", "pytest", *options, "--autolab-all", "--autolab-root", str(repositories[pytest_runs]))
    empty = _empty_items(scratch, "many", _count_items(judging, scratch))
    start = _empty_items(scratch, "one", 1)
    cases = [
        Case(_BARE, (python, "-c", "pass"), str(scratch)),
        Case(_FLOOR, (python, "-c", _FLOOR_PROGRAM, str(root), str(listed)), str(scratch)),
        Case(_VERIFY, (verify, str(root), "--all", "--no-write", "-q"), str(scratch)),
        Case(_ONE, (verify, str(repositories[1]), "--all", "--no-write", "-q"), str(scratch)),
        Case(_ITEMS, judging, str(scratch)),
        Case(_EMPTY, (python, "-m", "pytest", *options, str(empty)), str(empty)),
        Case(_START, (python, "-m", "pytest", *options, str(start)), str(start)),
    ]
    for name, schema in _SCHEMAS.items():
        mine = [str(path) for path in files if path.name.startswith(name)]
        checker = (str(binaries / "check-jsonschema"), "--schemafile", str(root / schema_file(schema)))
        cases += [
            Case(_checked(name, count), (*checker, *mine[:count]), str(scratch)) for count in (1, min(_PART, len(mine)))
        ]
    return cases


def _checked(name: str, count: int) -> str:
    return f"check-jsonschema, {count} {name}"


def _repository(scratch: Path, runs: int) -> Path:
    """A repository of *runs* runs, made by another process: a child's peak memory begins with its parent's."""
    root = scratch / f"runs-{runs}"
    iterations = max(1, runs // _RUNS_OF_ITERATION)
    subprocess.run((sys.executable, "-c", _MAKE, str(root), str(runs), str(iterations)), check=True)
    return root


def _count_items(judging: tuple[str, ...], scratch: Path) -> int:
    asked = subprocess.run((*judging, "--collect-only"), cwd=scratch, capture_output=True, text=True, check=True)
    return sum("::" in line for line in asked.stdout.splitlines())


def _empty_items(scratch: Path, name: str, items: int) -> Path:
    folder = scratch / name
    folder.mkdir()
    (folder / "conftest.py").write_text(_EMPTY_PLUGIN.format(items=items), encoding="utf-8")
    (folder / "all.items").touch()
    return folder


def report(figures: Mapping[str, Figures], runs: int) -> tuple[list[str], bool]:
    """The lines to print, and whether every figure that is enforced is within its gate."""
    bare = figures[_BARE].cpu
    cost = {name: found.cpu - bare for name, found in figures.items()}
    lines = [f"{name:46} {cost[name]:8.3f} s {found.peak_mib:7.1f} MiB" for name, found in figures.items()]
    whole = _reckoned(cost, runs)
    lines.append(f"{f'check-jsonschema, reckoned up to {2 * runs} files':46} {whole:8.3f} s")
    values = {
        FLOOR: cost[_VERIFY] / cost[_FLOOR],
        CHECK_JSONSCHEMA: whole / cost[_VERIFY],
        MEMORY: figures[_VERIFY].peak_mib,
        ITEM: (cost[_ITEMS] - cost[_START]) / (cost[_EMPTY] - cost[_START]),
    }
    within = True
    for claim, value in values.items():
        word = "met" if claim.within(value, claim.target) else "MISSED"
        passed = claim.within(value, claim.gate)
        within = within and (passed or not claim.enforced)
        sign = "≥" if claim.at_least else "≤"
        gate = f"gate {sign} {claim.gate:g}" + ("" if claim.enforced else ", not enforced")
        lines.append(
            f"{claim.name:46} {value:8.2f} {claim.unit:3} target {sign} {claim.target:g} {word}"
            f" ({gate}{'' if passed else ', MISSED'})"
        )
    return lines, within


def _reckoned(cost: Mapping[str, float], runs: int) -> float:
    """Seconds that check-jsonschema would take for all files: its start, and so much more for each file."""
    whole = 0.0
    part = min(_PART, runs)
    for name in _SCHEMAS:
        start, some = cost[_checked(name, 1)], cost[_checked(name, part)]
        whole += start + (some - start) / max(1, part - 1) * (runs - 1)
    return whole


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000, help="runs of the repository (default 10000)")
    parser.add_argument("--pytest-runs", type=int, default=300, help="runs that pytest judges (default 300)")
    parser.add_argument("--rounds", type=int, default=3, help="counted runs of each command (default 3)")
    parser.add_argument("--gate", action="store_true", help="end with 1 when an enforced figure is above its gate")
    options = parser.parse_args()
    runs = max(2, options.runs // _RUNS_OF_ITERATION * _RUNS_OF_ITERATION)
    with tempfile.TemporaryDirectory(prefix="autolab-bench-") as scratch:
        print("installing the wheel into a venv of its own, and making the repositories", flush=True)
        binaries = install(Path(scratch), *PACKAGES)
        figures = measure(_cases(binaries, Path(scratch), runs, options.pytest_runs), options.rounds)
    lines, within = report(figures, runs)
    print(f"{runs} runs, Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} processors,")
    print(f"CPU less a bare interpreter's, medians of {options.rounds} interleaved runs", *lines, sep="\n")
    return 0 if within or not options.gate else 1


if __name__ == "__main__":
    sys.exit(main())
