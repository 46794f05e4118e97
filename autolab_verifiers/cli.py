"""``autolab-verify``: judge a repository and say what is wrong. Exit codes: ``docs/exit-codes.md``."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from autolab_core.io.root import locate_root
from autolab_core.vocab.errors import AutolabError, UsageError
from autolab_core.vocab.states import Stage

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from autolab_verifiers.contract.rules import Verifier
    from autolab_verifiers.engine.verify import Verification
    from autolab_verifiers.report.answer import Check
    from autolab_verifiers.report.formats import Output

__all__ = ["main"]

UNDECIDED: Final = 2
INTERRUPTED: Final = 130

_OBJECTS: Final = 50_000

_EXAMPLES: Final = """\
examples:
  autolab-verify                                  the stage, iteration and run that the state stands at
  autolab-verify ~/lab --stage extract_results    another repository, judged as for that stage
  autolab-verify --iteration iter_1 --run r1      one run of one iteration
  autolab-verify --only schema_checks             one verifier, or a group (env_smoke)
  autolab-verify --format json                    the document that is also written to .autolab/
  autolab-verify --format sarif --output a.sarif --format junit --output a.xml --format github
                                                  two files, and annotations on standard output
  autolab-verify --explain RH003                  what a rule asks for, and why

exit codes: 0 passed; 1 some check failed; 2 it could not be decided (a document cannot be read, a verifier
broke, nothing was checked, wrong usage); 130 interrupted
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with *argv* (default: the process's own) and return its exit code. Raises nothing."""
    kept = gc.get_threshold()
    # A run makes few objects and no garbage worth looking for; the default would look a dozen times.
    gc.set_threshold(_OBJECTS, *kept[1:])
    try:
        return _run(argv)
    except SystemExit as stop:  # argparse: 0 after --help and --version, 2 for wrong usage
        return stop.code if isinstance(stop.code, int) else UNDECIDED
    except KeyboardInterrupt:
        return INTERRUPTED
    except AutolabError as error:
        return _undecided(str(error))
    except Exception as error:  # a fault of ours must not look like "the answer is no", which is Python's own exit code
        if os.environ.get("AUTOLAB_DEBUG"):
            raise
        return _undecided(f"this is a fault of autolab-verify, not of your files: {type(error).__name__}: {error}")
    finally:
        gc.set_threshold(*kept)
        if argv is None:
            gc.freeze()  # the process ends now: what it leaves behind need not be searched once more


def _undecided(message: str) -> int:
    from autolab_verifiers.report.delivery import say
    from autolab_verifiers.report.text import printable

    say(f"autolab-verify: {printable(message)}\n", sys.stderr)
    return UNDECIDED


def _run(argv: Sequence[str] | None) -> int:
    options = _parser().parse_args(argv)
    if options.list or options.explain:
        return _about_rules(options)
    if options.folder is not None and options.root is not None:
        raise UsageError("name the repository once: as ROOT or with --root")

    from autolab_verifiers.engine.verify import examine
    from autolab_verifiers.report.formats import outputs, refuse_answers_of

    wanted = outputs(options.answers)
    root = options.root or options.folder or locate_root()
    refuse_answers_of(root, wanted)
    verification = examine(
        root,
        stage=None if options.stage is None else Stage(options.stage),
        iteration_id=options.iteration,
        run_id=options.run,
        only=_names(options.only),
        skip=_names(options.skip),
    )
    return _deliver(verification, wanted, root, options)


def _deliver(verification: Verification, wanted: Sequence[Output], root: str, options: Namespace) -> int:
    """Write the answer down and show it, and return the exit code. What cannot be written does not keep the rest."""
    from autolab_verifiers.report.answer import exit_code
    from autolab_verifiers.report.delivery import deliver
    from autolab_verifiers.report.formats import Answer

    answer = Answer(verification.judgement, root, verification.verifiers)
    code = exit_code(verification.judgement)
    for output in (None, *wanted):
        try:
            if output is not None:
                deliver(output, answer, verbosity=-1 if options.quiet else options.verbose)
            elif options.write:
                verification.write()
        except AutolabError as error:
            code = _undecided(str(error))
    return code


def _names(given: Sequence[str]) -> list[str]:
    return [name for each in given for name in each.split(",") if name]


def _collected(root: str) -> tuple[list[Verifier], Sequence[Check]]:
    """The verifiers that are installed, and a check for each plugin that cannot be used."""
    from autolab_verifiers.engine.collect import collect

    collected = collect(root)
    return [collected.verifier(name) for name in collected.names], collected.broken


def _about_rules(options: Namespace) -> int:
    from autolab_verifiers.report.delivery import say
    from autolab_verifiers.report.rules import explained, listed

    verifiers, broken = _collected(options.root or options.folder or os.curdir)
    for check in broken:
        say(f"autolab-verify: {check.reason}\n", sys.stderr)
    if options.explain:
        found = [(verifier, rule) for verifier in verifiers for rule in verifier.rules if rule.id == options.explain]
        if not found:
            raise UsageError(f"no rule is called {options.explain!r}; see `autolab-verify --list`")
        say("\n".join(explained(*each) for each in found), sys.stdout)
    else:
        say("\n".join(line for verifier in verifiers for line in listed(verifier)) + "\n", sys.stdout)
    return UNDECIDED if broken else 0


def _width() -> int:
    try:
        return min(os.get_terminal_size().columns, 120)
    except OSError:
        return 100


def _parser() -> ArgumentParser:
    from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter

    from autolab_core import __version__
    from autolab_verifiers.report.formats import FORMATS, OutputFile

    parser = ArgumentParser(
        prog="autolab-verify",
        description="Judge from its files whether a repository and its run are what they claim to be.",
        epilog=_EXAMPLES,
        # A formatter that is not told a width imports shutil to ask for it, at every argument that is added.
        formatter_class=lambda prog: RawDescriptionHelpFormatter(prog, width=_width()),
    )
    add = parser.add_argument
    add("folder", nargs="?", metavar="ROOT", help="the repository (default: the nearest folder that has .autolab)")
    add("--root", metavar="ROOT", help=SUPPRESS)
    add("--stage", choices=[str(stage) for stage in Stage], metavar="STAGE", help="judge as for this stage")
    add("--iteration", metavar="ID", help="judge this iteration; with --run its run, without it none")
    add("--run", metavar="ID", help="judge this run")
    add("--only", metavar="NAME", action="append", default=[], help="run these verifiers or groups only")
    add("--skip", metavar="NAME", action="append", default=[], help="leave these verifiers or groups out")
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
    add("--explain", metavar="RULE", help="say what a rule asks for, and why")
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument("-q", "--quiet", action="store_true", help="print the summary line only")
    loudness.add_argument("-v", "--verbose", action="count", default=0, help="also print what passed or was skipped")
    add("--version", action="version", version=f"autolab-verify {__version__}")
    return parser
