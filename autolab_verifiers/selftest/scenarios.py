"""What must fail whatever single rules say: a run that left nothing behind, and an agent that did nothing."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from autolab_core.vocab.states import Stage, Verdict
from autolab_verifiers.builtin import BUILTIN, load
from autolab_verifiers.engine.judge import judge
from autolab_verifiers.engine.select import select
from autolab_verifiers.report.answer import conclude, count
from autolab_verifiers.selftest.mutation import Change
from autolab_verifiers.selftest.prove import subject_of
from autolab_verifiers.selftest.repository import RUN_PATHS, build
from autolab_verifiers.selftest.scratch import scratch

__all__ = ["Scenario", "scenarios"]


class Scenario(NamedTuple):
    """``held``: the verification answered as it must. ``answer`` is its summary."""

    name: str
    held: bool
    answer: str


class _Case(NamedTuple):
    name: str
    change: Change
    passes: bool = False


_CASES = (
    _Case("the sample as it is passes", lambda _: None, passes=True),
    _Case("an empty run folder fails", lambda r: r.remove(RUN_PATHS.folder).folder(RUN_PATHS.folder)),
    _Case("an agent that did nothing fails at launch", lambda r: r.nothing_done(Stage.LAUNCH)),
    _Case("an agent that did nothing fails at extract_results", lambda r: r.nothing_done(Stage.EXTRACT_RESULTS)),
)


def scenarios() -> Iterator[Scenario]:
    """Each case, judged by all builtin verifiers that its stage asks for.

    To fail means that some rule says no: nothing checked, or nothing decided, is not enough.
    """
    for each in _CASES:
        with scratch() as folder:
            repository = build(Path(folder) / "repository")
            each.change(repository)
            context = subject_of(repository.root)
            chosen = select(context.tree, context.stage, tuple(BUILTIN))
            checks = [check for name in chosen.run for check in judge(load(name), context)]
            counts = count([*checks, *chosen.problems])
            passed, answer = conclude(counts)
            held = passed if each.passes else not passed and counts[Verdict.FAIL] > 0
            yield Scenario(each.name, held, answer)
