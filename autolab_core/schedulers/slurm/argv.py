"""What is said to Slurm's commands, word for word, and in which environment. Pure.

No answer may depend on the user's settings: formats, filters and clusters are given as options, and every variable that
could change an answer is taken out of the environment. Checked against Slurm 22.05.8.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from autolab_core.schedulers.slurm.call import HERE, Call, Site, one_word
from autolab_core.vocab.errors import UsageError

__all__ = [
    "ACCOUNTING_FIELDS",
    "QUEUE_FIELDS",
    "SEPARATOR",
    "chunks",
    "halves",
    "sacct",
    "sacct_json",
    "sacct_named",
    "sbatch",
    "scancel",
    "scontrol_config",
    "scontrol_details",
    "scontrol_job",
    "squeue",
    "squeue_json",
    "squeue_named",
    "version",
]

# The unit separator of ASCII: nothing that Slurm itself writes holds it, and our own names cannot.
SEPARATOR: Final = "\x1f"

QUEUE_FIELDS: Final = (
    "JobArrayID",
    "JobID",
    "State",
    "exit_code",
    "Reason",
    "Name",
    "SubmitTime",
    "EligibleTime",
    "StartTime",
    "EndTime",
    "TimeLimit",
    "RestartCnt",
    "NodeList",
    "Partition",
    "UserName",
    "Cluster",
)

# The first five, in this order, are what people know. All of them are in every version from 20.02 on; ``Restarts`` is
# not, so earlier attempts are counted as rows (``--duplicates``).
ACCOUNTING_FIELDS: Final = (
    "JobID",
    "State",
    "ExitCode",
    "Elapsed",
    "MaxRSS",
    "JobIDRaw",
    "JobName",
    "DerivedExitCode",
    "Submit",
    "Eligible",
    "Start",
    "End",
    "Timelimit",
    "ReqMem",
    "NodeList",
    "Reason",
    "Partition",
    "User",
    "Cluster",
)

# A list of array tasks whole, however long; messages as they are classified; one zone for times that are asked with.
_JSON: Final = MappingProxyType({"SLURM_BITSTR_LEN": "0", "LC_ALL": "C", "TZ": "UTC0"})
# Times as seconds since 1970 whatever the zone. Not with --json, which has them so: sacct 22.05 then reads back a time
# that it has formatted itself, and fails ("Unable to parse time format").
_TEXT: Final = MappingProxyType({**_JSON, "SLURM_TIME_FORMAT": "%s"})
_MAX_IDS: Final = 1000
_MAX_CHARACTERS: Final = 60_000


def sbatch(
    script: str,
    *,
    name: str,
    folder: str,
    site: Site = HERE,
    requeue: bool = False,
    options: Sequence[str] = (),
) -> Call:
    """Submit the file *script* as it lies there, so that what was hashed is what runs, from the absolute *folder*.

    *name* finds the job again, by name in the queue, by name and comment in the accounting. ``--export=ALL``: the job
    gets the (cleaned) environment of the launch, as a local run does. With ``NONE``, sites differ in what they load
    instead, the user's login shell may hang or fail ("user env retrieval failed requeued held"), and ``srun`` inside of
    the job would start its tasks with nothing. *options* are a site's own; of an option that is given twice the last
    one counts, which is ours. 150 s: a full queue makes sbatch itself wait for two minutes.
    """
    return Call(
        (
            "sbatch",
            *(_line("submit option", each) for each in options),
            "--parsable",
            *site.to,
            f"--job-name={one_word('job name', name)}",
            f"--comment={name}",
            f"--chdir={_line('folder', folder)}",
            "--export=ALL",
            "--requeue" if requeue else "--no-requeue",
            "--",
            _line("script", script),
        ),
        max(150.0, site.patience),
    )


def squeue(ids: Sequence[str], *, site: Site = HERE) -> Call:
    """Ask for jobs by id, those that slurmctld still remembers after their end included.

    ``:0`` stands for no fixed width: a field of ``--Format`` is otherwise cut to 20 characters without a sign.
    One id that is gone makes this fail; several ids that are gone do not.
    """
    return Call(("squeue", *_QUEUE, *site.to, f"--jobs={_ids(ids)}"), site.patience, _TEXT)


def squeue_named(names: Sequence[str], *, site: Site = HERE) -> Call:
    """Ask for the jobs that carry one of *names*. It is known at once, also while accounting lags."""
    return Call(("squeue", *_QUEUE, *site.to, f"--name={_names(names)}"), site.patience, _TEXT)


def squeue_json(*, site: Site = HERE) -> Call:
    """All jobs as JSON: 22.05 ignores ``--jobs`` here."""
    return Call(("squeue", "--states=all", *site.to, "--json"), site.patience + 30, _JSON)


_QUEUE: Final = (
    "--noheader",
    "--states=all",
    "--Format=" + ",".join(f"{name}:0{SEPARATOR}" for name in QUEUE_FIELDS),
)
_ACCOUNTING: Final = (
    "--parsable2",
    f"--delimiter={SEPARATOR}",
    "--noconvert",
    "--duplicates",
    "--format=" + ",".join(ACCOUNTING_FIELDS),
)
_ACCOUNTING_SECONDS: Final = 90.0  # a silent slurmdbd takes sacct 45 s


def sacct(ids: Sequence[str], *, site: Site = HERE) -> Call:
    """Ask the accounting for jobs by id, with their steps and all their attempts, whenever they ran."""
    return Call(("sacct", *_ACCOUNTING, *site.to, f"--jobs={_ids(ids)}"), _ACCOUNTING_SECONDS, _TEXT)


def sacct_named(names: Sequence[str], since: datetime, *, site: Site = HERE) -> Call:
    """Ask for the jobs that carry one of *names* and were there after *since* (aware).

    Without a beginning sacct looks at today alone. Held and dependent jobs are not listed at all, and a new one only
    some seconds after it was submitted: an empty answer proves nothing by itself.
    """
    begin = since.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()
    words = ("sacct", *_ACCOUNTING, *site.to, f"--name={_names(names)}", f"--starttime={begin}")
    return Call(words, _ACCOUNTING_SECONDS, _TEXT)


def sacct_json(ids: Sequence[str], *, site: Site = HERE) -> Call:
    """The accounting of jobs as JSON; earlier attempts are in it."""
    return Call(("sacct", *site.to, f"--jobs={_ids(ids)}", "--json"), _ACCOUNTING_SECONDS, _JSON)


def scontrol_job(identifier: str, *, site: Site = HERE) -> Call:
    """Ask for one job (an array: all its tasks), with exit codes of 8 bits."""
    return Call(("scontrol", *site.to, "show", "job", one_word("job id", identifier)), site.patience, _TEXT)


def scontrol_details(identifier: str, *, site: Site = HERE) -> Call:
    """Ask what one job holds on each of its nodes."""
    return Call(
        ("scontrol", "--details", *site.to, "show", "job", one_word("job id", identifier)), site.patience, _TEXT
    )


def scontrol_config(*, site: Site = HERE) -> Call:
    """Ask how the cluster is set up."""
    return Call(("scontrol", *site.to, "show", "config"), site.patience, _TEXT)


def scancel(ids: Sequence[str], *, site: Site = HERE, name: str | None = None) -> Call:
    """Cancel jobs; with *name*, only if they carry it, because a controller that lost its state gives ids again.

    Slurm answers the same (nothing, 0) for a job that has ended and for one that never was. Many ids take a second.
    """
    named = () if name is None else (f"--name={one_word('job name', name)}",)
    _ids(ids)
    return Call(("scancel", *site.to, *named, *ids), site.patience + len(ids) / 50, _TEXT)


def version(program: str) -> Call:
    """``sinfo -V``, ``squeue -V``. No daemon is asked, but a missing configuration is waited for, a minute long."""
    return Call((program, "-V"), 70.0, _TEXT)


def chunks(ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """*ids* in groups that one command line takes: 1000 at most, and 60,000 characters."""
    group: list[str] = []
    length = 0
    for identifier in ids:
        if group and (len(group) == _MAX_IDS or length + len(identifier) + 1 > _MAX_CHARACTERS):
            yield tuple(group)
            group, length = [], 0
        group.append(identifier)
        length += len(identifier) + 1
    if group:
        yield tuple(group)


def halves(ids: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Two halves of *ids* to ask for again when a question about all was refused; nothing more for a single one."""
    middle = len(ids) // 2
    return (tuple(ids[:middle]), tuple(ids[middle:])) if middle else ()


def _ids(ids: Sequence[str]) -> str:
    """A list of ids. An empty one would mean every job to sacct and none to squeue."""
    if not ids:
        raise UsageError("no job id to ask for")
    return ",".join(one_word("job id", each) for each in ids)


def _names(names: Sequence[str]) -> str:
    if not names:
        raise UsageError("no job name to ask for")
    return ",".join(one_word("job name", each) for each in names)


def _line(what: str, text: str) -> str:
    if not text or not text.isprintable():
        raise UsageError(f"{what} {text!r} cannot be said to Slurm: it is empty or holds control characters")
    return text
