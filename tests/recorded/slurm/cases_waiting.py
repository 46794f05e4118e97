"""Jobs that wait, for whatever reason, and jobs of several parts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from autolab_core.schedulers.slurm import argv
from tests.cluster.cluster import Cluster
from tests.cluster.processes import until
from tests.recorded.slurm.questions import Recording
from tests.recorded.slurm.table import case


@case()
def pending(cluster: Cluster, record: Recording) -> None:
    blocker = cluster.submit("sleep 100", "--nodes=2", "--exclusive")
    cluster.wait_state(blocker, "RUNNING")
    job = record.submit("true", "--nodes=2", "--exclusive")
    until(lambda: "Resources" in _reason(cluster, job) or "Priority" in _reason(cluster, job), 20, "it waits")
    record.queue(job)
    record.job(job)


def _reason(cluster: Cluster, job: str) -> str:
    return cluster.run("squeue", "-h", "-j", job, "-o", "%r").stdout


@case()
def held(cluster: Cluster, record: Recording) -> None:
    job = record.submit("true", "--hold")
    record.job(job)


@case()
def dependency_never_satisfied(cluster: Cluster, record: Recording) -> None:
    first = cluster.submit("exit 1")
    cluster.wait_state(first)
    job = record.submit("true", f"--dependency=afterok:{first}")
    until(lambda: "Never" in _reason(cluster, job), 20, "the dependency is never satisfied")
    record.job(job)
    cancelled = record.submit(
        "true", f"--dependency=afterok:{first}", "--kill-on-invalid-dep=yes", step="cancelled.sbatch"
    )
    cluster.wait_state(cancelled, "CANCELLED")
    record.job(cancelled, "cancelled.")


@case()
def requeued(cluster: Cluster, record: Recording) -> None:
    job = record.running("sleep 300", "--requeue")
    record.ask("requeue", "scontrol", "requeue", job)
    cluster.wait_state(job, "PENDING")
    record.job(job)
    cluster.wait_state(job, "RUNNING")
    record.ask("requeuehold", "scontrol", "requeuehold", job)
    until(lambda: "held" in _reason(cluster, job), 20, "it is held")
    record.job(job, "held.")


@case()
def special_exit(cluster: Cluster, record: Recording) -> None:
    job = record.running("sleep 300", "--requeue")
    record.ask("requeuehold", "scontrol", "requeuehold", "State=SpecialExit", job)
    until(lambda: "held" in _reason(cluster, job), 20, "it is held")
    record.job(job)


@case()
def suspended(cluster: Cluster, record: Recording) -> None:
    job = record.running("sleep 300")
    record.ask("suspend", "scontrol", "suspend", job)
    cluster.wait_state(job, "SUSPENDED")
    record.job(job)
    record.ask("resume", "scontrol", "resume", job)


@case()
def array_all_ok(cluster: Cluster, record: Recording) -> None:
    job = record.submit("sleep 1", "--array=0-3")
    _all_ended(cluster, job)
    record.job(job)


@case()
def array_partial(cluster: Cluster, record: Recording) -> None:
    job = record.submit("exit $((SLURM_ARRAY_TASK_ID % 2 * 4))", "--array=1-4")
    _all_ended(cluster, job)
    record.job(job)


@case()
def array_throttled(cluster: Cluster, record: Recording) -> None:
    job = record.submit("sleep 300", "--array=1-20%1")
    until(lambda: "RUNNING" in cluster.state(job), 20, "the first task runs")
    record.settle(job, 6)
    record.job(job)
    record.call("scancel_tasks", argv.scancel([f"{job}_5", f"{job}_[7-8]"]))
    record.job(job, "some_cancelled.")
    record.call("scancel", argv.scancel([job]))
    _all_ended(cluster, job)
    record.job(job, "cancelled.")


def _all_ended(cluster: Cluster, job: str) -> None:
    until(lambda: not cluster.run("squeue", "-h", "-j", job).stdout.strip(), 60, "every task has ended")


@case()
def heterogeneous(cluster: Cluster, record: Recording) -> None:
    job = record.submit("srun --het-group=0,1 true; sleep 20", "--cpus-per-task=1", ":", "--cpus-per-task=2")
    until(lambda: "RUNNING" in cluster.state(job), 20, "it runs")
    record.settle(job)
    record.job(job, "running.")
    _all_ended(cluster, job)
    record.job(job)


@case()
def found_by_name(cluster: Cluster, record: Recording) -> None:
    jobs = [record.submit("sleep 30", "--job-name=token-1", step=f"{number}.sbatch") for number in (1, 2)]
    jobs.append(record.submit("exit 1", "--job-name=token-1", step="3.sbatch"))
    cluster.wait_state(jobs[-1])
    yesterday = datetime.now(UTC) - timedelta(days=1)
    record.call("squeue_named", argv.squeue_named(["token-1"]))
    record.call("sacct_named_at_once", argv.sacct_named(["token-1"], yesterday))
    for job in jobs:
        record.settle(job)
    record.call("sacct_named", argv.sacct_named(["token-1"], yesterday))
    record.call("squeue_no_such_name", argv.squeue_named(["token-2"]))
    record.call("sacct_no_such_name", argv.sacct_named(["token-2"], yesterday))


# What sbatch refuses, and how it says so.
REFUSED = {
    "partition": ("--partition=nosuch",),
    "memory": ("--mem=999G",),
    "memory_unreadable": ("--mem=banana",),
    "time_unreadable": ("--time=banana",),
    "option": ("--frobnicate",),
    "nodes": ("--nodes=50",),
    "cpus": ("--cpus-per-task=64",),
    "gres": ("--gres=gpu:1",),
    "constraint": ("--constraint=nosuch",),
    "nodelist": ("--nodelist=nosuch",),
    "license": ("--licenses=nosuch",),
    "reservation": ("--reservation=nosuch",),
    "array": ("--array=x",),
    "dependency": ("--dependency=afterok:abc",),
}


@case()
def refused(cluster: Cluster, record: Recording) -> None:
    for name, options in REFUSED.items():
        record.submit("true", *options, step=name)
    record.submit("true", "--clusters=nosuch", step="cluster")
    record.call("no_script", argv.sbatch("/nosuchfile.sh", name="no_script", folder="/tmp"))
    record.ask("empty_script", "sbatch", "--parsable")
    record.ask("no_interpreter", "sbatch", "--parsable", stdin="echo hello\n")
    record.ask("dos_lines", "sbatch", "--parsable", stdin="#!/bin/bash\r\necho hello\r\n")


@case()
def versions(cluster: Cluster, record: Recording) -> None:
    for program in ("sbatch", "squeue", "sacct", "scontrol", "sinfo"):
        record.call(program, argv.version(program))
    record.ask("ping", "scontrol", "ping")
    record.call("config", argv.scontrol_config())
    record.ask("sinfo", "sinfo", "--noheader", "--format=%P|%a|%l|%D|%T|%N")
    record.ask("without_parsable", "sbatch", "--output=/dev/null", stdin="#!/bin/bash\ntrue\n")
