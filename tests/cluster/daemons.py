"""Which programs make a cluster, with what arguments, in which order, and how each shows that it answers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from tests.cluster.configuration import Description
from tests.cluster.processes import Daemon, KeeperLink
from tests.cluster.programs import SEARCH_PATH

__all__ = ["daemons", "new_database"]

_MARIADB = (
    "--skip-networking",
    "--skip-log-bin",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=16M",
    "--innodb-lock-wait-timeout=900",  # slurmdbd warns below that
    "--max-allowed-packet=16M",
)

Environment = Mapping[str, str]
Answers = Callable[..., bool]


def _program(name: str) -> str:
    return shutil.which(name, path=SEARCH_PATH) or name


def daemons(
    cluster: Description, database: Path, environment: Environment, keeper: KeeperLink, answers: Answers
) -> Iterator[Daemon]:
    """The daemons of *cluster* in the order in which they start; none is started here.

    *answers* says whether a command succeeds within a few seconds.
    """

    def daemon(name: str, *argv: str, ready: tuple[str, ...], **more: str) -> Daemon:
        program = (_program(argv[0]), *argv[1:])
        log = Path(cluster.base) / "log" / f"{name}.out"
        return Daemon(keeper, name, program, {**environment, **more}, log, lambda: answers(*ready))

    munge = f"{cluster.base}/munge"
    yield daemon(
        "munged",
        "munged",
        "--foreground",
        f"--key-file={munge}/munge.key",
        f"--socket={cluster.munge_socket}",
        f"--pid-file={munge}/munged.pid",
        f"--log-file={munge}/munged.log",
        f"--seed-file={munge}/munged.seed",
        ready=("munge", "-S", cluster.munge_socket, "-n"),
    )
    if cluster.accounting:
        database_socket = f"{database}/mysqld.sock"
        yield daemon(
            "mariadbd",
            "mariadbd",
            "--no-defaults",
            f"--user={cluster.user}",
            f"--datadir={database}/data",
            f"--socket={database_socket}",
            f"--pid-file={database}/mysqld.pid",
            *_MARIADB,
            ready=("mariadb", "--no-defaults", f"--socket={database_socket}", f"-u{cluster.user}", "-e", "select 1"),
        )
        # slurmctld must find slurmdbd at its first start. slurmdbd.conf has no key for the database's socket.
        is_there = ("sacctmgr", "-n", "list", "cluster")
        yield daemon("slurmdbd", "slurmdbd", "-D", ready=is_there, MYSQL_UNIX_PORT=database_socket)
    yield daemon("slurmctld", "slurmctld", "-D", ready=("scontrol", "ping"))
    for node, port in zip(cluster.nodes, cluster.node_ports, strict=True):
        slurmd = daemon(node, "slurmd", "-D", "-N", node, ready=())
        slurmd.is_ready = partial(answers, "bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}")
        yield slurmd


def new_database(cluster: Description, database: Path, environment: Environment, keeper: KeeperLink) -> Daemon:
    """The program that makes an empty database whose one user is the cluster's, known by its uid on the socket."""
    argv = (
        _program("mariadb-install-db"),
        "--no-defaults",
        f"--datadir={database}/data",
        "--auth-root-authentication-method=socket",
        "--skip-test-db",
        f"--user={cluster.user}",
        f"--auth-root-socket-user={cluster.user}",
    )
    log = Path(cluster.base) / "log/mariadb-install-db.out"
    return Daemon(keeper, "mariadb-install-db", argv, environment, log, lambda: True)
