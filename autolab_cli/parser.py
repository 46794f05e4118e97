"""The command line of ``autolab``: names, options, help. Nothing here does anything."""

from __future__ import annotations

import argparse
import os
from typing import Any, NoReturn

__all__ = ["build_parser"]

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


class _Parser(argparse.ArgumentParser):
    """One formatter for all commands; subparsers are of their parser's class."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_formatter, **options)

    def error(self, message: str) -> NoReturn:
        """One line, as for every other error; the usage is a command away."""
        self.exit(2, f"{self.prog}: {message}; see `{self.prog} --help`\n")


def build_parser() -> argparse.ArgumentParser:
    """The whole parser; each command's ``command`` default names ``module:function`` in ``autolab_cli.commands``."""
    parser = _Parser(
        prog="autolab",
        description="Run approved experiments and prove from files what each run is.",
        epilog=_EPILOG,
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    commands = parser.add_subparsers(metavar="COMMAND", dest="name", prog="autolab")
    common = _Parser(add_help=False)
    common.add_argument("--root", help="the repository (default: the nearest folder upwards that has .autolab)")
    common.add_argument("--json", action="store_true", help="one JSON object on standard output instead of text")

    def add(name: str, command: str, text: str, example: str) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name,
            parents=[common],
            help=text,
            description=text[0].upper() + text[1:] + ".",
            epilog=f"example: {example}",
        )
        added.set_defaults(command=command)
        return added

    _add_looking(add)
    _add_acting(add)
    review = commands.add_parser(
        "review",
        help="record a review: `autolab review approve`",
        description="Record what a person found.",
        epilog="example: autolab review approve --who ada",
    )
    answers = review.add_subparsers(metavar="ANSWER", dest="answer", required=True)
    approve = answers.add_parser(
        "approve",
        parents=[common],
        help="write `pass` with the content hashes that the launch gate checks",
        description="Write `pass` with the content hashes that the launch gate checks.",
        epilog="example: autolab review approve --who ada --file data/train.csv",
    )
    approve.add_argument("--who", required=True, help="the person who reviewed")
    approve.add_argument("--file", action="append", default=[], help="one more file the review was about (repeatable)")
    approve.set_defaults(command="people:approve")
    return parser


def _add_looking(add: object) -> None:
    assert callable(add)
    add("status", "looking:status", "show iteration, stage, run and last verification", "autolab status --json")
    listing = add("ls", "looking:ls", "list the runs of the iteration", "autolab ls --iteration iter_001")
    listing.add_argument("--iteration", help="another iteration than the state's")
    show = add("show", "looking:show", "show one run's manifest and metrics", "autolab show 20260201T120000Z_demo")
    show.add_argument("run_id", metavar="RUN")
    show.add_argument("--iteration", help="another iteration than the state's")
    logs = add(
        "logs", "looking:logs", "print a run's standard output and error", "autolab logs -f 20260201T120000Z_demo"
    )
    logs.add_argument("run_id", metavar="RUN", nargs="?", help="default: the current run")
    logs.add_argument("-f", "--follow", action="store_true", help="go on printing until the run has ended")
    logs.add_argument("--iteration", help="another iteration than the state's")
    add("doctor", "setup:doctor", "say what this machine can do, and what to install", "autolab doctor")


def _add_acting(add: object) -> None:
    assert callable(add)
    init = add("init", "setup:init", "make this folder a working repository; restores what is missing", "autolab init")
    init.add_argument("--iteration", default="iter_001", help="id of the first iteration (default: iter_001)")
    init.add_argument(
        "--upgrade-schemas", action="store_true", help="replace schemas that differ from the shipped ones"
    )
    launch = add("launch", "acting:launch", "start the approved run (once)", "autolab launch --wait")
    launch.add_argument("--dry-run", action="store_true", help="print what would be started; only the check is written")
    run = add(
        "run", "acting:run", "do the next stage that needs nobody: launch, monitor or extract", "autolab run --wait"
    )
    for each in (launch, run):
        each.add_argument("--run-id", help="name the run (default: the time and four random digits)")
        each.add_argument(
            "--grace", type=int, default=10, metavar="SECONDS", help="between INT, TERM and KILL (default 10)"
        )
        each.add_argument("--wait", action="store_true", help="wait for the run's end; Ctrl-C then cancels the run")
    for name, text in (("monitor", "look at the current run once"), ("extract", "read, judge and record the results")):
        each = add(name, f"acting:{name}", text, f"autolab {name} --run 20260201T120000Z_demo")
        each.add_argument("--run", dest="run_id", help="another run than the current one")
    cancel = add(
        "cancel",
        "acting:cancel",
        "stop the current run and record that it was stopped",
        "autolab cancel --reason 'wrong data'",
    )
    cancel.add_argument("run_id", metavar="RUN", nargs="?", help="default: the current run")
    cancel.add_argument("--reason", default="cancelled on request", help="kept in the run's logs")
    reopen = add(
        "reopen",
        "people:reopen",
        "open a closed experiment again, or leave stop and human_review",
        "autolab reopen --who ada --why 'the seed was wrong' --stage design",
    )
    reopen.add_argument("--who", required=True, help="the person who decides")
    reopen.add_argument("--why", required=True, help="kept in the backlog and in the state's history")
    reopen.add_argument("--stage", default="launch", help="where to go on (default: launch)")
