"""``autolab``: parse, call, print. The top level is in ``calling``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from autolab_cli.calling import UNDECIDED, obey

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; see ``docs/exit-codes.md``."""
    words = sys.argv[1:] if argv is None else list(argv)
    if words[:2] == ["guard", "hook"] and not {"-h", "--help"} & set(words):
        return _hook(words[2:])
    # Not before: argparse costs more than the hook does.
    from autolab_cli.parser import build_parser

    return obey("autolab", "autolab_cli.commands", build_parser(words), words)


def _hook(words: Sequence[str]) -> int:
    """Judge a tool call. A harness lets the call pass on any code but 2: whatever goes wrong here denies."""
    try:
        from autolab_cli.commands.guard.hooking import answer

        return answer(words)
    except BaseException as error:
        try:
            os.write(2, f"autolab guard: the call could not be judged ({type(error).__name__})\n".encode())
        except OSError:
            return UNDECIDED
        return UNDECIDED


if __name__ == "__main__":
    sys.exit(main())
