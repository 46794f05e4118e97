"""A Slurm of six small programs and one folder, which answers as Slurm 22.05 does, or as it does on a bad day.

There are no daemons: each command reads and changes the folder under a lock. A test drives it from outside, and reads
back what the programs were asked and which jobs there are.
"""

from __future__ import annotations

import json
import os
import pwd
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs

from autolab_core.exec.command import Command, CommandResult
from autolab_core.exec.local import LocalRunner
from autolab_core.exec.quoting import quote
from autolab_core.testing.slurm_programs.faults import DETAILS, KINDS, REFUSALS
from autolab_core.testing.slurm_programs.jobs import ENDED, Job
from autolab_core.testing.slurm_programs.main import PROGRAMS, answer
from autolab_core.testing.slurm_programs.world import SETTINGS, World
from autolab_core.vocab.errors import RunnerError, UsageError

__all__ = ["FakeJob", "FaultyRunner", "FaultySlurm"]

_START: Final = """\
import sys

sys.path.insert(0, {place!r})
if sys.argv[1] == "run-job":
    from slurm_programs.run_job import run_job

    run_job({folder!r}, int(sys.argv[2]))
else:
    from slurm_programs.main import main

    main({folder!r}, sys.argv[1], sys.argv[2:])
"""
_FOREIGN: Final = ("SACCT_", "SBATCH_", "SLURM_", "SQUEUE_", "SINFO_", "SCONTROL_", "SCANCEL_")


@attrs.frozen
class FakeJob:
    """A job that the cluster took. ``state`` is Slurm's word; ``script`` is a copy of the bytes that were submitted.

    ``exit_code`` and ``signal`` mean something once it has ended. ``known`` is False when slurmctld has forgotten it,
    as after ``lose`` or ``wipe``: its id may then belong to another job. ``task`` is its number in an array.
    """

    id: str
    name: str
    state: str
    script: Path
    folder: str
    exit_code: int
    signal: int
    known: bool
    task: int | None

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.state in ENDED


