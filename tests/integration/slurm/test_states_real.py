"""Every state of Slurm's, produced for real on one cluster, and what is made of it: the table of ``docs/status.md``.

All jobs are submitted first and watched together. What a case waits for is Slurm's: limits are looked at every 30 s,
a job that was put back waits 6 s for a new credential, and the accounting hears of starts every 5 s.
"""

from __future__ import annotations

import os
import secrets
import time
from typing import NamedTuple

import pytest

from autolab_core.models.job import JobHandle
from autolab_core.stages.ledger import read_ledger, survey_ledger
from autolab_core.stages.watching.replay import replay
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState
from tests.integration.slurm.states import UNTIL_DONE, Act, Case, States, must, nothing
from tests.unit.repositories import ITERATION, PATH

# It takes 95 s, more on a machine that has other things to do.
SECONDS = 240
pytestmark = pytest.mark.timeout(300)
LONG = "sleep 300"
# The first attempt never ends by itself, the next one does at once.
ONCE_MORE = '[ "${SLURM_RESTART_COUNT:-0}" -gt 0 ] || sleep 300'
# Memory is taken a megabyte at a time, and held.
HOG = "python3 -c 'import time; a=[bytearray(2**20) for _ in range(300)]; time.sleep(30)'"
# The nodes of those that break one, or that take the place of another.
BREAKS, YIELDS, YIELDS_BACK, DRAINED = 2, 3, 4, 5


def urgent(cluster, job):
    """A job that needs the whole node of *job*, and is more important."""
    node = cluster.must("squeue", "-h", "-j", job, "-o", "%N").strip()
    cluster.submit("sleep 3", "--partition=urgent", "--exclusive", f"--nodelist={node}")


def sent_elsewhere(cluster, job):
    """It goes on where it may: the node that it was bound to is broken."""
    cluster.must("scontrol", "update", f"jobid={job}", f"ReqNodeList={cluster.nodes[0]}")


class Judged(NamedTuple):
    """What must come of a case. ``reason``, ``advice`` and ``notes`` are parts of what is said.

    ``exit`` is ``code:signal`` or None; ``words`` are what Slurm says that the looks must not miss, in their order.
    """

    status: str
    native: str
    exit: str | None = None
    reason: str = ""
    advice: str = ""
    notes: str = ""
    words: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    attempt: int = 1


def failed(native, code=None, reason="", advice="", **more):
    return Judged("failed", native, code, reason, advice, **more)


WELL = Judged("synced", "COMPLETED", "0:0")
TWICE = WELL._replace(attempt=2)
# Where it waits in between until it was looked at.
SEEN_TWICE = TWICE._replace(words=("RUNNING", "PENDING", "COMPLETED"), statuses=("running", "pending", "synced"))
OTHER_CODES = {
    1: "", 2: "", 126: "cannot be run", 127: "was not found", 128: "", 129: "SIGHUP", 137: "SIGKILL",
    143: "SIGTERM", 200: "", 255: "",
}  # fmt: skip

