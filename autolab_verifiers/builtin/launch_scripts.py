"""``launch_scripts``: the scripts that start a run do what the design and the environment page say, and nothing else.

Judged are ``run_local.sh`` and ``run_slurm.sbatch``: of each the run's own copy or, where it has none, the iteration's.
"""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from autolab_core.io.layout import ENVIRONMENT
from autolab_core.models.replicates import VARIABLES, filled
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.states import Severity
from autolab_verifiers.contract.context import Scope, VerifyContext
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.rules import RuleSet
from autolab_verifiers.contract.scripts import DIRECTIVE, Script, directives, scripts, started_by
from autolab_verifiers.contract.values import mapping_at, number_at, show, text_at, value_at

__all__ = ["VERIFIER"]

VERIFIER: Final = RuleSet(
    "launch_scripts", "The launch scripts do what the design and the environment page say.", needs=scripts
)

_STRICT: Final = "set -euo pipefail"
_DEMANDED: Final = ("--job-name", "--output", "--error", "--time", "--mem")
_STARTERS: Final = frozenset({"exec", "srun", "env", "nohup", "time"})
_REDIRECTIONS: Final = (">", "<", "|", "&", ";", "1>", "2>")


class _Entrypoint(NamedTuple):
    module: str | None
    args: Mapping[str, Any]
    cli: str | None


@VERIFIER.rule(
    "LS001",
    "a launch script names bash as its interpreter",
    hint="begin with `#!/usr/bin/env bash`",
    scopes=(Scope.ITERATION, Scope.RUN),
)
def scripts_are_of_bash(context: VerifyContext) -> Iterator[Finding]:
    """``pipefail`` and the activation block are bash; another shell, or none, runs something else than was reviewed."""
    for script in scripts(context):
        words = script.lines[0].removeprefix("#!").split() if script.lines[0].startswith("#!") else []
        names = [word.rpartition("/")[2] for word in words]
        if not (names[:1] == ["bash"] or (names[:1] == ["env"] and "bash" in names[1:3])):
            yield script.at(1, f"begins with {show(script.lines[0])}, which does not name bash")


@VERIFIER.rule(
    "LS002",
    f"`{_STRICT}` is the first command",
    hint=f"write `{_STRICT}` right after the header",
    scopes=(Scope.ITERATION, Scope.RUN),
)
def scripts_stop_at_errors(context: VerifyContext) -> Iterator[Finding]:
    """Without it a script goes on after a command that failed, and ends as if all had gone well."""
    for script in scripts(context):
        for number, line in enumerate(script.lines, 1):
            command = line.partition(" #")[0].strip()
            if command and not command.startswith("#"):
                if command != _STRICT:
                    yield script.at(number, f"the first command is {show(command)}, not `{_STRICT}`")
                break
        else:
            yield script.at(1, f"has no command at all, not even `{_STRICT}`")


def _batch(context: VerifyContext) -> Script:
    for script in scripts(context):
        if script.batch:
            return script
    raise Skip("there is no run_slurm.sbatch")


@VERIFIER.rule(
    "LS003",
    "the batch script asks Slurm for what it must",
    hint="add `#SBATCH` lines below the first line",
    scopes=(Scope.ITERATION, Scope.RUN),
)
def batch_directives_are_there(context: VerifyContext) -> Iterator[Finding]:
    """Name, output, error, time and memory: what is left out is the cluster's default, which no design has seen.

    ``--gres=gpu`` too when the design counts GPUs. Slurm does not read directives below the first command.
    """
    script = _batch(context)
    read = list(directives(script))
    given = {each.name for each in read if each.value}
    for name in _DEMANDED:
        if name not in given:
            yield script.at(1, f"has no `{DIRECTIVE} {name}=…` before its first command")
    last = read[-1].line if read else len(script.lines)
    for number, line in enumerate(script.lines, 1):
        if line.startswith(DIRECTIVE) and number > last:
            yield script.at(number, "stands below the first command, so Slurm does not read it")
    design = context.design() if context.tree.exists(context.iteration.design) else {}
    gpus = number_at(design, "/compute/gpu_count") or 0
    if gpus > 0 and not any(each.name == "--gres" and each.value.startswith("gpu") for each in read):
        yield script.at(1, f"the design counts {gpus} GPUs, but there is no `{DIRECTIVE} --gres=gpu:{gpus}`")


