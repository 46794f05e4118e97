"""One look at any number of jobs: one ``squeue`` and at most one ``sacct`` a cluster, and each job's own files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import attrs

from autolab_core.io.documents import read_source
from autolab_core.io.layout import RunPaths
from autolab_core.models.job import Answer, JobHandle, JobObservation
from autolab_core.schedulers.slurm import argv
from autolab_core.schedulers.slurm.answers import shares
from autolab_core.schedulers.slurm.asking import Asker
from autolab_core.schedulers.slurm.cache import AnswerCache
from autolab_core.schedulers.slurm.call import Call, Site
from autolab_core.schedulers.slurm.capabilities import Capabilities
from autolab_core.schedulers.slurm.conclude import conclusion
from autolab_core.schedulers.slurm.evidence import MARKER, gather, identity
from autolab_core.schedulers.slurm.job_ids import JobId, parse_id
from autolab_core.vocab.errors import DocumentError, ParseError
from autolab_core.vocab.jobs import ENDED_JOB_STATES
from autolab_core.vocab.times import format_utc

__all__ = ["Look", "read_markers"]

_MARKER_BYTES: Final = 65536
_ANY_TIME: Final = datetime.fromtimestamp(0, UTC)
_COMMANDS: Final = 2  # that one look at one cluster may take


@attrs.frozen
class Look:
    """What a look needs: where to ask, what is shared, and where the jobs' files lie."""

    root: Path
    asker: Asker
    capabilities: Capabilities
    cache: AnswerCache
    now: Callable[[], datetime]

    def at(self, handles: Sequence[JobHandle]) -> dict[JobHandle, JobObservation]:
        """One observation for each of *handles*, in their order. Never raises for what a scheduler says."""
        clusters: dict[str | None, dict[JobHandle, JobId]] = {}
        seen: dict[JobHandle, JobObservation] = {}
        for handle in handles:
            try:
                identifier = identity(handle)
            except ParseError:
                identifier = None
            if identifier is None:
                seen[handle] = conclusion(handle, read_markers(self.root, handle.run_folder, self.now()), self.now())
            else:
                clusters.setdefault(identifier.cluster or None, {})[handle] = identifier
        for cluster, jobs in clusters.items():
            seen.update(self._at_cluster(cluster, jobs))
        return {handle: seen[handle] for handle in handles}

    def _at_cluster(self, cluster: str | None, jobs: Mapping[JobHandle, JobId]) -> dict[JobHandle, JobObservation]:
        site = self.capabilities.site(cluster)
        ids = sorted({str(each) for each in jobs.values()})
        queue, commands = self._ask("squeue", argv.squeue, ids, site)
        # Read after the question: a job that has ended before it has written its markers by now.
        answers = {
            handle: (*queue.get(str(each), ()), *read_markers(self.root, handle.run_folder, self.now()))
            for handle, each in jobs.items()
        }
        unsettled = [handle for handle, each in jobs.items() if _is_open(handle, each, answers[handle])]
        said = self.capabilities.answer(cluster)
        if unsettled and said is not None and self.capabilities.known(cluster).accounting is False:
            for handle in unsettled:
                answers[handle] = (*answers[handle], said)
        elif unsettled:
            account, more = self._ask("sacct", argv.sacct, sorted({str(jobs[handle]) for handle in unsettled}), site)
            commands += more
            for handle in unsettled:
                answers[handle] = (*answers[handle], *account.get(str(jobs[handle]), ()))
        if commands < _COMMANDS:
            self.capabilities.probe(cluster)
        return {handle: conclusion(handle, answers[handle], self.now()) for handle in jobs}

    def _ask(
        self, program: str, question: Callable[..., Call], ids: Sequence[str], site: Site
    ) -> tuple[Mapping[str, tuple[Answer, ...]], int]:
        """What *program* says of each of *ids*, and how many commands that took."""
        asked = 0

        def ask() -> list[Answer]:
            nonlocal asked
            found = list(self.asker.about(ids, lambda group, site: question(group, site=site), site))
            asked = len(found)
            return found

        patience = question(ids[:1], site=site).timeout + 5
        whole = self.cache.shared(site.cluster, program, ids, ask, patience)
        parts: dict[str, tuple[Answer, ...]] = {}
        wanted = set(ids)
        for answer in whole:
            covered = [each for each in _asked_for(answer) if each in wanted]
            cut = shares(answer, {parse_id(each).job for each in covered})
            for each in covered:
                parts[each] = (cut[parse_id(each).job],)
        return parts, asked


def read_markers(root: Path, run_folder: str, now: datetime) -> tuple[Answer, ...]:
    """The job's own files, as answers: those that are there, word for word, or why one cannot be read."""
    paths = RunPaths(run_folder)
    found = []
    for path in (paths.start_marker, paths.exit_marker, paths.signal_marker, paths.cancel_request):
        try:
            source = read_source(root / path, path, max_bytes=_MARKER_BYTES) if _exists(root / path) else None
        except DocumentError as error:
            found.append(Answer((MARKER, path), 1, "", str(error), format_utc(now)))
            continue
        if source is not None:
            found.append(Answer((MARKER, path), 0, source.decode("utf-8", "replace"), "", format_utc(now)))
    return tuple(found)


def _exists(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def _is_open(handle: JobHandle, identifier: JobId, answers: Sequence[Answer]) -> bool:
    """True when slurmctld does not say that the job waits or runs: then the accounting is asked, for its steps too."""
    queue = gather(handle.token, identifier, answers[:1], asked_at=_ANY_TIME).queue
    rows = [row for row in queue.rows if row.name == handle.token]
    return not rows or rows[-1].state.means in ENDED_JOB_STATES


def _asked_for(answer: Answer) -> list[str]:
    """The ids in an answer's own question. A list of tasks has commas of its own."""
    given = next((word.removeprefix("--jobs=") for word in answer.argv if word.startswith("--jobs=")), "")
    return re.findall(r"[^,\[]+(?:\[[^\]]*\])?", given)
