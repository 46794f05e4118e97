"""Why a job of AWS Batch waits in RUNNABLE, which it may do for ever. Pure.

The source is *Jobs are stuck in a RUNNABLE status* in the AWS Batch user guide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

__all__ = ["LONG_SECONDS", "faults", "limits_waiting", "why"]

#: How long a healthy environment may take to find a machine.
LONG_SECONDS: Final = 600
_QUEUE: Final = "settings.queue"
_MISCONFIGURED: Final = "MISCONFIGURATION"
_VALID: Final = frozenset({"VALID", "CREATING", "UPDATING"})
_ADVICE: Final = "terminate the run, or mend that; it starts by itself then"


def faults(queue: Mapping[str, Any] | None, environments: Iterable[Mapping[str, Any]], named: str) -> tuple[str, ...]:
    """What is wrong with the queue *named* and its compute environments, one sentence each; empty when nothing is."""
    if queue is None:
        return (f"there is no job queue {named!r} in this account and region: make it, or name another one ({_QUEUE})",)
    found = []
    if queue.get("state") == "DISABLED":
        found.append(f"the job queue {named} is disabled: enable it")
    if queue.get("status") not in _VALID:
        found.append(f"the job queue {named} is {_status(queue)}")
    environments = list(environments)
    for each in environments:
        name = each.get("computeEnvironmentName")
        if each.get("state") == "DISABLED":
            found.append(f"the compute environment {name} is disabled: enable it")
        elif each.get("status") not in _VALID:
            found.append(f"the compute environment {name} is {_status(each)}")
        elif _most(each) == 0:
            found.append(f"the compute environment {name} may have 0 vCPUs at most")
    if not environments:
        found.append(f"the job queue {named} has no compute environment")
    return tuple(found)


def limits_waiting(queue: Mapping[str, Any]) -> bool:
    """Whether the queue ends jobs that wait too long."""
    return bool(queue.get("jobStateTimeLimitActions"))


def why(
    job: Mapping[str, Any], problems: tuple[str, ...], environments: Iterable[Mapping[str, Any]], waited: float
) -> str | None:
    """Why *job* will not start, as far as AWS Batch shows it; None when nothing is wrong yet. *waited*: seconds."""
    said = str(job.get("statusReason") or "")
    if said.startswith(_MISCONFIGURED):
        return f"AWS Batch says {said}; {_ADVICE}"
    if problems:
        return f"{'; '.join(problems)}; {_ADVICE}"
    wanted = _wanted(job)
    most = [_most(each) for each in environments]
    known = [each for each in most if each is not None]
    if wanted is not None and known and len(known) == len(most) and wanted > max(known):
        return f"it asks for {wanted:g} vCPUs, and no compute environment may have more than {max(known)}; {_ADVICE}"
    if waited < LONG_SECONDS:
        return None
    return (
        f"it has waited {waited / 60:.0f} minutes for a machine: no instance type of the environment is large enough, "
        "the account's limit of vCPUs is reached, there is no capacity, or the instances cannot reach ECS; "
        "the AWS Batch user guide, *Jobs are stuck in a RUNNABLE status*, says how to look"
        + (f" ({said})" if said else "")
    )


def _status(thing: Mapping[str, Any]) -> str:
    return f"{thing.get('status')}: {thing.get('statusReason') or 'no reason given'}"


def _most(environment: Mapping[str, Any]) -> int | None:
    found = (environment.get("computeResources") or {}).get("maxvCpus")
    return found if isinstance(found, int) else None


def _wanted(job: Mapping[str, Any]) -> float | None:
    for each in (job.get("container") or {}).get("resourceRequirements") or ():
        if each.get("type") == "VCPU":
            try:
                return float(each.get("value"))
            except (TypeError, ValueError):
                return None
    return None