@VERIFIER.rule(
    "LS004",
    "no partition is named but the design's",
    hint="set `compute.partition`, or leave it out",
    scopes=(Scope.ITERATION, Scope.RUN),
)
def partitions_are_the_designs(context: VerifyContext) -> Iterator[Finding]:
    """A partition belongs to one cluster: in the design a reader finds it, in a script it breaks the next launch."""
    planned = value_at(context.design(), "/compute/partition")
    for script in scripts(context):
        named = [(each.line, each.value) for each in directives(script) if each.name == "--partition"]
        for number, line in enumerate(script.lines, 1):
            if not line.lstrip().startswith("#"):
                values = [word.partition("=")[2] for word in line.split() if word.startswith("--partition=")]
                named += [(number, value) for value in values]
        for number, value in named:
            if value != planned and not value.startswith(("$", '"$')):
                yield script.at(number, f"names the partition {show(value)}; the design's is {show(planned)}")


@VERIFIER.rule(
    "LS005",
    f"the activation block of {ENVIRONMENT} stands there verbatim",
    hint="launch again",
    scopes=(Scope.ITERATION, Scope.RUN),
)
def activation_is_verbatim(context: VerifyContext) -> Iterator[Finding]:
    """The block is what was reviewed as the environment; a script that sets up another one runs another experiment.

    Where the manifest says that the page was a different one at the launch, a difference is only remarked on.
    """
    found = scripts(context)
    if not context.tree.exists(ENVIRONMENT):
        raise Skip(f"{ENVIRONMENT} does not exist")
    from autolab_core.io.environment import activation_block

    activation = activation_block(context.tree.source(ENVIRONMENT), ENVIRONMENT)
    block = tuple(activation.text.rstrip("\n").split("\n"))
    recorded = text_at(_recorded(context), "/environment/activation_sha256") or activation.sha256
    severity = Severity.ERROR if recorded == activation.sha256 else Severity.WARNING
    for script in found:
        starts = (index for index, line in enumerate(script.lines) if line == block[0])
        if not any(script.lines[start : start + len(block)] == block for start in starts):
            changed = "" if severity is Severity.ERROR else " (which has changed since the launch)"
            yield script.at(1, f"does not hold the activation block of {ENVIRONMENT}{changed}", severity)


def _recorded(context: VerifyContext) -> dict[str, Any]:
    """The manifest of the run, or of the iteration's last one; empty where there is none that can be read."""
    try:
        run = context.run_id or max(context.tree.names(context.iteration.runs), default=None)
        return {} if run is None else context.mapping(context.iteration.run(run).manifest)
    except (Skip, DocumentError, UsageError):
        return {}


@VERIFIER.rule(
    "LS006",
    "the main command is the design's entry point",
    hint="launch again; change the design only",
    scopes=(Scope.ITERATION, Scope.RUN),
)
def command_is_the_designs(context: VerifyContext) -> Iterator[Finding]:
    """What was approved is the design. One line of the script has to be its entry point, word for word.

    The guard, ``srun``, ``exec`` or an assignment may stand before it, a redirection after it; ``python3`` counts as
    ``python``.
    Where the replicates are a job array, ``{seed}`` and ``{replicate}`` are the variables that each task sets.
    Where the manifest says that the design was a different one at the launch, a difference is only remarked on.
    """
    given = mapping_at(context.design(), "/entrypoint")
    entrypoint = _Entrypoint(text_at(given, "/module"), mapping_at(given, "/args"), text_at(given, "/cli"))
    if (entrypoint.module is None) == (entrypoint.cli is None):
        raise Skip("the design names no entry point (SC002)")
    from autolab_core.models.entrypoint import entrypoint_argv

    found = scripts(context)
    try:
        words = entrypoint_argv(entrypoint)
    except UsageError as error:
        yield context.at(context.iteration.design, "/entrypoint", f"cannot be a command: {error}")
        return
    if context.design_facts.array:
        words = filled(words, {placeholder: f"${variable}" for placeholder, variable in VARIABLES.items()})
    severity = Severity.WARNING if _design_has_changed(context) else Severity.ERROR
    for script in found:
        if not any(_runs(line, words) for line in _joined(script)):
            yield script.at(1, f"no line runs the design's entry point {show(' '.join(words))}", severity)


