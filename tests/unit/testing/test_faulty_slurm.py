"""The fake cluster as a test sees it: jobs, time, scripts that really run, and what was asked."""

from __future__ import annotations

import subprocess
import time

import pytest

from autolab_core.exec.command import Command
from autolab_core.schedulers.slurm import argv
from autolab_core.schedulers.slurm.parse.sacct import parse_sacct
from autolab_core.schedulers.slurm.parse.squeue import parse_squeue
from autolab_core.testing import FaultySlurm
from autolab_core.vocab.errors import UsageError

START = 1_700_000_000


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "job.sh").write_text("#!/bin/bash\n#SBATCH --time=10\necho hello > said\nexit 3\n")
    return tmp_path


@pytest.fixture
def slurm(tmp_path):
    """A cluster whose time stands still."""
    return FaultySlurm(tmp_path / "slurm", clock=START)


def submit(slurm, folder, name="token", *options):
    call = argv.sbatch("job.sh", name=name, folder=str(folder))
    words = (*call.argv[:-2], *options, *call.argv[-2:])
    return slurm.runner.run(Command(words, cwd=str(folder))).text.strip()


def asked(slurm, call):
    return slurm.runner.run(Command(call.argv, env=call.environment({}), timeout=call.timeout))


def rows(slurm, *ids):
    return parse_squeue(asked(slurm, argv.squeue(ids)).stdout)


def test_a_job_is_taken_with_its_script(slurm, folder):
    job = submit(slurm, folder)

    assert job == "1"
    assert slurm.job("1").name == "token"
    assert slurm.job("1").script.read_bytes() == (folder / "job.sh").read_bytes()


def test_the_programs_answer_as_processes_too(slurm, folder):
    call = argv.sbatch("job.sh", name="token", folder=str(folder))

    done = subprocess.run(call.argv, env=slurm.environment, cwd=folder, capture_output=True, text=True, check=True)

    assert done.stdout == "1\n"
    assert [job.name for job in slurm.jobs()] == ["token"]


def test_a_job_moves_with_the_clusters_own_time(slurm, folder):
    slurm.configure(starts_after=60, runs_for=100, exit_code=3)
    job = submit(slurm, folder)

    seen = []
    for seconds in (0, 60, 100):
        slurm.advance(seconds)
        seen.append(slurm.job(job).state)

    assert seen == ["PENDING", "RUNNING", "FAILED"]
    assert rows(slurm, job)[0].exit.code == 3
    assert slurm.now == START + 160


def test_a_job_ends_at_its_time_limit(slurm, folder):
    job = submit(slurm, folder)

    slurm.advance(600)

    assert slurm.job(job).state == "TIMEOUT"
    assert (rows(slurm, job)[0].ended - rows(slurm, job)[0].started).total_seconds() == 600


def test_a_test_decides_how_a_job_ends(slurm, folder):
    jobs = [submit(slurm, folder) for _ in range(3)]

    slurm.finish(jobs[0])
    slurm.finish(jobs[1], exit_code=3)
    slurm.set_state(jobs[2], "NODE_FAIL")

    assert [slurm.job(job).state for job in jobs] == ["COMPLETED", "FAILED", "NODE_FAIL"]
    assert [str(row.exit) for row in rows(slurm, *jobs)] == ["0:0", "3:0", "0:0"]


def test_a_job_that_has_ended_is_forgotten_in_time_and_accounted_for(slurm, folder):
    job = submit(slurm, folder)
    slurm.finish(job)

    slurm.advance(301)
    gone = asked(slurm, argv.squeue([job]))

    assert (gone.exit_code, gone.complaint) == (1, "slurm_load_jobs error: Invalid job id specified")
    assert parse_sacct(asked(slurm, argv.sacct([job])).stdout)[0].state.base == "COMPLETED"


def test_a_wiped_controller_gives_the_same_id_again(slurm, folder):
    before = submit(slurm, folder, "one")
    slurm.wipe()
    after = submit(slurm, folder, "two")

    assert (before, after) == ("1", "1")
    assert [row.name for row in rows(slurm, "1")] == ["two"]
    assert [(job.name, job.known) for job in slurm.jobs()] == [("one", False), ("two", True)]


def test_a_held_job_waits_until_it_is_released(slurm, folder):
    job = submit(slurm, folder, "token", "--hold")
    slurm.advance(100)
    held = slurm.job(job).state

    slurm.runner.run(Command(("scontrol", "release", job)))

    assert (held, slurm.job(job).state) == ("PENDING", "RUNNING")


def test_scripts_really_run_where_that_is_asked_for(tmp_path, folder):
    slurm = FaultySlurm(tmp_path / "real", execute=True)
    job = submit(slurm, folder)

    wait_over(slurm, job)

    assert (slurm.job(job).state, slurm.job(job).exit_code) == ("FAILED", 3)
    assert (folder / "said").read_text() == "hello\n"


def test_a_cancelled_script_is_ended(tmp_path, folder):
    slurm = FaultySlurm(tmp_path / "real", execute=True)
    (folder / "job.sh").write_text("#!/bin/bash\necho $$ > pid\nexec sleep 100\n")
    job = submit(slurm, folder)
    wait_for(lambda: (folder / "pid").exists() and (folder / "pid").read_text())

    asked(slurm, argv.scancel([job], name="token"))

    assert slurm.job(job).state == "CANCELLED"
    wait_for(lambda: not is_alive(int((folder / "pid").read_text())))


def wait_over(slurm, job):
    wait_for(lambda: slurm.job(job).over)


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_was_asked_can_be_counted(slurm, folder):
    submit(slurm, folder)
    asked(slurm, argv.squeue(["1"]))

    assert [words[0] for words in slurm.calls()] == ["sbatch", "squeue"]
    assert slurm.calls("squeue")[0][-1] == "--jobs=1"


def test_a_name_protects_another_job_from_a_cancellation(slurm, folder):
    job = submit(slurm, folder, "mine")

    asked(slurm, argv.scancel([job], name="yours"))

    assert slurm.job(job).state == "RUNNING"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda slurm: slurm.fault("sbatch", "meteor"), "no fault 'meteor'"),
        (lambda slurm: slurm.fault("squeue", "lose"), "lose cannot befall 'squeue'"),
        (lambda slurm: slurm.fault("sbatch", "refuse", reason="mood"), "no refusal 'mood'"),
        (lambda slurm: slurm.fault("sbatch", "down", rows=3), "down has no detail rows"),
        (lambda slurm: slurm.configure(speed=3), "no setting speed"),
        (lambda slurm: slurm.job("9"), "never had a job '9'"),
    ],
)
def test_what_cannot_be_is_refused_by_name(slurm, wrong, says):
    with pytest.raises(UsageError, match=says):
        wrong(slurm)


def test_an_option_that_slurm_does_not_have_is_refused(slurm):
    done = slurm.runner.run(Command(("squeue", "--frobnicate")))

    assert (done.exit_code, b"unrecognized option '--frobnicate'" in done.stderr) == (1, True)


def test_a_scenario_can_be_written_by_hand(slurm, folder):
    (slurm.folder / "scenario.json").write_text('{"faults": [{"command": "sbatch", "kind": "die", "times": 1}]}')

    codes = [subprocess.run(("sbatch", "job.sh"), env=slurm.environment, cwd=folder).returncode for _ in range(2)]  # noqa: PLW1510

    assert codes == [-9, 0]
