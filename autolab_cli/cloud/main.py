"""``cloud-run``: parse, call, print."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from autolab_cli.calling import call
from autolab_cli.cloud.parser import build_parser

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; see ``docs/exit-codes.md``."""
    words = sys.argv[1:] if argv is None else list(argv)
    parser = build_parser(words)
    options = parser.parse_args(words)
    if options.version:
        from autolab_core import __version__

        print(f"cloud-run {__version__}")
        return 0
    if not hasattr(options, "command"):
        parser.print_help()
        return 0
    return call("cloud-run", "autolab_cli.cloud", options)


if __name__ == "__main__":
    sys.exit(main())
