"""Finding a job by its name, where it is not known whether it was submitted. Only certainty counts."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import attrs

from autolab_core.models.job import Answer
from autolab_core.schedulers.slurm import argv
from autolab_core.schedulers.slurm.asking import Asker, complaint_of
from autolab_core.schedulers.slurm.call import Call, Site
from autolab_core.schedulers.slurm.errors import Complaint
from autolab_core.schedulers.slurm.job_ids import JobId
from autolab_core.schedulers.slurm.parse.rows import JobRow
from autolab_core.schedulers.slurm.parse.sacct import parse_sacct
from autolab_core.schedulers.slurm.parse.squeue import parse_squeue
from autolab_core.vocab.errors import ParseError, QueryFailed

__all__ = ["Search"]

# What was sent and not yet looked at by slurmctld is in its queue by then.
_SETTLE_SECONDS: Final = 3.0
_ARRIVAL_SECONDS: Final = 20.0
# As far back as any run is taken up again.
_FAR_BACK: Final = timedelta(days=30)
_CLOCKS: Final = timedelta(hours=25)  # two machines' clocks, and a zone that one of them has wrong
_NO_ACCOUNTING: Final = frozenset({Complaint.ACCOUNTING_DISABLED, Complaint.NOT_PERMITTED})


@attrs.frozen
class Search:
    """A search for the one job that has the name *token*."""

    asker: Asker
    site: Site
    now: Callable[[], datetime]

    def find(self, token: str, submitted_at: datetime | None, *, unclear: bool) -> JobId | None:
        """The id of the job, or None when it is certain that there is none and that none is on its way.

        With *unclear* a submission was given up a moment ago, so what it sent may still arrive. Raises QueryFailed when
        Slurm does not answer, when ``sbatch`` is still at work, and when several jobs have the name.
        """
        found = self.listed(token)
        if found is None:
            self._no_sbatch(token)
            age = self.now() - submitted_at if submitted_at is not None else None
            if unclear or (age is not None and age < timedelta(seconds=_ARRIVAL_SECONDS)):
                time.sleep(_SETTLE_SECONDS)
            found = self._accounting(token, submitted_at)
        # Asked again at the end: between the two questions it may have arrived.
        return found if found is not None else self.listed(token)

    def listed(self, token: str) -> JobId | None:
        """The id under which slurmctld has the job now, or None; raises QueryFailed."""
        return self._only(token, self._rows(argv.squeue_named([token], site=self.site), parse_squeue))

    def _accounting(self, token: str, submitted_at: datetime | None) -> JobId | None:
        since = self.now() - _FAR_BACK
        if submitted_at is not None and submitted_at > since:
            since = submitted_at - _CLOCKS
        call = argv.sacct_named([token], since, site=self.site)
        return self._only(token, self._rows(call, parse_sacct))

    def _rows(self, call: Call, parse: Callable[[bytes], tuple[JobRow, ...]]) -> tuple[JobRow, ...]:
        answer = self.asker.ask(call)
        complaint = complaint_of(answer)
        if call.argv[0] == "sacct" and (complaint in _NO_ACCOUNTING or _missing(answer)):
            return ()  # slurmctld's own memory has to do; whatever began has left its start marker
        if complaint is not Complaint.NONE:
            raise QueryFailed(f"{call.argv[0]}: {answer.stderr.strip()[-300:] or complaint}")
        try:
            return parse(answer.stdout.encode())
        except ParseError as error:
            raise QueryFailed(str(error)) from error

    def _only(self, token: str, rows: tuple[JobRow, ...]) -> JobId | None:
        ours = [row for row in rows if row.name == token]
        if len(ours) != len(rows):
            # Asked for one name, Slurm names no other: of what this answer leaves out, nothing is known.
            raise QueryFailed(f"asked for jobs named {token}, Slurm lists others")
        ids = {row.id.job: JobId(row.id.job, cluster=self.site.cluster or "") for row in ours}
        if len(ids) > 1:
            both = " and ".join(sorted(ids))
            raise QueryFailed(
                f"several jobs have the name {token}: {both}; look at them (`scontrol show job`) and end all but the "
                "one that has started"
            )
        return next(iter(ids.values()), None)

    def _no_sbatch(self, token: str) -> None:
        """Raise QueryFailed while an ``sbatch`` of this job is alive here: it outlives a launch that was killed."""
        # The bracket keeps the pattern from finding the command that asks.
        pattern = f"[-]-job-name={re.escape(token)}( |$)"
        answer = self.asker.ask(Call(("pgrep", "-f", "--", pattern), self.site.patience))
        if answer.exit_code == 0 and answer.stdout.strip():
            pids = ", ".join(answer.stdout.split()[:5])
            raise QueryFailed(f"an sbatch of {token} is still at work (pid {pids}): wait for it")


def _missing(answer: Answer) -> bool:
    """The program is not installed, which is known at once; a time-out says nothing of the kind."""
    return answer.exit_code == 127 or (answer.exit_code is None and answer.stderr.endswith("not found"))
