"""Running one command of an experiment: under the guard, its output read as it comes, its end put on record.

In a process that runs under a guard already, as a launched run does, that one holds the command, too.

What the command prints on standard output goes to a log and to the terminal, and the JSON lines in it to the recorder.
An abort, an interruption, and the death of this process each end the command with all that it started.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, Final

import attrs

from autolab_core.exec.watched import Output, Watched
from autolab_core.experiment.enclosing import outer_of
from autolab_core.experiment.guarding import Guarding, policy_of, put_under_guard
from autolab_core.experiment.lines import LINE_MAX, read_line
from autolab_core.experiment.reading import Reader
from autolab_core.experiment.recorder import Recorder
from autolab_core.experiment.tables import Table
from autolab_core.experiment.usage import Meter, Used
from autolab_core.guard.enforce.syscalls import die_with_parent
from autolab_core.io.atomic import make_dirs, store_error
from autolab_core.io.digest import sha256_of_bytes
from autolab_core.io.documents import parse_json, read_source
from autolab_core.vocab.errors import AutolabError, GuardRefused
from autolab_core.vocab.experiment import RUN_TIME, Arm, Phase, SanityCheck

__all__ = ["Echo", "Ended", "Task", "run_task", "to_terminal"]

_TICK_SECONDS: Final = 0.5
_GRACE_SECONDS: Final = 5.0
_KILL_SECONDS: Final = 20.0
_REFUSED: Final = GuardRefused.exit_code
_ID_ROOM: Final = 80

Echo = Callable[[bytes, bool], None]


@attrs.frozen
class Task:
    """A command of a phase that goes on.

    ``seed``: the one it runs for, None where it runs for all or for none; ``runs``: how many training runs it makes,
    among which its time is divided where a criterion limits that of one. ``check``: the sanity check that it is.
    ``csv``: a file, relative to the repository, that it writes metrics to.
    """

    words: tuple[str, ...]
    phase: Phase
    arm: Arm | None = None
    seed: int | None = None
    runs: int = 1
    check: SanityCheck | None = None
    csv: str | None = None


@attrs.frozen
class Ended:
    """How it ended. ``exit_code`` is the command's own as a shell gives it; 125 where the guard refused to start it.

    ``faults`` are what it reported of the spec's metrics and was refused, ``changes`` what of the protected is not as
    it was sealed: either breaks the attempt.
    """

    exit_code: int
    faults: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    @property
    def well(self) -> bool:
        """Whether the phase may go on."""
        return self.exit_code == 0 and not self.faults and not self.changes


def run_task(recorder: Recorder, task: Task, *, environment: Mapping[str, str] | None = None, echo: Echo) -> Ended:
    """Run *task* to its end, with start, numbers and end on record.

    *echo* is handed every line that the command writes, and whether it came from standard error. Raises
    AbortTriggered once an abort criterion is met, KeyboardInterrupt for Ctrl-C, and whatever recording raises; in each
    case the command was stopped before.
    """
    return _Running(recorder, task, dict(os.environ if environment is None else environment), echo).run()


class _Running:
    def __init__(self, recorder: Recorder, task: Task, environment: Mapping[str, str], echo: Echo) -> None:
        self._recorder = recorder
        self._task = task
        self._environment = environment
        self._echo = echo
        self._id = _run_id(recorder, task)
        self._reader = Reader(recorder, task.arm, task.seed, self._say)
        limits = any(each.kind == RUN_TIME for each in recorder.spec.abort)
        self._limits_time = limits and task.phase is not Phase.SANITY

    def run(self) -> Ended:
        recorder, task = self._recorder, self._task
        root = os.path.realpath(recorder.root)
        outer = outer_of(recorder.state.opened[-1]) if recorder.state.opened else None
        guarding = Guarding((), "")
        if outer is None:
            guarding = put_under_guard(recorder.root, policy_of(recorder.root, recorder.paths), self._id)
        table = None if task.csv is None else Table(root, task.csv)
        with _opened(recorder, self._id) as log:
            recorder.command_started(task.words, arm=task.arm, seed=task.seed)
            meter = Meter(self._environment)
            child = Watched(
                (*guarding.words, *task.words),
                cwd=root,
                env=self._environment,
                line_max=LINE_MAX,
                prepare=_die_with_us,
            )
            try:
                code, used = self._watch(child, meter, log)
            except KeyboardInterrupt:
                self._record_end(_code(child), meter.used(), outer or _seen(root, guarding.record)[0])
                raise
            finally:
                child.close()
                if outer is not None:
                    child.kill_group()
        guard, changes = _seen(root, guarding.record) if outer is None else (outer, ())
        self._record_end(code, used, guard)
        if table is not None and code == 0:
            self._reader.take(table.new_items([each.name for each in recorder.spec.metrics]))
        if guard["level"] is None and code == _REFUSED:
            self._say("the command was not started: it could not be guarded")
        return Ended(code, tuple(self._reader.faults), changes)

    def _watch(self, child: Watched, meter: Meter, log: BinaryIO) -> tuple[int, Used]:
        """Read the output until the command has ended; its exit code and what it used."""
        names = [each.name for each in self._recorder.spec.metrics]
        try:
            for output in child.output(_TICK_SECONDS):
                if output is not None:
                    self._keep(output, log)
                    if output.whole and not output.error:
                        self._reader.take(read_line(output.text, names))
                meter.look(child.pid)
                if self._limits_time:
                    each = meter.seconds / self._task.runs
                    self._recorder.run_time(each, arm=self._task.arm, seed=self._task.seed)
        except KeyboardInterrupt:
            self._stop(child, signal.SIGINT, log)
            raise
        except BaseException:
            self._stop(child, signal.SIGTERM, log)
            raise
        return _code(child), meter.used()

    def _stop(self, child: Watched, first: signal.Signals, log: BinaryIO) -> None:
        """End the command: ask, wait, and then kill all that it started. The guard itself goes on to its record."""
        child.signal(first)
        until = time.monotonic() + _GRACE_SECONDS
        for output in child.output(0.1):
            if output is not None:
                self._keep(output, log)
            if time.monotonic() > until:
                break
        if child.wait(0) is None:
            child.kill_below()
            child.wait(_KILL_SECONDS)

    def _keep(self, output: Output, log: BinaryIO) -> None:
        try:
            log.write(output.text)
        except OSError as error:
            raise store_error(self._recorder.paths.logs, "cannot be written", error) from error
        self._echo(output.text, output.error)

    def _say(self, text: str) -> None:
        self._echo(f"autolab: {text}\n".encode(errors="backslashreplace"), True)

    def _record_end(self, code: int, used: Used, guard: Mapping[str, Any]) -> None:
        task = self._task
        if task.check is not None:
            self._recorder.check(task.check, task.words, code, used.seconds)
        self._recorder.command_ended(
            task.words,
            arm=task.arm,
            seed=task.seed,
            exit_code=code,
            seconds=used.seconds,
            cpu_seconds=used.cpu_seconds,
            gpu_hours=used.gpu_hours,
            guard=guard,
        )


def _run_id(recorder: Recorder, task: Task) -> str:
    """What the guard's record and the log are called: no two commands of an experiment have one name, because each
    is at another place in the journal."""
    name = recorder.spec.id
    if len(name) > _ID_ROOM:
        name = f"{name[:_ID_ROOM]}-{sha256_of_bytes(name.encode())[:12]}"
    return f"{name}-{task.check or task.phase}-{recorder.state.entries}"


def _opened(recorder: Recorder, run_id: str) -> BinaryIO:
    folder = recorder.root / recorder.paths.logs
    make_dirs(folder)
    path = f"{recorder.paths.logs}/{run_id}.log"
    try:
        return open(recorder.root / path, "xb", buffering=0)
    except OSError as error:
        raise store_error(path, "cannot be written", error) from error


def _seen(root: str, record: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The guard's record in short, and its changes as sentences. Without one the command was not started."""
    try:
        source = read_source(os.path.join(root, record), record)
        found = parse_json(source, record).data
        changes = (found["after"] or {}).get("changes", [])
        level = found["level"]
        told = tuple(f"{each['path']}: {each['what']}" for each in changes)
    except (AutolabError, KeyError, TypeError):
        return {"level": None, "record": None, "changes": []}, ()
    return {"level": level, "record": record, "record_sha256": sha256_of_bytes(source), "changes": changes}, told


def _code(child: Watched) -> int:
    code = child.wait(_KILL_SECONDS)
    if code is None:
        return 128 + signal.SIGKILL
    return 128 - code if code < 0 else code


def _die_with_us() -> None:
    """In the child: end when this process is killed, and with the guard all that it guards."""
    die_with_parent(signal.SIGKILL)


def to_terminal(text: bytes, error: bool) -> None:
    """An ``Echo``: on to our own outputs. Somebody who stopped reading stops nothing else."""
    stream = sys.stderr if error else sys.stdout
    try:
        stream.buffer.write(text)
        stream.flush()
    except (BrokenPipeError, ValueError):
        return
