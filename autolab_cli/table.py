"""Every command of ``autolab``: its name, what it calls, its help, an example, and its arguments. One row each."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Final

__all__ = ["COMMANDS", "GROUPS", "Row"]

# The name; `module:function` below autolab_cli.commands; the help; an example; what adds the arguments.
Row = tuple[str, str, str, str, Callable[[ArgumentParser], None]]


def _nothing(parser: ArgumentParser) -> None:
    return None


def _iteration(parser: ArgumentParser) -> None:
    parser.add_argument("--iteration", help="another iteration than the state's")


def _show(parser: ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN")
    _iteration(parser)


def _logs(parser: ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN", nargs="?", help="default: the current run")
    parser.add_argument("-f", "--follow", action="store_true", help="go on printing until the run has ended")
    _iteration(parser)


def _init(parser: ArgumentParser) -> None:
    parser.add_argument("--iteration", default="iter_001", help="id of the first iteration (default: iter_001)")
    parser.add_argument("--upgrade-schemas", action="store_true", help="replace schemas that are not the shipped ones")


def _completion(parser: ArgumentParser) -> None:
    parser.add_argument("shell", metavar="SHELL", choices=("bash", "zsh", "fish"), help="bash, zsh or fish")


def _run(parser: ArgumentParser) -> None:
    parser.add_argument("--run-id", help="name the run (default: the time and four random digits)")
    parser.add_argument("--wait", action="store_true", help="wait for the run's end; Ctrl-C then cancels the run")
    parser.add_argument(
        "--grace", type=int, default=10, metavar="SECONDS", help="between INT, TERM and KILL (default 10)"
    )


def _launch(parser: ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="print what would start; only the check is written")
    _run(parser)


def _other_run(parser: ArgumentParser) -> None:
    parser.add_argument("--run", dest="run_id", help="another run than the current one")


def _monitor(parser: ArgumentParser) -> None:
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--run", dest="run_id", help="another run than the current one")
    chosen.add_argument("--all", action="store_true", help="every run of the repository that goes on")
    chosen.add_argument("--replay", metavar="RUN", help="derive a run's statuses again from the answers that were kept")
    parser.add_argument(
        "--wait", action="store_true", help="look again until it has ended; Ctrl-C leaves the job alone"
    )


def _cancel(parser: ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN", nargs="?", help="default: the current run")
    parser.add_argument("--reason", default="cancelled on request", help="kept in the run's logs")


def _approve(parser: ArgumentParser) -> None:
    parser.add_argument("--who", required=True, help="the person who reviewed")
    parser.add_argument("--file", action="append", default=[], help="one more file it was about (repeatable)")


def _reopen(parser: ArgumentParser) -> None:
    parser.add_argument("--who", required=True, help="the person who decides")
    parser.add_argument("--why", required=True, help="kept in the backlog and in the state's history")
    parser.add_argument("--stage", default="launch", help="where to go on (default: launch)")


def _doc(parser: ArgumentParser) -> None:
    parser.add_argument("--doc", metavar="FILE", help="the ledger (default: docs/slurm_job_list.md of the repository)")


def _ledger_append(parser: ArgumentParser) -> None:
    parser.add_argument("--manifest", metavar="FILE", required=True, help="the run_manifest.json of the run")
    _doc(parser)
    parser.add_argument("--notes", metavar="TEXT", help="what else was seen (default: why the run failed, if it did)")


def _ledger_show(parser: ArgumentParser) -> None:
    _doc(parser)
    parser.add_argument("--run", dest="run_id", help="the rows of one run alone")
    parser.add_argument("--current", action="store_true", help="of each run the last row alone: how it stands now")


_RUN: Final = "20260201T120000Z_demo"
# The words that commands of several words begin with: what the next word is called in the help, and the help.
GROUPS: Final[dict[str, tuple[str, str]]] = {
    "review": ("ANSWER", "say that what is here was reviewed"),
    "ledger": ("ACTION", "keep the append-only list of Slurm jobs"),
}
COMMANDS: Final[tuple[Row, ...]] = (
    ("status", "looking:status", "show iteration, stage, run and last verification", "autolab status --json", _nothing),
    ("ls", "looking:ls", "list the runs of the iteration", "autolab ls --iteration iter_001", _iteration),
    ("show", "looking:show", "show one run's manifest and metrics", f"autolab show {_RUN}", _show),
    ("logs", "looking:logs", "print a run's standard output and error", f"autolab logs -f {_RUN}", _logs),
    ("doctor", "setup:doctor", "say what this machine can do, and what to install", "autolab doctor", _nothing),
    ("init", "setup:init", "make this folder a working repository; restores what is missing", "autolab init", _init),
    (
        "completion",
        "completion:completion",
        "print the script that makes a shell complete autolab and autolab-verify",
        "autolab completion bash > ~/.autolab-completion",
        _completion,
    ),
    ("launch", "acting:launch", "start the approved run (once)", "autolab launch --wait", _launch),
    (
        "run",
        "acting:run",
        "do the next stage that needs nobody: launch, monitor or extract",
        "autolab run --wait",
        _run,
    ),
    (
        "monitor",
        "monitoring:monitor",
        "look at the current run, once or until it has ended",
        "autolab monitor --wait",
        _monitor,
    ),
    ("extract", "acting:extract", "read, judge and record the results", f"autolab extract --run {_RUN}", _other_run),
    (
        "cancel",
        "acting:cancel",
        "stop the current run and record that it was stopped",
        "autolab cancel --reason 'wrong data'",
        _cancel,
    ),
    (
        "review approve",
        "people:approve",
        "write `pass` with the content hashes that the launch gate checks",
        "autolab review approve --who ada --file data/train.csv",
        _approve,
    ),
    (
        "ledger append",
        "ledger:append",
        "add a row when the run's manifest says something new",
        f"autolab ledger append --manifest experiments/plan/iter_001/runs/{_RUN}/run_manifest.json",
        _ledger_append,
    ),
    ("ledger verify", "ledger:verify", "say whether a row was edited or removed", "autolab ledger verify", _doc),
    ("ledger show", "ledger:show", "list what was observed", "autolab ledger show --current", _ledger_show),
    ("ledger merge", "ledger:merge", "close the merge that git left in the ledger", "autolab ledger merge", _doc),
    (
        "reopen",
        "people:reopen",
        "open a closed experiment again, or leave stop and human_review",
        "autolab reopen --who ada --why 'the seed was wrong' --stage design",
        _reopen,
    ),
)
