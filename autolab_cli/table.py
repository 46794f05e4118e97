"""Every command of ``autolab``: its name, what it calls, its help, an example, and its arguments. One row each."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Final

from autolab_cli import arguments

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
    parser.add_argument(
        "--upgrade-prompts",
        action="store_true",
        help="replace prompts that are older shipped ones; an edited one is kept, and its difference is printed",
    )
    parser.add_argument(
        "--harness",
        metavar="NAME",
        choices=("claude-code", "codex", "generic"),
        action="append",
        default=[],
        help="tell this agents' harness of the guard: claude-code, codex or generic (repeatable)",
    )


def _render(parser: ArgumentParser) -> None:
    parser.add_argument("stage", metavar="STAGE", nargs="?", help="default: the state's")
    parser.add_argument("--check", action="store_true", help="check all templates and write nothing (1: one is wrong)")
    parser.add_argument("--print", action="store_true", help="print the prompt, beside writing it")
    parser.add_argument("--run", dest="run_id", metavar="RUN", help="the run it is about (default: the current one)")
    _iteration(parser)


def _completion(parser: ArgumentParser) -> None:
    parser.add_argument("shell", metavar="SHELL", choices=("bash", "zsh", "fish"), help="bash, zsh or fish")


def _run(parser: ArgumentParser) -> None:
    parser.add_argument("--run-id", help="name the run (default: the time and four random digits)")
    parser.add_argument("--wait", action="store_true", help="wait for the run's end; Ctrl-C then cancels the run")
    parser.add_argument(
        "--grace", type=int, default=10, metavar="SECONDS", help="between INT, TERM and KILL (default 10)"
    )
    parser.add_argument(
        "--no-allocation",
        dest="allocation",
        action="store_false",
        help="submit the run also where it fits into the Slurm allocation that this is called in",
    )
    parser.add_argument(
        "--whole", action="store_true", help="launch all replicates, also those that succeeded in the last group"
    )
    parser.add_argument("--remote", metavar="PROFILE", help="send the run to the cluster of this remote profile")


def _next(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--agent-command",
        metavar="COMMAND",
        help="does an agent's stage; the words are split as by a shell",
    )
    parser.add_argument("--agent-timeout", metavar="TIME", help="how long it may take: H:M:S, minutes, UNLIMITED")
    parser.add_argument("--done", metavar="WHY", help="what is there is the work as it is; judged all the same")
    _run(parser)


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


def _resume(parser: ArgumentParser) -> None:
    parser.add_argument("--decision", metavar="STAGE", required=True, help="the stage to go on at, or stop")
    parser.add_argument("--who", required=True, help="the person who decides")
    parser.add_argument("--why", required=True, help="kept in the state's history")


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
    "guard": ("DOING", "keep files from being changed, and prove that they were not"),
    "experiment": ("STEP", "carry out an experiment as its spec says"),
    "remote": ("QUESTION", "ask about hosts behind ssh that runs are sent to"),
}
COMMANDS: Final[tuple[Row, ...]] = (
    ("status", "looking:status", "show iteration, stage, run and last verification", "autolab status --json", _nothing),
    ("ls", "looking:ls", "list the runs of the iteration", "autolab ls --iteration iter_001", _iteration),
    ("show", "looking:show", "show one run's manifest and metrics", f"autolab show {_RUN}", _show),
    ("logs", "looking:logs", "print a run's standard output and error", f"autolab logs -f {_RUN}", _logs),
    ("doctor", "setup:doctor", "say what this machine can do, and what to install", "autolab doctor", _nothing),
    ("init", "setup:init", "make this folder a working repository; restores what is missing", "autolab init", _init),
    ("render", "prompting:render", "write a stage's prompt and its context", "autolab render launch --print", _render),
    (
        "completion",
        "completion:completion",
        "print the script that makes a shell complete autolab, autolab-verify and cloud-run",
        "autolab completion bash > ~/.autolab-completion",
        _completion,
    ),
    ("launch", "acting:launch", "start the approved run (once)", "autolab launch --wait", _launch),
    (
        "run",
        "acting:run",
        "do the next stage, or hand it to an agent and take it back",
        "autolab run --wait",
        _next,
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
        "guard run",
        "guard.running:run",
        "run a command that cannot change what is protected",
        "autolab guard run --spec experiments/exp-001.md -- python train.py",
        arguments.guard_run,
    ),
    (
        "guard check",
        "guard.running:check",
        "say what would be protected, and try each level here",
        "autolab guard check",
        arguments.guard_policy,
    ),
    (
        "guard seal",
        "guard.sealing:seal",
        "describe files so well that every change of them shows",
        "autolab guard seal experiments/exp-001.md results --output seals.json",
        arguments.guard_seal,
    ),
    (
        "guard verify",
        "guard.sealing:verify",
        "say what changed since the seals were taken",
        "autolab guard verify seals.json",
        arguments.guard_verify,
    ),
    (
        "guard hook",
        "guard.hooking:hook",
        "judge a tool call of an agent's harness, read from standard input (2 denies it)",
        "autolab guard hook < call.json",
        _nothing,
    ),
    (
        "guard config",
        "guard.hooking:config",
        "print what tells a harness of the policy for agents",
        "autolab guard config claude > .claude/settings.json",
        arguments.guard_config,
    ),
    (
        "experiment new",
        "experiment.authoring:new",
        "write the template of a spec under the next free number",
        "autolab experiment new momentum",
        arguments.experiment_new,
    ),
    (
        "experiment check",
        "experiment.authoring:check",
        "say what is missing or ambiguous in a spec, and what a machine understood of it",
        "autolab experiment check experiments/exp-001-momentum.md",
        arguments.experiment_spec,
    ),
    (
        "experiment advise",
        "experiment.advising:advise",
        "say whether it is to run here or in the cloud, with the arithmetic that led to it",
        "autolab experiment advise experiments/exp-001-momentum.md",
        arguments.experiment_spec,
    ),
    (
        "experiment render",
        "experiment.prompting:render",
        "write the prompt for an agent that carries out a spec",
        "autolab experiment render experiments/exp-001-momentum.md --print",
        arguments.experiment_render,
    ),
    (
        "experiment run",
        "experiment.running:run",
        "carry out a spec's protocol, phase by phase and under the guard; goes on where it was",
        "autolab experiment run experiments/exp-001-momentum.md",
        arguments.experiment_run,
    ),
    (
        "experiment phase",
        "experiment.running:phase",
        "do one phase with the spec's commands, or with one of your own",
        "autolab experiment phase treatment --seed 3 --unfinished -- python train.py --seed 3",
        arguments.experiment_phase,
    ),
    (
        "experiment status",
        "experiment.standing:status",
        "say where an experiment stands and what it lacks",
        "autolab experiment status experiments/exp-001-momentum.md",
        arguments.experiment_which,
    ),
    (
        "experiment note",
        "experiment.standing:note",
        "put a fact on record that is no metric",
        "autolab experiment note 'seed 3 was restarted once'",
        arguments.experiment_note,
    ),
    (
        "experiment finish",
        "experiment.standing:finish",
        "write the results once everything is there",
        "autolab experiment finish",
        arguments.experiment_which,
    ),
    ("remote list", "remote:show_all", "list the remote profiles", "autolab remote list", _nothing),
    (
        "remote check",
        "remote:check",
        "connect to a profile's host, and say what is wrong there and how to mend it",
        "autolab remote check cluster",
        arguments.remote_check,
    ),
    (
        "reopen",
        "people:reopen",
        "open a closed experiment again, or leave stop and human_review",
        "autolab reopen --who ada --why 'the seed was wrong' --stage design",
        _reopen,
    ),
    (
        "resume",
        "people:resume",
        "go on after human_review, where a person decides",
        "autolab resume --decision launch --who ada --why 'the disk was full'",
        _resume,
    ),
)
