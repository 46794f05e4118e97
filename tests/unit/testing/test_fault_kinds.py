"""Each way to fail, and that it says what Slurm said when it was recorded."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from autolab_core.exec.command import Command
from autolab_core.schedulers.slurm import argv
from autolab_core.schedulers.slurm.errors import Complaint, Fate, classify, submission
from autolab_core.schedulers.slurm.parse.document import parse_squeue_json
from autolab_core.schedulers.slurm.parse.sacct import parse_sacct
from autolab_core.schedulers.slurm.parse.squeue import parse_squeue
from autolab_core.testing import FaultySlurm
from autolab_core.testing.slurm_programs.faults import KINDS
from autolab_core.vocab.errors import ParseError, QueryFailed, RunnerError

RECORDED = Path(__file__).parents[2] / "recorded/slurm/slurm-wlm-22.05.8"


@pytest.fixture
def slurm(tmp_path):
    (tmp_path / "job.sh").write_text("#!/bin/bash\ntrue\n")
    return FaultySlurm(tmp_path / "slurm", clock=1_700_000_000)


def run(slurm, call):
    command = Command(call.argv, cwd=str(slurm.folder.parent), env=call.environment({}), timeout=call.timeout)
    return slurm.runner.run(command)


def submit(slurm, name="token"):
    done = run(slurm, argv.sbatch("job.sh", name=name, folder=str(slurm.folder.parent)))
    return submission(done.exit_code, done.stdout, done.stderr)


def ask(slurm, call):
    done = run(slurm, call)
    assert classify(done.exit_code, done.stderr).complaint is Complaint.NONE
    return done.stdout


# --- submission


def test_an_accepted_job_whose_answer_is_late_exists(slurm):
    slurm.fault("sbatch", "accept_then_time_out", times=1)

    assert submit(slurm).fate is Fate.UNCLEAR
    assert [row.name for row in parse_squeue(ask(slurm, argv.squeue_named(["token"])))] == ["token"]


def test_an_accepted_job_whose_sbatch_was_killed_exists(slurm):
    slurm.fault("sbatch", "accept_then_die", times=1)

    assert submit(slurm).fate is Fate.UNCLEAR
    assert len(slurm.jobs("token")) == 1


def test_a_program_can_hang_before_and_after_it_did_something(slurm):
    before = slurm.now
    slurm.fault("sbatch", "hang", times=1)
    slurm.fault("sbatch", "accept_then_hang", times=1, after=1)

    for taken in (0, 1):
        with pytest.raises(RunnerError, match="no answer within 150 s"):
            submit(slurm)
        assert len(slurm.jobs()) == taken
    assert slurm.now == before + 300


def test_a_hanging_process_hangs_until_it_is_killed(slurm):
    slurm.fault("squeue", "hang", times=1)

    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run(("squeue",), env=slurm.environment, capture_output=True, timeout=0.5, check=False)


def test_a_dying_process_is_ended_by_a_signal(slurm):
    slurm.fault("squeue", "die", times=1)

    assert subprocess.run(("squeue",), env=slurm.environment, check=False).returncode == -9


def test_a_lost_job_was_promised_and_is_nowhere(slurm):
    slurm.fault("sbatch", "lose", times=1)

    assert submit(slurm).id.job == "1"
    assert run(slurm, argv.squeue(["1"])).exit_code == 1
    assert parse_sacct(ask(slurm, argv.sacct(["1"]))) == ()


def test_an_id_can_be_given_again(slurm):
    submit(slurm, "first")
    slurm.fault("sbatch", "lose", times=1)
    submit(slurm, "second")
    slurm.fault("sbatch", "reuse_ids", times=1)

    assert submit(slurm, "third").id.job == "2"
    assert [row.name for row in parse_squeue(ask(slurm, argv.squeue(["2"])))] == ["third"]


# --- questions


def test_garbage_is_no_answer(slurm):
    submit(slurm)
    slurm.fault("*", "garbage")

    with pytest.raises(ParseError):
        parse_squeue(run(slurm, argv.squeue(["1"])).stdout)
    with pytest.raises(ParseError):
        parse_sacct(run(slurm, argv.sacct(["1"])).stdout)


def test_a_truncated_answer_is_no_answer(slurm):
    submit(slurm)
    slurm.fault("*", "truncate")

    with pytest.raises(ParseError):
        parse_squeue(run(slurm, argv.squeue(["1"])).stdout)
    with pytest.raises(ParseError):
        parse_sacct(run(slurm, argv.sacct(["1"])).stdout)


def test_another_jobs_row_bears_another_name(slurm):
    submit(slurm)
    slurm.fault("*", "wrong_rows")

    assert parse_squeue(ask(slurm, argv.squeue(["1"])))[0].name == "somebody-elses-job"
    assert parse_sacct(ask(slurm, argv.sacct(["1"])))[0].name == "somebody-elses-job"


def test_a_row_can_miss_columns(slurm):
    submit(slurm)
    slurm.fault("*", "wrong_rows", how="columns")

    with pytest.raises(ParseError):
        parse_squeue(run(slurm, argv.squeue(["1"])).stdout)
    with pytest.raises(ParseError):
        parse_sacct(run(slurm, argv.sacct(["1"])).stdout)


def test_an_error_can_come_with_exit_code_0(slurm):
    slurm.fault("squeue", "error_with_rc_0")

    done = run(slurm, argv.squeue_json())

    assert done.exit_code == 0
    with pytest.raises(QueryFailed):
        parse_squeue_json(done.stdout)
    assert classify(0, run(slurm, argv.squeue(["1"])).stderr).complaint is Complaint.UNREACHABLE


def test_the_accounting_lags(slurm):
    submit(slurm)
    slurm.fault("sacct", "lag", seconds=6)

    seen = []
    for _ in range(3):
        seen.append([(row.name, row.state.base) for row in parse_sacct(ask(slurm, argv.sacct(["1"])))])
        slurm.advance(4)

    assert seen == [[], [("allocation", "PENDING")], [("token", "RUNNING")]]


def test_an_ended_job_can_be_purged_at_once(slurm):
    submit(slurm)
    slurm.finish("1")
    slurm.fault("squeue", "purge")

    assert run(slurm, argv.squeue(["1"])).exit_code == 1
    assert run(slurm, argv.scontrol_job("1")).exit_code == 0


def test_a_fault_befalls_the_calls_that_it_was_meant_for(slurm):
    slurm.fault("squeue", "down", times=2, after=1)

    codes = [run(slurm, argv.squeue_named(["token"])).exit_code for _ in range(5)]

    assert codes == [0, 1, 1, 0, 0]


def test_faults_end_when_they_are_lifted(slurm):
    first = slurm.fault("squeue", "down")
    slurm.fault("sacct", "down")
    slurm.lift(first)
    one = [run(slurm, call).exit_code for call in (argv.squeue_named(["t"]), argv.sacct(["1"]))]
    slurm.mend()

    assert one == [0, 1]
    assert run(slurm, argv.sacct(["1"])).exit_code == 0


def test_every_kind_is_explained():
    page = (Path(__file__).parents[3] / "docs/testing-with-a-faulty-slurm.md").read_text(encoding="utf-8")

    assert [kind for kind in KINDS if f"`{kind}`" not in page] == []


# --- as recorded

FAULTS = {
    "controller_down": "down",
    "controller_hung": "time_out",
    "munge_down": "munge",
    "no_accounting": "disabled_accounting",
    "not_configured": "not_configured",
    "slurmdbd_down": "down",
}
# Without an accounting only sacct has no answer.
ACCOUNTING = {"no_accounting", "slurmdbd_down"}
CASES = [
    (case, file.name)
    for case in FAULTS
    for file in sorted((RECORDED / case).glob("sacct*.json" if case in ACCOUNTING else "*.json"))
    if "." not in file.stem and not (case.startswith("controller") and file.stem.startswith("sacct"))
]


@pytest.mark.parametrize(("case", "name"), CASES)
def test_a_fault_says_what_slurm_said(slurm, case, name):
    recorded = json.loads((RECORDED / case / name).read_text(encoding="utf-8"))
    program, *words = recorded["argv"]
    slurm.fault("sacct" if case in ACCOUNTING else "*", FAULTS[case])

    done = slurm.runner.run(Command((program, *words)))

    assert done.exit_code == recorded["exit_code"]
    assert bool(done.stdout) == bool(recorded["stdout"])
    said = recorded["stderr"].encode()
    assert classify(done.exit_code, done.stderr).complaint is classify(recorded["exit_code"], said).complaint
    if program == "sbatch":
        assert (
            submission(done.exit_code, done.stdout, done.stderr).fate
            is submission(recorded["exit_code"], recorded["stdout"].encode(), said).fate
        )


REFUSED = (
    "array",
    "constraint",
    "dependency",
    "gres",
    "license",
    "memory",
    "memory_unreadable",
    "nodelist",
    "partition",
)


@pytest.mark.parametrize("reason", [*REFUSED, "reservation", "time_unreadable"])
def test_a_refusal_says_what_slurm_said(slurm, reason):
    recorded = json.loads((RECORDED / f"refused/{reason}.json").read_text(encoding="utf-8"))
    slurm.fault("sbatch", "refuse", reason=reason)

    done = run(slurm, argv.sbatch("job.sh", name="token", folder="/tmp"))

    assert (done.exit_code, done.stderr.decode()) == (recorded["exit_code"], recorded["stderr"])
    assert slurm.jobs() == ()
