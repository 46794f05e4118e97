"""``launch``: refuse early, write the intent, start once, record the handle.

Every step below the lock may be the last one (``kill -9``): the next launch finds what was begun by
``pending_run_id`` in the state, the manifest, and the token, and goes on from there.
"""

from __future__ import annotations

import attrs

from autolab_core.io.atomic import sweep
from autolab_core.io.layout import AUTOLAB, IterationPaths
from autolab_core.models.design import Design
from autolab_core.models.resources import Duration
from autolab_core.models.state import State
from autolab_core.schedulers.slurm.request import IncompleteRequest
from autolab_core.stages.closed import closed_reason, mapped_experiment
from autolab_core.stages.context import StageContext
from autolab_core.stages.launching.active import active_runs, describe
from autolab_core.stages.launching.allocation import find_allocation
from autolab_core.stages.launching.array_plan import ArrayRefused, group_before
from autolab_core.stages.launching.gate import GateAnswer, check_gate
from autolab_core.stages.launching.guarding import Unguardable
from autolab_core.stages.launching.host import host_conflict, probe_host, resolve_host_mode
from autolab_core.stages.launching.plan import LaunchPlan, new_run_id, plan_launch
from autolab_core.stages.launching.submit import carry_out, refuse, take_up
from autolab_core.stages.remote.destination import (
    Destination,
    chosen_remote,
    destination,
    misfit,
    probes_of,
    silence,
)
from autolab_core.stages.remote.machines import Remote
from autolab_core.stages.result import StageResult, apply, as_recorded
from autolab_core.transfer.base import TransferError
from autolab_core.vocab.errors import DocumentError, LockHeld, RunnerError, UsageError
from autolab_core.vocab.ids import check_id
from autolab_core.vocab.states import HostMode, Stage, StageOutcome, SyncStatus
from autolab_core.vocab.transitions import TAKEN_UP, TURNS

__all__ = ["LaunchOptions", "launch", "prepare"]

# A launch may start from its own stage, and from those that its refusals lead to, once what they asked for is mended.
_LAUNCHABLE = frozenset({Stage.LAUNCH, *TAKEN_UP[Stage.LAUNCH]})
_AFTER_LAUNCH = frozenset({Stage.SLURM_MONITOR, Stage.EXTRACT_RESULTS})
_MEND_THEN_LAUNCH = "mend it, then `autolab launch`"


@attrs.frozen
class LaunchOptions:
    """``run_id`` names the run (default: time and chance); ``grace`` is the time between INT, TERM and KILL.

    ``allocation``: a run that fits into the allocation of Slurm's that the launch happens in is started there.
    ``whole``: all replicates are launched, those that succeeded before too. ``remote`` is the profile of the machine
    behind ssh that the run is sent to.
    """

    run_id: str | None = None
    grace: Duration = Duration(10)
    allocation: bool = True
    whole: bool = False
    remote: str | None = None


def launch(context: StageContext, options: LaunchOptions) -> StageResult:
    """Start the approved iteration's run, or find the one that was begun; record the outcome in the state.

    A refusal is an outcome, touches no experiment file, and is in the state's history. Raises UsageError and
    DocumentError when it cannot be decided, StoreError when something could not be written.
    """
    repository = context.repository
    repository.require_schemas()
    refusal = _refuse_early(context, options)
    if refusal is None:
        try:
            with repository.stage_lock("launch"):
                return _launch_locked(context, options)
        except LockHeld as held:
            refusal = refuse(StageOutcome.STAY, f"another command is at work: {held.holder}", advice="wait for it")
    return _record(context, refusal)


def prepare(context: StageContext, options: LaunchOptions) -> StageResult | LaunchPlan:
    """What ``launch`` would do now: its refusal, or its plan. Nothing is written but the verification result."""
    context.repository.require_schemas()
    refusal = _refuse_early(context, options)
    if refusal is not None:
        return refusal
    state = context.repository.state()
    refusal = _refuse_while_active(context, state)
    if refusal is not None:
        return refusal
    return _plan(context, options, state, context.repository.iteration(state.iteration_id))


def _record(context: StageContext, refusal: StageResult) -> StageResult:
    def change(state: State) -> State:
        # Without the lock: a launch that got through meanwhile must not be pulled back by a refusal of the past.
        overtaken = state.stage not in _LAUNCHABLE
        result = attrs.evolve(refusal, outcome=StageOutcome.STAY) if overtaken else refusal
        return apply(state, result, context.now())

    return as_recorded(refusal, context.repository.update_state(change))


