"""Where a run would happen: three probes and one pure decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from autolab_core.exec.command import Command, Runner
from autolab_core.models.manifest import ProbeResult
from autolab_core.vocab.errors import RunnerError
from autolab_core.vocab.states import HostMode

__all__ = ["PROBES", "host_conflict", "probe_host", "resolve_host_mode"]

PROBES: Final[Mapping[str, tuple[str, ...]]] = {
    "hostname": ("hostname",),
    "sinfo": ("sinfo", "-V"),
    "squeue": ("squeue", "-V"),
}


def probe_host(runner: Runner) -> Mapping[str, ProbeResult]:
    """Run the three probes. One that cannot be run is a result too, with ``exit_code`` None."""
    return {name: _probe(runner, argv) for name, argv in PROBES.items()}


def _probe(runner: Runner, argv: tuple[str, ...]) -> ProbeResult:
    try:
        result = runner.run(Command(argv, timeout=20.0))
    except RunnerError as error:
        return ProbeResult(argv, None, stderr=str(error))
    return ProbeResult(argv, result.exit_code, result.text.strip(), result.stderr.decode("utf-8", "replace").strip())


def resolve_host_mode(probes: Mapping[str, ProbeResult]) -> HostMode:
    """``slurm`` when both ``sinfo -V`` and ``squeue -V`` succeed, ``local`` otherwise."""
    slurm = all(probes[name].exit_code == 0 for name in ("sinfo", "squeue"))
    return HostMode.SLURM if slurm else HostMode.LOCAL


def host_conflict(location: HostMode | None, resolved: HostMode, probes: Mapping[str, ProbeResult]) -> str | None:
    """Why the design's ``compute.location`` does not fit this host, naming both facts; None when it does."""
    if location is None or location is resolved:
        return None
    said = "; ".join(f"`{' '.join(p.argv)}` {_answer(p)}" for name, p in probes.items() if name != "hostname")
    return f"the design asks for compute.location {location}, but this host is {resolved} ({said})"


def _answer(probe: ProbeResult) -> str:
    return "could not be run" if probe.exit_code is None else f"ended with {probe.exit_code}"
