"""The command line of ``cloud-run``: names, options, help. Nothing here does anything."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from typing import Final

from autolab_cli.parser import Parser

__all__ = ["COMMANDS", "build_parser"]

_EPILOG = """\
a first run:
  cloud-run check --spec experiments/exp-001-x.md     what is missing, and what the run asks for
  cloud-run run "python scripts/run_experiment.py" --spec experiments/exp-001-x.md --output-dir results/exp-001-x/
  cloud-run status                                    where the newest run stands
  cloud-run pull RUN --output-dir results/exp-001-x/  bring its results

exit codes: 0 well; 1 the answer is no, or the run failed; 2 it could not be decided; 130 interrupted
"""
_RUN: Final = "20260201T120000Z-exp-001-x-1a2b"
_SPEC: Final = "experiments/exp-001-x.md"
# The name; `module:function` below autolab_cli.cloud; the help; an example; what adds the arguments.
Row = tuple[str, str, str, str, Callable[[ArgumentParser], None]]


def _which(parser: ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN", nargs="?", help="its id, or how it begins (default: the newest)")


def _named(parser: ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN", help="its id, or how it begins")


def _output(parser: ArgumentParser) -> None:
    parser.add_argument("--output-dir", metavar="DIR", help="where the results are to lie, in the repository")


def _nothing(parser: ArgumentParser) -> None:
    return None


def _run(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("line", metavar="COMMAND", nargs="?", help="one line for a shell; or words behind `--`, for no shell")
    add("--spec", metavar="SPEC", required=True, help="the experiment's spec, experiments/exp-NNN-name.md")
    add("--data-dirs", metavar="DIRS", action="append", default=[], help="folders to send, with commas between them")
    add("--output-dir", metavar="DIR", required=True, help="what the command writes, and where it comes home to")
    add("--detach", action="store_true", help="print the run's id and return as soon as the job is accepted")
    add("--max-hours", type=float, metavar="N", default=12.0, help="ended then, whatever it does (default 12)")
    add("--engine", metavar="NAME", help="a back end of the policy, or podman (default: the policy's first)")
    add("--gpu", type=int, metavar="N", default=0, help="how many GPUs it needs")
    add("--cpus", type=int, metavar="N", help="how many CPUs it needs")
    add("--memory", metavar="SIZE", help="how much memory it needs: 16G, 4096M")
    add("--image", metavar="IMAGE", help="the container's image (default: the engine's, Python 3.11)")
    add("--env", metavar="NAME", action="append", default=[], help="a variable to send; it can be read there")
    add("--secret", metavar="NAME", action="append", default=[], help="a variable that the engine's secrets hold")
    add("--allow-file", metavar="FILE", action="append", default=[], help="send it though it looks like a secret")
    add("--dry-run", action="store_true", help="say what would be sent and started; nothing is")
    add("--again", action="store_true", help="another run, though one of the same spec is active")
    add("--force-phase", action="store_true", help="though the baseline is not proven; needs --who and --why")
    add("--who", metavar="NAME", help="who forces it; recorded")
    add("--why", metavar="TEXT", help="why it is forced; recorded")
    add("--justify", metavar="TEXT", help="why it goes on though a budget is spent; recorded")
    add("--every", type=float, metavar="SECONDS", default=5.0, help="between two looks while it waits (default 5)")
    parser.usage = 'cloud-run run "COMMAND" --spec SPEC --output-dir DIR [options] [-- WORDS ...]'
    parser.set_defaults(argv=[])


def _logs(parser: ArgumentParser) -> None:
    _which(parser)
    parser.add_argument("-f", "--follow", action="store_true", help="go on printing until the run is over")


def _pull(parser: ArgumentParser) -> None:
    _which(parser)
    _output(parser)
    parser.add_argument("--partial", action="store_true", help="what was saved so far of a run that has no result")
    parser.add_argument("--force", action="store_true", help="in the place of other results; a copy of them is kept")


def _gc(parser: ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="say what would be ended; nothing is")


def _check(parser: ArgumentParser) -> None:
    parser.add_argument("--engine", metavar="NAME", help="this one alone (default: all that there are)")
    parser.add_argument("--spec", metavar="SPEC", help="say, too, what the run of this spec asks for")


COMMANDS: Final[tuple[Row, ...]] = (
    (
        "run",
        "sending:run",
        "send the full phase of an experiment to another machine, wait, and pull its results",
        f'cloud-run run "python train.py" --spec {_SPEC} --data-dirs data/ --output-dir results/exp-001-x/ --detach',
        _run,
    ),
    ("status", "watching:status", "say where a run stands", f"cloud-run status {_RUN}", _which),
    ("logs", "watching:logs", "print what a run wrote", f"cloud-run logs -f {_RUN}", _logs),
    (
        "pull",
        "bringing:pull",
        "bring a run's results, proven, and put its numbers on the experiment's record",
        f"cloud-run pull {_RUN} --output-dir results/exp-001-x/",
        _pull,
    ),
    ("ls", "watching:ls", "list the runs of this repository", "cloud-run ls --json", _nothing),
    ("terminate", "ending:terminate", "end a run; what it made is saved", f"cloud-run terminate {_RUN}", _named),
    ("gc", "ending:gc", "end what goes on after its limit or its result", "cloud-run gc --dry-run", _gc),
    (
        "check",
        "checking:check",
        "say what each engine here could run, and what is missing",
        f"cloud-run check --spec {_SPEC}",
        _check,
    ),
)


def build_parser(argv: Sequence[str] = ()) -> ArgumentParser:
    """The parser for *argv*; ``command`` is set to what the command calls. Of a command that *argv* begins with, no
    other one is built."""
    parser = Parser(prog="cloud-run", description="Run an experiment on another machine.", epilog=_EPILOG)
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    commands = parser.add_subparsers(metavar="COMMAND", dest="name", prog="cloud-run")
    asked = [row for row in COMMANDS if argv and row[0] == argv[0]]
    for name, calls, text, example, arguments in asked or COMMANDS:
        about = text[0].upper() + text[1:] + "."
        added = commands.add_parser(name, help=text, description=about, epilog=f"example: {example}")
        added.add_argument("--root", help="the repository (default: the nearest folder upwards that has .autolab)")
        added.add_argument("--json", action="store_true", help="one JSON object on standard output instead of text")
        arguments(added)
        added.set_defaults(command=calls)
    return parser
