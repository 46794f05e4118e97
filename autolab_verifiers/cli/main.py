"""``autolab-verify``: judge a repository and say what is wrong. Exit codes: ``docs/exit-codes.md``."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from autolab_core.io.layout import EXPERIMENTS
from autolab_core.io.root import locate_root
from autolab_core.vocab.errors import AutolabError, UsageError
from autolab_core.vocab.states import Stage
from autolab_verifiers.cli.options import names, parser

if TYPE_CHECKING:
    from argparse import Namespace

    from autolab_verifiers.engine.many import ManyRuns
    from autolab_verifiers.engine.verify import Verification
    from autolab_verifiers.report.formats import Output

__all__ = ["main"]

UNDECIDED: Final = 2
INTERRUPTED: Final = 130

_OBJECTS: Final = 50_000
_OBJECTS_OF_MANY: Final = 10_000  # what many runs leave in cycles must not add up: five times as much is 6 MB


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
    options = parser().parse_args(argv)
    if options.list or options.explain:
        from autolab_verifiers.cli.about import about_rules

        return about_rules(options)
    if options.self_test:
        from autolab_verifiers.cli.selftest import self_test

        return self_test(options)
    if options.folder is not None and options.root is not None:
        raise UsageError("name the repository once: as ROOT or with --root")

    from autolab_verifiers.report.formats import outputs, refuse_answers_of

    wanted = outputs(options.answers)
    root = options.root or options.folder or locate_root()
    refuse_answers_of(root, wanted)
    verification = _examine_many(root, options) if _asks_for_many(options) else _examine(root, options)
    return _deliver(verification, wanted, root, options)


def _asks_for_many(options: Namespace) -> bool:
    return bool(options.all) or options.changed_since is not None


def _examine(root: str, options: Namespace) -> Verification:
    from autolab_verifiers.engine.verify import examine

    return examine(
        root,
        stage=None if options.stage is None else Stage(options.stage),
        iteration_id=options.iteration,
        run_id=options.run,
        only=names(options.only),
        skip=names(options.skip),
        block=names(options.block),
        spec=None if options.spec is None else _spec(root, options),
    )


def _spec(root: str, options: Namespace) -> str:
    """The spec that *options* name, relative to *root*; where it is not there, as seen from the current folder.

    A name that is no file's is an experiment's id.
    """
    given: str = options.spec
    if options.iteration or options.run or options.stage:
        raise UsageError("--spec names an experiment, which has no stage, iteration or run; leave one of them out")
    if "/" not in given and not given.endswith(".md"):
        return f"{EXPERIMENTS}/{given}.md"
    top, seen = os.path.realpath(root), os.path.realpath(given)
    if (os.path.isabs(given) or not os.path.lexists(os.path.join(top, given))) and seen.startswith(top + os.sep):
        return os.path.relpath(seen, top)
    return os.path.normpath(given)


def _examine_many(root: str, options: Namespace) -> ManyRuns:
    if options.run is not None:
        raise UsageError("--run names one run, --all and --changed-since are about many; leave one of them out")
    if options.spec is not None:
        raise UsageError("--spec names one experiment, --all and --changed-since are about many; leave one of them out")
    from autolab_verifiers.cli.progress import Bar
    from autolab_verifiers.engine.many import examine_many

    gc.set_threshold(_OBJECTS_OF_MANY, *gc.get_threshold()[1:])
    with Bar(sys.stderr, shown=not options.quiet) as bar:
        return examine_many(
            root,
            stage=None if options.stage is None else Stage(options.stage),
            iteration_id=options.iteration,
            changed_since=options.changed_since,
            only=names(options.only),
            skip=names(options.skip),
            block=names(options.block),
            progress=bar.show,
        )


def _deliver(verification: Verification | ManyRuns, wanted: Sequence[Output], root: str, options: Namespace) -> int:
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
