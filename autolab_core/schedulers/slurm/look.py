"""One look at any number of jobs: one ``squeue`` and at most one ``sacct`` a cluster, and each job's own files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import attrs

from autolab_core.io.stamps import Stamp
from autolab_core.models.job import Answer, JobHandle, JobObservation
from autolab_core.schedulers.slurm import argv
from autolab_core.schedulers.slurm.answers import Shares
from autolab_core.schedulers.slurm.asking import Asker
from autolab_core.schedulers.slurm.cache import AnswerCache
from autolab_core.schedulers.slurm.call import Call, Site
from autolab_core.schedulers.slurm.capabilities import Capabilities
from autolab_core.schedulers.slurm.conclude import conclude, conclusion
from autolab_core.schedulers.slurm.evidence import SlurmEvidence, evidence_of, identity
from autolab_core.schedulers.slurm.job_files import JobFiles, Place
from autolab_core.schedulers.slurm.job_ids import JobId
from autolab_core.schedulers.slurm.steady import Steady
from autolab_core.vocab.errors import ParseError
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState

__all__ = ["Look"]

_COMMANDS: Final = 2  # that one look at one cluster may take


@attrs.frozen
class Look:
    """What a look needs: where to ask, what is shared, and where the jobs' files lie."""

    files: JobFiles
    asker: Asker
    capabilities: Capabilities
    cache: AnswerCache
    now: Callable[[], datetime]
    steady: Steady

    def at(self, handles: Sequence[JobHandle]) -> dict[JobHandle, JobObservation]:
        """One observation for each of *handles*, in their order. Never raises for what a scheduler says.

        Raises RunnerError where the jobs' files cannot be reached.
        """
        clusters: dict[str | None, dict[JobHandle, JobId]] = {}
        seen: dict[JobHandle, JobObservation] = {}
        nameless: list[JobHandle] = []
        for handle in handles:
            try:
                identifier = identity(handle)
            except ParseError:
                identifier = None
            if identifier is None:
                nameless.append(handle)
            else:
                clusters.setdefault(identifier.cluster or None, {})[handle] = identifier
        for handle, markers in self._markers(nameless).items():
            seen[handle] = conclusion(handle, markers, self.now())
        for cluster, jobs in clusters.items():
            seen.update(self._at_cluster(cluster, jobs))
        return {handle: seen[handle] for handle in handles}

    def _at_cluster(self, cluster: str | None, jobs: Mapping[JobHandle, JobId]) -> dict[JobHandle, JobObservation]:
        site = self.capabilities.site(cluster)
        ids = sorted({str(each) for each in jobs.values()})
        queue, commands = self._ask("squeue", argv.squeue, ids, site)
        seen: dict[JobHandle, JobObservation] = {}
        unsettled: dict[JobHandle, tuple[Answer, ...]] = {}
        at = int(self.now().timestamp())
        unknown: dict[JobHandle, tuple[str, tuple[Answer, ...], Stamp | None]] = {}
        # Files are read after the question: a job that has ended before it has written its markers by now.
        for handle, each in jobs.items():
            share, key = queue.get(str(each)), _key(each)
            rows = share.listed(key) if share is not None and share.whole else ""
            known = self.steady.same(handle, rows, at)
            if known is not None:
                seen[handle] = known
            else:
                said: tuple[Answer, ...] = () if share is None else (share.of(key),)
                unknown[handle] = rows, said, self.steady.markers(handle)
        for handle, markers in self._markers(list(unknown)).items():
            rows, said, stamp = unknown[handle]
            answers = (*said, *markers)
            evidence = evidence_of(handle, answers, self.now())
            if _is_open(evidence):
                self.steady.forget(handle)
                unsettled[handle] = answers
                continue
            known = attrs.evolve(conclude(evidence), answers=answers)
            self.steady.keep(handle, rows, int(evidence.asked_at.timestamp()), stamp, known)
            seen[handle] = known
        if unsettled:
            more, asked = self._accounted(
                cluster, site, {handle: (jobs[handle], each) for handle, each in unsettled.items()}
            )
            commands += asked
            for handle, answers in more.items():
                found = conclusion(handle, answers, self.now())
                seen[handle] = self._of_this_cluster(handle, found)
        if commands < _COMMANDS:
            self.capabilities.probe(cluster)
        return seen

    def _markers(self, handles: Sequence[JobHandle]) -> dict[JobHandle, tuple[Answer, ...]]:
        found = self.files.markers([Place(each.root, each.run_folder) for each in handles], self.now())
        return dict(zip(handles, found, strict=True))

    def _accounted(
        self, cluster: str | None, site: Site, jobs: Mapping[JobHandle, tuple[JobId, tuple[Answer, ...]]]
    ) -> tuple[dict[JobHandle, tuple[Answer, ...]], int]:
        """What is known of *jobs*, with what the accounting says of them, and how many commands that took."""
        config = self.capabilities.answer(cluster)
        if config is not None and self.capabilities.known(cluster).accounting is False:
            return {handle: (*answers, config) for handle, (_, answers) in jobs.items()}, 0
        account, asked = self._ask("sacct", argv.sacct, sorted({str(each) for each, _ in jobs.values()}), site)
        found = {}
        for handle, (each, answers) in jobs.items():
            share = account.get(str(each))
            found[handle] = answers if share is None else (*answers, share.of(_key(each)))
        return found, asked

    def _of_this_cluster(self, handle: JobHandle, seen: JobObservation) -> JobObservation:
        """*seen*, unless the job is listed nowhere because this machine asks another cluster than it was given to."""
        if seen.state is not JobState.ABSENT or not handle.own:
            return seen
        asked = self.capabilities.probe(None).cluster
        if not asked or asked == handle.cluster:
            return seen
        reason = f"it is a job of cluster {handle.cluster}, and this machine asks {asked}: look where it was launched"
        return JobObservation(JobState.UNKNOWN, reason=reason)

    def _ask(
        self, program: str, question: Callable[..., Call], ids: Sequence[str], site: Site
    ) -> tuple[Mapping[str, Shares], int]:
        """The answer of *program* about each of *ids*, and how many commands that took."""
        asked = 0

        def ask() -> list[Answer]:
            nonlocal asked
            found = list(self.asker.about(ids, lambda group, site: question(group, site=site), site))
            asked = len(found)
            return found

        patience = question(ids[:1], site=site).timeout + 5
        whole = self.cache.shared(site.cluster, program, ids, ask, patience)
        wanted = set(ids)
        parts: dict[str, Shares] = {}
        for answer in whole:
            cut = Shares(answer)
            parts |= {each: cut for each in _asked_for(answer) if each in wanted}
        return parts, asked


def _is_open(evidence: SlurmEvidence) -> bool:
    """True when slurmctld does not say that the job waits or runs: then the accounting is asked, for its steps too."""
    rows = [row for row in evidence.queue.rows if row.name == evidence.token]
    return not rows or rows[-1].state.means in ENDED_JOB_STATES


def _key(identifier: JobId) -> str:
    """How the rows of *identifier* are found in an answer: one task of an array has its own."""
    return f"{identifier.job}_{identifier.task}" if identifier.task.isdigit() else identifier.job


def _asked_for(answer: Answer) -> list[str]:
    """The ids in an answer's own question. A list of tasks has commas of its own."""
    given = next((word.removeprefix("--jobs=") for word in answer.argv if word.startswith("--jobs=")), "")
    return re.findall(r"[^,\[]+(?:\[[^\]]*\])?", given)