def _refuse_early(context: StageContext, options: LaunchOptions) -> StageResult | None:
    """The refusals that need no lock."""
    repository = context.repository
    state = repository.state()
    reason = closed_reason(mapped_experiment(state, repository.backlog()))
    if reason is not None:
        return refuse(StageOutcome.STOP, reason, advice="a person re-opens it: `autolab reopen --who NAME --why TEXT`")
    if options.run_id is not None:
        check_id("run id", options.run_id)
    return _refuse_stage(context, state)


def _refuse_stage(context: StageContext, state: State) -> StageResult | None:
    if state.stage in _LAUNCHABLE:
        return None
    if state.stage in _AFTER_LAUNCH:
        return refuse(
            StageOutcome.STAY,
            f"launched already, and the iteration is at {state.stage}: {_last_run(context, state)}",
            advice="`autolab run` goes on with it, `autolab status` shows it",
            run_id=state.last_run_id or None,
        )
    raise UsageError(
        f"iteration {state.iteration_id} is at stage {state.stage}; a launch starts from stage {Stage.LAUNCH}. "
        f"What is to be done now: {TURNS[state.stage]}"
    )


def _last_run(context: StageContext, state: State) -> str:
    """The state's last run, with who started it where its manifest can say so."""
    repository = context.repository
    try:
        return describe(repository.manifest(repository.iteration(state.iteration_id).run(state.last_run_id)))
    except (DocumentError, UsageError):
        return f"run {state.last_run_id}"


def _refuse_while_active(context: StageContext, state: State) -> StageResult | None:
    own = context.repository.iteration(state.iteration_id).run(state.pending_run_id) if state.pending_run_id else None
    others = active_runs(context, apart_from=own)
    if not others:
        return None
    return refuse(
        StageOutcome.STAY,
        f"one run at a time: {others[0].description}",
        advice="`autolab run` or `autolab status`; `autolab cancel` stops it",
        run_id=others[0].run_id,
    )


def _launch_locked(context: StageContext, options: LaunchOptions) -> StageResult:
    repository = context.repository
    state = repository.state()  # again: what was read before the lock may be old
    result = _refuse_stage(context, state)
    paths = repository.iteration(state.iteration_id)
    for folder in (AUTOLAB, paths.folder, *(paths.run(run).folder for run in {state.pending_run_id} - {""})):
        sweep(repository.absolute(folder))  # what a killed launch was writing
    if result is None:
        result = _resume(context, state)
    if result is None:
        result = _refuse_while_active(context, state)
    if result is None:
        plan = _plan(context, options, state, paths)
        if isinstance(plan, LaunchPlan):
            from autolab_core.stages.prompting.rendering import prompt_launch  # who only looks at runs need not load it

            prompt_launch(context, plan)
        result = plan if isinstance(plan, StageResult) else carry_out(context, plan)
    return _record_under_lock(context, result)


def _record_under_lock(context: StageContext, result: StageResult) -> StageResult:
    def change(state: State) -> State:
        new = apply(state, result, context.now())
        if result.outcome is StageOutcome.ADVANCE and result.run_id:
            new = attrs.evolve(new, last_run_id=result.run_id, pending_run_id="", sync_status=SyncStatus.PENDING.value)
        elif result.outcome is StageOutcome.NEEDS_RETRY:
            new = attrs.evolve(new, pending_run_id="")
        return new

    return as_recorded(result, context.repository.update_state(change))


def _resume(context: StageContext, state: State) -> StageResult | None:
    """Take up a launch that was cut short. None when nothing of it was started: then it is planned anew."""
    if not state.pending_run_id:
        return None
    repository = context.repository
    run = repository.iteration(state.iteration_id).run(state.pending_run_id)
    return take_up(context, run) if repository.tree().exists(run.manifest) else None


def _plan(
    context: StageContext, options: LaunchOptions, state: State, paths: IterationPaths
) -> LaunchPlan | StageResult:
    """Gate, host, plan, and the check of what would be written."""
    repository = context.repository
    gate = check_gate(repository, paths, repository.policy())
    if gate.refusal is not None:
        return refuse(StageOutcome.NEEDS_RETRY, gate.refusal, retry=Stage.IMPLEMENTATION_REVIEW, advice=gate.advice)
    design = repository.design(paths)
    if design.iteration_id != state.iteration_id:
        raise UsageError(f"{paths.design} is of iteration {design.iteration_id!r}, not {state.iteration_id!r}")
    plan = _plan_on_host(context, options, state, paths, design, gate)
    if isinstance(plan, StageResult):
        return plan
    for manifest in (plan.manifest, *plan.replicates):
        repository.check_manifest(plan.run.sibling(manifest.run_id), manifest)
    if not state.pending_run_id:
        _refuse_taken_folders(context, plan)
    report = context.verify(
        str(repository.root), stage=Stage.LAUNCH, iteration_id=state.iteration_id, run_id=None, overlay=plan.files
    )
    if not report.passed:
        return refuse(
            StageOutcome.NEEDS_RETRY,
            f"the design or the scripts do not pass: {report.first_objection}",
            retry=Stage.DESIGN,
            advice="`autolab-verify` shows all findings; " + _MEND_THEN_LAUNCH,
        )
    return plan


