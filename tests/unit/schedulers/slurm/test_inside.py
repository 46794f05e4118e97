"""What an allocation holds, whether a run fits into it, and the words that start the run there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
import pytest

from autolab_core.models.resources import Duration, Memory
from autolab_core.schedulers.slurm.inside import RESERVE_SECONDS, misfits, step
from autolab_core.schedulers.slurm.parse.allocation import Allocation, Share, parse_allocation
from autolab_core.schedulers.slurm.request import SlurmRequest
from autolab_core.vocab.errors import ParseError, UsageError

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
GIB = 2**30

# As Slurm 22.05 wrote it for `salloc -N2 -n3 --mem-per-cpu=100`, with the times of SLURM_TIME_FORMAT=%s.
SAID = """\
JobId=2 JobName=interactive
   UserId=ada(1000) GroupId=ada(1000) MCS_label=N/A
   Priority=4294901758 Nice=0 Account=proj1 QOS=normal
   JobState=RUNNING Reason=None Dependency=(null)
   Requeue=1 Restarts=0 BatchFlag=0 Reboot=0 ExitCode=0:0
   DerivedExitCode=0:0
   RunTime=00:00:00 TimeLimit=00:10:00 TimeMin=N/A
   SubmitTime=1795335276 EligibleTime=1795335276
   AccrueTime=Unknown
   StartTime=1795335276 EndTime=1795335876 Deadline=N/A
   SuspendTime=None SecsPreSuspend=0 LastSchedEval=1795335276 Scheduler=Main
   Partition=debug AllocNode:Sid=localhost:18909
   ReqNodeList=(null) ExcNodeList=(null)
   NodeList=n[1-2]
   BatchHost=n1
   NumNodes=2 NumCPUs=3 NumTasks=3 CPUs/Task=1 ReqB:S:C:T=0:0:*:*
   TRES=cpu=3,mem=300M,node=2,billing=3
   Socks/Node=* NtasksPerN:B:S:C=0:0:*:* CoreSpec=*
   JOB_GRES=(null)
     Nodes=n1 CPU_IDs=0-1 Mem=200 GRES=
     Nodes=n2 CPU_IDs=0,4-6 Mem=100 GRES=gpu:a100:2(IDX:0-1),gpu:1(IDX:2)
   MinCPUsNode=1 MinMemoryCPU=100M MinTmpDiskNode=0
   Features=(null) DelayBoot=00:00:00
   OverSubscribe=OK Contiguous=0 Licenses=(null) Network=(null)
   Command=(null)
   WorkDir=/home/ada
   Power=


