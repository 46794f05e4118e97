"""The command line of ``autolab``: names, options, help. Nothing here does anything."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Any, NoReturn

__all__ = ["Parser", "build_parser"]

_EPILOG = """\
a first run:
  autolab init                          make this folder a working repository
  autolab review approve --who NAME     say that what is here was reviewed
  autolab launch --wait                 start the run and wait for its end
  autolab run                           do the next stage (again and again)
  autolab-verify                        prove from files what the run is

exit codes: 0 well; 1 the answer is no; 2 it could not be decided; 130 interrupted
"""


def _formatter(prog: str) -> argparse.HelpFormatter:
    """A formatter that is told its width; otherwise it imports shutil to ask for it, at every argument."""
    try:
        width = min(os.get_terminal_size().columns, 120)
    except OSError:
        width = 100
    return argparse.RawDescriptionHelpFormatter(prog, width=width)


class Parser(argparse.ArgumentParser):
    """One formatter for all commands; subparsers are of their parser's class."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_formatter, **options)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does; for a command whose default for ``argv`` is a list, the words behind ``--`` are its own.

        argparse's own ways to take a command line (REMAINDER, ``*``) give it the options too once a positional argument
        stands before them.
        """
        words = [] if args is None else list(args)
        if "--" not in words or not isinstance(self.get_default("argv"), list):
            return super().parse_known_args(args, namespace)
        place = words.index("--")
        found, unknown = super().parse_known_args(words[:place], namespace)
        found.argv = words[place + 1 :]
        return found, unknown

    def error(self, message: str) -> NoReturn:
        """One line, as for every other error; the usage is a command away."""
        self.exit(2, f"{self.prog}: {message}; see `{self.prog} --help`\n")


def build_parser(argv: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The parser for *argv*; ``command`` is set to what the command calls (see ``autolab_cli.table``).

    When *argv* begins with the name of a command, that command alone is built: building all takes longer than most of
    them. Otherwise (``--help``, a word that is no command) all are.
    """
    from autolab_cli.table import COMMANDS, GROUPS  # `cloud-run` takes the parser alone

    parser = Parser(
        prog="autolab",
        description="Run approved experiments and prove from files what each run is.",
        epilog=_EPILOG,
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    commands = parser.add_subparsers(metavar="COMMAND", dest="name", prog="autolab")
    common = Parser(add_help=False)
    common.add_argument("--root", help="the repository (default: the nearest folder upwards that has .autolab)")
    common.add_argument("--json", action="store_true", help="one JSON object on standard output instead of text")
    groups: dict[str, Any] = {"": commands}
    asked = [row for row in COMMANDS if argv and row[0].split()[0] == argv[0]]
    for name, calls, text, example, arguments in asked or COMMANDS:
        group, _, word = name.rpartition(" ")
        if group not in groups:
            metavar, about = GROUPS[group]
            above = commands.add_parser(
                group, help=about, description=f"{about[0].upper()}{about[1:]}.", epilog=f"example: {example}"
            )
            groups[group] = above.add_subparsers(metavar=metavar, dest=metavar.lower(), required=True)
        added = groups[group].add_parser(
            word,
            parents=[common],
            help=text,
            description=text[0].upper() + text[1:] + ".",
            epilog=f"example: {example}",
        )
        arguments(added)
        added.set_defaults(command=calls)
    return parser
