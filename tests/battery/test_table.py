"""The table in the docs is that of these attempts."""

from __future__ import annotations

import re

from tests.battery.acceptance import WORKS
from tests.battery.board import BEGIN, END
from tests.battery.everything import ATTEMPTS
from tests.battery.verdict import Verdict
from tests.battery.write_table import PAGE

TABLE = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]


def test_the_table_has_exactly_the_attempts_that_there_are():
    named = re.findall(r"^\| \*\*(.+?)\*\*", TABLE, re.MULTILINE)

    assert sorted(named) == sorted([each.name for each in ATTEMPTS] + [each.name for each in WORKS])


def test_the_table_shows_nothing_that_went_unnoticed():
    assert TABLE.strip()
    assert str(Verdict.MISSED) not in TABLE
