"""The context of a stage, from the repository's files alone. Nothing here writes, and nothing is of the moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from autolab_core.guard.closed import closed
from autolab_core.io.edit_scope import allowed_edit_dirs
from autolab_core.io.environment import activation_block
from autolab_core.io.layout import ENVIRONMENT, TODO_FOCUS, VERIFICATION_RESULT, IterationPaths, RunPaths
from autolab_core.io.owned import artifact_paths
from autolab_core.io.repository import Repository
from autolab_core.models.report import Report
from autolab_core.models.stage_context import (
    ContextHost,
    ContextIteration,
    ContextRun,
    ContextTodo,
    EnvironmentContract,
    FailedCheck,
    LastVerification,
    LineBudget,
    RequiredInput,
    StageContextFile,
)
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.ids import placeholder_in
from autolab_core.vocab.limits import FIXED_MAX_LINES, HARD_CAPS
from autolab_core.vocab.ownership import INPUTS, ON_SLURM, owned_by
from autolab_core.vocab.states import HostMode, Severity, Stage, Verdict

__all__ = ["build_context"]

# A prompt is read whole: of more failures than that, the result file has the rest.
_FAILURES_MAX: Final = 20
# In place of a rule: what Autolab itself objected to when it took the stage back.
_OBJECTION: Final = "handover"
_BEFORE_A_RUN: Final = frozenset({Stage.HYPOTHESIS, Stage.DESIGN, Stage.IMPLEMENTATION, Stage.IMPLEMENTATION_REVIEW})
_RUN_PLACEHOLDERS: Final = ("<RUN_ID>", "<run_id>")


def build_context(
    repository: Repository,
    stage: Stage,
    iteration: ContextIteration,
    host: ContextHost,
    run: ContextRun | None,
    *,
    compute_advisory: Mapping[str, Any] | None = None,
    objections: Mapping[str, str] | None = None,
) -> StageContextFile:
    """The context of *stage* for *iteration* and *run*. *compute_advisory* is for an iteration whose design has a spec.
    *objections* are what kept the stage from being taken back, by path; they stand before those of the verification.

    What the stage is to work on may be missing or broken: the context says so. Raises DocumentError for what it is made
    from (policy, backlog, limits and to-do focus), and for a path that leads out of the repository.
    """
    paths = IterationPaths(iteration.path)
    run_paths = None if run is None else RunPaths(run.path)
    mine, others = owned_by(stage)
    over = closed(str(repository.root))
    return StageContextFile(
        stage=stage,
        iteration=iteration,
        host=host,
        run=run,
        allowed_edit_dirs=allowed_edit_dirs(repository.policy().edit_scope, stage, paths, run_paths, over),
        closed=over,
        may_write=artifact_paths(mine, paths, run_paths),
        must_not_write=artifact_paths(others, paths, run_paths),
        required_inputs=_inputs(repository, stage, paths, run_paths, host.mode),
        line_budgets=_budgets(repository, paths, run_paths),
        todo=_todo(repository, stage),
        last_verification=_last_verification(repository, stage, iteration.id, run_paths, objections or {}),
        environment=_environment(repository),
        compute_advisory=compute_advisory,
    )


def _inputs(
    repository: Repository, stage: Stage, paths: IterationPaths, run: RunPaths | None, mode: HostMode
) -> tuple[RequiredInput, ...]:
    wanted = [each for each in INPUTS[stage] if mode is HostMode.SLURM or each not in ON_SLURM]
    tree = repository.tree()
    found = []
    for path in artifact_paths(wanted, paths, run):
        exists = tree.exists(path) and not tree.is_folder(path)
        found.append(RequiredInput(path, exists, tree.sha256(path) if exists else None))
    return tuple(found)


def _budgets(repository: Repository, paths: IterationPaths, run: RunPaths | None) -> tuple[LineBudget, ...]:
    """The budgets in force, as the verifier ``file_line_limits`` understands them."""
    limits = repository.line_limits()
    fixed = dict(limits.fixed_max_lines or FIXED_MAX_LINES)
    for name, cap in HARD_CAPS.items():
        fixed[name] = min(cap, fixed.get(name, cap))
    found = []
    for name, lines in fixed.items():
        filled = _filled(name, run)
        if filled is not None:
            found.append(LineBudget(f"{paths.folder}/{filled}", lines))
    if run is not None:
        budget = limits.run_manifest_dynamic
        found.append(LineBudget(run.manifest, budget.max_cap_lines, budget.max_chars, budget.max_bytes))
    return tuple(found)


def _filled(name: str, run: RunPaths | None) -> str | None:
    """*name* with the run's id in the place for it; None where there is such a place and no run."""
    for placeholder in _RUN_PLACEHOLDERS:
        if placeholder in name:
            if run is None:
                return None
            name = name.replace(placeholder, run.folder.rpartition("/")[2])
    return name


