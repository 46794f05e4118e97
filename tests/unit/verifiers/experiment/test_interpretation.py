"""The judge of sentences, measured on sentences that a person labelled."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from autolab_verifiers.contract.experiment.interpretation import judged_sentences

ROOT = Path(__file__).resolve().parents[4]
PAGE = ROOT / "docs/judging-experiments.md"
SETS = ("seen", "held", "logs")
# What may not get worse. "held" was labelled before the patterns were written, and not looked at while they were.
LEAST = {"seen": (0.97, 0.97), "held": (0.9, 0.9), "logs": (0.95, 0.95)}


def sentences(name: str) -> list[tuple[bool, str]]:
    """Whether a person says that it judges, and the sentence."""
    lines = (Path(__file__).parent / "sentences.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    assert {row[0] for row in rows} == set(SETS)
    assert {row[1] for row in rows} == {"judges", "facts"}
    return [(row[1] == "judges", row[2]) for row in rows if row[0] == name]


def measured(name: str) -> tuple[float, float]:
    """Precision and recall on the sentences of the set *name*."""
    found = [(judges, bool(list(judged_sentences(text)))) for judges, text in sentences(name)]
    right = sum(judges and said for judges, said in found)
    return right / sum(said for _, said in found), right / sum(judges for judges, _ in found)


def test_there_are_enough_sentences_of_both_kinds():
    every = [row for name in SETS for row in sentences(name)]

    assert len({text for _, text in every}) == len(every) >= 80
    assert 0.4 <= sum(judges for judges, _ in every) / len(every) <= 0.6


@pytest.mark.parametrize("name", SETS)
def test_precision_and_recall_are_what_the_page_says(name):
    precision, recall = measured(name)

    assert precision >= LEAST[name][0]
    assert recall >= LEAST[name][1]
    row = rf"\| {name} \| {len(sentences(name))} \| {precision:.2f} \| {recall:.2f} \|"
    assert re.search(row, PAGE.read_text(encoding="utf-8")), row


def test_a_finding_names_the_line_the_words_and_the_kind():
    (found,) = judged_sentences("The loss is 0.4.\nStep 2 done. The approach works.\n")

    assert (found.line, found.words, found.kind) == (2, "approach works", "a verdict")


def test_what_somebody_else_said_is_quoted_and_passes():
    assert list(judged_sentences('The log says "results look promising" in line 4.')) == []


@pytest.mark.parametrize("text", ["", "\n\n", "\t", "0.1,0.2\n" * 1000, "x" * 10**6, "\ud800 works", "é" * 5000])
def test_what_is_no_prose_passes(text):
    assert [each for each in judged_sentences(text) if each.kind == "a guess"] == []


@pytest.mark.parametrize(
    "line",
    [
        "results may clearly " * 190,
        "hypothesis " * 350,
        "' \" ` " * 600,
        "this really might " * 200,
        "no improvement " * 260,
    ],
)
def test_no_line_takes_long(line):
    began = time.process_time()

    list(judged_sentences("\n".join(f"{line}{index * 'a'}" for index in range(10))))

    assert time.process_time() - began < 5
