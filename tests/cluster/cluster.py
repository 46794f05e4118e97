"""A private Slurm on this machine: munge, MariaDB, slurmdbd, slurmctld and a slurmd for each node, in one folder.

It needs Debian's packages (``programs.py``) and no right but that to run them: an ordinary user can start it, and root
can start it for another (``user``). What differs for an ordinary user: only that user's jobs run, and without cgroups
no job ends as OUT_OF_MEMORY.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import shutil
import socket
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.cluster import leftovers
from tests.cluster.asking import Asking
from tests.cluster.configuration import DEFAULT_PARTITION, Description, cgroup_conf, slurm_conf, slurmdbd_conf
from tests.cluster.daemons import daemons, new_database
from tests.cluster.processes import ClusterError, Daemon, KeeperLink
from tests.cluster.programs import SEARCH_PATH

__all__ = ["Cluster", "ClusterError", "can_use_cgroups"]

DATABASE_BYTES = 400 * 2**20
_RECONFIG_FAIL = 1 << 17  # JOB_RECONFIG_FAIL of slurm.h: with it slurm_requeue(3) ends a job that may not be requeued
_FAIL_BOOT = f"""
import ctypes, sys
slurm = ctypes.CDLL("libslurmfull.so", mode=ctypes.RTLD_GLOBAL)
slurm.slurm_init(None)
slurm.slurm_requeue(ctypes.c_uint32(int(sys.argv[1])), ctypes.c_uint32({_RECONFIG_FAIL}))
"""


def can_use_cgroups() -> bool:
    """Whether slurmd may make cgroups that bound the memory of jobs: root, and version 1 trees that can be written."""
    trees = (leftovers.CGROUPS / "memory", leftovers.CGROUPS / "freezer")
    return os.geteuid() == 0 and all((tree / "tasks").is_file() and os.access(tree, os.W_OK) for tree in trees)


def _free_ports(count: int) -> list[int]:
    """Ports that nobody uses, below those that the kernel hands out, so that a stopped daemon's stays free."""
    found: list[int] = []
    for port in random.sample(range(20000, 32000), 500):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("", port))
            found.append(port)
        if len(found) == count:
            return found
    raise ClusterError("no free ports between 20000 and 32000")


def _database_folder(base: Path) -> Path:
    """A folder in memory where there is room: a new database takes 1 s there, up to 5 s on a disk."""
    with contextlib.suppress(OSError):
        memory = os.statvfs(leftovers.DATABASES)
        if memory.f_bavail * memory.f_frsize > DATABASE_BYTES and os.access(leftovers.DATABASES, os.W_OK):
            return leftovers.DATABASES / base.name
    return base / "db"


