"""``python -m benchmarks.monitor [--jobs N] [--rounds N]``: what one step of the monitor over N Slurm jobs costs.

Measured is our own CPU (user and system) of one look at N runs that go on, in a process that has looked before; the
scheduler's answers are played back, so that its commands cost nothing here. Where Slurm's programs are installed, its
own ``squeue`` and ``sacct`` are asked about N jobs of a private cluster, for comparison.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs

from autolab_core.exec.command import Command, CommandResult
from autolab_core.io.documents import dump_json
from autolab_core.io.repository import Repository
from autolab_core.models.report import Report
from autolab_core.schedulers.slurm import argv
from autolab_core.schedulers.slurm.adapter import SlurmScheduler
from autolab_core.schedulers.slurm.argv import ACCOUNTING_FIELDS, QUEUE_FIELDS, SEPARATOR
from autolab_core.schedulers.slurm.call import Call
from autolab_core.stages.context import StageContext
from autolab_core.stages.init import init
from autolab_core.stages.monitor import look
from autolab_core.vocab.states import HostMode
from tests.cluster import programs
from tests.cluster.cluster import Cluster

__all__ = ["Playback", "own_cpu", "repository_of", "slurms_cpu"]

_AT = "2026-02-01T12:00:00Z"
_FOLDER = "experiments/plan/iter_001"
_SECONDS = 1769947200  # the same time, as Slurm writes it


@attrs.define
class Playback:
    """A runner that answers for *count* running jobs, whose ids begin at 1, and counts what it is asked."""

    count: int
    asked: list[str] = attrs.field(factory=list)

    def run(self, command: Command) -> CommandResult:
        program = command.argv[0]
        self.asked.append(program)
        text = {"squeue": self._queue, "sacct": self._accounting}.get(program, lambda: "")()
        return CommandResult(command.argv, 0, text.encode(), b"")

    def _queue(self) -> str:
        given = dict.fromkeys(QUEUE_FIELDS, "")
        rows = []
        for number in range(1, self.count + 1):
            row = given | {
                "JobArrayID": str(number), "JobID": str(number), "State": "RUNNING", "exit_code": "0",
                "Reason": "None", "Name": f"t-r{number}", "SubmitTime": str(_SECONDS), "EligibleTime": str(_SECONDS),
                "StartTime": str(_SECONDS + 5), "EndTime": str(_SECONDS + 3605), "TimeLimit": "1:00:00",
                "RestartCnt": "0", "NodeList": "n1", "Partition": "debug", "UserName": "ada",
            }  # fmt: skip
            rows.append("".join(f"{value}{SEPARATOR}" for value in row.values()))
        return "".join(f"{row}\n" for row in rows)

    def _accounting(self) -> str:
        return SEPARATOR.join(ACCOUNTING_FIELDS) + "\n"


def repository_of(root: Path, count: int) -> Repository:
    """A new repository at *root* with *count* Slurm runs that go on."""
    init(root, iteration_id="iter_001")
    manifest: dict[str, Any] = {
        "schema_version": "1.0", "iteration_id": "iter_001", "status": "running", "host_mode": "slurm",
        "launch_mode": "slurm", "command": "python train.py", "timestamps": {"created_at": _AT, "started_at": _AT},
        "artifact_sync_to_local": {"status": "pending", "method": "shared_filesystem"},
        "history": [{"at": _AT, "status": "submitted", "why": "submitted"}],
    }  # fmt: skip
    for number in range(1, count + 1):
        folder = root / _FOLDER / "runs" / f"r{number}"
        (folder / "logs").mkdir(parents=True)
        own = {"run_id": f"r{number}", "job_id": str(number), "submission": {"token": f"t-r{number}"}}
        (folder / "run_manifest.json").write_bytes(dump_json({**manifest, **own}, ""))
        start = {"token": f"t-r{number}", "pid": 1, "host": "n1", "started_at": _AT}
        (folder / "logs/start.json").write_bytes(dump_json(start, ""))
    return Repository(root)


def own_cpu(root: Path, count: int, rounds: int) -> tuple[float, list[str]]:
    """CPU seconds of one look at *count* runs (the median of *rounds*, after a first one), and what each asked."""
    repository, playback = repository_of(root, count), Playback(count)
    slurm = SlurmScheduler(root, playback, interval=0.0, environ={"PATH": os.defpath})
    schedulers: Mapping[HostMode, Any] = {HostMode.SLURM: slurm}
    context = StageContext(repository, playback, schedulers, _judges_nothing, lambda: datetime.now(UTC))
    look(context, every=True)
    found = []
    for _ in range(rounds):
        playback.asked.clear()
        began = time.process_time()
        seen = look(context, every=True).seen
        found.append(time.process_time() - began)
        assert len(seen) == count
    return statistics.median(found), playback.asked


def _judges_nothing(root: str, **asked: object) -> Report:
    raise AssertionError("no run ends here")


def slurms_cpu(count: int, rounds: int) -> float | None:
    """CPU seconds of ``squeue`` and ``sacct`` together about *count* jobs; None where they are not installed."""
    if programs.missing((programs.SCHEDULER, programs.ACCOUNTING)):
        return None
    with Cluster() as cluster:
        # Each of them a job of its own, as the runs are; nearly all wait, and so are in squeue and in sacct.
        loop = f"for i in $(seq {count}); do sbatch --parsable --wrap='sleep 600' --output=/dev/null; done"
        ids = cluster.must("bash", "-c", loop, timeout=600).split()
        cluster.wait_accounted(ids[-1], "PENDING")
        calls = (argv.squeue(ids), argv.sacct(ids))
        return sum(
            statistics.median(_children(lambda call=call: _ask(cluster, call, count)) for _ in range(rounds))
            for call in calls
        )


def _ask(cluster: Cluster, call: Call, count: int) -> None:
    answer = cluster.run(*call.argv, environment=call.environment(cluster.environment))
    assert answer.stdout.count("\n") >= count, answer.stderr  # a command that fails early would look cheap


def _children(work: Callable[[], object]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.monitor", description="What a monitor step costs.")
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        own, asked = own_cpu(Path(folder).resolve() / "repository", options.jobs, options.rounds)
    print(f"one step over {options.jobs} runs: {own * 1000:.0f} ms of CPU, asked: {', '.join(asked) or 'nothing'}")
    slurm = slurms_cpu(options.jobs, options.rounds)
    if slurm is None:
        print("squeue and sacct are not installed: nothing to compare with")
        return 0
    print(f"squeue and sacct about as many jobs: {slurm * 1000:.0f} ms of CPU; ours is {own / slurm:.2f} x (target 1)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
