"""What the commands answer while a part of Slurm does not work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from autolab_core.schedulers.slurm import argv
from tests.cluster.cluster import Cluster
from tests.recorded.slurm.questions import Recording
from tests.recorded.slurm.table import case


def _questions(cluster: Cluster, record: Recording, job: str, *, environment: Mapping[str, str] | None = None) -> None:
    """Ask everything of a client that waits 2 s instead of 10; what it says is the same."""
    questions = {
        "sbatch": record.submission("true", name="during-the-fault"),
        "squeue": argv.squeue([job]),
        "squeue_two": argv.squeue([job, "999999"]),
        "squeue_named": argv.squeue_named(["during-the-fault"]),
        "squeue_json": argv.squeue_json(),
        "scontrol": argv.scontrol_job(job),
        "scontrol_config": argv.scontrol_config(),
        "scancel": argv.scancel(["999999"]),
        "sacct": argv.sacct([job]),
        "sacct_named": argv.sacct_named(["during-the-fault"], datetime.now(UTC) - timedelta(days=1)),
        "sacct_json": argv.sacct_json([job]),
        "version": argv.version("sinfo"),
    }
    environment = environment or cluster.impatient
    for step, call in questions.items():
        record.call(step, call, environment=environment)
    record.ask("ping", "scontrol", "ping", environment=environment)
    record.ask("sinfo", "sinfo", "--noheader", environment=environment)


@case()
def controller_down(cluster: Cluster, record: Recording) -> None:
    job = record.running("sleep 300")
    cluster.daemon("slurmctld").stop()
    _questions(cluster, record, job)


@case()
def controller_hung(cluster: Cluster, record: Recording) -> None:
    job = record.running("sleep 300")
    cluster.daemon("slurmctld").hang()
    _questions(cluster, record, job)
    cluster.daemon("slurmctld").resume()
    cluster.daemon("slurmctld").wait_ready()
    record.call("afterwards.squeue_named", argv.squeue_named(["during-the-fault"]))


@case()
def slurmdbd_down(cluster: Cluster, record: Recording) -> None:
    job = record.running("sleep 300")
    cluster.daemon("slurmdbd").stop()
    _questions(cluster, record, job)


@case()
def slurmdbd_hung(cluster: Cluster, record: Recording) -> None:
    job = record.running("sleep 300")
    cluster.daemon("slurmdbd").hang()
    record.call("squeue", argv.squeue([job]), environment=cluster.impatient)
    record.call("sacct", argv.sacct([job]), environment=cluster.impatient)


@case()
def database_down(cluster: Cluster, record: Recording) -> None:
    job = record.running("sleep 300")
    cluster.daemon("mariadbd").stop()
    _questions(cluster, record, job)


@case()
def munge_down(cluster: Cluster, record: Recording) -> None:
    job = record.running("sleep 300")
    cluster.daemon("munged").stop()
    _questions(cluster, record, job)


@case(extra=("AccountingStorageEnforce=associations,limits",))
def accounts_enforced(cluster: Cluster, record: Recording) -> None:
    record.submit("true", step="no_account")
    record.submit("true", "--account=nosuch", step="unknown_account")


@case(accounting=False)
def no_accounting(cluster: Cluster, record: Recording) -> None:
    job = cluster.submit("exit 3")
    cluster.wait_state(job)
    _questions(cluster, record, job)


@case()
def not_configured(cluster: Cluster, record: Recording) -> None:
    without = {name: value for name, value in cluster.environment.items() if name != "SLURM_CONF"}
    _questions(cluster, record, "1", environment=without)


@case()
def state_lost(cluster: Cluster, record: Recording) -> None:
    job = record.ended("exit 3", prefix="before.")
    cluster.wipe_state()
    record.job(job, "lost.")
    while int(record.submit("sleep 1", "--job-name=another", step="again.sbatch")) < int(job):
        continue
    cluster.wait_state(job)
    record.job(job, "again.")