CASES: dict[str, tuple[Case, Judged]] = {
    # Those that take longest come first.
    "told-before-its-limit": (
        Case(
            "trap 'echo flushed; exit 0' TERM; sleep 300 & wait",
            ("--signal=B:TERM@60",),
            (Act("RUNNING", must("scontrol", "update", "jobid=JOB", "TimeLimit=2"), after=61),),
            minutes=10,
        ),
        failed("FAILED", "143:0", "told that its time limit of 00:02:00 is near", "compute.walltime_estimate to "),
    ),
    "timeout": (
        Case(LONG, (), (Act("RUNNING", must("scontrol", "update", "jobid=JOB", "EndTime=now+1")),)),
        failed(
            "TIMEOUT",
            "143:0",
            "stopped at its time limit",
            "set compute.walltime_estimate to 00:05:00 (--time=00:05:00)",
        ),
    ),
    "deadline": (
        Case("true", ("--deadline=now+15", "--time=00:00:05"), node=DRAINED),
        failed("DEADLINE", None, "DEADLINE", "a later one", words=("DEADLINE",), statuses=("failed",)),
    ),
    "completed": (Case("sleep 2"), WELL),
    **{
        f"exit-{code}": (Case(f"exit {code}"), failed("FAILED", f"{code}:0", f"exit code {code}", advice))
        for code, advice in OTHER_CODES.items()
    },
    **{
        f"command-ended-by-{name}": (
            Case(f"sleep 1; kill -{name} $$"),
            failed("FAILED", f"{128 + number}:0", f"exit code {128 + number} (SIG{name})", f"SIG{name}"),
        )
        for name, number in (("KILL", 9), ("TERM", 15), ("SEGV", 11))
    },
    **{
        f"script-ended-by-{name}": (
            Case(f"sleep 1; kill -{name} $PPID; sleep 1"),
            failed("FAILED", f"0:{number}", f"it was ended by SIG{name}", "its script was ended"),
        )
        for name, number in (("KILL", 9), ("SEGV", 11))
    },
    # The script hands a SIGTERM on to its command, and ends by itself.
    "script-told-to-stop": (
        Case("sleep 1; kill -TERM $PPID; sleep 1"),
        failed("FAILED", "143:0", "exit code 143 (SIGTERM)", "told to stop"),
    ),
    "cancelled-while-it-waits": (
        Case("true", ("--begin=now+1hour",), (Act("PENDING", must("scancel", "JOB"), after=2),)),
        failed(
            "CANCELLED",
            None,
            f"cancelled by user {os.geteuid()}",
            "launch again",
            words=("PENDING", "CANCELLED"),
            statuses=("pending", "failed"),
        ),
    ),
    "cancelled-as-it-starts": (
        Case(LONG, (), (Act("RUNNING", must("scancel", "JOB")),)),
        failed("CANCELLED", "143:0", f"cancelled by user {os.geteuid()}", "launch again"),
    ),
    "cancelled-while-it-runs": (
        Case(LONG, (), (Act("RUNNING", must("scancel", "JOB"), after=5),)),
        failed("CANCELLED", "143:0", f"cancelled by user {os.geteuid()}", "launch again"),
    ),
    "node-fails": (
        Case(
            LONG,
            (),
            (Act("RUNNING", lambda cluster, _job: cluster.fail_node(cluster.nodes[BREAKS]), after=5),),
            node=BREAKS,
        ),
        failed("NODE_FAIL", None, "NodeDown", "a node failed, not the run"),
    ),
    "node-fails-and-it-goes-on": (
        Case(ONCE_MORE, (), (Act("RUNNING", nothing), Act("PENDING", sent_elsewhere)), True, node=BREAKS),
        SEEN_TWICE,
    ),
    "preempted": (
        Case(LONG, ("--partition=yields",), (Act("RUNNING", urgent, after=2),), node=YIELDS),
        failed("PREEMPTED", "143:0", "PREEMPTED", "another job took its place"),
    ),
    "preempted-and-goes-on": (
        Case(
            ONCE_MORE,
            ("--partition=yields_back",),
            (Act("RUNNING", urgent, after=2),),
            True,
            node=YIELDS_BACK,
        ),
        TWICE,
    ),
    "boot-fails": (
        Case(LONG, (), (Act("RUNNING", lambda cluster, job: cluster.fail_boot(job), after=3),)),
        failed("BOOT_FAIL", "143:0", "BOOT_FAIL", "its nodes could not be started"),
    ),
    "requeued": (Case(ONCE_MORE, (), (Act("RUNNING", must("scontrol", "requeue", "JOB"), after=1),), True), TWICE),
    "requeued-and-held": (
        Case(
            ONCE_MORE,
            (),
            (
                Act("RUNNING", must("scontrol", "requeuehold", "JOB"), after=1),
                Act("PENDING", must("scontrol", "release", "JOB"), after=3),
            ),
            requeue=True,
        ),
        SEEN_TWICE,
    ),
    "held": (
        Case("true", ("--hold",), (Act("PENDING", must("scontrol", "release", "JOB"), after=3),)),
        WELL._replace(words=("PENDING",), statuses=("pending", "synced")),
    ),
    "suspended": (
        Case(
            UNTIL_DONE,
            (),
            (
                Act("RUNNING", must("scontrol", "suspend", "JOB"), after=1),
                Act("SUSPENDED", must("scontrol", "resume", "JOB"), after=3),
            ),
        ),
        WELL._replace(words=("SUSPENDED", "COMPLETED")),
    ),
    "stopped": (
        Case(
            UNTIL_DONE,
            (),
            (
                Act("RUNNING", must("scancel", "--signal=STOP", "JOB"), after=1),
                Act("STOPPED", must("scancel", "--signal=CONT", "JOB"), after=3),
            ),
        ),
        WELL._replace(words=("STOPPED", "COMPLETED")),
    ),
}
# Where cgroups do not bound the memory of a job, none ends like this.
OF_MEMORY: dict[str, tuple[Case, Judged]] = {
    "out-of-memory": (
        Case(HOG, ("--mem=50M",)),
        failed("OUT_OF_MEMORY", "137:0", "OUT_OF_MEMORY", "1.5 x 50M", notes="batch) ran out of memory"),
    ),
    "step-out-of-memory": (
        Case(f"srun {HOG}; exit 0", ("--mem=50M",)),
        WELL._replace(notes="(python3) ran out of memory"),
    ),
}
ARRAY = ("exit 0", "exit 4", "sleep 300", "sleep 300")