def _todo(repository: Repository, stage: Stage) -> ContextTodo:
    focus = repository.todo()
    tasks = sorted(focus.focus_tasks, key=lambda task: task.stage != stage)
    return ContextTodo(TODO_FOCUS, focus.open_task_count, tuple(tasks))


def _last_verification(
    repository: Repository, stage: Stage, iteration_id: str, run: RunPaths | None, objections: Mapping[str, str]
) -> LastVerification | None:
    """The run's own result, else the last one of all when it is about the iteration; None where there is neither.

    Before a launch the last run is an earlier one, and its result about other work.
    """
    found = _verification(repository, iteration_id, None if stage in _BEFORE_A_RUN else run)
    if not objections:
        return found
    seen = found or LastVerification(VERIFICATION_RESULT, False)
    own = tuple(
        FailedCheck(_OBJECTION, Verdict.FAIL, path, message=_plain(message)) for path, message in objections.items()
    )
    return attrs.evolve(seen, passed=False, failures=(*own, *seen.failures))


def _verification(repository: Repository, iteration_id: str, run: RunPaths | None) -> LastVerification | None:
    tree = repository.tree()
    path = VERIFICATION_RESULT if run is None or not tree.exists(run.verification) else run.verification
    if not tree.exists(path):
        return None
    try:
        report = repository.report(path)
    except DocumentError as error:
        return LastVerification(path, False, problem=str(error))
    if report.iteration_id not in {None, iteration_id}:
        return None
    failures = _failures(report)
    left_out = max(0, len(failures) - _FAILURES_MAX)
    return LastVerification(path, report.passed, _plain(report.message), failures[:_FAILURES_MAX], left_out)


def _failures(report: Report) -> tuple[FailedCheck, ...]:
    found = []
    for check in report.checks:
        if check.status not in {Verdict.FAIL, Verdict.ERROR}:
            continue
        serious = [each for each in check.findings if each.severity is Severity.ERROR]
        found += [FailedCheck(check.rule, check.status, each.path, each.line, _plain(each.message)) for each in serious]
        if not serious:
            found.append(FailedCheck(check.rule, check.status, message=_plain(check.reason)))
    return tuple(found)


def _plain(text: str | None) -> str | None:
    """*text*, or None where it quotes a placeholder: a prompt must hold none, not even one that was objected to."""
    return None if text is None or placeholder_in(text) is not None else text


def _environment(repository: Repository) -> EnvironmentContract:
    try:
        block = activation_block(repository.tree().source(ENVIRONMENT), ENVIRONMENT)
    except DocumentError as error:
        return EnvironmentContract(ENVIRONMENT, problem=str(error))
    literal = placeholder_in(block.text)
    if literal is not None:
        raise DocumentError(ENVIRONMENT, f"the activation block holds the unresolved placeholder {literal}")
    return EnvironmentContract(ENVIRONMENT, block.text, block.sha256)
