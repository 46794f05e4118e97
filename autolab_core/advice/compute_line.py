"""The command line that sends the full protocol of a spec to a back end, ready to be pasted into a shell. Pure."""

from __future__ import annotations

import math
from typing import Final

from autolab_core.advice.compute_fit import gpus_asked
from autolab_core.exec.quoting import quote, quote_all, quote_line
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.io.layout import CLOUD_RUN, DATA
from autolab_core.models.experiment.commands import SEED, fill, wants_seed
from autolab_core.models.experiment.spec import Spec
from autolab_core.vocab.compute import SLOW_FACTOR
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.experiment import Arm, BudgetKind

__all__ = ["NO_COMMAND", "cloud_line", "lacks_command", "max_hours", "protocol_line"]

# Stands where the command has to be put that the spec does not name.
NO_COMMAND: Final = "COMMAND"

_HOUR: Final = 3600


def cloud_line(spec: Spec, *, data: bool) -> str:
    """The line. *data*: the repository has a data folder, which is taken where the spec names none.

    Raises UsageError for a command that cannot be split into words, and for a folder with a comma in its name.
    """
    profile = spec.budget.compute
    words = [f"{CLOUD_RUN} run", quote_line(protocol_line(spec)), "--spec", quote(spec.path)]
    folders = profile.data_dirs or ((f"{DATA}/",) if data else ())
    for folder in folders:
        if "," in folder:
            raise UsageError(f"{folder!r} has a comma, which stands between folders on the command line; rename it")
    if folders:
        words += ["--data-dirs", quote(",".join(folders))]
    words += ["--output-dir", quote(f"{ExperimentPaths(spec.path).folder}/")]
    hours = max_hours(spec)
    if hours is not None:
        words += ["--max-hours", str(hours)]
    if gpus := gpus_asked(profile):
        words += ["--gpu", str(gpus)]
    if profile.cpus is not None:
        words += ["--cpus", str(profile.cpus)]
    if profile.memory is not None:
        words += ["--memory", str(profile.memory)]
    return " ".join([*words, "--detach"])


def lacks_command(line: str) -> bool:
    """Whether *line* is one of ``cloud_line`` into which somebody has to put the command."""
    return line.startswith(f'{CLOUD_RUN} run "{NO_COMMAND}" ')


def max_hours(spec: Spec) -> int | None:
    """After how many hours the machine there is ended whatever it does; None leaves it to the program.

    The larger of the budget's wall clock and ``SLOW_FACTOR`` times the estimate: a budget is loose, a phase that has
    begun is to end, and this limit is there for what hangs.
    """
    wall_time = spec.budget.compute.wall_time
    estimate = None if wall_time is None or wall_time.seconds is None else SLOW_FACTOR * wall_time.seconds
    seconds = max((each for each in (estimate, spec.budget.limit(BudgetKind.WALL_CLOCK)) if each), default=None)
    return None if seconds is None else max(1, math.ceil(seconds / _HOUR))


def protocol_line(spec: Spec) -> str:
    """The treatment's commands as one line of a shell: ``NO_COMMAND`` where the spec names none.

    A command with ``{seed}`` becomes a loop over the seeds; the next one starts only after a success.
    """
    lines = [_line(command, spec) for command in spec.protocol.treatment]
    return " && ".join(lines) or NO_COMMAND


def _line(command: str, spec: Spec) -> str:
    words = fill(command, spec, Arm.TREATMENT, None, what="the protocol's treatment command")
    if not wants_seed(command) or not spec.seeds:
        return quote_all(words)
    return f"for seed in {' '.join(map(str, spec.seeds))}; do {quote_all(words, {SEED: 'seed'})} || exit; done"