def submit_array(cluster):
    """A job array whose tasks do these, named as a run's job is; its id and its name."""
    token = f"autolab-array-{secrets.token_hex(4)}"
    body = "case $SLURM_ARRAY_TASK_ID in\n" + "".join(f"{n}) {what};;\n" for n, what in enumerate(ARRAY)) + "esac"
    options = (f"--array=0-{len(ARRAY) - 1}", f"--job-name={token}", f"--nodelist={cluster.nodes[0]}")
    return cluster.submit(body, *options, "--output=/dev/null"), token


@pytest.fixture(scope="module")
def ended(slurm_with_preemption, tmp_path_factory):
    """All jobs have ended: the repository that watched them, and what came of each."""
    cluster = slurm_with_preemption
    cluster.drain(cluster.nodes[DRAINED])
    table = CASES | (OF_MEMORY if cluster.description.cgroups else {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", PATH)
        states = States(
            cluster, tmp_path_factory.mktemp("states") / "repository", {n: c for n, (c, _) in table.items()}
        )
        states.array, states.array_name = submit_array(cluster)
        states.seen = states.watch(SECONDS)
        cluster.must("scancel", f"{states.array}_2")
        yield states


@pytest.mark.parametrize("name", [*CASES, *OF_MEMORY])
def test_a_state_is_judged_right(ended, name):
    if name not in ended.seen:
        assert not ended.cluster.description.cgroups
        return
    seen, (_, judged) = ended.seen[name], (CASES | OF_MEMORY)[name]
    manifest, said = seen.manifest, seen.said
    failure = manifest.failure

    assert (manifest.status, said["state"], said.get("exit"), said["attempt"]) == (
        judged.status, judged.native, judged.exit, judged.attempt,
    )  # fmt: skip
    assert (failure is None) == (judged.status == "synced")
    if failure is not None:
        assert (failure.native_state, failure.exit) == (judged.native, judged.exit)
        assert judged.reason in failure.reason
        assert judged.advice in (failure.advice or "")
        assert "SIGHUP" not in failure.reason or "129" in failure.reason
    assert judged.notes in " ".join(said.get("notes", ()))
    assert in_order(judged.words, words := seen.words), words
    assert in_order(judged.statuses or (judged.status,), seen.statuses), seen.statuses
    assert seen.statuses.count(judged.status) == 1


def in_order(few, many):
    rest = iter(many)
    return all(each in rest for each in few)


def test_what_the_accounting_says_is_in_every_manifest_with_the_steps(ended):
    for name, seen in ended.seen.items():
        header, *rows = seen.said["sacct"]
        assert header == "JobID|State|ExitCode|Elapsed|MaxRSS", name
        assert rows[0].startswith(seen.manifest.job_id), name
        started = seen.manifest.timestamps.started_at is not None
        assert any(f"{seen.manifest.job_id}.batch|" in row for row in rows) == started, name
        assert not [row for row in rows if "|PENDING|" in row or "|RUNNING|" in row], name
        if started and "NODE_FAIL" not in str(rows):
            assert seen.said["max_rss"].endswith("K"), name
        assert not [note for note in seen.said.get("notes", ()) if "accounting" in note], name


def test_every_status_is_derived_again_from_what_was_kept(ended):
    differences = {
        name: found
        for name in ended.seen
        if (found := replay(ended.repository, ended.repository.iteration(ITERATION).run(name)).differences)
    }

    assert differences == {}


def test_the_ledger_has_one_row_of_every_change(ended):
    rows = read_ledger(ended.repository.root)

    assert survey_ledger(ended.repository.root).faults == ()
    for name, seen in ended.seen.items():
        mine = [row.status for row in rows if row.run_id == name]
        assert mine[-1] == seen.manifest.status, name
        assert mine.count(mine[-1]) == 1, name


def test_each_task_of_an_array_is_seen_by_its_own_id(ended):
    handles = [
        JobHandle(ended.array_name, f"experiments/array/runs/{task}", job_id=f"{ended.array}_{task}")
        for task in range(len(ARRAY))
    ]
    until = time.monotonic() + 20
    while True:
        found = ended.scheduler.observe(handles)
        seen = [found[handle] for handle in handles]
        if seen[2].state in ENDED_JOB_STATES and not seen[2].accounting_due:
            break
        assert time.monotonic() < until, seen
        time.sleep(0.5)

    assert [each.state for each in seen] == [
        JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED, JobState.RUNNING,
    ]  # fmt: skip
    assert [each.exit_code for each in seen[:2]] == [0, 4]
    assert seen[2].reason == f"cancelled by user {os.geteuid()}"
