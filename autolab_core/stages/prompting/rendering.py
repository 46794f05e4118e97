"""``render``: a stage's prompt and context, from where things stand, written as a pair. And when stages do that."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from autolab_core.io import codec
from autolab_core.io.layout import IterationPaths, rendered_context, rendered_prompt
from autolab_core.io.repository import Repository
from autolab_core.models.manifest import RunManifest
from autolab_core.models.stage_context import ContextHost, ContextIteration, ContextRun
from autolab_core.models.state import State
from autolab_core.prompts import Rendered, render
from autolab_core.prompts.writing import write_pair
from autolab_core.stages.closed import mapped_experiment
from autolab_core.stages.context import StageContext
from autolab_core.stages.launching.host import probe_host, resolve_host_mode
from autolab_core.stages.launching.plan import LaunchPlan, new_run_id
from autolab_core.stages.prompting.compute_advisory import compute_advisory
from autolab_core.stages.prompting.stage_context import build_context
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.ids import check_id, id_problem
from autolab_core.vocab.states import HostMode, Stage

__all__ = ["prompt_launch", "prompt_once", "render_stage", "write_prompt"]


def render_stage(
    context: StageContext,
    stage: Stage | None = None,
    *,
    run_id: str | None = None,
    iteration_id: str | None = None,
    objections: Mapping[str, str] | None = None,
) -> Rendered:
    """The prompt of *stage* (default: the state's) for *run_id* of *iteration_id*. Writes nothing.

    Without *run_id* it is the state's run, or the iteration's last one; for a launch, the one that it is to have: what
    a launch that was cut short had chosen, what was proposed when this was last rendered, or a new id.
    *objections*: what is wrong with the work by now; else what the open hand-over of the stage says.
    Raises UsageError, and DocumentError as ``prompts.render`` and ``build_context`` do.
    """
    repository = context.repository
    state = repository.state()
    wanted = state.stage if stage is None else stage
    iteration = iteration_id or state.iteration_id
    paths = repository.iteration(check_id("iteration id", iteration))
    if run_id is not None:
        check_id("run id", run_id)
    chosen = run_id or _run_of(context, state, wanted, iteration, paths)
    manifest = None
    if chosen is not None and repository.tree().exists(paths.run(chosen).manifest):
        manifest = repository.manifest(paths.run(chosen))
    if objections is None:
        objections = _objections(repository, wanted, iteration)
    host = _host(context, manifest)
    return _rendered(context, state, wanted, iteration, paths, chosen, manifest, host, objections)


def _objections(repository: Repository, stage: Stage, iteration_id: str) -> Mapping[str, str]:
    try:
        found = repository.handover()
    except DocumentError:
        return {}  # `autolab run` says what is wrong with it
    mine = found is not None and (found.stage, found.iteration_id) == (stage, iteration_id)
    return found.objections if found is not None and mine else {}


def _run_of(context: StageContext, state: State, stage: Stage, iteration_id: str, paths: IterationPaths) -> str | None:
    mine = iteration_id == state.iteration_id
    if stage is not Stage.LAUNCH:
        known = (state.pending_run_id or state.last_run_id) if mine else ""
        return known or next(reversed(context.repository.run_ids(paths)), None)
    if mine and state.pending_run_id:
        return state.pending_run_id
    proposed = _run_rendered(context.repository, stage, iteration_id)
    if proposed is not None and not context.repository.tree().exists(paths.run(proposed).folder):
        return proposed
    return new_run_id(context.now())


def _host(context: StageContext, manifest: RunManifest | None) -> ContextHost:
    """Where the run is, by its manifest; where it would be, by asking, when there is no manifest that says it."""
    known = None if manifest is None else manifest.host_mode or manifest.launch_mode
    if manifest is not None and known is not None:
        return ContextHost(known, manifest.host)
    probes = probe_host(context.runner)
    return ContextHost(resolve_host_mode(probes), probes)


def _rendered(
    context: StageContext,
    state: State,
    stage: Stage,
    iteration_id: str,
    paths: IterationPaths,
    run_id: str | None,
    manifest: RunManifest | None,
    host: ContextHost,
    objections: Mapping[str, str] | None = None,
) -> Rendered:
    repository = context.repository
    run = None
    if run_id is not None:
        run = ContextRun(run_id, paths.run(run_id).folder, None if manifest is None else manifest.status)
    iteration = ContextIteration(iteration_id, paths.folder, _experiment(repository, state, iteration_id))
    advisory = compute_advisory(repository, paths, context.runner)
    built = build_context(repository, stage, iteration, host, run, compute_advisory=advisory, objections=objections)
    return render(repository.tree(), built)


def _experiment(repository: Repository, state: State, iteration_id: str) -> str | None:
    own = state
    if iteration_id != state.iteration_id:
        own = attrs.evolve(state, iteration_id=iteration_id, experiment_id="")
    try:
        return mapped_experiment(own, repository.backlog()).id
    except UsageError:  # no entry, or several: the launch refuses that, and nobody else needs it
        return own.experiment_id or None


def write_prompt(repository: Repository, rendered: Rendered) -> tuple[str, str]:
    """Write prompt and context, both or neither; the paths of the two.

    Raises StoreError, LockHeld, and DocumentError where a symbolic link leads elsewhere.
    """
    return write_pair(repository, rendered.context.stage, rendered.text, codec.unstructure(rendered.context))


def prompt_launch(context: StageContext, plan: LaunchPlan) -> None:
    """Write what the launch of *plan* is told, before anything of it takes place. Raises as ``render_stage``."""
    manifest = plan.manifest
    host = ContextHost(manifest.host_mode or HostMode.LOCAL, manifest.host)
    state = context.repository.state()
    iteration = manifest.iteration_id
    write_prompt(
        context.repository,
        _rendered(context, state, Stage.LAUNCH, iteration, plan.paths, manifest.run_id, None, host),
    )


def prompt_once(context: StageContext, stage: Stage, iteration_id: str, run_id: str) -> None:
    """Write the prompt of *stage* for the run, unless the last one that was rendered is about that run.

    Once for each run: who looks often must not pay for it each time. `autolab render` brings it up to date.
    """
    if _run_rendered(context.repository, stage, iteration_id) != run_id:
        write_prompt(context.repository, render_stage(context, stage, run_id=run_id, iteration_id=iteration_id))


def _run_rendered(repository: Repository, stage: Stage, iteration_id: str) -> str | None:
    """The run that the stage's last context is about; None when it is about none, or of another iteration."""
    tree = repository.tree()
    path = rendered_context(stage)
    try:
        if not tree.exists(rendered_prompt(stage)) or not tree.exists(path):
            return None
        data = tree.mapping(path)
    except DocumentError:
        return None  # rendered anew
    about, run = data.get("iteration"), data.get("run")
    if not isinstance(about, dict) or not isinstance(run, dict) or about.get("id") != iteration_id:
        return None
    found = run.get("id")
    return found if isinstance(found, str) and id_problem(found) is None else None