def _refuse_taken_folders(context: StageContext, plan: LaunchPlan) -> None:
    """Raise UsageError when a replicate would be written into a folder that is there already."""
    for each in plan.replicates:
        folder = plan.run.sibling(each.run_id).folder
        if context.repository.tree().exists(folder):
            raise UsageError(f"{folder} exists already; choose another --run-id")


def _plan_on_host(
    context: StageContext,
    options: LaunchOptions,
    state: State,
    paths: IterationPaths,
    design: Design,
    gate: GateAnswer,
) -> LaunchPlan | StageResult:
    run_id = _run_id(context, options, state, paths)
    there = _there(context, options, paths, design, run_id)
    if isinstance(there, StageResult):
        return there
    probes = probe_host(context.runner) if there is None else there.probes
    mode = resolve_host_mode(probes)
    conflict = host_conflict(design.compute.location, mode, probes)
    if conflict is not None:
        return refuse(
            StageOutcome.NEEDS_RETRY,
            conflict,
            retry=Stage.DESIGN,
            advice="correct compute.location, or launch on a host that fits",
        )
    allocation = options.allocation and there is None
    try:
        inside = find_allocation(context, design) if mode is HostMode.SLURM and allocation else None
        plan = plan_launch(
            context,
            paths,
            design,
            run_id=run_id,
            host_mode=mode,
            probes=probes,
            review=gate.evidence,
            grace=options.grace,
            inside=None if inside is None or inside.refusal else inside,
            before=None if options.whole else group_before(context.repository, paths, state.last_run_id),
            there=there,
        )
    except (ArrayRefused, Unguardable) as error:
        return refuse(StageOutcome.NEEDS_RETRY, str(error), retry=Stage.DESIGN, advice=error.advice)
    except RunnerError as error:
        if there is None:
            raise
        return _not_sent(there.remote, error)
    except IncompleteRequest as error:
        # What a cluster would fill in by itself nobody has approved.
        keys = " and ".join(f"compute.{key}" for key in error.keys)
        advice = f"write {keys} into {paths.design}"
        return refuse(StageOutcome.NEEDS_RETRY, str(error), retry=Stage.DESIGN, advice=advice)
    if inside is None or not inside.refusal:
        return plan
    return attrs.evolve(plan, note=f"{plan.note}, not inside allocation {inside.id}: {inside.refusal}")


def _there(
    context: StageContext, options: LaunchOptions, paths: IterationPaths, design: Design, run_id: str
) -> Destination | StageResult | None:
    """The machine behind ssh that the run is sent to, None for this one, or why it cannot be sent."""
    named = options.remote or design.compute.remote
    asks_slurm = design.compute.location is HostMode.SLURM
    here = probe_host(context.runner) if named is None and asks_slurm else None
    remote = chosen_remote(context, named, here)
    if remote is None:
        return None
    check = f"`autolab remote check {remote.name}` says what is wrong"
    probes = probes_of(remote)
    if (silent := silence(remote, probes)) is not None:
        return refuse(StageOutcome.STAY, silent, advice=check)
    if (why := misfit(remote, design, probes)) is not None:
        return refuse(StageOutcome.NEEDS_RETRY, why, retry=Stage.DESIGN, advice=f"correct `compute`; {check}")
    try:
        return destination(context, remote, paths, run_id, probes)
    except UsageError as error:
        return refuse(StageOutcome.STAY, str(error), advice="then `autolab launch`")
    except (TransferError, RunnerError) as error:
        return _not_sent(remote, error)


def _not_sent(remote: Remote, error: TransferError | RunnerError) -> StageResult:
    advice = f"`autolab remote check {remote.name}` says what is wrong"
    return refuse(StageOutcome.STAY, f"nothing was sent to {remote.name}: {error}", advice=advice)


def _run_id(context: StageContext, options: LaunchOptions, state: State, paths: IterationPaths) -> str:
    """The id of the run to start: the one a cut-short launch had chosen, the one asked for, or a new one."""
    if state.pending_run_id:
        if options.run_id not in {None, state.pending_run_id}:
            raise UsageError(
                f"a launch of run {state.pending_run_id} was cut short; launch without --run-id to take it up again"
            )
        return state.pending_run_id
    run_id = options.run_id or new_run_id(context.now())
    if context.repository.tree().exists(paths.run(run_id).folder):
        raise UsageError(f"{paths.run(run_id).folder} exists already; choose another --run-id")
    return run_id
