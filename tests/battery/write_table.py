"""Put a battery's results into ``docs/guard.md``: ``python -m tests.battery.write_table RESULTS.json``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.battery.board import replace, tables

PAGE = Path(__file__).resolve().parents[2] / "docs/guard.md"


if __name__ == "__main__":
    PAGE.write_text(replace(PAGE.read_text(), tables(json.loads(Path(sys.argv[1]).read_text()))))
