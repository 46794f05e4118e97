"""The table of docs/remote.md: each line of the monitored run's checklist is decided by rules that really run then."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autolab_core.vocab.states import Stage
from autolab_verifiers.builtin import load
from autolab_verifiers.engine.select import DEFAULT_STAGES
from autolab_verifiers.report.rules import rules_of

PAGE = Path(__file__).parents[3] / "docs/remote.md"
# A word of each line that the seed's checklist has.
LINES = ("statuses", "completed_at", "artifact_sync_to_local", "ledger", "edited", "another stage", "placeholder")


def table() -> dict[str, list[str]]:
    """What has to be true, and the rules that decide it."""
    section = PAGE.read_text().partition("### What decides about a monitored run")[2].partition("\n## ")[0]
    rows = (row.strip("|").split("|") for row in section.splitlines() if row.startswith("| "))
    return {what.strip(): re.findall(r"[A-Z]{2}\d{3}", rules) for what, rules in rows if "decided by" not in rules}


def known() -> set[str]:
    return {rule for name in DEFAULT_STAGES[Stage.SLURM_MONITOR] for _, rule in rules_of(load(name))}


@pytest.mark.parametrize("word", LINES)
def test_the_table_has_every_line_of_the_checklist(word):
    assert [what for what in table() if word in what]


@pytest.mark.parametrize("what", table())
def test_each_line_is_decided_by_rules_that_run_at_the_stage(what):
    rules = table()[what]

    assert rules
    assert set(rules) <= known()
