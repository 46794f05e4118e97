"""``sbatch``: takes a script, or refuses it, or does one of the things in between."""

from __future__ import annotations

import os

from .faults import REFUSALS, Outcome
from .jobs import Job, tasks
from .options import Unreadable, read_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .world import World

__all__ = ["sbatch"]

_VALUED = {
    "account": "A",
    "array": "a",
    "begin": "b",
    "chdir": "D",
    "clusters": "M",
    "comment": "",
    "constraint": "C",
    "cpus-per-task": "c",
    "dependency": "d",
    "error": "e",
    "export": "",
    "gpus": "G",
    "gpus-per-node": "",
    "gres": "",
    "job-name": "J",
    "licenses": "L",
    "mail-type": "",
    "mail-user": "",
    "mem": "",
    "mem-per-cpu": "",
    "nodelist": "w",
    "nodes": "N",
    "ntasks": "n",
    "ntasks-per-node": "",
    "open-mode": "",
    "output": "o",
    "partition": "p",
    "qos": "q",
    "reservation": "",
    "signal": "",
    "time": "t",
    "wrap": "",
}
_FLAGS = {"exclusive": "", "hold": "H", "no-requeue": "", "parsable": "", "quiet": "Q", "requeue": ""}


class _Refused(Exception):
    """sbatch does not take it: exit code and complaint."""


def sbatch(world: World, words: list[str], stdin: str, cwd: str, fault: dict[str, Any] | None) -> Outcome:
    """The answer of one submission. The job exists when this returns, if it was accepted at all."""
    kind = fault["kind"] if fault else ""
    try:
        if fault is not None and kind == "refuse":
            raise _Refused(*REFUSALS[fault.get("reason", "partition")])
        options, script, text = _request(words, stdin, cwd)
        if fault is not None and kind == "reuse_ids":
            world.next_id = _free_id(world)
        jobs = _accept(world, options, script, text, cwd)
    except _Refused as refused:
        code, complaint = refused.args
        return Outcome("", complaint, code)
    if kind == "lose":
        for job in jobs:
            job.known = job.accounted = False
    number = jobs[-1].id if jobs[0].task is not None else jobs[0].id
    if kind == "accept_then_time_out":
        return Outcome("", "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation\n", 1)
    if kind in {"accept_then_die", "accept_then_hang"}:
        return Outcome(code=-9 if kind == "accept_then_die" else None)
    cluster = options.get("clusters", "")
    if "parsable" in options:
        return Outcome(f"{number};{cluster}\n" if cluster else f"{number}\n")
    return Outcome(f"Submitted batch job {number}{f' on cluster {cluster}' if cluster else ''}\n")


def _free_id(world: World) -> int:
    """The lowest id that no job has which slurmctld still remembers and which has not ended."""
    taken = {job.id for job in world.jobs if job.known and not job.over}
    return next(number for number in range(1, len(taken) + 2) if number not in taken)


def _request(words: list[str], stdin: str, cwd: str) -> tuple[dict[str, str], str, str]:
    """The options (the script's own are overridden by the command line's), the script's path and its text."""
    try:
        given, rest = read_options("sbatch", words, _VALUED, _FLAGS)
        script = os.path.join(cwd, rest[0]) if rest else ""
        text = f"#!/bin/sh\n{given['wrap']}\n" if "wrap" in given else _script(script, stdin)
        own: dict[str, str] = {}
        for line in text.splitlines():
            if line.startswith("#SBATCH"):
                own.update(read_options("sbatch", line.split()[1:], _VALUED, _FLAGS)[0])
            elif line.strip() and not line.startswith("#"):
                break
    except Unreadable as error:
        raise _Refused(255, str(error)) from None
    options = {**own, **given}
    if ("no-requeue" in given) != ("requeue" in given):
        options.pop("requeue" if "no-requeue" in given else "no-requeue", None)
    return options, script, text


