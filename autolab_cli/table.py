"""Every command of ``autolab``: its name, what it calls, its help, an example, and its arguments. One row each."""

from __future__ import annotations

from argparse import REMAINDER, ArgumentParser
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
    parser.add_argument(
        "--upgrade-prompts",
        action="store_true",
        help="replace prompts that are older shipped ones; an edited one is kept, and its difference is printed",
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


def _guard_seal(parser: ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", nargs="+", help="a file, or a folder with everything below it")
    parser.add_argument("--output", metavar="FILE", help="where to write the seals (default: print them)")


def _guard_verify(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", nargs="?", help="seals, or a guard's record (default: the current run's)"
    )
    parser.add_argument("--run", dest="run_id", help="the record of a run")
    parser.add_argument("--content", action="store_true", help="compare bytes and names alone, as after a checkout")


def _guard_policy(parser: ArgumentParser) -> None:
    parser.add_argument("--policy", metavar="FILE", help="a policy, instead of what the other options say")
    parser.add_argument(
        "--profile",
        choices=("agent", "run"),
        help="agent: write all but what is protected (default); run: write only what --write names",
    )
    for name, about in (
        ("--protect", "one more path that is read-only, and sealed (repeatable)"),
        ("--seal", "a path to seal, beside what is sealed in any case: nobody may change it (repeatable)"),
        ("--write", "a folder that may be written, inside a protected one too (repeatable)"),
    ):
        parser.add_argument(name, metavar="PATH", action="append", default=[], help=about)
    parser.add_argument("--spec", metavar="FILE", help="the file that must not change, and that the probe tries")
    parser.add_argument("--network", metavar="WHAT", help="inherit (default), none, or TCP ports like 80,443")


def _guard_run(parser: ArgumentParser) -> None:
    _guard_policy(parser)
    parser.add_argument("--require", metavar="LEVEL", help="content (default), or the weakest level that will do")
    parser.add_argument("--level", metavar="LEVEL", help="this level and no other")
    parser.add_argument("--run-id", metavar="ID", help="what the record is called (default: a new name)")
    parser.add_argument(
        "--linger", type=float, default=2.0, metavar="SECONDS", help="for what the command leaves behind (default 2)"
    )
    parser.add_argument("argv", metavar="-- COMMAND", nargs=REMAINDER, help="the command with its arguments")


def _guard_config(parser: ArgumentParser) -> None:
    known = ("claude", "codex", "shell")
    parser.add_argument("harness", metavar="HARNESS", choices=known, help="claude, codex or shell")


def _experiment_new(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="small letters, digits and hyphens; the number is found")


def _experiment_check(parser: ArgumentParser) -> None:
    parser.add_argument("spec", metavar="SPEC", help="the experiment's spec, experiments/exp-NNN-name.md")


def _experiment_advise(parser: ArgumentParser) -> None:
    parser.add_argument("spec", metavar="SPEC", help="the experiment's spec, experiments/exp-NNN-name.md")


def _experiment_render(parser: ArgumentParser) -> None:
    parser.add_argument("spec", metavar="SPEC", help="the experiment's spec, experiments/exp-NNN-name.md")
    parser.add_argument("--print", action="store_true", help="print the prompt, too")


def _experiment_which(parser: ArgumentParser) -> None:
    parser.add_argument("spec", metavar="SPEC", nargs="?", help="the experiment's spec (default: the one that is open)")


def _experiment_note(parser: ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT", help="a fact; what it means is for others to say")
    parser.add_argument("--spec", metavar="SPEC", help="the experiment's spec (default: the one that is open)")


def _experiment_permissions(parser: ArgumentParser) -> None:
    parser.add_argument("--justify", metavar="TEXT", help="why it goes on though a budget is spent; recorded")
    parser.add_argument(
        "--waive", metavar="A2", action="append", default=[], help="an abort criterion not to be obeyed (repeatable)"
    )
    parser.add_argument("--reason", metavar="TEXT", help="why it is waived; recorded")


def _experiment_run(parser: ArgumentParser) -> None:
    parser.add_argument("spec", metavar="SPEC", help="the experiment's spec, experiments/exp-NNN-name.md")
    _experiment_permissions(parser)


def _experiment_phase(parser: ArgumentParser) -> None:
    known = ("sanity", "baseline", "mve", "treatment")
    parser.add_argument("phase", metavar="PHASE", choices=known, help=", ".join(known))
    parser.add_argument("--spec", metavar="SPEC", help="the experiment's spec (default: the one that is open)")
    parser.add_argument("--check", choices=("import", "tests", "one_step"), help="which sanity check the command is")
    parser.add_argument("--seed", type=int, metavar="N", help="the seed of numbers that name none")
    parser.add_argument("--csv", metavar="FILE", help="a table of metrics that the command writes, or that is there")
    parser.add_argument("--unfinished", action="store_true", help="leave the phase open: another call goes on with it")
    _experiment_permissions(parser)
    parser.usage = "autolab experiment phase PHASE [options] [-- COMMAND ...]"
    parser.set_defaults(argv=[])


_RUN: Final = "20260201T120000Z_demo"
# The words that commands of several words begin with: what the next word is called in the help, and the help.
GROUPS: Final[dict[str, tuple[str, str]]] = {
    "review": ("ANSWER", "say that what is here was reviewed"),
    "ledger": ("ACTION", "keep the append-only list of Slurm jobs"),
    "guard": ("DOING", "keep files from being changed, and prove that they were not"),
    "experiment": ("STEP", "carry out an experiment as its spec says"),
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
        "guard run",
        "guard.running:run",
        "run a command that cannot change what is protected",
        "autolab guard run --spec experiments/exp-001.md -- python train.py",
        _guard_run,
    ),
    (
        "guard check",
        "guard.running:check",
        "say what would be protected, and try each level here",
        "autolab guard check",
        _guard_policy,
    ),
    (
        "guard seal",
        "guard.sealing:seal",
        "describe files so well that every change of them shows",
        "autolab guard seal experiments/exp-001.md results --output seals.json",
        _guard_seal,
    ),
    (
        "guard verify",
        "guard.sealing:verify",
        "say what changed since the seals were taken",
        "autolab guard verify seals.json",
        _guard_verify,
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
        _guard_config,
    ),
    (
        "experiment new",
        "experiment.authoring:new",
        "write the template of a spec under the next free number",
        "autolab experiment new momentum",
        _experiment_new,
    ),
    (
        "experiment check",
        "experiment.authoring:check",
        "say what is missing or ambiguous in a spec, and what a machine understood of it",
        "autolab experiment check experiments/exp-001-momentum.md",
        _experiment_check,
    ),
    (
        "experiment advise",
        "experiment.advising:advise",
        "say whether it is to run here or in the cloud, with the arithmetic that led to it",
        "autolab experiment advise experiments/exp-001-momentum.md",
        _experiment_advise,
    ),
    (
        "experiment render",
        "experiment.prompting:render",
        "write the prompt for an agent that carries out a spec",
        "autolab experiment render experiments/exp-001-momentum.md --print",
        _experiment_render,
    ),
    (
        "experiment run",
        "experiment.running:run",
        "carry out a spec's protocol, phase by phase and under the guard; goes on where it was",
        "autolab experiment run experiments/exp-001-momentum.md",
        _experiment_run,
    ),
    (
        "experiment phase",
        "experiment.running:phase",
        "do one phase with the spec's commands, or with one of your own",
        "autolab experiment phase treatment --seed 3 --unfinished -- python train.py --seed 3",
        _experiment_phase,
    ),
    (
        "experiment status",
        "experiment.standing:status",
        "say where an experiment stands and what it lacks",
        "autolab experiment status experiments/exp-001-momentum.md",
        _experiment_which,
    ),
    (
        "experiment note",
        "experiment.standing:note",
        "put a fact on record that is no metric",
        "autolab experiment note 'seed 3 was restarted once'",
        _experiment_note,
    ),
    (
        "experiment finish",
        "experiment.standing:finish",
        "write the results once everything is there",
        "autolab experiment finish",
        _experiment_which,
    ),
    (
        "reopen",
        "people:reopen",
        "open a closed experiment again, or leave stop and human_review",
        "autolab reopen --who ada --why 'the seed was wrong' --stage design",
        _reopen,
    ),
)
