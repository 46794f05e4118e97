"""What can go wrong, by name, and what Slurm's commands say then. The sentences were recorded from 22.05.8."""

from __future__ import annotations

__all__ = ["DETAILS", "KINDS", "REFUSALS", "STOPPING", "Outcome", "failed_outcome", "spoiled"]

_ASKING = frozenset({"squeue", "sacct", "scontrol", "sinfo"})
_CONTROLLER = frozenset({"sbatch", "squeue", "scontrol", "scancel", "sinfo"})  # the commands that talk to slurmctld
_DATABASE = frozenset({"sacct"})
_ALL = _CONTROLLER | _DATABASE

# Each kind, and the commands that it can befall.
KINDS: dict[str, frozenset[str]] = {
    "accept_then_die": frozenset({"sbatch"}),
    "accept_then_hang": frozenset({"sbatch"}),
    "accept_then_time_out": frozenset({"sbatch"}),
    "die": _ALL,
    "disabled_accounting": _DATABASE,
    "down": _ALL,
    "error_with_rc_0": frozenset({"squeue", "sacct"}),
    "garbage": _ALL,
    "hang": _ALL,
    "lag": _DATABASE,
    "lose": frozenset({"sbatch"}),
    "munge": _ALL,
    "not_configured": _ALL,
    "purge": frozenset({"squeue", "scontrol"}),
    "refuse": frozenset({"sbatch"}),
    "reuse_ids": frozenset({"sbatch"}),
    "time_out": _ALL,
    "truncate": _ASKING,
    "wrong_rows": frozenset({"squeue", "sacct"}),
}

# Nothing is asked of the cluster, and nothing is done, when one of these befalls a command.
STOPPING = frozenset(
    {"die", "disabled_accounting", "down", "error_with_rc_0", "hang", "munge", "not_configured", "time_out"}
)

# What else may be said about a fault of a kind.
_SECONDS = frozenset({"seconds"})
DETAILS: dict[str, frozenset[str]] = {
    "down": _SECONDS,
    "garbage": frozenset({"text"}),
    "lag": _SECONDS,
    "munge": _SECONDS,
    "refuse": frozenset({"reason"}),
    "time_out": _SECONDS,
    "truncate": frozenset({"keep"}),
    "wrong_rows": frozenset({"how", "values"}),
}

# What sbatch refuses: exit code and complaint.
_SUBMISSION = "sbatch: error: Batch job submission failed: "
REFUSALS: dict[str, tuple[int, str]] = {
    "account": (1, f"{_SUBMISSION}Invalid account or account/partition combination specified\n"),
    "array": (1, f"{_SUBMISSION}Invalid job array specification\n"),
    "constraint": (1, f"{_SUBMISSION}Invalid feature specification\n"),
    "cpus": (1, f"{_SUBMISSION}More processors requested than permitted\n"),
    "dependency": (1, f"{_SUBMISSION}Job dependency problem\n"),
    "full": (
        1,
        (
            "sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying\n"
            f"{_SUBMISSION}Resource temporarily unavailable\n"
        ),
    ),
    "gres": (1, "sbatch: error: Invalid generic resource (gres) specification\n"),
    "license": (1, f"{_SUBMISSION}Invalid license specification\n"),
    "limit": (
        1,
        (
            "sbatch: error: AssocMaxSubmitJobLimit\n"
            f"{_SUBMISSION}Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)\n"
        ),
    ),
    "memory": (
        1,
        (
            "sbatch: error: Memory specification can not be satisfied\n"
            f"{_SUBMISSION}Requested node configuration is not available\n"
        ),
    ),
    "memory_unreadable": (255, "sbatch: error: Invalid --mem specification\n"),
    "nodelist": (1, f"{_SUBMISSION}Invalid node name specified\n"),
    "partition": (
        1,
        f"sbatch: error: invalid partition specified: nosuch\n{_SUBMISSION}Invalid partition name specified\n",
    ),
    "permission": (1, f"{_SUBMISSION}Access/permission denied\n"),
    "qos": (1, f"{_SUBMISSION}Invalid qos specification\n"),
    "reservation": (1, f"{_SUBMISSION}Requested reservation is invalid\n"),
    "time": (1, f"{_SUBMISSION}Requested time limit is invalid (missing or exceeds some limit)\n"),
    "time_unreadable": (255, "sbatch: error: Invalid --time specification\n"),
}