def _script(path: str, stdin: str) -> str:
    """The script's text. Raises _Refused where sbatch refuses to send it."""
    text = stdin
    if path:
        try:
            with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
                text = file.read()
        except OSError:
            raise _Refused(1, f"sbatch: error: Unable to open file {path}\n") from None
    if not text:
        raise _Refused(1, "sbatch: error: Batch script is empty!\n")
    if not text.startswith("#!"):
        raise _Refused(
            1,
            "sbatch: error: This does not look like a batch script.  The first\n"
            "sbatch: error: line must start with #! followed by the path to an interpreter.\n"
            "sbatch: error: For instance: #!/bin/sh\n",
        )
    if "\r\n" in text:
        raise _Refused(
            1,
            "sbatch: error: Batch script contains DOS line breaks (\\r\\n)\n"
            "sbatch: error: instead of expected UNIX line breaks (\\n).\n",
        )
    return text


def _accept(world: World, options: dict[str, str], script: str, text: str, cwd: str) -> list[Job]:
    settings = world.settings
    partition = options.get("partition", settings["partitions"][0])
    if partition not in settings["partitions"]:
        raise _Refused(1, REFUSALS["partition"][1].replace("nosuch", partition))
    memory = options.get("mem", "100M")
    if not memory.rstrip("KMGT").isdigit():
        raise _Refused(*REFUSALS["memory_unreadable"])
    folder = os.path.join(cwd, options.get("chdir", ""))
    given = {
        "name": options.get("job-name") or (os.path.basename(script) if script else "sbatch"),
        "comment": options.get("comment", ""),
        "script": script,
        "folder": folder,
        "partition": partition,
        "limit": _minutes(options["time"]) if "time" in options else None,
        "memory": memory if memory[-1] in "KMGT" else f"{memory}M",
        "held": "hold" in options,
        "reason": "JobHeldUser" if "hold" in options else "None",
        "requeue": "requeue" in options,
        **{key: settings[key] for key in ("starts_after", "runs_for", "exit_code")},
    }
    jobs = _array(world, options["array"], given) if "array" in options else [world.add(given)]
    for job in jobs:
        pattern = options.get("output") or ("slurm-%A_%a.out" if job.task is not None else "slurm-%j.out")
        for sign, value in (("%j", job.id), ("%A", job.array or job.id), ("%a", job.task), ("%x", job.name)):
            pattern = pattern.replace(sign, str(value))
        job.output = os.path.join(folder, pattern)
        job.copy = os.path.join(world.folder, "scripts", f"{job.serial}.sh")
    with open(jobs[0].copy, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        file.write(text)
    for job in jobs:
        job.copy = jobs[0].copy
    return jobs


def _array(world: World, text: str, given: dict[str, Any]) -> list[Job]:
    """Its tasks. The last one bears the array's own id, as in Slurm, where the array itself becomes the last task."""
    try:
        numbers = sorted(tasks(text))
    except ValueError:
        numbers = []
    if not numbers or numbers[-1] >= world.settings["max_array_size"]:
        raise _Refused(*REFUSALS["array"])
    array = world.next_id
    throttle = text.partition("%")[2]
    world.next_id += 1
    first = [world.add({**given, "array": array, "task": task, "throttle": throttle}) for task in numbers[:-1]]
    kept, world.next_id = world.next_id, array
    last = world.add({**given, "array": array, "task": numbers[-1], "throttle": throttle})
    world.next_id = kept
    return [*first, last]


def _minutes(text: str) -> int | None:
    """A time limit in minutes, rounded up: ``M``, ``M:S``, ``H:M:S``, ``D-H``, ``D-H:M``, ``D-H:M:S``."""
    if text in {"UNLIMITED", "INFINITE", "0"}:
        return None
    days, dash, rest = text.rpartition("-")
    try:
        parts = [int(part) for part in rest.split(":")]
        day = int(days) if dash else 0
    except ValueError:
        parts = []
    if not 1 <= len(parts) <= 3:
        raise _Refused(*REFUSALS["time_unreadable"])
    if dash:
        hours, minutes, seconds = (*parts, 0, 0)[:3]
    elif len(parts) == 3:
        hours, minutes, seconds = parts
    else:
        hours, (minutes, seconds) = 0, (*parts, 0)[:2]
    return day * 1440 + hours * 60 + minutes + (seconds > 0)
