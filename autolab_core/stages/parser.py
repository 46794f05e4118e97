"""Running the design's ``extract_parser``: the project's own code, in the project's own environment, as a child."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from autolab_core.exec.command import Command
from autolab_core.exec.quoting import quote_all
from autolab_core.io.atomic import remove, write_bytes
from autolab_core.io.environment import activation_block
from autolab_core.io.layout import ENVIRONMENT, IterationPaths, RunPaths
from autolab_core.models.design import Design, ExtractParser
from autolab_core.models.manifest import ReplicateOf
from autolab_core.stages.context import StageContext
from autolab_core.stages.launching.command import fill
from autolab_core.vocab.errors import RunnerError, UsageError

__all__ = ["run_parser"]

_DEFAULT_SECONDS: Final = 1800.0
# Standard library only: it runs in the project's environment, which need not have this package.
_CALL: Final = str(Path(__file__).with_name("call_parser.py"))


def run_parser(
    context: StageContext,
    paths: IterationPaths,
    run: RunPaths,
    design: Design,
    run_id: str,
    replicate: ReplicateOf | None = None,
) -> str | None:
    """Run the parser; None when it ended with 0, else why not, in one line.

    For a *replicate*, ``{group_id}``, ``{replicate}`` and ``{seed}`` are filled, too.

    Its output is kept in the run's ``logs/extract.stdout.log`` and ``extract.stderr.log``. A design may name none when
    the run itself writes metrics.json. Raises UsageError when there is neither, or no command can be made of it.
    """
    parser = design.extract_parser
    if parser is None:
        if context.repository.tree().exists(run.metrics):
            return None
        raise UsageError(f"{paths.design} has no extract_parser: say how metrics.json is made")
    values = {
        "run_id": run_id,
        "iteration_id": design.iteration_id,
        "iteration_path": paths.folder,
        "run_path": run.folder,
        "metrics_path": run.metrics,
    }
    if replicate is not None:
        values |= {"group_id": replicate.group, "replicate": str(replicate.index), "seed": str(replicate.seed)}
    repository = context.repository
    activation = activation_block(repository.tree().source(ENVIRONMENT), ENVIRONMENT)
    script = f"set -eo pipefail\n{activation.text}\n{quote_all(_argv(parser, values))}\n"
    limit = parser.timeout.seconds if parser.timeout and parser.timeout.seconds else None
    environment = {
        **os.environ,
        "AUTOLAB_RUN_ID": run_id,
        "AUTOLAB_ITERATION_ID": design.iteration_id,
        "AUTOLAB_ITERATION_PATH": paths.folder,
        "AUTOLAB_RUN_DIR": str(repository.absolute(run.folder)),
    }
    command = Command(
        ("bash", "-c", script), cwd=str(repository.root), env=environment, timeout=float(limit or _DEFAULT_SECONDS)
    )
    metrics = Path(repository.root, run.metrics)
    if metrics.is_symlink():  # by the run itself: the parser would write to where it leads
        remove(metrics)
    try:
        result = context.runner.run(command)
    except RunnerError as error:
        return str(error)
    write_bytes(repository.absolute(run.log("extract.stdout.log")), result.stdout)
    write_bytes(repository.absolute(run.log("extract.stderr.log")), result.stderr)
    if result.exit_code == 0:
        return None
    said = f": {result.complaint}" if result.complaint else ""
    how = f"exit code {result.exit_code}" if result.exit_code > 0 else f"signal {-result.exit_code}"
    return f"the extract_parser ended with {how}{said}"


def _argv(parser: ExtractParser, values: Mapping[str, str]) -> tuple[str, ...]:
    if parser.kind == "command":
        return fill("extract_parser.command", parser.command or "", values)
    options = [f"{name}={value}" for name, value in values.items()]
    return ("python", _CALL, parser.module or "", parser.callable or "", *options)
