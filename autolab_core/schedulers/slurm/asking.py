"""Saying a command of Slurm's somewhere and bringing back what it said, whatever happened to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import attrs

from autolab_core.exec.command import Command, Runner
from autolab_core.models.job import Answer
from autolab_core.schedulers.slurm import argv
from autolab_core.schedulers.slurm.call import Call, Site, portable
from autolab_core.schedulers.slurm.errors import Complaint, classify
from autolab_core.vocab.errors import RunnerError
from autolab_core.vocab.times import format_utc

__all__ = ["Asker", "complaint_of"]

# What is wrong with the question, not with Slurm: a part of the jobs may be asked about all the same.
_ABOUT_THE_QUESTION: Final = frozenset({Complaint.INVALID_ID, Complaint.MISUSED, Complaint.UNCLEAR, Complaint.REFUSED})
_MAX_PARTS: Final = 64


@attrs.frozen
class Asker:
    """Commands through *runner*, in its cleaned environment, or with ``env`` in front where it cannot be given."""

    runner: Runner
    environ: Mapping[str, str]
    now: Callable[[], datetime]
    elsewhere: bool = False

    def ask(self, call: Call) -> Answer:
        """What *call* said. A command that could not be run or did not end in time has no exit code."""
        shown, at = call.argv, format_utc(self.now())
        if self.elsewhere:
            call = portable(call)
        environment = None if self.elsewhere else call.environment(self.environ)
        try:
            done = self.runner.run(Command(call.argv, env=environment, timeout=call.timeout))
        except RunnerError as error:
            return Answer(shown, None, "", str(error), at)
        stderr = done.stderr.decode("utf-8", "replace")
        return Answer(shown, done.exit_code, done.text, stderr, at)

    def about(
        self, ids: Sequence[str], question: Callable[[Sequence[str], Site], Call], site: Site
    ) -> Iterator[Answer]:
        """The answers about *ids*: one, unless they do not fit a command line, or the question was refused.

        A question that was refused for one bad id is asked again for each half. Once Slurm itself does not answer, the
        rest is not asked, and that answer stands for all. Each answer's own ids are those of its ``--jobs``.
        """
        waiting = list(argv.chunks(ids))
        asked = 0
        failed: Answer | None = None
        while waiting:
            group = waiting.pop(0)
            call = question(group, site)
            if failed is not None:
                yield attrs.evolve(failed, argv=call.argv)
                continue
            answer = self.ask(call)
            asked += 1
            complaint = complaint_of(answer)
            halves = argv.halves(group) if complaint in _ABOUT_THE_QUESTION and asked < _MAX_PARTS else ()
            if halves:
                waiting = [*halves, *waiting]
                continue
            if answer.exit_code is None or complaint not in {Complaint.NONE, *_ABOUT_THE_QUESTION}:
                failed = answer
            yield answer


def complaint_of(answer: Answer) -> Complaint:
    """What *answer* complains of; of one that never came, that Slurm cannot be reached."""
    if answer.exit_code is None:
        return Complaint.UNREACHABLE
    return classify(answer.exit_code, answer.stderr.encode()).complaint
