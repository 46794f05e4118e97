"""``python -m benchmarks [--rounds N] [--gate] [--save FILE]``: ratios, each against something in the same run.

``--gate`` ends with 1 when a figure is above its CI gate. A target is what we want, a gate what CI refuses.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.installed import copy_golden, install
from benchmarks.ledger import measure_appends, report_appends
from benchmarks.measure import Case, Figures, measure

_FIVE = "import attrs, cattrs, ruamel.yaml, jsonschema, pluggy"
_BASE = "python -c pass"


class Claim(NamedTuple):
    """A ratio of CPU to the bare interpreter's."""

    name: str
    target: float
    gate: float


_CLAIMS = (
    Claim("autolab-verify", 7, 10),
    Claim("autolab --help", 4, 5),
    Claim("autolab status", 4, 5),
    Claim("autolab guard hook", 4, 5),
)
_PEAK_TARGET_MIB, _PEAK_GATE_MIB = 20, 30


def _cases(binaries: Path, golden: Path) -> list[Case]:
    python, here = str(binaries / "python"), str(golden)
    verify = (str(binaries / "autolab-verify"), "--stage", "extract_results")
    return [
        Case(_BASE, (python, "-c", "pass"), here),
        Case("import of the five given libraries", (python, "-c", _FIVE), here),
        Case("autolab-verify", verify, here),
        Case("autolab --help", (str(binaries / "autolab"), "--help"), here),
        Case("autolab status", (str(binaries / "autolab"), "status"), here),
        Case("autolab guard hook", (str(binaries / "autolab"), "guard", "hook"), here, 2, _tool_call(here)),
    ]


def _tool_call(folder: str) -> str:
    """A file that asks what a harness asks: may this command run? It may not, so all of it is looked at."""
    command = 'cd experiments && for f in *.md; do sed -i s/a/b/ "$f"; done'
    call = {"cwd": folder, "tool_name": "Bash", "tool_input": {"command": command}}
    path = Path(folder).parent / "tool_call.json"
    path.write_text(json.dumps(call))
    return str(path)


def _report(figures: dict[str, Figures]) -> tuple[list[str], bool]:
    base = figures[_BASE]
    lines = [f"{'what':38} {'× bare':>7} {'CPU ms':>7} {'MiB':>5}  target  gate"]
    within = True
    claims = {claim.name: claim for claim in _CLAIMS}
    for name, found in figures.items():
        ratio = found.cpu / base.cpu
        line = f"{name:38} {ratio:7.2f} {found.cpu * 1000:7.1f} {found.peak_mib:5.1f}"
        if claim := claims.get(name):
            within = within and ratio <= claim.gate
            met = "met" if ratio <= claim.target else "MISSED"
            line += f"  ≤ {claim.target:<4g} ≤ {claim.gate:<4g} {met}"
        lines.append(line)
    peak = figures["autolab-verify"].peak_mib
    within = within and peak <= _PEAK_GATE_MIB
    lines.append(f"peak memory of autolab-verify: {peak:.1f} MiB (target {_PEAK_TARGET_MIB}, gate {_PEAK_GATE_MIB})")
    five = figures["import of the five given libraries"].cpu
    lines.append(f"autolab-verify against importing the five libraries: {figures['autolab-verify'].cpu / five:.2f}")
    return lines, within


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="counted runs of each command (default 15)")
    parser.add_argument("--gate", action="store_true", help="end with 1 when a figure is above its gate")
    parser.add_argument("--save", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="autolab-bench-") as scratch:
        folder = Path(scratch)
        print("installing the wheel into a venv of its own", flush=True)
        binaries = install(folder)
        figures = dict(measure(_cases(binaries, copy_golden(folder)), options.rounds))
    lines, within = _report(figures)
    machine = f"Python {platform.python_version()}, {platform.machine()}, medians of {options.rounds} interleaved runs"
    print(machine, *lines, sep="\n")
    appends, in_time = report_appends(measure_appends())
    print(appends)
    within = within and in_time
    if options.save:
        data = {"machine": machine, "figures": {name: found._asdict() for name, found in figures.items()}}
        options.save.write_text(json.dumps(data, indent=2) + "\n")
    return 0 if within or not options.gate else 1


if __name__ == "__main__":
    sys.exit(main())
