"""A monitor that remembers its looks writes what one writes that remembers nothing, whatever happens between them."""

from __future__ import annotations

import shutil
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autolab_core.exec.command import Command, CommandResult
from autolab_core.io import answers
from autolab_core.io.repository import Repository
from autolab_core.schedulers.slurm.adapter import SlurmScheduler
from autolab_core.schedulers.slurm.argv import ACCOUNTING_FIELDS, QUEUE_FIELDS, SEPARATOR
from autolab_core.schedulers.slurm.steady import Steady as SlurmSteady
from autolab_core.stages.context import StageContext
from autolab_core.stages.monitor import look
from autolab_core.stages.watching.look import count_looks
from autolab_core.stages.watching.steady import Steady
from autolab_core.stages.watching.watch import watch
from autolab_core.vocab.states import HostMode
from tests.unit.repositories import FOLDER, Verifier, manifest, new_repository, put, snapshot

NOON = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
AT = "2026-02-01T12:00:00Z"
JOBS = {"r1": "11", "r2": "12", "r3": "13_2"}
DOWN = "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n"


@attrs.define
class World:
    """What Slurm says of each run, and what happens to the files; the same for both repositories."""

    now: datetime = NOON + timedelta(seconds=60)
    states: dict[str, tuple[str, str]] = attrs.field(factory=lambda: dict.fromkeys(JOBS, ("PENDING", "Priority")))
    said: str = ""

    def run(self, command: Command) -> CommandResult:
        program = command.argv[0]
        if self.said == "down" and program in {"squeue", "sacct"}:
            return CommandResult(command.argv, 1, b"", DOWN.encode())
        rows = {"squeue": self._queue, "sacct": self._accounting}.get(program, lambda: "")()
        if self.said == "cut":
            rows = rows[:-7]
        return CommandResult(command.argv, 0, rows.encode(), b"")

    def _queue(self) -> str:
        rows = []
        for run_id, (state, reason) in self.states.items():
            if state == "gone":
                continue
            name = "another" if state == "taken" else f"t-{run_id}"
            begun = int(NOON.timestamp())
            known = {
                "JobArrayID": JOBS[run_id], "JobID": JOBS[run_id].partition("_")[0], "Reason": reason, "Name": name,
                "State": "RUNNING" if state == "taken" else state, "exit_code": "256" if state == "FAILED" else "0",
                "SubmitTime": str(begun), "StartTime": str(begun + 5), "EndTime": str(begun + 65), "TimeLimit": "1:00",
                "RestartCnt": "0",
            }  # fmt: skip
            rows.append("".join(f"{known.get(field, '')}{SEPARATOR}" for field in QUEUE_FIELDS) + "\n")
        return "".join(rows)

    def _accounting(self) -> str:
        rows = [SEPARATOR.join(ACCOUNTING_FIELDS) + "\n"]
        for run_id, (state, _) in self.states.items():
            if state in {"COMPLETED", "FAILED"}:
                known = {"JobID": JOBS[run_id], "State": state, "JobName": f"t-{run_id}", "ExitCode": "0:0"}
                known["ExitCode"] = "1:0" if state == "FAILED" else "0:0"
                rows.append(SEPARATOR.join(known.get(field, "") for field in ACCOUNTING_FIELDS) + "\n")
        return "".join(rows)


def context_of(root: Path, world: World) -> StageContext:
    scheduler = SlurmScheduler(root, world, interval=0.0, environ={"PATH": "/bin"}, now=lambda: world.now)
    # Files that are 2 s old in the time of a test: what is done to one later leaves another stamp after 10 ms, too.
    old = lambda: time.time_ns() + 10**10  # noqa: E731
    object.__setattr__(scheduler, "_steady", SlurmSteady(root, old))
    return StageContext(
        Repository(root), world, {HostMode.SLURM: scheduler}, Verifier(), lambda: world.now, steady=Steady(old)
    )


