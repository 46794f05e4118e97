"""What follows from all verdicts together."""

from __future__ import annotations

import pytest

from autolab_core.vocab.states import Verdict
from autolab_verifiers.report.answer import Check, Judgement, RunFacts, conclude, count, exit_code


def answer(**verdicts: int) -> Judgement:
    checks = [Check("v", "V1", Verdict(word)) for word, number in verdicts.items() for _ in range(number)]
    counts = count(checks)
    passed, message = conclude(counts)
    return Judgement(passed, message, None, None, None, counts, tuple(checks), RunFacts("now", "tool", 1))


@pytest.mark.parametrize(
    ("verdicts", "code", "message"),
    [
        ({"pass": 3}, 0, "3 checks passed"),
        ({"pass": 3, "skip": 2}, 0, "3 checks passed, 2 skipped"),
        ({"pass": 3, "fail": 2}, 1, "2 of 5 checks failed"),
        ({"pass": 3, "error": 1}, 2, "1 of 4 checks could not be decided"),
        ({"pass": 3, "fail": 2, "error": 1}, 2, "1 of 6 checks could not be decided, 2 failed"),
        ({"skip": 4}, 2, "nothing was checked, which is not a pass"),
        ({}, 2, "nothing was checked, which is not a pass"),
    ],
)
def test_an_answer_follows_from_the_verdicts(verdicts, code, message):
    judgement = answer(**verdicts)

    assert (exit_code(judgement), judgement.message) == (code, message)
    assert judgement.passed == (code == 0)


def test_every_verdict_is_counted_also_when_there_is_none():
    assert set(answer().counts) == set(Verdict)
