"""``autolab``: parse, call, print. The top level: the one place where every error ends as one line."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from autolab_cli.parser import build_parser

__all__ = ["main"]

_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; see ``docs/exit-codes.md``."""
    parser = build_parser()
    options = parser.parse_args(argv)
    if options.version:
        from autolab_core import __version__

        print(f"autolab {__version__}")
        return 0
    if not hasattr(options, "command"):
        parser.print_help()
        return 0
    from autolab_core.vocab.errors import AutolabError

    try:
        return _call(options)
    except AutolabError as error:
        print(f"autolab: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output is gone; there is nobody to tell
        return 0
    except KeyboardInterrupt:
        print("autolab: interrupted", file=sys.stderr)
        return _INTERRUPTED


def _call(options: object) -> int:
    from importlib import import_module

    module, _, function = str(getattr(options, "command")).partition(":")  # noqa: B009 - argparse sets it
    called = getattr(import_module(f"autolab_cli.commands.{module}"), function)
    code = called(options)
    assert isinstance(code, int)
    return code


if __name__ == "__main__":
    sys.exit(main())
