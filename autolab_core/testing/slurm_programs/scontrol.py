"""``scontrol``: one job in full, the configuration, and whether slurmctld is there."""

from __future__ import annotations

from .faults import Outcome, spoiled
from .jobs import clock, controller_exit, limit_text
from .options import Unreadable, read_options
from .squeue import Row, queue_rows, time_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .world import World

__all__ = ["scontrol"]


def scontrol(world: World, words: list[str], fault: dict[str, Any] | None) -> Outcome:
    """``show job [ID]``, ``show config``, ``ping``, ``hold``, ``release`` and ``requeue``."""
    kind = fault["kind"] if fault else ""
    try:
        _, said = read_options("scontrol", words, {"clusters": "M"}, {"oneliner": "o"})
    except Unreadable as error:
        return Outcome("", str(error), 1)
    if said[:2] == ["show", "config"]:
        outcome = Outcome(_configuration(world))
    elif said[:2] == ["show", "job"]:
        outcome = _jobs(world, said[2:], purged=kind == "purge")
    elif said == ["ping"]:
        outcome = Outcome("Slurmctld(primary) at vm is UP\n")
    elif said and said[0] in {"hold", "release", "requeue"}:
        outcome = _change(world, said[0], said[1:])
    else:
        outcome = Outcome("", f"scontrol: error: the fake one does not know {' '.join(said)!r}\n", 1)
    return spoiled(kind, outcome, fault or {})


def _jobs(world: World, ids: list[str], purged: bool) -> Outcome:
    jobs = list(world.remembered(purged))
    if ids:
        jobs = [job for job in jobs if any(job.answers_to(each) for each in ids)]
        if not jobs:
            return Outcome("", "slurm_load_jobs error: Invalid job id specified\n", 1)
    if not jobs:
        return Outcome("No jobs in the system\n")
    return Outcome("".join(_block(world, row) for row in queue_rows(jobs)))


def _block(world: World, row: Row) -> str:
    job = row.job
    user = f"{world.settings['user']}({world.settings['uid']})"
    array = ""
    if job.task is not None:
        throttle = f" ArrayTaskThrottle={job.throttle}" if job.throttle else ""
        array = f" ArrayJobId={job.array} ArrayTaskId={row.tasks if row.together else job.task}{throttle}"
    run = (job.ended or world.now) - job.started if job.started else 0
    end = job.ended or (job.started + job.limit * 60 if job.started and job.limit is not None else 0)
    eligible = "Unknown" if job.held or row.together else str(job.submitted)
    lines = [
        f"JobId={job.id}{array} JobName={job.name}",
        f"UserId={user} GroupId={user} MCS_label=N/A",
        f"Priority={0 if job.held else 4294901757} Nice=0 Account=root QOS=normal",
        f"JobState={job.state} Reason={job.reason.replace(' ', '_')} Dependency=(null)",
        f"Requeue={int(job.requeue)} Restarts={job.restarts} BatchFlag=1 Reboot=0 ExitCode={controller_exit(job)}",
        f"RunTime={clock(run)} TimeLimit={limit_text(job.limit)} TimeMin=N/A",
        f"SubmitTime={job.submitted} EligibleTime={eligible}",
        f"StartTime={time_text(job.started, 'Unknown')} EndTime={time_text(end, 'Unknown')} Deadline=N/A",
        f"Partition={job.partition} AllocNode:Sid=localhost:1037",
        "ReqNodeList=(null) ExcNodeList=(null)",
        f"NodeList={job.nodes}",
        "NumNodes=1 NumCPUs=1 NumTasks=1 CPUs/Task=1 ReqB:S:C:T=0:0:*:*",
        f"Command={job.script or '(null)'}",
        f"WorkDir={job.folder}",
        *([f"Comment={job.comment} "] if job.comment else []),
        f"StdErr={job.output}",
        "StdIn=/dev/null",
        f"StdOut={job.output}",
        "Power=",
    ]
    return "\n   ".join(lines) + "\n   \n\n"


def _change(world: World, verb: str, ids: list[str]) -> Outcome:
    for job in world.remembered():
        if not any(job.answers_to(each) for each in ids):
            continue
        if verb == "requeue" and not job.over:
            job.restarts += 1
            job.state, job.reason, job.started, job.nodes, job.submitted = "PENDING", "BeginTime", 0, "", world.now
        elif verb != "requeue" and job.state == "PENDING":
            job.held = verb == "hold"
            job.reason = "JobHeldUser" if job.held else "None"
    return Outcome()


def _configuration(world: World) -> str:
    settings = world.settings
    storage = "slurmdbd" if settings["accounting"] else "none"
    values = {
        "AccountingStorageType": f"accounting_storage/{storage}",
        "ClusterName": settings["cluster"],
        "KillWait": "2 sec",
        "MaxArraySize": settings["max_array_size"],
        "MessageTimeout": f"{settings['message_timeout']} sec",
        "MinJobAge": f"{settings['min_job_age']} sec",
        "NEXT_JOB_ID": world.next_id,
        "SlurmctldHost[0]": "vm(127.0.0.1)",
        "SLURM_VERSION": "22.05.8",
    }
    lines = [f"{name:<23} = {value}" for name, value in values.items()]
    return f"Configuration data as of {world.now}\n" + "\n".join(lines) + "\n\nSlurmctld(primary) at vm is UP\n"
