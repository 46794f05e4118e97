"""What must be installed for a private cluster, and what of it is missing here."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence

__all__ = ["ACCOUNTING", "ADVICE", "NOT_INSTALLED", "SCHEDULER", "SEARCH_PATH", "missing"]

# Debian puts daemons into sbin, which an ordinary user's PATH leaves out.
SEARCH_PATH = os.pathsep.join([*os.get_exec_path(), "/usr/local/sbin", "/usr/sbin", "/sbin"])

# program: the Debian 12 package that brings it.
SCHEDULER: Mapping[str, str] = {
    "munge": "munge",
    "munged": "munge",
    "sbatch": "slurm-client",
    "scontrol": "slurm-client",
    "slurmctld": "slurmctld",
    "slurmd": "slurmd",
    "slurmstepd": "slurmd",
}
ACCOUNTING: Mapping[str, str] = {
    "sacctmgr": "slurm-client",
    "slurmdbd": "slurmdbd",
    "mariadbd": "mariadb-server",
    "mariadb-install-db": "mariadb-server",
}

NOT_INSTALLED = "needs a real Slurm; not installed: "
ADVICE = "apt-get install --no-install-recommends slurm-wlm slurmdbd mariadb-server munge"


def missing(needed: Sequence[Mapping[str, str]] = (SCHEDULER, ACCOUNTING)) -> list[str]:
    """The programs of *needed* that cannot be found; empty when all are there."""
    return [name for group in needed for name in group if shutil.which(name, path=SEARCH_PATH) is None]