class Cluster(Asking):
    """One cluster, from ``start`` to ``stop``; also a context manager.

    *user* is the account that everything runs as; None is one's own. *nodes* is how many there are, *partitions* and
    *extra* are lines of slurm.conf, *min_job_age* is how many seconds slurmctld remembers a job that has ended.
    *node_prefix* begins the nodes' names; without it no two clusters of this machine share one, as cgroups need it.
    *cgroups* None uses them where that works. *inside* is a process in whose network and mount namespaces all of it
    runs; None is here.
    """

    def __init__(
        self,
        *,
        accounting: bool = True,
        nodes: int = 2,
        node_prefix: str = "",
        user: str | None = None,
        cgroups: bool | None = None,
        min_job_age: int = 300,
        partitions: Sequence[str] = (DEFAULT_PARTITION,),
        extra: Sequence[str] = (),
        inside: int | None = None,
    ) -> None:
        account = pwd.getpwnam(user) if user else pwd.getpwuid(os.geteuid())
        self._account = account
        self.base = Path(tempfile.mkdtemp(prefix=leftovers.PREFIX, dir=leftovers.PLACE))
        controller, database, *node_ports = _free_ports(2 + nodes)
        other_user = account.pw_uid != os.geteuid()
        self.description = Description(
            base=str(self.base),
            user=account.pw_name,
            host=socket.gethostname().partition(".")[0],
            nodes=tuple(f"{node_prefix or f'p{controller}n'}{number}" for number in range(1, nodes + 1)),
            controller_port=controller,
            database_port=database,
            node_ports=tuple(node_ports),
            accounting=accounting,
            cgroups=can_use_cgroups() and not other_user if cgroups is None else cgroups,
            min_job_age=min_job_age,
            partitions=tuple(partitions),
            extra=tuple(extra),
        )
        self._database = _database_folder(self.base)
        self._daemons: dict[str, Daemon] = {}
        self._keeper: KeeperLink | None = None
        as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if other_user else {}
        # Who asks needs the network alone, and keeps the folder that it is in.
        enter = () if inside is None else ("nsenter", f"--target={inside}", "--net")
        self._enter_all = (*enter, "--mount", "--") if enter else ()
        super().__init__(self.base, self._environment("etc"), as_user, (*enter, "--") if enter else ())

    # --- from start to stop

    def start(self) -> Self:
        """Start everything; both nodes are idle when this returns. ClusterError, with a log, when that fails."""
        leftovers.sweep()
        try:
            self._make_folders()
            self._keeper = KeeperLink(
                self.base, self.nodes, self._account.pw_uid, self._account.pw_gid, self._enter_all
            )
            parts = daemons(self.description, self._database, self.environment, self._keeper, self.answers)
            self._daemons = {daemon.name: daemon for daemon in parts}
            if self.description.accounting:
                new_database(self.description, self._database, self.environment, self._keeper).finish(60)
            for daemon in self._daemons.values():
                daemon.start()
            self.wait_idle()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End everything at once; no process, folder or cgroup is left when this returns."""
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = None
        # The keeper has seen to all of this, unless it was killed.
        leftovers.thaw(self.nodes)
        leftovers.end_processes(lambda: leftovers.marked(self.base))
        leftovers.remove(self.base, self.nodes)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- its parts

    @property
    def nodes(self) -> tuple[str, ...]:
        return self.description.nodes

    @property
    def keeper(self) -> KeeperLink:
        assert self._keeper, "the cluster does not run"
        return self._keeper

    def daemon(self, name: str) -> Daemon:
        """The daemon *name*: ``munged``, ``mariadbd``, ``slurmdbd``, ``slurmctld``, or a node's name for its slurmd."""
        return self._daemons[name]

    @property
    def impatient(self) -> Mapping[str, str]:
        """``environment`` for clients that wait 2 s for a daemon, not 10."""
        return self._environment("etc2")

    def wipe_state(self) -> None:
        """Lose all that slurmctld knows of its jobs; ids start again at 1. Accounting keeps its rows."""
        slurmctld = self.daemon("slurmctld")
        slurmctld.kill()
        for entry in (self.base / "state").iterdir():
            entry.unlink() if entry.is_file() else shutil.rmtree(entry)
        slurmctld.start()
        self.wait_idle()

    def fail_node(self, node: str) -> None:
        """The node breaks down: its slurmd and its jobs die, and slurmctld is told at once."""
        self.daemon(node).kill()
        self.must("scontrol", "update", f"nodename={node}", "state=down", "reason=broken")
        self.keeper.ask("end_jobs", node)

    def fail_boot(self, job: str) -> None:
        """*job*, which runs, ends as BOOT_FAIL: slurmctld is told that its node could not be booted.

        No command says that, only the call that the daemons themselves use (root or SlurmUser alone may).
        """
        program = shutil.which("slurmctld", path=SEARCH_PATH) or ""
        places = {Path("/usr/lib").glob("*/slurm-wlm"), Path(program).resolve().parents[1].glob("lib*/slurm")}
        folders = [str(folder) for found in places for folder in found if (folder / "libslurmfull.so").exists()]
        environment = {**self.environment, "LD_LIBRARY_PATH": ":".join(folders)}
        done = self.run(sys.executable, "-c", _FAIL_BOOT, job, environment=environment)
        if done.returncode:
            raise ClusterError(f"slurm_requeue of {job}: {done.stderr}")

    def mend(self) -> None:
        """Cancel every job, let every daemon run again and every node take jobs; the jobs are forgotten if need be."""
        for daemon in self._daemons.values():
            daemon.resume()
            if not daemon.alive:
                daemon.start()
        try:
            self.cancel_all()
            for node, state in self.node_states().items():
                if state.startswith(("drain", "down")):
                    self.run("scontrol", "update", f"nodename={node}", "state=resume")
            self.wait_idle(20)
        except ClusterError:
            self.keeper.ask("end_jobs", "")
            self.wipe_state()

    # --- how it is built

    def _environment(self, folder: str) -> dict[str, str]:
        return {
            "PATH": SEARCH_PATH,
            "HOME": str(self.base / "work"),
            "USER": self.description.user,
            "LOGNAME": self.description.user,
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "SLURM_CONF": f"{self.base}/{folder}/slurm.conf",
        }

    def _make_folders(self) -> None:
        # munged wants its socket to be reachable by all; jobs of other users need the way to their files.
        self.base.chmod(0o755)
        for name in ("etc", "etc2", "munge", "state", "spool", "run", "log", "work"):
            (self.base / name).mkdir(mode=0o755)
        key = self.base / "munge/munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o600)
        for folder, timeout in (("etc", 10), ("etc2", 2)):
            (self.base / folder / "slurm.conf").write_text(slurm_conf(self.description, message_timeout=timeout))
            (self.base / folder / "cgroup.conf").write_text(cgroup_conf())
        if self.description.accounting:
            secret = self.base / "etc/slurmdbd.conf"
            secret.write_text(slurmdbd_conf(self.description))
            secret.chmod(0o600)
            self._database.mkdir(mode=0o700, exist_ok=True)
        for root in (self.base, self._database):
            for path in [root, *root.rglob("*")]:
                if path.exists():
                    os.chown(path, self._account.pw_uid, self._account.pw_gid)
