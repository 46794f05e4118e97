"""Why a job that waits will wait for ever unless somebody acts, and what to do. Pure.

The reasons are those of "JOB REASON CODES" in squeue(1) and of ``job_reason_string`` in Slurm's source. Whatever else a
job waits for (Priority, Resources, Dependency, BeginTime, limits on what runs at once) passes by itself.
"""

from __future__ import annotations

import re
from typing import Final

from autolab_core.schedulers.slurm.parse.rows import JobRow
from autolab_core.vocab.jobs import JobState

__all__ = ["why_stuck"]

_RELEASE: Final = "`scontrol release {job}` lets it go on, `autolab cancel` ends it"
_AGAIN: Final = "cancel it, change the request in the design, and launch again"
# Reasons without spaces, underscores and case; the first that matches counts.
_REASONS: Final[tuple[tuple[re.Pattern[str], str, str], ...]] = tuple(
    (re.compile(pattern), says, advice)
    for pattern, says, advice in (
        ("dependencyneversatisfied", "the job that it depends on failed, so it never starts", "cancel it"),
        ("launchfailed", "it could not be launched on its node and is held", f"look at the node, then {_RELEASE}"),
        ("jobheldadmin", "an administrator holds it", "ask the administrators why"),
        ("jobholdmaxrequeue", "it was put back too often and is held", f"look at its output, then {_RELEASE}"),
        ("jobrequeuedinheld", "it was put back into the queue and is held", _RELEASE),
        ("jobheld|jobhold", "it is held", _RELEASE),
        ("reservationdeleted|resvdeleted", "it is held because its reservation was deleted", _RELEASE),
        ("partitiondown|partitioninactive", "its partition takes no jobs now", "wait, or ask for another partition"),
        ("partitionnodelimit|partitiontimelimit", "it asks for more than its partition gives", _AGAIN),
        ("reqnodenotavail", "a node that it needs is not available", "see `sinfo -R`"),
        ("nodedown|nodesrequired", "nodes that it needs are down, drained or reserved", "see `sinfo -R`"),
        ("badconstraints|constraintsnotavail", "no node has what it asks for", _AGAIN),
        ("accountnotallowed|invalidaccount|qosnotallowed|invalidqos", "its account or QOS is refused", _AGAIN),
        ("deadline", "it cannot end before its deadline", "cancel it"),
        (r"qosmin\w*notsatisfied|qosmin\w+", "it asks for less than its QOS demands", _AGAIN),
        (r"(?:assoc|qos)\w*(?:perjob|pernode|timelimit)\w*", "more than one job may have", _AGAIN),
        (r"(?:assoc|qos)grp\w*(?:minutes|runmins)\w*", "the budget is used up", "ask for more, or wait for its reset"),
        ("qosusagethreshold", "the usage of its QOS is over the threshold", "ask the administrators"),
    )
)


def why_stuck(row: JobRow) -> str | None:
    """The reason of *row* in a sentence with what to do, or None for a job that does not wait, or not for ever."""
    if row.state.means is not JobState.PENDING:
        return None
    # The text of a reason comes from a scheduler; what was chosen at a site may follow it.
    bare = re.sub(r"[\s_-]+", "", row.reason).lower()
    shown = row.reason[:80] or row.state.native
    if "SPECIAL_EXIT" in row.state.flags and not bare.startswith("jobrequeued"):
        bare = "jobheld"
    if "RESV_DEL_HOLD" in row.state.flags:
        bare = "reservationdeleted"
    for pattern, says, advice in _REASONS:
        if pattern.match(bare):
            return f"{says} ({shown}): {advice.format(job=row.id)}"
    return None