class FaultySlurm:
    """A fake cluster in *folder*, which is made. Put ``environment`` on a process, or ask through ``runner``.

    *settings* (seconds where nothing else is said):

    - ``starts_after`` (0; None: never by itself) and ``runs_for`` (None): how long a job waits and runs;
      ``exit_code`` (0): the code that it then ends with.
    - ``execute`` (False): really run the scripts, as processes of their own; ``starts_after`` still holds.
    - ``clock`` (None): seconds since 1970 at which time stands still but for ``advance``. None is this machine's.
    - ``min_job_age`` (300): when slurmctld forgets a job that has ended. ``accounting`` (True): whether sacct works;
      ``accounting_lag`` (0): how late it is told of a new job. ``message_timeout`` (10): what the configuration says.
    - ``user`` and ``uid`` (one's own), ``cluster``, ``nodes``, ``partitions``, ``max_array_size``: what they say.

    Raises UsageError for a setting that it does not know. Two tests must not share a folder.
    """

    def __init__(self, folder: str | os.PathLike[str], **settings: object) -> None:
        self.folder = Path(folder).absolute()
        (self.folder / "scripts").mkdir(parents=True)
        self._faults = 0
        self._make_programs()
        with self._world() as world:
            world.write("scenario.json", "{}")
        self.configure(**{"user": _user(), "uid": os.geteuid(), **settings})

    def _make_programs(self) -> None:
        place = str(Path(__file__).parent)
        start = self.folder / "start.py"
        start.write_text(_START.format(place=place, folder=str(self.folder)), encoding="utf-8")
        self.programs.mkdir()
        for name in PROGRAMS:
            # A shell starts it: the first line of a script has no room for every interpreter's path.
            line = f'exec {quote(sys.executable)} -I -S {quote(str(start))} {name} "$@"'
            (self.programs / name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
            (self.programs / name).chmod(0o755)

    def _world(self) -> World:
        return World(str(self.folder))

    # --- reaching it

    @property
    def programs(self) -> Path:
        """The folder with the six programs."""
        return self.folder / "bin"

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment with the programs first on PATH and nothing in it that changes their answers."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        return {**kept, "PATH": f"{self.programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}

    @property
    def runner(self) -> FaultyRunner:
        """Runs the six programs without a process, a hundred times faster. Other commands run as they always do."""
        return FaultyRunner(self)

    # --- how it is set up

    def configure(self, **settings: object) -> None:
        """Change settings (see the class). Jobs that exist keep what was said of how long they wait and run."""
        unknown = sorted(set(settings) - (set(SETTINGS) - {"faults", "ahead"}))
        if unknown:
            raise UsageError(f"a faulty Slurm has no setting {', '.join(unknown)}")
        self._change_scenario(settings)

    def _change_scenario(self, changes: Mapping[str, object]) -> None:
        with self._world() as world:
            world.settings.update(changes)
            world.write("scenario.json", json.dumps(world.settings, indent=1))

    # --- what goes wrong

    def fault(self, command: str, kind: str, *, times: int | None = None, after: int = 0, **details: object) -> int:
        """From now on *command* (one of the six, or ``*`` for all) fails as *kind* says; the number of this fault.

        The first *after* calls that it could befall pass; then it befalls *times* calls, None: until it is lifted. The
        kinds and their details stand in ``docs/testing-with-a-faulty-slurm.md``. Raises UsageError for a kind, a detail
        or a command that does not fit.
        """
        if kind not in KINDS:
            raise UsageError(f"there is no fault {kind!r}; there are {', '.join(KINDS)}")
        if command != "*" and command not in KINDS[kind]:
            raise UsageError(f"{kind} cannot befall {command!r}, only {', '.join(sorted(KINDS[kind]))}")
        unknown = sorted(set(details) - DETAILS.get(kind, frozenset()))
        if unknown:
            raise UsageError(f"{kind} has no detail {', '.join(unknown)}")
        if kind == "refuse" and details.get("reason", "partition") not in REFUSALS:
            raise UsageError(f"sbatch has no refusal {details['reason']!r}; there are {', '.join(REFUSALS)}")
        self._faults += 1
        given = {"id": self._faults, "command": command, "kind": kind, "times": times, "after": after, **details}
        with self._world() as world:
            faults = [*world.settings["faults"], given]
        self._change_scenario({"faults": faults})
        return self._faults

    def lift(self, fault: int) -> None:
        """The fault of this number is over."""
        with self._world() as world:
            faults = [each for each in world.settings["faults"] if each["id"] != fault]
        self._change_scenario({"faults": faults})

    def mend(self) -> None:
        """All faults are over."""
        self._change_scenario({"faults": []})

    def wipe(self) -> None:
        """slurmctld loses its state: it knows no job, and ids begin at 1 again. The accounting keeps its rows."""
        with self._world() as world:
            world.next_id = 1
            for job in world.jobs:
                job.known = False

    # --- time and jobs

    @property
    def now(self) -> int:
        """The cluster's time, in seconds since 1970."""
        with self._world() as world:
            return world.now

    @property
    def has_own_clock(self) -> bool:
        """Whether its time stands still but for ``advance``."""
        with self._world() as world:
            return world.settings["clock"] is not None

    def advance(self, seconds: float) -> None:
        """Move the cluster's time, also backwards; jobs come to where they are then."""
        with self._world() as world:
            ahead = world.settings["ahead"] + seconds
        self._change_scenario({"ahead": ahead})

    def jobs(self, name: str | None = None) -> tuple[FakeJob, ...]:
        """Every job that was ever taken, in order, forgotten ones too; with *name* those that carry it."""
        with self._world() as world:
            return tuple(_view(job) for job in world.jobs if name in {None, job.name})

    def job(self, identifier: str) -> FakeJob:
        """The newest job of that id (``7``, ``7_2``). Raises UsageError when there is none."""
        with self._world() as world:
            return _view(_newest(world, identifier))

    def set_state(self, identifier: str, state: str, *, exit_code: int = 0, signal: int = 0, reason: str = "") -> None:
        """The job is in *state* (Slurm's word) from now on; *exit_code* and *signal* are how it ended."""
        with self._world() as world:
            job = _newest(world, identifier)
            if state in ENDED:
                if job.state != "PENDING":
                    job.start(job.started or world.now, job.nodes or world.settings["nodes"][0])
                job.finish(state, exit_code << 8 | signal, world.now, reason)
                return
            job.runs_for = job.starts_after = None
            job.ended = job.status = 0
            if state != "PENDING":
                job.start(job.started or world.now, job.nodes or world.settings["nodes"][0])
            job.state, job.reason = state, reason or "None"

    def finish(self, identifier: str, exit_code: int = 0, signal: int = 0) -> None:
        """The job ends now by itself: COMPLETED, or FAILED with *exit_code* or by *signal*. One that waited has run."""
        with self._world() as world:
            job = _newest(world, identifier)
            job.start(job.started or world.now, job.nodes or world.settings["nodes"][0])
            job.finish("FAILED" if exit_code or signal else "COMPLETED", exit_code << 8 | signal, world.now)

    def calls(self, program: str | None = None) -> tuple[tuple[str, ...], ...]:
        """What was asked, word for word and in order; of *program* alone where it is named."""
        try:
            lines = (self.folder / "calls.jsonl").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return ()
        asked = (tuple(json.loads(line)) for line in lines)
        return tuple(words for words in asked if program in {None, words[0]})


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _newest(world: World, identifier: str) -> Job:
    found = [job for job in world.jobs if identifier in {job.shown, str(job.id)}]
    if not found:
        raise UsageError(f"the faulty Slurm never had a job {identifier!r}")
    return found[-1]


def _view(job: Job) -> FakeJob:
    return FakeJob(
        id=job.shown,
        name=job.name,
        state=job.state,
        script=Path(job.copy),
        folder=job.folder,
        exit_code=job.status >> 8,
        signal=job.status & 0x7F,
        known=job.known,
        task=job.task,
    )


@attrs.frozen
class FaultyRunner:
    """A ``Runner`` that answers for the six programs itself. On a cluster with its own clock, waiting costs no time."""

    slurm: FaultySlurm

    def run(self, command: Command) -> CommandResult:
        """See ``Runner.run``. A program that hangs is a RunnerError at once; the cluster's own clock moves on."""
        program = os.path.basename(command.argv[0])
        if program not in PROGRAMS:
            return LocalRunner().run(command)
        outcome = answer(
            str(self.slurm.folder),
            program,
            list(command.argv[1:]),
            stdin=command.stdin.decode("utf-8", "surrogateescape"),
            cwd=command.cwd or os.getcwd(),
            environ=os.environ if command.env is None else command.env,
        )
        code, patience = outcome.code, command.timeout or 3600.0
        if code is None or outcome.seconds >= patience:
            self._wait(patience)
            raise RunnerError(f"{command.argv[0]}: no answer within {patience:g} s", transient=True)
        self._wait(outcome.seconds)
        stdout, stderr = (text.encode("utf-8", "surrogateescape") for text in (outcome.stdout, outcome.stderr))
        return CommandResult(command.argv, code, stdout, stderr)

    def _wait(self, seconds: float) -> None:
        if seconds and self.slurm.has_own_clock:
            self.slurm.advance(seconds)
