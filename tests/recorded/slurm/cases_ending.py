"""Every way in which a job ends."""

from __future__ import annotations

import time

from autolab_core.schedulers.slurm import argv
from tests.cluster.cluster import Cluster
from tests.cluster.configuration import PREEMPTION, PREEMPTION_PARTITIONS
from tests.recorded.slurm.questions import Recording
from tests.recorded.slurm.table import case

EXIT_CODES = (1, 2, 3, 126, 127, 128, 129, 137, 143, 200, 255)
ENDED_BY = ("KILL", "TERM", "SEGV", "HUP")

# Memory is taken a megabyte at a time, and held.
HOG = "python3 -c 'import time; a=[bytearray(2**20) for _ in range(300)]; time.sleep(30)'"


@case()
def completed(cluster: Cluster, record: Recording) -> None:
    record.ended("echo hello; sleep 2")


@case()
def failed(cluster: Cluster, record: Recording) -> None:
    jobs = {f"exit_{code}.": record.submit(f"exit {code}", step=f"exit_{code}.sbatch") for code in EXIT_CODES}
    for prefix, job in jobs.items():
        cluster.wait_state(job)
        record.job(job, prefix, as_json=prefix in {"exit_3.", "exit_137."})


@case()
def failed_step(cluster: Cluster, record: Recording) -> None:
    record.ended("srun sh -c 'exit 5'; srun true; exit 0")


@case()
def killed_by_signal(cluster: Cluster, record: Recording) -> None:
    jobs = {f"{name}.": record.submit(f"sleep 1; kill -{name} $$", step=f"{name}.sbatch") for name in ENDED_BY}
    jobs["child."] = record.submit("sh -c 'kill -KILL $$'; exit $?", step="child.sbatch")
    for prefix, job in jobs.items():
        cluster.wait_state(job)
        record.job(job, prefix, as_json=prefix == "KILL.")


@case()
def output_cannot_be_opened(cluster: Cluster, record: Recording) -> None:
    record.ended("true", "--output=/nosuchfolder/out")


@case()
def timeout(cluster: Cluster, record: Recording) -> None:
    job = record.running("sleep 300", "--time=10")
    record.ask("shorten", "scontrol", "update", f"jobid={job}", "EndTime=now+1")
    cluster.wait_state(job, seconds=90)
    record.job(job)


@case(cgroups=True)
def out_of_memory(cluster: Cluster, record: Recording) -> None:
    record.ended(HOG, "--mem=50M", prefix="job.")
    record.ended(f"srun {HOG}; exit 0", "--mem=50M", prefix="step.")


@case()
def cancelled_pending(cluster: Cluster, record: Recording) -> None:
    job = record.submit("true", "--begin=now+1hour")
    cluster.wait_state(job, "PENDING")
    record.call("scancel", argv.scancel([job]))
    cluster.wait_state(job)
    record.job(job)


@case()
def cancelled_running(cluster: Cluster, record: Recording) -> None:
    job = record.running("sleep 300")
    record.job(job, "running.")
    record.call("scancel", argv.scancel([job]))
    cluster.wait_state(job)
    record.job(job)
    record.call("scancel_again", argv.scancel([job]))
    record.call("scancel_unknown", argv.scancel(["999999"]))


@case()
def node_fail(cluster: Cluster, record: Recording) -> None:
    job = record.running("sleep 300", f"--nodelist={cluster.nodes[1]}")
    cluster.fail_node(cluster.nodes[1])
    cluster.wait_state(job)
    record.job(job)


@case()
def node_fail_requeue(cluster: Cluster, record: Recording) -> None:
    job = record.running("sleep 300", "--requeue", f"--nodelist={cluster.nodes[1]}")
    cluster.fail_node(cluster.nodes[1])
    cluster.wait_state(job, "PENDING")
    record.job(job)


def _preempt(cluster: Cluster, record: Recording, partition: str, *states: str) -> None:
    job = record.running("sleep 300", "--requeue", f"--partition={partition}", "--nodes=2", "--exclusive")
    cluster.submit("sleep 8", "--partition=urgent", "--nodes=2", "--exclusive")
    cluster.wait_state(job, *states)
    record.job(job)


@case(partitions=PREEMPTION_PARTITIONS, extra=PREEMPTION)
def preempted_cancel(cluster: Cluster, record: Recording) -> None:
    _preempt(cluster, record, "yields", "PREEMPTED")


@case(partitions=PREEMPTION_PARTITIONS, extra=PREEMPTION)
def preempted_requeue(cluster: Cluster, record: Recording) -> None:
    _preempt(cluster, record, "yields_back", "PENDING")


@case()
def boot_fail(cluster: Cluster, record: Recording) -> None:
    job = record.running("sleep 300")
    cluster.fail_boot(job)
    cluster.wait_state(job)
    record.job(job)


@case()
def deadline(cluster: Cluster, record: Recording) -> None:
    for node in cluster.nodes:
        cluster.drain(node)
    job = record.submit("true", "--deadline=now+15", "--time=00:00:05")
    cluster.wait_state(job, "DEADLINE", seconds=90)
    record.job(job)


@case(min_job_age=5)
def purged(cluster: Cluster, record: Recording) -> None:
    job, other = (record.submit("exit 4", step=step) for step in ("sbatch", "other.sbatch"))
    cluster.wait_state(job)
    deadline = time.monotonic() + 40
    while cluster.state(job) or cluster.state(other):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    record.job(job)
    record.call("both.squeue", argv.squeue([job, other]))


@case()
def unknown_id(cluster: Cluster, record: Recording) -> None:
    job = record.running("sleep 100")
    record.queue("999999")
    record.accounting("999999")
    record.call("two_unknown.squeue", argv.squeue(["999998", "999999"]))
    record.call("known_and_unknown.squeue", argv.squeue([job, "999999"]))
    record.call("no_number.squeue", argv.squeue(["abc"]))
    record.call("no_number.sacct", argv.sacct(["abc"]))