def _design_has_changed(context: VerifyContext) -> bool:
    recorded = text_at(_recorded(context), "/review/design_sha256")
    if recorded is None:
        return False
    return context.tree.sha256(context.iteration.design) != recorded.removeprefix("sha256:")


def _joined(script: Script) -> list[str]:
    return "\n".join(script.lines).replace("\\\n", " ").split("\n")


def _unprefixed(words: Sequence[str]) -> list[str]:
    """*words* from the first one that is no starter, option or assignment."""
    found = [*words]
    while found and (found[0] in _STARTERS or found[0].startswith("-") or "=" in found[0]):
        del found[0]
    return found


def _runs(line: str, words: tuple[str, ...]) -> bool:
    """True when the shell command *line* runs *words*."""
    import shlex

    from autolab_core.guard.entry import without_guard

    # A word with a variable in it is quoted in pieces.
    if "$" not in words[-1] and words[-1].split()[-1:] and words[-1].split()[-1] not in line:
        return False
    try:
        found = shlex.split(line, comments=True)
    except ValueError:
        return False
    found = _unprefixed(without_guard(_unprefixed(found)))
    if not found or not (found[0] == words[0] or (words[0], found[0]) == ("python", "python3")):
        return False
    rest = found[len(words) :]
    return tuple(found[1 : len(words)]) == words[1:] and (not rest or rest[0].startswith(_REDIRECTIONS))


@VERIFIER.rule(
    "LS007",
    "what a run prints goes to `runs/<run_id>/logs/`",
    hint="point output and error there",
    scopes=(Scope.ITERATION, Scope.RUN),
)
def logs_are_below_the_run(context: VerifyContext) -> Iterator[Finding]:
    """Logs elsewhere are not collected, and overwritten by the next run. How a local script does it is only guessed."""
    runs = started_by(context)
    logs = f"runs/{runs[0]}/logs/" if len(runs) == 1 else "a run's logs/"
    for script in scripts(context):
        if not script.latest:
            continue
        for each in directives(script):
            if each.name in ("--output", "--error") and not (_names_one(each.value, runs) and "/logs/" in each.value):
                yield script.at(each.line, f"`{each.name}` is {show(each.value)}, not below {logs}")
        text = "\n".join(script.lines)
        if not script.batch and not (_names_one(text, runs) and "/logs" in text):
            yield script.at(1, f"does not seem to write below {logs}", Severity.WARNING)


def _names_one(text: str, runs: tuple[str, ...]) -> bool:
    """True when *text* names the folder of one of *runs*, or of any run when there are none."""
    return "runs/" in text and (not runs or any(f"runs/{run}" in text for run in runs))


@VERIFIER.rule(
    "LS008",
    "a script names this run and this iteration",
    hint="launch again; do not copy scripts",
    scopes=(Scope.ITERATION, Scope.RUN),
)
def ids_are_this_runs(context: VerifyContext) -> Iterator[Finding]:
    """A copied script writes over the files of another run. The iteration's scripts are the last launch's."""
    iteration = () if context.iteration_id is None else (context.iteration_id,)
    ids = {"AUTOLAB_ITERATION_ID": iteration, "AUTOLAB_RUN_ID": started_by(context)}
    for script in scripts(context):
        if not script.latest:
            continue
        text = "\n".join(script.lines)
        for variable, wanted in ids.items():
            if not wanted:
                continue
            expected = show(wanted[0]) if len(wanted) == 1 else "a run of the iteration"
            if not any(each in text for each in wanted):
                yield script.at(1, f"does not name {expected}")
            for number, line in enumerate(script.lines, 1):
                name, given, value = line.strip().removeprefix("export ").partition("=")
                value = value.strip("'\"")
                if given and name == variable and value not in wanted and not value.startswith("$"):
                    yield script.at(number, f"`{variable}` is {show(value)}, not {expected}")
