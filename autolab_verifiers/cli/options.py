"""What ``autolab-verify`` takes on its command line."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from autolab_core.vocab.states import Stage

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence

__all__ = ["names", "parser"]

_EXAMPLES: Final = """\
examples:
  autolab-verify                                  the stage, iteration and run that the state stands at
  autolab-verify ~/lab --stage extract_results    another repository, judged as for that stage
  autolab-verify --iteration iter_1 --run r1      one run of one iteration
  autolab-verify --all                            every run of every iteration, and every experiment
  autolab-verify --spec experiments/exp-001-lr.md one experiment
  autolab-verify --changed-since origin/main      what this branch changed
  autolab-verify --only schema_checks             one verifier, or a group (env_smoke)
  autolab-verify --format json                    the document that is also written to .autolab/
  autolab-verify --format sarif --output a.sarif --format junit --output a.xml --format github
                                                  two files, and annotations on standard output
  autolab-verify --explain RH003                  what a rule asks for, and why
  autolab-verify --self-test                      every rule of every installed verifier is shown to fail

exit codes: 0 passed; 1 some check failed; 2 it could not be decided (a document cannot be read, a verifier
broke, nothing was checked, wrong usage); 130 interrupted
"""


def _width() -> int:
    try:
        return min(os.get_terminal_size().columns, 120)
    except OSError:
        return 100


def parser() -> ArgumentParser:
    from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter

    from autolab_core import __version__
    from autolab_verifiers.report.formats import FORMATS, OutputFile

    made = ArgumentParser(
        prog="autolab-verify",
        description="Judge from its files whether a repository and its run are what they claim to be.",
        epilog=_EXAMPLES,
        # A formatter that is not told a width imports shutil to ask for it, at every argument that is added.
        formatter_class=lambda prog: RawDescriptionHelpFormatter(prog, width=_width()),
    )
    add = made.add_argument
    add("folder", nargs="?", metavar="ROOT", help="the repository (default: the nearest folder that has .autolab)")
    add("--root", metavar="ROOT", help=SUPPRESS)
    add("--stage", choices=[str(stage) for stage in Stage], metavar="STAGE", help="judge as for this stage")
    add("--iteration", metavar="ID", help="judge this iteration; with --run its run, without it none")
    add("--run", metavar="ID", help="judge this run")
    add("--spec", "--experiment", metavar="SPEC", help="judge the experiment of this spec (or id), and no iteration")
    add("--all", action="store_true", help="judge every run of every iteration, or of --iteration")
    add("--changed-since", metavar="REV", help="of all runs, those that a change since this git revision may alter")
    add("--only", metavar="NAME", action="append", default=[], help="run these verifiers or groups only")
    add("--skip", metavar="NAME", action="append", default=[], help="leave these verifiers or groups out")
    add("--block", metavar="NAME", action="append", default=[], help="do not even import this plugin")
    # Both options fill one list, so that its order tells which file belongs to which format.
    answers: Any = {"action": "append", "dest": "answers"}
    add(
        "--format",
        choices=FORMATS,
        default=[],
        help="what the answer looks like (default: text); may be repeated",
        **answers,
    )
    add("--output", metavar="FILE", type=OutputFile, help="write the format named right before it to FILE", **answers)
    add("--no-write", dest="write", action="store_false", help="do not write the answer into the repository")
    add("--list", action="store_true", help="list the verifiers and their rules")
    add("--self-test", action="store_true", help="show that every rule can fail, on broken copies of a sample")
    add("--explain", metavar="RULE", help="say what a rule asks for, and why; or all rules of a verifier")
    loudness = made.add_mutually_exclusive_group()
    loudness.add_argument("-q", "--quiet", action="store_true", help="print the summary line only")
    loudness.add_argument("-v", "--verbose", action="count", default=0, help="also print what passed or was skipped")
    add("--version", action="version", version=f"autolab-verify {__version__}")
    return made


def names(given: Sequence[str]) -> list[str]:
    """The names in *given*, where each text may hold several with commas between them."""
    return [name for each in given for name in each.split(",") if name]
