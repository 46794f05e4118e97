"""One command of Slurm's: its words, the seconds it may take, and the environment it is run in. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import attrs

from autolab_core.vocab.errors import UsageError

__all__ = ["HERE", "Call", "Site", "one_word", "portable"]

# What begins like this changes what a command asks or prints (squeue(1), sacct(1), sbatch(1): "INPUT ENVIRONMENT
# VARIABLES"), or belongs to the job that we happen to run in: sbatch hands every SLURM_* on to the new one.
_REMOVED_PREFIXES: Final = (
    "SACCT_",
    "SALLOC_",
    "SBATCH_",
    "SCANCEL_",
    "SCONTROL_",
    "SINFO_",
    "SLURM_",
    "SQUEUE_",
    "SRUN_",
)
# Which cluster is talked to, and how we prove who we are.
_KEPT: Final = frozenset({"SLURM_CONF", "SLURM_CONF_SERVER", "SLURM_JWT", "SLURM_SACK_KEY", "SLURM_SACK_SOCKET"})
# Where the environment cannot be seen (on a login node), what the manual pages of 22.05 name is taken out one by one.
_NAMED: Final = {
    "sacct": "FEDERATION FORMAT LOCAL",
    "sbatch": "ACCOUNT ACCTG_FREQ ARRAY_INX BATCH CLUSTERS CONSTRAINT CONTAINER CORE_SPEC CPUS_PER_GPU DEBUG "
    "DELAY_BOOT DISTRIBUTION ERROR EXCLUSIVE EXPORT GET_USER_ENV GPUS GPUS_PER_NODE GPUS_PER_TASK "
    "GPU_BIND GPU_FREQ GRES GRES_FLAGS HINT IGNORE_PBS INPUT JOB_NAME MEM_BIND MEM_PER_CPU MEM_PER_GPU "
    "MEM_PER_NODE NETWORK NO_KILL NO_REQUEUE OPEN_MODE OUTPUT OVERCOMMIT PARTITION POWER PROFILE QOS "
    "REQUEUE REQ_SWITCH RESERVATION SIGNAL SPREAD_JOB THREADS_PER_CORE THREAD_SPEC TIMELIMIT "
    "USE_MIN_NODES WAIT WAIT4SWITCH WAIT_ALL_NODES WCKEY",
    "scancel": "ACCOUNT BATCH CTLD FULL HURRY INTERACTIVE NAME PARTITION QOS STATE USER VERBOSE WCKEY",
    "scontrol": "ALL FEDERATION FUTURE LOCAL SIBLING",
    "squeue": "ACCOUNT ALL ARRAY FEDERATION FORMAT FORMAT2 LICENSES LOCAL NAMES PARTITION PRIORITY QOS SIBLING SORT "
    "STATES USERS",
}

_NOT_IN_A_WORD: Final = frozenset(" ,;'\"\\`$%")


@attrs.frozen
class Site:
    """Where to ask: a ``cluster`` other than this machine's own, and its MessageTimeout in seconds (10 by default)."""

    cluster: str | None = None
    message_timeout: float = 10.0

    @property
    def to(self) -> tuple[str, ...]:
        return () if self.cluster is None else (f"--clusters={one_word('cluster', self.cluster)}",)

    @property
    def patience(self) -> float:
        """Seconds for one question. A command that finds slurmctld silent gives up after one or two MessageTimeouts."""
        return 2 * self.message_timeout + 10


HERE: Final = Site()  # this machine's own cluster


class Call(NamedTuple):
    """A command and the seconds that it may take. One that takes longer has told nothing.

    ``settings`` are the variables that it needs on top of a cleaned environment.
    """

    argv: tuple[str, ...]
    timeout: float
    settings: Mapping[str, str] = MappingProxyType({})

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """*environ* for this command: without what changes answers, with its own settings.

        ``SLURM_CONF`` and what proves who we are stays. ``SLURM_CLUSTERS`` goes: a cluster is always named by ``Site``.
        """
        kept = {
            name: value for name, value in environ.items() if name in _KEPT or not name.startswith(_REMOVED_PREFIXES)
        }
        return {**kept, **self.settings}


def portable(call: Call) -> Call:
    """*call* for a machine whose environment cannot be seen: ``env`` cleans it there."""
    program = call.argv[0]
    own = (f"{program.upper()}_{name}" for name in _NAMED.get(program, "").split())
    removed = tuple(word for name in ("SLURM_CLUSTERS", "SLURM_DEBUG_FLAGS", *own) for word in ("-u", name))
    given = tuple(f"{name}={value}" for name, value in call.settings.items())
    return call._replace(argv=("env", *removed, *given, *call.argv))


def one_word(what: str, text: str) -> str:
    """*text*, unless it would be several words, an option or several items to Slurm."""
    plain = text.isascii() and text.isprintable() and _NOT_IN_A_WORD.isdisjoint(text)
    if not text or not plain or text.startswith("-"):
        raise UsageError(f"{what} {text!r} cannot be said to Slurm: it needs plain letters, digits and . _ - + [ ]")
    return text
