"""The arguments of the commands of several words that have the most of them: ``guard`` and ``experiment``."""

from __future__ import annotations

from argparse import REMAINDER, ArgumentParser

__all__ = [
    "experiment_new",
    "experiment_note",
    "experiment_permissions",
    "experiment_phase",
    "experiment_render",
    "experiment_run",
    "experiment_spec",
    "experiment_which",
    "guard_config",
    "guard_policy",
    "guard_run",
    "guard_seal",
    "guard_verify",
    "remote_check",
]


def remote_check(parser: ArgumentParser) -> None:
    parser.add_argument("profile", metavar="PROFILE", nargs="?", help="default: the one that the file calls default")


def guard_seal(parser: ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", nargs="+", help="a file, or a folder with everything below it")
    parser.add_argument("--output", metavar="FILE", help="where to write the seals (default: print them)")


def guard_verify(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", nargs="?", help="seals, or a guard's record (default: the current run's)"
    )
    parser.add_argument("--run", dest="run_id", help="the record of a run")
    parser.add_argument("--content", action="store_true", help="compare bytes and names alone, as after a checkout")


def guard_policy(parser: ArgumentParser) -> None:
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


def guard_run(parser: ArgumentParser) -> None:
    guard_policy(parser)
    parser.add_argument("--require", metavar="LEVEL", help="content (default), or the weakest level that will do")
    parser.add_argument("--level", metavar="LEVEL", help="this level and no other")
    parser.add_argument("--run-id", metavar="ID", help="what the record is called (default: a new name)")
    parser.add_argument(
        "--linger", type=float, default=2.0, metavar="SECONDS", help="for what the command leaves behind (default 2)"
    )
    parser.add_argument("argv", metavar="-- COMMAND", nargs=REMAINDER, help="the command with its arguments")


def guard_config(parser: ArgumentParser) -> None:
    known = ("claude", "codex", "shell", "hook")
    parser.add_argument("harness", metavar="HARNESS", choices=known, help="claude, codex, shell or hook")


def experiment_new(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="small letters, digits and hyphens; the number is found")


def experiment_spec(parser: ArgumentParser) -> None:
    parser.add_argument("spec", metavar="SPEC", help="the experiment's spec, experiments/exp-NNN-name.md")


def experiment_render(parser: ArgumentParser) -> None:
    experiment_spec(parser)
    parser.add_argument("--print", action="store_true", help="print the prompt, too")


def experiment_which(parser: ArgumentParser) -> None:
    parser.add_argument("spec", metavar="SPEC", nargs="?", help="the experiment's spec (default: the one that is open)")


def experiment_note(parser: ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT", help="a fact; what it means is for others to say")
    parser.add_argument("--spec", metavar="SPEC", help="the experiment's spec (default: the one that is open)")


def experiment_permissions(parser: ArgumentParser) -> None:
    parser.add_argument("--justify", metavar="TEXT", help="why it goes on though a budget is spent; recorded")
    parser.add_argument(
        "--waive", metavar="A2", action="append", default=[], help="an abort criterion not to be obeyed (repeatable)"
    )
    parser.add_argument("--reason", metavar="TEXT", help="why it is waived; recorded")


def experiment_run(parser: ArgumentParser) -> None:
    experiment_spec(parser)
    experiment_permissions(parser)


def experiment_phase(parser: ArgumentParser) -> None:
    known = ("sanity", "baseline", "mve", "treatment")
    parser.add_argument("phase", metavar="PHASE", choices=known, help=", ".join(known))
    parser.add_argument("--spec", metavar="SPEC", help="the experiment's spec (default: the one that is open)")
    parser.add_argument("--check", choices=("import", "tests", "one_step"), help="which sanity check the command is")
    parser.add_argument("--seed", type=int, metavar="N", help="the seed of numbers that name none")
    parser.add_argument("--csv", metavar="FILE", help="a table of metrics that the command writes, or that is there")
    parser.add_argument("--unfinished", action="store_true", help="leave the phase open: another call goes on with it")
    experiment_permissions(parser)
    parser.usage = "autolab experiment phase PHASE [options] [-- COMMAND ...]"
    parser.set_defaults(argv=[])
