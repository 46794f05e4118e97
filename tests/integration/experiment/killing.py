"""A program: carry out the protocol with a kill at each thing that is written, go on, and say what came of it.

Every kill is one of a child of this process, by SIGKILL, before or in the middle of the n-th write or rename.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autolab_core.experiment.recorder import Recorder
from autolab_core.io.journal import read_journal
from autolab_core.vocab.experiment import Phase
from tests.unit.experiment import samples

MOST = 200


def carry_out(root: Path) -> None:
    """What a script does that is started again after each kill: it asks nothing but the recorder."""
    with Recorder.open(root, samples.PATH) as recorder:
        if not recorder.state.finished(Phase.SANITY):
            samples.sanity(recorder)
        recorder.start(Phase.BASELINE)
        for seed in recorder.outstanding():
            recorder.record("loss", 0.5 + seed / 100, seed=seed)
            recorder.record("speed", 3.0 + seed, seed=seed)
        recorder.end()
        recorder.start(Phase.TREATMENT)
        for seed in recorder.outstanding():
            samples.row(recorder, seed)
        recorder.record("size", 64)
        recorder.record("first_loss", 2.3)
        recorder.end()
        recorder.finish()


def die_at(point: int, half: bool) -> Callable[[], int]:
    """Let this process be killed at the *point*-th write or rename; what counts them."""
    count = 0
    write, replace = os.write, os.replace

    def kill() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def counted_write(descriptor: int, data: Any) -> int:
        nonlocal count
        count += 1
        if count == point:
            if half:
                write(descriptor, bytes(data)[: len(data) // 2])
            kill()
        return write(descriptor, data)

    def counted_replace(*arguments: Any, **options: Any) -> None:
        nonlocal count
        count += 1
        if count == point:
            if half:
                replace(*arguments, **options)
            kill()
        replace(*arguments, **options)

    os.write, os.replace = counted_write, counted_replace
    return lambda: count


def in_child(call: Callable[[], None]) -> int:
    """Do *call* in a child; its wait status."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            call()
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)
    return os.waitpid(child, 0)[1]


def story(root: Path) -> dict[str, Any]:
    """What a reader has of the repository *root* in the end."""
    journal = read_journal(root / samples.PATHS.journal)
    found = samples.metrics(root)
    kept = ("baseline", "treatment", "per_seed", "sanity_checks", "abort_triggered")
    numbers = [
        (e["phase"], e["attempt"], e["metric"], e["seed"], e["value"])
        for e in journal.entries
        if e["event"] == "metric"
    ]
    return {
        "metrics": {key: found[key] for key in kept},
        "faults": [list(fault) for fault in journal.faults],
        "numbers": numbers,
        "events": [entry["event"] for entry in journal.entries],
    }


def main(folder: str, half: bool) -> None:
    undisturbed = samples.repository(Path(folder, "undisturbed"))
    carry_out(undisturbed)
    stories = []
    for point in range(1, MOST):
        root = samples.repository(Path(folder, str(point)))

        def until_killed(root: Path = root, point: int = point) -> None:
            die_at(point, half)
            carry_out(root)

        status = in_child(until_killed)
        if not os.WIFSIGNALED(status):
            break
        before = samples.events(root) if (root / samples.PATHS.journal).exists() else []
        again = in_child(lambda root=root: carry_out(root))
        stories.append({"point": point, "again": again, "before": len(before), **story(root)})
        shutil.rmtree(root)
    print(json.dumps({"undisturbed": story(undisturbed), "stories": stories}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] == "half")