"""


def parsed(**changes: str) -> Allocation:
    """``parse_allocation`` of the answer above, with some words of it replaced."""
    text = SAID
    for old, new in changes.items():
        assert f"{old}=" in text
        before, _, rest = text.partition(f"{old}=")
        text = f"{before}{old}={new}{rest[len(rest.split(maxsplit=1)[0]) :]}"
    return parse_allocation(text.encode())


def test_what_each_node_gives_is_read():
    assert parsed() == Allocation(
        "2",
        True,
        True,
        datetime.fromtimestamp(1795335876, UTC),
        "debug",
        "normal",
        "proj1",
        (
            Share("n1", 2, 200 * 2**20),
            Share("n2", 4, 100 * 2**20, {"a100": 2, "": 1}),
        ),
    )


def test_a_batch_job_an_ended_job_and_one_without_a_limit_are_told_apart():
    assert not parsed(BatchFlag="1").interactive
    assert not parsed(JobState="COMPLETED").running
    assert parsed(TimeLimit="UNLIMITED", EndTime="Unknown").ends is None
    assert parsed(Account="(null)", QOS="(null)").account == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "slurm_load_jobs error: Unable to contact slurm controller",
        "JobId=2 JobName=x",
        "JobId=x JobState=RUNNING",
        "JobId=2 JobState=RUNNING\nTimeLimit=UNLIMITED",
        SAID.replace("CPU_IDs=0-1", "CPU_IDs=all"),
        SAID.replace("EndTime=1795335876", "EndTime=Unknown"),
        SAID.replace("EndTime=1795335876", "EndTime=2026-02-01T12:00:00"),
        SAID + SAID,
    ],
)
def test_what_does_not_say_what_is_held_is_refused(text):
    with pytest.raises(ParseError):
        parse_allocation(text.encode())


def test_a_state_that_nobody_knows_is_not_running():
    assert not parsed(JobState="DANCING").running


WANTS = SlurmRequest(Duration(3600), Memory(4 * GIB), cpus=2)
HOLDS = Allocation("7", True, True, NOW + timedelta(hours=2), "long", "normal", "proj1", (Share("n1", 4, 8 * GIB),))


def why(wants=None, **holds):
    return misfits(attrs.evolve(HOLDS, **holds), attrs.evolve(WANTS, **(wants or {})), NOW)


def test_a_run_that_asks_for_less_than_is_held_fits():
    assert why() == ()
    assert why({"partition": "long", "qos": "normal", "account": "proj1"}) == ()
    assert why({"cpus": None}) == ()
    assert why(ends=None) == ()
    assert why({"time": Duration(None)}, ends=None) == ()
    assert why({"gpus": 2}, shares=(Share("n1", 4, None, {"a100": 1, "": 1}),)) == ()


@pytest.mark.parametrize(
    ("wants", "holds", "said"),
    [
        ({}, {"running": False}, "it is over, or has not begun"),
        ({}, {"ends": NOW + timedelta(minutes=60)}, "01:00:00 are left, the run needs 01:00:00 and 60 s to end in"),
        ({}, {"ends": NOW - timedelta(minutes=1)}, "00:00:00 are left"),
        ({"time": Duration(None)}, {}, "the run has no time limit, the allocation has 02:00:00 left"),
        ({"nodes": 2}, {}, "a run on 2 nodes gets a job of its own"),
        ({"partition": "gpu"}, {}, "it is of partition long, the run wants gpu"),
        ({"qos": "high"}, {"qos": ""}, "it is of qos unknown, the run wants high"),
        ({"account": "proj2"}, {}, "it is of account proj1, the run wants proj2"),
        ({"cpus": 5}, {}, "n1 gives 4 cpus, the run needs 5"),
        ({"memory": Memory(9 * GIB)}, {}, "n1 gives 8G of memory, the run needs 9G"),
        ({"gpus": 1}, {}, "n1 gives 0 GPUs, the run needs 1"),
        (
            {"gpus": 1, "gpu_type": "h100"},
            {"shares": (Share("n1", 4, None, {"a100": 4}),)},
            "n1 gives 0 GPUs of type h100, the run needs 1",
        ),
        ({"cpus": 3}, {"shares": (Share("n1", 4), Share("n2", 2))}, "n2 gives 2 cpus, the run needs 3"),
    ],
)
def test_what_does_not_fit_is_named_with_both_amounts(wants, holds, said):
    (reason,) = why(wants, **holds)

    assert reason.startswith(said)


def test_the_reserve_is_what_a_stopped_run_has_to_write_in():
    enough = timedelta(seconds=3600 + RESERVE_SECONDS)

    assert why(ends=NOW + enough) == ()
    assert why(ends=NOW + enough - timedelta(seconds=1)) != ()


def test_all_that_does_not_fit_is_named():
    assert len(why({"cpus": 9, "memory": Memory(99 * GIB), "partition": "gpu"})) == 3


def test_the_step_asks_for_what_the_design_asks_for():
    words = step("7", attrs.evolve(WANTS, gpus=2, gpu_type="a100"), "autolab-x")

    srun = words[words.index("srun") :]
    assert {"--jobid=7", "--overlap", "--nodes=1", "--ntasks=1", "--cpus-per-task=2", "--mem=4G"} <= set(srun)
    assert "--gres=gpu:a100:2" in srun
    assert words[:3] == ("env", "-u", "SLURM_CPUS_PER_GPU")
    assert {"SLURM_MEM_PER_CPU", "SLURM_NTASKS"} <= set(words)
    assert "SLURM_JOB_ID" not in words


@pytest.mark.parametrize("identifier", ["7 8", "--help", "", "$(reboot)"])
def test_no_id_becomes_another_option(identifier):
    with pytest.raises(UsageError):
        step(identifier, WANTS, "autolab-x")
