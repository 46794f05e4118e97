"""One verification of many runs: each is judged alone, and what they have to say goes to a file as it comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple

from autolab_core import __version__
from autolab_core.io.layout import VERIFICATION_RESULT
from autolab_core.io.tree import Tree
from autolab_core.vocab.states import Verdict
from autolab_core.vocab.times import format_utc
from autolab_verifiers.engine.batch import Batch
from autolab_verifiers.engine.changes import changed_runs
from autolab_verifiers.engine.locate import Subject
from autolab_verifiers.engine.runs import RunName
from autolab_verifiers.report.answer import Check, Judgement, RunFacts, conclude, count
from autolab_verifiers.report.spool import Spool

if TYPE_CHECKING:
    from autolab_core.vocab.states import Stage
    from autolab_verifiers.contract.rules import Verifier

__all__ = ["ManyRuns", "Progress", "examine_many"]


class Progress(NamedTuple):
    """How far a verification is. ``failed``: runs that failed or could not be decided."""

    judged: int
    runs: int
    failed: int


# Answers that are remembered as a whole.
_KEPT_MOST: Final = 256
# Of several verdicts the first of these is the run's.
_WORST: Final = (Verdict.ERROR, Verdict.FAIL, Verdict.PASS, Verdict.SKIP)


class ManyRuns:
    """A judgement of many runs, and where it belongs."""

    def __init__(self, judgement: Judgement, batch: Batch) -> None:
        self.judgement = judgement
        self._batch = batch

    def verifiers(self) -> list[Verifier]:
        """Those that were at hand, for answers that describe their rules."""
        collected = self._batch.collected
        return [collected.verifier(name) for name in collected.names]

    def write(self) -> None:
        """Put the judgement into ``.autolab/``; the runs keep the answers of their own. Raises StoreError."""
        from autolab_verifiers.report.document import write_document

        write_document(self.judgement, (Tree(self._batch.root).absolute(VERIFICATION_RESULT),))


def examine_many(
    root: str,
    *,
    stage: Stage | None = None,
    iteration_id: str | None = None,
    changed_since: str | None = None,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    block: Sequence[str] = (),
    progress: Callable[[Progress], None] | None = None,
) -> ManyRuns:
    """Judge the repository, and the runs of all its iterations or of *iteration_id*. Nothing is written.

    With *changed_since* (a git revision) those runs alone whose verdict a change since then may alter; what the
    repository itself is judged by is judged always. *progress* is called before the first run and after each.
    Raises UsageError when there is no such repository, iteration or verifier, StoreError when git cannot say what
    changed.
    """
    began = perf_counter()
    wanted = _wanted(root, iteration_id, changed_since)
    batch = Batch(root, stage, every_run=True, only=only, skip=skip, block=block, wanted=wanted, base=changed_since)
    tally = _Tally(batch, progress or (lambda progress: None))
    for part in batch.parts():
        tally.add(part.subject, batch.answers(part))
    passed, message = conclude(tally.counts)
    judged = sum(tally.runs.values())
    seconds = perf_counter() - began
    facts = RunFacts(format_utc(datetime.now(UTC)), f"autolab-verify {__version__}", round(seconds * 1000))
    message = f"{judged} {'run' if judged == 1 else 'runs'}: {message}"
    judgement = Judgement(
        passed, message, stage, iteration_id, None, tally.counts, tally.spool, facts, dict(tally.runs)
    )
    return ManyRuns(judgement, batch)


def _wanted(root: str, iteration_id: str | None, changed_since: str | None) -> Callable[[RunName], bool] | None:
    if iteration_id is not None:
        Tree(root).iteration_folder(iteration_id)
    changed = None if changed_since is None else changed_runs(root, changed_since)
    if iteration_id is None and changed is None:
        return None
    return lambda run: (iteration_id in (None, run.iteration_id)) and (changed is None or changed(run))


class _Tally:
    """What the checks come to, run by run."""

    def __init__(self, batch: Batch, progress: Callable[[Progress], None]) -> None:
        self.counts = count(())
        self.runs = {str(verdict): 0 for verdict in Verdict}
        self.spool = Spool()
        self._batch = batch
        self._progress = progress
        # Answers by what they are, not by what they say: most runs are given the same ones, the same objects.
        self._known: dict[tuple[int, ...], _Sum] = {}

    def add(self, subject: Subject, answers: tuple[tuple[Check, ...], ...]) -> None:
        """Count *answers*, all that *subject* was given. Only runs are counted as such."""
        ids = tuple(map(id, answers))
        known = self._known.get(ids)
        if known is None:
            known = _Sum(answers)
            if not known.telling:
                if len(self._known) >= _KEPT_MOST:
                    self._known.clear()
                self._known[ids] = known
        for check in known.telling:
            self.spool.add(check._replace(iteration_id=subject.iteration_id, run_id=subject.run_id))
        for verdict, times in known.counts:
            self.counts[verdict] += times
        if subject.run_id is not None and known.worst is not None:
            self.runs[known.worst] += 1
        bad = self.runs[Verdict.FAIL] + self.runs[Verdict.ERROR]
        self._progress(Progress(sum(self.runs.values()), self._batch.planned, bad))


class _Sum:
    """What *answers*, which it keeps alive, come to. ``telling``: the checks that a reader wants to see."""

    __slots__ = ("_answers", "counts", "telling", "worst")

    def __init__(self, answers: tuple[tuple[Check, ...], ...]) -> None:
        self._answers = answers
        checks = [check for answer in answers for check in answer]
        found = [check.status for check in checks]
        self.counts = tuple((verdict, found.count(verdict)) for verdict in dict.fromkeys(found))
        self.telling = [check for check in checks if check.findings or check.status in (Verdict.FAIL, Verdict.ERROR)]
        self.worst = next((each for each in _WORST if each in found), None)
