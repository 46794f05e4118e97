"""Calling what was asked for, and ending with one line where it goes wrong: the top level of the commands."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    # `autolab guard hook` does without argparse, which costs more than it does.
    from argparse import ArgumentParser, Namespace
    from types import SimpleNamespace

__all__ = ["UNDECIDED", "call", "obey"]

UNDECIDED: Final = 2
_INTERRUPTED: Final = 130


def obey(program: str, package: str, parser: ArgumentParser, words: list[str]) -> int:
    """Do what *words* say, and return the exit code: the version, the help, or a command; see ``call``."""
    options = parser.parse_args(words)
    if options.version:
        from autolab_core import __version__

        print(f"{program} {__version__}")
        return 0
    if not hasattr(options, "command"):
        parser.print_help()
        return 0
    return call(program, package, options)


def call(program: str, package: str, options: Namespace | SimpleNamespace) -> int:
    """Call ``options.command`` (``module:function`` below *package*) and return its exit code.

    Every error is one line on standard error that begins with *program*; see ``docs/exit-codes.md``.
    """
    from autolab_core.vocab.errors import AutolabError

    # A path need not be text: it is shown as well as it can be.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        module, _, function = str(options.command).partition(":")
        code = getattr(import_module(f"{package}.{module}"), function)(options)
        assert isinstance(code, int)
        sys.stdout.flush()
        return code
    except AutolabError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read our output is gone, and there is nobody to tell: what is still in the buffer goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return UNDECIDED
    except KeyboardInterrupt:
        print(f"{program}: interrupted", file=sys.stderr)
        return _INTERRUPTED