# How each command begins its last line when slurmctld did not answer.
_PREFIX = {
    "sbatch": "sbatch: error: Batch job submission failed: ",
    "squeue": "slurm_load_jobs error: ",
    "scancel": "scancel: error: Kill job error on job id {job}: ",
    "sinfo": "slurm_load_partitions: ",
}
_SENTENCE = {
    "down": "Unable to contact slurm controller (connect failure)",
    "time_out": "Socket timed out on send/recv operation",
    "munge": "Protocol authentication error",
}
_ERROR = (
    '{"meta": {"Slurm": {"release": "22.05.8"}}, "errors": [{"description": "Failed while looking for jobs", '
    '"error_number": -1, "error": "Unspecified error", "source": "slurm_load_jobs"}], "jobs": []}'
)
_SCANCEL_CODES = {"down": 8, "time_out": 140, "munge": 239}
_NOISE = "\x00\x01\ufffd<html><body>502 Bad Gateway</body></html>\nlogin banner: maintenance on Friday|||\n"


class Outcome:
    """What a command printed, and how it ended: an exit code, minus a signal, or None: it never does."""

    def __init__(self, stdout: str = "", stderr: str = "", code: int | None = 0, seconds: float = 0.0) -> None:
        self.stdout = stdout
        self.stderr = stderr
        self.code = code
        self.seconds = seconds  # how long it takes to say so


def failed_outcome(kind: str, program: str, words: list[str], seconds: float = 0.0) -> Outcome:
    """What *program* says when *kind* keeps it from asking anybody: nothing was asked, nothing was changed."""
    if kind in {"hang", "die"}:
        return Outcome(code=None if kind == "hang" else -9)
    if kind == "not_configured":
        return Outcome("", f"{program}: fatal: Could not establish a configuration source\n", 1)
    if kind == "disabled_accounting":
        return Outcome("", "Slurm accounting storage is disabled\n", 1)
    if program == "sacct" and kind != "error_with_rc_0":
        return Outcome("", _database_complaint(kind), 1, seconds)
    noise = _munge_complaint(program) if kind == "munge" else ""
    if "--json" in words:
        return Outcome(_ERROR, noise, 0, seconds)
    if kind == "error_with_rc_0":
        # The text forms have no place for it: the error stands on stderr alone, beside an exit code of 0.
        return Outcome("", f"{program}: error: {_SENTENCE['time_out']}\n", 0, seconds)
    if program == "scontrol" and "ping" in words:
        return Outcome("Slurmctld(primary) at vm is DOWN\n", noise, 1, seconds)
    prefix = _PREFIX.get(program) or f"slurm_load_{'ctl_conf' if 'config' in words else 'jobs'} error: "
    said = prefix.format(job=words[-1] if words else "") + _SENTENCE[kind] + "\n"
    return Outcome("", noise + said, _SCANCEL_CODES[kind] if program == "scancel" else 1, seconds)


def _munge_complaint(program: str) -> str:
    return (
        f"{program}: error: If munged is up, restart with --num-threads=10\n"
        f'{program}: error: Munge encode failed: Failed to access "/run/munge/munge.socket.2": '
        "No such file or directory (Did you start munged?)\n"
    )


def _database_complaint(kind: str) -> str:
    if kind == "munge":
        return _munge_complaint("sacct") + (
            "sacct: error: Sending PersistInit msg: Protocol authentication error\n"
            "sacct: error: Problem talking to the database: Protocol authentication error\n"
        )
    word = "Connection refused" if kind == "down" else "Resource temporarily unavailable"
    return (
        "sacct: error: slurm_persist_conn_open_without_init: failed to open persistent connection to "
        f"host:127.0.0.1:6819: {word}\nsacct: error: Sending PersistInit msg: {word}\n"
        f"sacct: error: Problem talking to the database: {word}\n"
    )


def spoiled(kind: str, outcome: Outcome, details: dict[str, object]) -> Outcome:
    """*outcome* of a command that worked, after *kind* has got at what it printed."""
    text = outcome.stdout
    if kind == "garbage":
        return Outcome(str(details.get("text", _NOISE)), outcome.stderr, outcome.code)
    if kind == "truncate":
        part = details.get("keep", 0.5)
        assert isinstance(part, int | float)
        return Outcome(text[: int(len(text) * part)], outcome.stderr, outcome.code)
    return outcome