def first_state(root: Path) -> None:
    repository = new_repository(root)
    for run_id, job_id in JOBS.items():
        given = {
            "host_mode": "slurm", "launch_mode": "slurm", "status": "submitted", "job_id": job_id,
            "submission": {"token": f"t-{run_id}"}, "history": [{"at": AT, "status": "submitted", "why": ""}],
            "artifact_sync_to_local": {"status": "pending", "method": "shared_filesystem"},
        }  # fmt: skip
        put(repository, f"{FOLDER}/runs/{run_id}/run_manifest.json", manifest(run_id, **given))
        put(repository, f"{FOLDER}/runs/{run_id}/logs/stdout.log", "hello\n")


def edit_manifest(root: Path, run_id: str) -> None:
    """In place, and as long as it was."""
    path = root / FOLDER / "runs" / run_id / "run_manifest.json"
    text = path.read_text()
    path.write_text(text.replace('"true"', '"ture"') if '"true"' in text else text.replace('"ture"', '"true"'))


def set_back(root: Path, run_id: str) -> None:
    """Another status, in as many letters; the next look has to set it right."""
    path = root / FOLDER / "runs" / run_id / "run_manifest.json"
    path.write_text(path.read_text().replace('"status": "running"', '"status": "pending"', 1))


def settle_manifest(root: Path, run_id: str) -> None:
    path = root / FOLDER / "runs" / run_id / "run_manifest.json"
    at = format(NOON, "%Y-%m-%dT%H:%M:%SZ")
    failed = manifest(run_id, status="failed", job_id=JOBS[run_id], host_mode="slurm", launch_mode="slurm")
    failed["timestamps"] = {"created_at": at, "completed_at": at}
    put(Repository(root), str(path.relative_to(root)), failed)


def mark(name: str, **more: object):
    def write(root: Path, run_id: str) -> None:
        path = root / FOLDER / "runs" / run_id / f"logs/{name}.json"
        path.unlink(missing_ok=True)
        put(Repository(root), str(path.relative_to(root)), {"token": f"t-{run_id}", **more})

    return write


def drop_ledger_row(root: Path, _: str) -> None:
    path = root / "docs/slurm_job_list.md"
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    if len(lines) > 4:
        path.write_bytes(b"".join(lines[:-1]))


def damage_marker(root: Path, run_id: str) -> None:
    logs = root / FOLDER / "runs" / run_id / "logs"
    (logs / "new").write_text("{")
    (logs / "new").replace(logs / "start.json")


def drop_run(root: Path, run_id: str) -> None:
    shutil.rmtree(root / FOLDER / "runs" / run_id, ignore_errors=True)


EDITS = {
    "edit manifest": edit_manifest,
    "set back": set_back,
    "settle manifest": settle_manifest,
    "start": mark("start", pid=1, host="n1", started_at=AT),
    "exit": mark("exit", exit_code=0, finished_at=AT),
    "damaged start": damage_marker,
    "drop ledger row": drop_ledger_row,
    "drop run": drop_run,
}
STATES = st.tuples(
    st.sampled_from(["PENDING", "RUNNING", "COMPLETED", "FAILED", "gone", "taken"]),
    st.sampled_from(["None", "Resources", "JobHeldUser"]),
)
# Mostly nothing happens, as in life.
STEPS = st.one_of(
    st.just(("nothing", "", None)),
    st.just(("nothing", "", None)),
    st.tuples(st.just("state"), st.sampled_from(sorted(JOBS)), STATES),
    st.tuples(st.just("said"), st.sampled_from(["", "down", "cut"]), st.none()),
    st.tuples(st.sampled_from(sorted(set(EDITS) - {"drop run"})), st.sampled_from(sorted(JOBS)), st.none()),
    st.tuples(st.just("drop run"), st.just("r2"), st.none()),
    st.just(("another monitor", "", None)),
    st.tuples(st.just("later"), st.sampled_from(["1", "70", "4000", "-5"]), st.none()),
)
RUNS_ON = [("state", run_id, ("RUNNING", "None")) for run_id in sorted(JOBS)]
STILL = [("later", "1", None)] * 3


