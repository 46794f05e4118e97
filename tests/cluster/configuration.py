"""The configuration files of a private cluster, as text made from a description. Nothing here touches the machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["CPUS", "PREEMPTION", "PREEMPTION_PARTITIONS", "Description", "cgroup_conf", "slurm_conf", "slurmdbd_conf"]

CPUS = 4
MEMORY_MIB = 4000

DEFAULT_PARTITION = "PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP"

# Lines of slurm.conf for a cluster on which a job of the partition "urgent" takes the place of one of "yields", which
# ends, or of "yields_back", which goes back into the queue. The default partition has nothing to do with that.
PREEMPTION = ("PreemptType=preempt/partition_prio", "PreemptMode=REQUEUE")
PREEMPTION_PARTITIONS = (
    f"{DEFAULT_PARTITION} PreemptMode=OFF",
    "PartitionName=yields Nodes=ALL PriorityTier=1 PreemptMode=CANCEL State=UP",
    "PartitionName=yields_back Nodes=ALL PriorityTier=1 PreemptMode=REQUEUE State=UP",
    "PartitionName=urgent Nodes=ALL PriorityTier=9 PreemptMode=OFF State=UP",
)


@dataclass(frozen=True)
class Description:
    """What makes one cluster differ from another.

    ``base`` is its folder, at most 60 characters: slurmstepd puts a socket below it, and a socket's path has at most
    108 bytes. ``nodes`` are the names of the nodes; where cgroups are used no two clusters of a machine may share one,
    because the cgroup's name is made from it. ``partitions`` and ``extra`` are lines of slurm.conf.
    """

    base: str
    user: str
    host: str
    nodes: tuple[str, ...]
    controller_port: int
    database_port: int
    node_ports: tuple[int, ...]
    accounting: bool = True
    cgroups: bool = False
    min_job_age: int = 300
    partitions: tuple[str, ...] = (DEFAULT_PARTITION,)
    extra: tuple[str, ...] = ()

    @property
    def munge_socket(self) -> str:
        return f"{self.base}/munge/munge.sock"


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"


def slurm_conf(cluster: Description, *, message_timeout: int = 10) -> str:
    """slurm.conf. *message_timeout*, in seconds, is how long a client waits for a daemon; 10 is Slurm's default."""
    base = cluster.base
    return _lines(
        [
            "ClusterName=c1",
            f"SlurmctldHost={cluster.host}(127.0.0.1)",
            f"SlurmUser={cluster.user}",
            f"SlurmdUser={cluster.user}",
            "AuthType=auth/munge",
            # A requeued job waits until its credential has expired, which is 121 s unless it is said here.
            f"AuthInfo=socket={cluster.munge_socket},cred_expire=5",
            "CredType=cred/munge",
            f"SlurmctldPort={cluster.controller_port}",
            f"StateSaveLocation={base}/state",
            f"SlurmdSpoolDir={base}/spool/%n",
            f"SlurmctldPidFile={base}/run/slurmctld.pid",
            f"SlurmdPidFile={base}/run/slurmd-%n.pid",
            f"SlurmctldLogFile={base}/log/slurmctld.log",
            f"SlurmdLogFile={base}/log/slurmd-%n.log",
            "SlurmctldDebug=verbose",
            "SlurmdDebug=verbose",
            f"ProctrackType=proctrack/{'cgroup' if cluster.cgroups else 'linuxproc'}",
            f"TaskPlugin=task/{'cgroup' if cluster.cgroups else 'none'}",
            "MailProg=/bin/true",
            "MpiDefault=none",
            "SwitchType=switch/none",
            "SelectType=select/cons_tres",
            "SelectTypeParameters=CR_Core_Memory",
            "ReturnToService=2",
            "SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=1,bf_interval=1",
            f"MinJobAge={cluster.min_job_age}",
            "DefMemPerCPU=100",  # else each job takes the memory of a whole node
            "KillWait=2",
            "SlurmdTimeout=10",
            f"MessageTimeout={message_timeout}",
            "JobAcctGatherType=jobacct_gather/linux",
            "JobAcctGatherFrequency=task=1",
            "SlurmdParameters=config_overrides",  # more CPUs than the machine has
            *_accounting(cluster),
            *cluster.extra,
            *_nodes(cluster),
            *cluster.partitions,
        ]
    )


def _accounting(cluster: Description) -> list[str]:
    if not cluster.accounting:
        return ["AccountingStorageType=accounting_storage/none"]
    return [
        "AccountingStorageType=accounting_storage/slurmdbd",
        "AccountingStorageHost=127.0.0.1",
        f"AccountingStoragePort={cluster.database_port}",
        f"AccountingStoragePass={cluster.munge_socket}",
        "AccountingStoreFlags=job_comment",
    ]


def _nodes(cluster: Description) -> list[str]:
    return [
        f"NodeName={name} NodeHostname={cluster.host} NodeAddr=127.0.0.1 Port={port} CPUs={CPUS} Boards=1"
        f" SocketsPerBoard=1 CoresPerSocket={CPUS} ThreadsPerCore=1 RealMemory={MEMORY_MIB} State=UNKNOWN"
        for name, port in zip(cluster.nodes, cluster.node_ports, strict=True)
    ]


def slurmdbd_conf(cluster: Description) -> str:
    """slurmdbd.conf; slurmdbd refuses it unless its mode is 0600. The database's socket has no key of its own here."""
    base = cluster.base
    return _lines(
        [
            "AuthType=auth/munge",
            f"AuthInfo=socket={cluster.munge_socket}",
            "DbdHost=localhost",
            "DbdAddr=127.0.0.1",
            f"DbdPort={cluster.database_port}",
            f"SlurmUser={cluster.user}",
            "DebugLevel=verbose",
            f"LogFile={base}/log/slurmdbd.log",
            f"PidFile={base}/run/slurmdbd.pid",
            "StorageType=accounting_storage/mysql",
            "StorageHost=localhost",
            f"StorageUser={cluster.user}",
            "StorageLoc=slurm_acct_db",
        ]
    )


def cgroup_conf() -> str:
    """cgroup.conf that makes a job which outgrows its memory end as OUT_OF_MEMORY."""
    return _lines(
        [
            "CgroupPlugin=cgroup/v1",
            "CgroupMountpoint=/sys/fs/cgroup",
            "ConstrainCores=no",
            "ConstrainRAMSpace=yes",
            "ConstrainSwapSpace=no",
            "ConstrainDevices=no",
        ]
    )
