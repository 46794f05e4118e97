"""How runs that are watched are shown: a table that is drawn over itself, plain lines, JSON lines."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest

from autolab_cli.commands import live
from autolab_cli.commands.live import Table, plain
from autolab_cli.main import main
from autolab_core.models.job import JobObservation, JobUsage
from autolab_core.models.manifest import RunManifest, Timestamps
from autolab_core.stages.watching.look import Seen
from autolab_core.stages.watching.watch import Round
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.states import HostMode, RunStatus
from tests.unit.repositories import AT, FOLDER, NOW, change_json, manifest, put

LATER = NOW + timedelta(minutes=10)
STARTED = "2026-02-01T12:04:00Z"


def seen(run_id="r1", reason="", **observed) -> Seen:
    made = RunManifest(
        run_id,
        "iter_a",
        RunStatus.RUNNING,
        host_mode=HostMode.SLURM,
        job_id="4242",
        timestamps=Timestamps(created_at=AT, started_at=STARTED),
    )
    usage = JobUsage(elapsed=360, limit=3600)
    return Seen(None, made, made, JobObservation(JobState.RUNNING, reason=reason, usage=usage, **observed))


def shown(*runs: Seen, problem="", pause=7.5) -> Round:
    return Round(LATER, None, problem, runs, True, pause)


def test_a_run_is_one_line():
    assert plain(seen(reason="None"), LATER) == (
        "r1 job 4242: RUNNING, running, 00:06:00/01:00:00 elapsed, 00:04:00 in queue: None"
    )


def test_a_stuck_run_says_what_to_do():
    assert plain(seen(stuck="held: release it"), LATER).endswith(": held: release it")


def test_the_table_is_drawn_over_itself_and_fits_the_window():
    stream = io.StringIO()
    table = Table(stream)
    table.show(shown(seen(reason="x" * 500)))
    table.show(shown(seen(), problem="slurmctld is silent"))

    first, second = stream.getvalue().split("\x1b[3F")
    lines = re.sub(r"\x1b\[[0-9]*[A-Z]", "", first).splitlines()
    assert lines[0].split() == ["RUN", "JOB", "STATE", "STATUS", "ELAPSED/LIMIT", "IN", "QUEUE", "REASON"]
    assert max(map(len, lines)) <= 80
    assert "next look in 8 s" in lines[-1]
    assert "slurmctld is silent" in second


def test_more_runs_than_the_window_has_lines_are_counted(monkeypatch):
    monkeypatch.setattr(Table, "_window", lambda self: (100, 10))
    stream = io.StringIO()
    Table(stream).show(shown(*(seen(f"r{number}") for number in range(50))))

    assert stream.getvalue().count("\n") == 8
    assert "and 45 more runs" in stream.getvalue()


def test_what_a_scheduler_said_does_not_write_to_the_terminal():
    stream = io.StringIO()
    Table(stream).show(shown(seen(reason="\x1b[2J\r\nall is well")))

    assert "\x1b[2J" not in stream.getvalue()
    assert stream.getvalue().count("\n") == 3


def test_a_time_that_nobody_knows_is_a_dash():
    assert live._clock(None) == "-"


@pytest.fixture
def run(repository, monkeypatch):
    put(repository, f"{FOLDER}/runs/r1/run_manifest.json", manifest(submission={"token": "t"}))
    change_json(repository, ".autolab/state.json", stage="slurm_monitor", last_run_id="r1")
    monkeypatch.chdir(repository.root)
    return repository


def test_a_replay_of_a_local_run_says_that_there_is_none(run, capsys):
    assert main(["monitor", "--replay", "r1"]) == 2
    assert "local run" in capsys.readouterr().err


def test_a_replay_waits_for_nothing(run, capsys):
    assert main(["monitor", "--replay", "r1", "--wait"]) == 2
    assert "nothing to --wait for" in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--all", "--run", "r1"], ["--all", "--replay", "r1"]])
def test_one_choice_of_runs_at_a_time(options):
    with pytest.raises(SystemExit) as ended:
        main(["monitor", *options])
    assert ended.value.code == 2


def test_waiting_for_a_local_run_that_failed_ends_with_one(run, capsys):
    assert main(["monitor", "--wait"]) == 1
    assert "r1 job -: absent, failed" in capsys.readouterr().out
