"""What the scripts that make a single page do with it: write it, or with ``--check`` say whether it is up to date."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["write_or_check"]


def write_or_check(page: Path, text: str) -> int:
    """Put *text* into *page*; with ``--check`` on the command line write nothing, and return 1 where it differs."""
    if "--check" in sys.argv[1:]:
        return 0 if page.is_file() and page.read_text() == text else 1
    page.write_text(text)
    return 0