def happens(world: World, roots: tuple[Path, Path], step: tuple) -> None:
    what, which, more = step
    if what == "state":
        world.states[which] = more
    elif what == "said":
        world.said = which
    elif what == "later":
        world.now += timedelta(seconds=int(which))
    elif what == "another monitor":
        for root in roots:
            look(context_of(root, world), every=True)
    elif what in EDITS:
        for root in roots:
            if (root / FOLDER / "runs" / which).is_dir():
                EDITS[what](root, which)
    time.sleep(0.01)


def shown(seen):
    return [(each.run.folder, each.manifest, each.observation, each.new) for each in seen]


def written(root: Path) -> dict[str, bytes | None]:
    return {path: data for path, data in snapshot(root).items() if not path.startswith(".autolab/locks")}


@settings(deadline=None, max_examples=12)
@given(st.lists(STEPS, min_size=4, max_size=14))
@example([*RUNS_ON, *STILL, ("edit manifest", "r1", None), *STILL, ("drop ledger row", "", None), *STILL])
@example([*RUNS_ON, *STILL, ("set back", "r2", None), *STILL])
@example([*RUNS_ON, *STILL, ("exit", "r1", None), *STILL, ("state", "r1", ("COMPLETED", "None")), *STILL])
@example([*RUNS_ON, *STILL, ("settle manifest", "r3", None), ("drop run", "r2", None), *STILL])
@example(
    [*RUNS_ON, *STILL, ("said", "down", None), *STILL, ("said", "", None), *STILL, ("later", "4000", None), *STILL]
)
@example([*RUNS_ON, *STILL, ("another monitor", "", None), *STILL, ("later", "-5", None), *STILL])
def test_what_is_remembered_changes_nothing_that_is_written_or_seen(steps):
    with tempfile.TemporaryDirectory() as folder:
        roots = (Path(folder).resolve() / "remembers", Path(folder).resolve() / "forgets")
        for root in roots:
            first_state(root)
        world = World()
        remembers = context_of(roots[0], world)
        for step in (("nothing", "", None), *steps):
            happens(world, roots, step)
            found = look(remembers, every=True)
            expected = look(context_of(roots[1], world), every=True)

            assert shown(found.seen) == shown(expected.seen)
            assert found.unreadable == expected.unreadable
        count_looks(remembers)

        assert written(roots[0]) == written(roots[1])


def test_who_stops_watching_leaves_the_number_of_looks_behind(tmp_path):
    first_state(tmp_path)
    world = World(states=dict.fromkeys(JOBS, ("RUNNING", "None")))
    rounds = watch(context_of(tmp_path, world), every=True, sleep=lambda _: time.sleep(0.01))
    for _ in range(6):
        next(rounds)
    rounds.close()

    kept = answers.read(tmp_path / FOLDER / "runs/r1/logs/scheduler.jsonl", "shown")
    assert [record.again for record in kept] == [5]


def test_a_long_watch_writes_the_number_of_looks_every_hour(tmp_path):
    first_state(tmp_path)
    world = World(states=dict.fromkeys(JOBS, ("PENDING", "None")))
    context, found = context_of(tmp_path, world), []
    for _ in range(14):
        look(context, every=True)
        found.append(answers.read(tmp_path / FOLDER / "runs/r1/logs/scheduler.jsonl", "shown")[-1].again)
        world.now += timedelta(minutes=10)
        time.sleep(0.01)

    assert found[-1] > found[4]
    assert len(set(found)) < 7


def test_a_look_that_sees_nothing_new_writes_nothing_and_reads_no_manifest(tmp_path, monkeypatch):
    first_state(tmp_path)
    world = World(states=dict.fromkeys(JOBS, ("RUNNING", "None")))
    context = context_of(tmp_path, world)
    for _ in range(4):
        look(context, every=True)
        time.sleep(0.01)
    before = snapshot(tmp_path)
    monkeypatch.setattr(Repository, "manifest", lambda *_: pytest.fail("a manifest was read"))

    world.now += timedelta(seconds=30)
    found = look(context, every=True)

    assert [each.observation.usage.elapsed for each in found.seen] == [85] * 3
    after = snapshot(tmp_path)
    assert {path for path in after if after[path] != before.get(path)} <= {".autolab/locks/stage.lock"}
