"""``autolab``: parse, call, print. The top level: the one place where every error ends as one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

__all__ = ["main"]

_UNDECIDED = 2
_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; see ``docs/exit-codes.md``."""
    words = sys.argv[1:] if argv is None else list(argv)
    if words[:2] == ["guard", "hook"] and not {"-h", "--help"} & set(words):
        return _hook(words[2:])
    # Not before: argparse costs more than the hook does.
    from autolab_cli.parser import build_parser

    parser = build_parser(words)
    options = parser.parse_args(words)
    if options.version:
        from autolab_core import __version__

        print(f"autolab {__version__}")
        return 0
    if not hasattr(options, "command"):
        parser.print_help()
        return 0
    from autolab_core.vocab.errors import AutolabError

    # A path need not be text: it is shown as well as it can be.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _call(options)
        sys.stdout.flush()
        return code
    except AutolabError as error:
        print(f"autolab: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read our output is gone, and there is nobody to tell: what is still in the buffer goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"autolab: {error}", file=sys.stderr)
        return _UNDECIDED
    except KeyboardInterrupt:
        print("autolab: interrupted", file=sys.stderr)
        return _INTERRUPTED


def _hook(words: Sequence[str]) -> int:
    """Judge a tool call. A harness lets the call pass on any code but 2: whatever goes wrong here denies."""
    try:
        from autolab_cli.commands.guard.hooking import answer

        return answer(words)
    except BaseException as error:
        try:
            os.write(2, f"autolab guard: the call could not be judged ({type(error).__name__})\n".encode())
        except OSError:
            return _UNDECIDED
        return _UNDECIDED


def _call(options: object) -> int:
    from importlib import import_module

    module, _, function = str(getattr(options, "command")).partition(":")  # noqa: B009 - argparse sets it
    called = getattr(import_module(f"autolab_cli.commands.{module}"), function)
    code = called(options)
    assert isinstance(code, int)
    return code


if __name__ == "__main__":
    sys.exit(main())
