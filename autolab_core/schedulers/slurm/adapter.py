"""The Slurm scheduler: submit once, find by name, look at many at once, cancel by id and name."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import attrs

from autolab_core.exec.command import Runner
from autolab_core.io.layout import RunPaths
from autolab_core.models.job import Answer, CancelOutcome, JobHandle, JobObservation, JobSpec
from autolab_core.schedulers.slurm import argv
from autolab_core.schedulers.slurm.asking import Asker, complaint_of
from autolab_core.schedulers.slurm.cache import AnswerCache, interval_of
from autolab_core.schedulers.slurm.capabilities import Capabilities
from autolab_core.schedulers.slurm.errors import Complaint, Fate, submission
from autolab_core.schedulers.slurm.evidence import identity
from autolab_core.schedulers.slurm.find import Search
from autolab_core.schedulers.slurm.job_files import JobFiles, LocalFiles, Place
from autolab_core.schedulers.slurm.job_ids import JobId
from autolab_core.schedulers.slurm.look import Look
from autolab_core.schedulers.slurm.steady import Steady
from autolab_core.vocab.errors import ParseError, QueryFailed, RunnerError, SubmitRejected, SubmitUnknown
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState
from autolab_core.vocab.times import parse_timestamp

__all__ = ["SlurmScheduler"]

_POLL_SECONDS: Final = (0.2, 0.5, 1.0, 2.0)
_KILL_WAIT_SECONDS: Final = 30  # Slurm's default
_CLOSING_SECONDS: Final = 30.0


def _now() -> datetime:
    return datetime.now(UTC)


@attrs.frozen(eq=False)
class SlurmScheduler:
    """Jobs of the cluster that *runner* reaches, for the repository *root*, which all its nodes see.

    *cluster* is another one than the runner's own. *interval* is how long an answer about jobs may be shared with other
    processes (seconds; None: see ``interval_of``). *elsewhere* says that the runner is on another
    machine, where the environment has to be cleaned; *place* then names that machine, and *files* reaches what the jobs
    write there.
    """

    root: Path
    runner: Runner
    cluster: str | None = None
    interval: float | None = None
    environ: Mapping[str, str] = attrs.field(factory=lambda: dict(os.environ))
    now: Callable[[], datetime] = _now
    elsewhere: bool = False
    place: str = ""
    files: JobFiles = attrs.field()
    _asker: Asker = attrs.field(init=False)
    _capabilities: Capabilities = attrs.field(init=False)
    _cache: AnswerCache = attrs.field(init=False)
    _steady: Steady = attrs.field(init=False)
    _unclear: set[str] = attrs.field(factory=set, init=False)

    @files.default
    def _make_files(self) -> JobFiles:
        return LocalFiles(self.root)

    @_asker.default
    def _make_asker(self) -> Asker:
        return Asker(self.runner, self.environ, self.now, self.elsewhere)

    @_capabilities.default
    def _make_capabilities(self) -> Capabilities:
        return Capabilities(self._asker)

    @_cache.default
    def _make_cache(self) -> AnswerCache:
        interval = interval_of(self.environ) if self.interval is None else self.interval
        return AnswerCache(self.environ, interval, time.time, self.place)

    @_steady.default
    def _make_steady(self) -> Steady:
        return Steady(self.root)

    def submit(self, job: JobSpec, token: str) -> JobHandle:
        """See ``Scheduler.submit``: ``sbatch`` of the file as it lies there.

        A run that has begun is not submitted, nor a token that slurmctld lists, nor anything while it does not answer.
        """
        try:
            begun = self.files.prepare(_places(job))
        except RunnerError as error:
            raise SubmitUnknown(f"the job was not submitted: {error}") from error
        if begun is not None:
            raise SubmitUnknown(f"{begun} was started before: a run starts once")
        self._not_there(token)
        self._capabilities.probe(self.cluster)  # its name goes on record, and its patience into what is asked
        call = argv.sbatch(
            self.files.absolute(Place(job.root, job.run_folder), job.script),
            name=token,
            folder=str(self.root) if job.root is None else job.root,
            site=self._capabilities.site(self.cluster),
            requeue=job.requeue,
            options=job.options,
        )
        answer = self._asker.ask(call)
        if answer.exit_code is None:
            self._unclear.add(token)
            raise SubmitUnknown(f"it is not known whether sbatch submitted {token}: {answer.stderr}")
        outcome = submission(answer.exit_code, answer.stdout.encode(), answer.stderr.encode())
        if outcome.fate is Fate.REFUSED:
            raise SubmitRejected(f"Slurm refuses the job: {outcome.reason}")
        if outcome.fate is Fate.NOT_SENT:
            raise SubmitUnknown(f"the job was not submitted: {outcome.reason}")
        if outcome.id is None:
            self._unclear.add(token)
            raise SubmitUnknown(f"it is not known whether sbatch submitted {token}: {outcome.reason}")
        return self._handle(outcome.id, token, job)

    def find(self, job: JobSpec, token: str) -> JobHandle | None:
        """See ``Scheduler.find``: slurmctld by name, then the accounting, then the run's own start marker."""
        search = self._search()
        submitted = parse_timestamp(job.submitted_at) if job.submitted_at else None
        found = search.find(token, submitted, unclear=token in self._unclear)
        self._unclear.discard(token)
        if found is not None:
            return self._handle(found, token, job)
        for place, answers in zip(_places(job), self._markers(job), strict=True):
            paths = RunPaths(place.folder)
            if {answer.argv[1] for answer in answers} & {paths.start_marker, paths.exit_marker}:
                raise QueryFailed(f"{token} has begun (see {paths.start_marker}), and Slurm lists no job of that name")
        return None

    def observe(self, handles: Sequence[JobHandle]) -> Mapping[JobHandle, JobObservation]:
        """See ``Scheduler.observe``: one ``squeue`` and at most one ``sacct`` for each cluster."""
        return Look(self.files, self._asker, self._capabilities, self._cache, self.now, self._steady).at(handles)

    def cancel(self, handle: JobHandle, *, reason: str) -> CancelOutcome:
        """See ``Scheduler.cancel``. The request is on disk before the job is told.

        An array is cancelled by one command, and has ended when all of its tasks have.
        """
        before = self._observe_now(handle.tasks or (handle,))
        identifier = self._identity(handle)
        there = {each: seen.state for each, seen in before.items() if seen.state not in ENDED_JOB_STATES}
        if not there:
            return CancelOutcome.ALREADY_ENDED
        if identifier is None or set(there.values()) == {JobState.ABSENT}:
            return CancelOutcome.NOT_FOUND
        if not set(there.values()) - {JobState.ABSENT, JobState.UNKNOWN}:
            return CancelOutcome.STILL_RUNNING
        try:
            self.files.request_end([Place(each.root, each.run_folder) for each in there], handle.token, reason)
        except RunnerError as error:
            raise QueryFailed(str(error)) from error
        config = self._capabilities.probe(identifier.cluster or None)
        site = self._capabilities.site(identifier.cluster or None)
        self._cache.forget(identifier.cluster or None)
        answer = self._asker.ask(argv.scancel([str(identifier)], site=site, name=handle.token))
        complaint = complaint_of(answer)
        if complaint in {Complaint.NOT_PERMITTED, Complaint.MISCONFIGURED, Complaint.MISUSED}:
            raise QueryFailed(f"scancel: {answer.stderr.strip()[-300:] or complaint}")
        kill_wait = config.kill_wait.seconds if config.kill_wait is not None else None
        outcome = self._await_end(
            tuple(there), (_KILL_WAIT_SECONDS if kill_wait is None else kill_wait) + _CLOSING_SECONDS
        )
        self._cache.forget(identifier.cluster or None)
        return outcome

    def _await_end(self, handles: Sequence[JobHandle], seconds: float) -> CancelOutcome:
        until = time.monotonic() + seconds
        polls = iter(_POLL_SECONDS)
        while True:
            seen = self._observe_now(handles).values()
            if all(each.state in ENDED_JOB_STATES for each in seen):
                left = all(each.started_at is None or each.exit_code is not None for each in seen)
                return CancelOutcome.CANCELLED if left else CancelOutcome.KILLED
            if time.monotonic() > until:
                return CancelOutcome.STILL_RUNNING
            time.sleep(next(polls, _POLL_SECONDS[-1]))

    def _markers(self, job: JobSpec) -> Sequence[tuple[Answer, ...]]:
        try:
            return self.files.markers(_places(job), self.now())
        except RunnerError as error:
            raise QueryFailed(str(error)) from error

    def _observe_now(self, handles: Sequence[JobHandle]) -> dict[JobHandle, JobObservation]:
        """Jobs asked about now: nobody's earlier answer decides what is done to them."""
        alone = AnswerCache(self.environ, 0.0, time.time)
        look = Look(self.files, self._asker, self._capabilities, alone, self.now, Steady(self.root))
        try:
            return look.at(handles)
        except RunnerError as error:
            raise QueryFailed(str(error)) from error

    def _identity(self, handle: JobHandle) -> JobId | None:
        try:
            return identity(handle)
        except ParseError:
            return None

    def _search(self) -> Search:
        return Search(self._asker, self._capabilities.site(self.cluster), self.now)

    def _not_there(self, token: str) -> None:
        try:
            found = self._search().listed(token)
        except QueryFailed as error:
            raise SubmitUnknown(f"the job was not submitted: {error}") from error
        if found is not None:
            raise SubmitUnknown(f"{token} was submitted before: it is job {found}")

    def _handle(self, found: JobId, token: str, job: JobSpec) -> JobHandle:
        cluster = found.cluster or self.cluster
        own = self._capabilities.probe(None).cluster if cluster is None else ""
        return JobHandle(
            token,
            job.run_folder,
            job_id=str(found),
            cluster=cluster or own or None,
            submitted_at=job.submitted_at,
            own=bool(own),
            root=job.root,
        )


def _places(job: JobSpec) -> list[Place]:
    return [Place(job.root, folder) for folder in (job.run_folder, *job.task_folders)]
