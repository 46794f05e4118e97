"""What the fake cluster is told (``scenario.json``) and what it remembers (``state.json``), both under one lock."""

from __future__ import annotations

import fcntl
import json
import os
import time

from .faults import KINDS
from .jobs import Job

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Self

__all__ = ["World"]

SETTINGS: dict[str, Any] = {
    "cluster": "c1",
    "user": "tester",
    "uid": 1001,
    "nodes": ["n1", "n2"],
    "partitions": ["debug"],
    "min_job_age": 300,
    "message_timeout": 10,
    "accounting": True,
    "accounting_lag": 0,
    "max_array_size": 1001,
    "execute": False,
    "starts_after": 0,
    "runs_for": None,
    "exit_code": 0,
    "clock": None,
    "ahead": 0,
    "faults": [],
}


class World:
    """The cluster, for one program at a time. A context manager: it is locked from entry to exit, and saved at exit."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.settings: dict[str, Any] = dict(SETTINGS)
        self.jobs: list[Job] = []
        self.next_id = 1
        self.calls: dict[str, int] = {}
        self._before = ""
        self._lock = -1

    # --- held, loaded and saved

    def __enter__(self) -> Self:
        self._lock = os.open(os.path.join(self.folder, "lock"), os.O_RDWR | os.O_CREAT, 0o644)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.settings.update(json.loads(self._read("scenario.json") or "{}"))
        self._before = self._read("state.json")
        state = json.loads(self._before or "{}")
        self.jobs = [Job(each) for each in state.get("jobs", [])]
        self.next_id = state.get("next_id", 1)
        self.calls = state.get("calls", {})
        self._settle()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.save()
        finally:
            os.close(self._lock)

    def save(self) -> None:
        """Put it on disk now; what is accepted before a program is killed stays accepted."""
        text = json.dumps({"next_id": self.next_id, "calls": self.calls, "jobs": [vars(job) for job in self.jobs]})
        if text != self._before:
            self.write("state.json", text)
            self._before = text

    def journal(self, program: str, words: list[str]) -> None:
        """Note that it was asked, for tests that count."""
        with open(os.path.join(self.folder, "calls.jsonl"), "a", encoding="utf-8") as file:
            file.write(json.dumps([program, *words]) + "\n")

    def _read(self, name: str) -> str:
        try:
            with open(os.path.join(self.folder, name), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def write(self, name: str, text: str) -> None:
        """Replace a file of the folder whole."""
        path = os.path.join(self.folder, name)
        with open(f"{path}.new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(f"{path}.new", path)

    # --- time

    @property
    def now(self) -> int:
        """Seconds since 1970: the scenario's own clock where it has one, otherwise this machine's, moved by it."""
        clock = self.settings["clock"]
        base = time.time() if clock is None else clock
        return int(base + self.settings["ahead"])

    def _settle(self) -> None:
        """Let every job come to where it is by now. Jobs that are really run come there by themselves."""
        if self.settings["execute"]:
            return
        now = self.now
        for job in self.jobs:
            if job.state == "PENDING" and not job.held and job.starts_after is not None:
                at = int(job.submitted + job.starts_after)
                if now >= at:
                    job.start(at, self.settings["nodes"][job.serial % len(self.settings["nodes"])])
            if job.state == "RUNNING":
                self._end_if_due(job, now)

    def _end_if_due(self, job: Job, now: int) -> None:
        limit = None if job.limit is None else job.started + job.limit * 60
        due = None if job.runs_for is None else int(job.started + job.runs_for)
        if due is not None and now >= due and (limit is None or due <= limit):
            job.finish("FAILED" if job.exit_code else "COMPLETED", job.exit_code << 8, due)
        elif limit is not None and now >= limit:
            job.finish("TIMEOUT", 15, limit)

    # --- jobs

    def add(self, given: dict[str, Any]) -> Job:
        """A new job that slurmctld has accepted, with the next id."""
        job = Job({"serial": len(self.jobs) + 1, "id": self.next_id, **given})
        job.submitted = self.now
        self.next_id += 1
        self.jobs.append(job)
        return job

    def remembered(self, purged: bool = False) -> Iterator[Job]:
        """The jobs that slurmctld knows, newest last; *purged*: as if MinJobAge had passed for all that have ended."""
        age = 0 if purged else self.settings["min_job_age"]
        for job in self.jobs:
            if job.known and not (job.over and (purged or self.now - job.ended > age)):
                yield job

    # --- faults

    def fault(self, program: str, kinds: frozenset[str] | None = None) -> dict[str, Any] | None:
        """The fault (one of *kinds* where they are given) that befalls this call of *program*.

        Every fault that could befall it counts the call; of several that are due, the first one happens.
        """
        found = None
        for place, fault in enumerate(self.settings["faults"]):
            if fault["command"] not in {program, "*"} or program not in KINDS.get(fault["kind"], ()):
                continue
            if kinds is not None and fault["kind"] not in kinds:
                continue
            key = str(fault.get("id", f"at {place}"))
            number = self.calls[key] = self.calls.get(key, 0) + 1
            first = fault.get("after", 0)
            times = fault.get("times")
            if found is None and number > first and (times is None or number <= first + times):
                found = fault
        return found
