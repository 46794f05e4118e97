"""What users import: one function a verb. Each takes the repository's root and says what it returns and raises.

``verify`` is a required argument wherever a stage must not go on unverified; ``autolab_verifiers.verify`` is the
shipped one. Raised everywhere: ``UsageError``, ``DocumentError``, ``StoreError`` (``autolab_core.vocab.errors``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from autolab_core.exec.local import LocalRunner
from autolab_core.io.repository import Repository
from autolab_core.models.job import CancelOutcome, JobObservation
from autolab_core.models.manifest import RunManifest
from autolab_core.models.report import Report
from autolab_core.stages import approve as _approve
from autolab_core.stages import cancel as _cancel
from autolab_core.stages import extract as _extract
from autolab_core.stages import launch as _launch
from autolab_core.stages import monitor as _monitor
from autolab_core.stages import reopen as _reopen
from autolab_core.stages import resume as _resume
from autolab_core.stages import step as _step
from autolab_core.stages.agents.options import AgentOptions
from autolab_core.stages.context import StageContext, Verify
from autolab_core.stages.launch import LaunchOptions
from autolab_core.stages.launching.plan import LaunchPlan
from autolab_core.stages.launching.schedulers import Schedulers
from autolab_core.stages.monitor import Look
from autolab_core.stages.remote.machines import Remotes
from autolab_core.stages.result import StageResult
from autolab_core.stages.watching import replay as _replay
from autolab_core.stages.watching import watch as _watch
from autolab_core.stages.watching.replay import Replay
from autolab_core.stages.watching.watch import Round
from autolab_core.vocab.states import Stage

if TYPE_CHECKING:
    from autolab_core.prompts import Rendered, TemplateProblem

__all__ = [
    "AgentOptions",
    "Copied",
    "LaunchOptions",
    "LaunchPlan",
    "Look",
    "Progress",
    "Replay",
    "Round",
    "StageResult",
    "Verify",
    "approve",
    "cancel",
    "check_prompts",
    "extract",
    "launch",
    "look",
    "monitor",
    "prepare",
    "render",
    "reopen",
    "replay",
    "resume",
    "run",
    "wait",
    "watch",
]

Progress = Callable[[JobObservation, float], None]
# Files and bytes that are copied already, then files and bytes of all that is copied to or from another machine.
Copied = Callable[[int, int, int, int], None]


def _now() -> datetime:
    return datetime.now(UTC)


def _context(
    root: Path, verify: Verify, progress: Progress | None = None, copied: Copied | None = None
) -> StageContext:
    repository = Repository(root.resolve())
    runner = LocalRunner()
    schedulers = Schedulers(repository.root, runner, repository.policy)
    remotes = Remotes(repository.root, repository.remote_profiles, repository.policy)
    context = StageContext(repository, runner, schedulers, verify, _now, remotes=remotes, files=copied)
    return context if progress is None else attrs.evolve(context, progress=progress)


def launch(
    root: Path, *, verify: Verify, options: LaunchOptions | None = None, copied: Copied | None = None
) -> StageResult:
    """Start the approved iteration's run and return at once; see ``stages.launch.launch``."""
    return _launch.launch(_context(root, verify, copied=copied), options or LaunchOptions())


def prepare(root: Path, *, verify: Verify, options: LaunchOptions | None = None) -> StageResult | LaunchPlan:
    """What ``launch`` would do: its refusal, or its plan. Starts nothing and writes no experiment file."""
    return _launch.prepare(_context(root, verify), options or LaunchOptions())


def wait(
    root: Path,
    *,
    verify: Verify,
    run_id: str | None = None,
    progress: Progress | None = None,
    copied: Copied | None = None,
) -> RunManifest:
    """Wait for the current run (or *run_id*) to end, record the end, and return the manifest."""
    context = _context(root, verify, progress, copied)
    return _monitor.wait_for_end(context, _monitor.current_run(context, run_id)[1])


def monitor(root: Path, *, verify: Verify, run_id: str | None = None) -> StageResult:
    """One look at the current run; see ``stages.monitor.monitor``."""
    return _monitor.monitor(_context(root, verify), run_id)


def look(
    root: Path, *, verify: Verify, run_id: str | None = None, every: bool = False, copied: Copied | None = None
) -> Look:
    """One look at the current run, at *run_id*, or at *every* run that goes on; see ``stages.monitor.look``."""
    return _monitor.look(_context(root, verify, copied=copied), run_id, every=every)


def watch(
    root: Path, *, verify: Verify, run_id: str | None = None, every: bool = False, copied: Copied | None = None
) -> Iterator[Round]:
    """Looks, with pauses between them, until no run goes on; see ``stages.watching.watch.watch``."""
    return _watch.watch(_context(root, verify, copied=copied), run_id, every=every)


def replay(root: Path, run_id: str) -> Replay:
    """The statuses of a Slurm run, derived again from what was answered; see ``stages.watching.replay.replay``."""
    context = _context(root, _verifies_nothing)
    return _replay.replay(context.repository, _monitor.current_run(context, run_id)[1])


def extract(root: Path, *, verify: Verify, run_id: str | None = None) -> StageResult:
    """Read, judge and record the results of the current run; see ``stages.extract.extract``."""
    return _extract.extract(_context(root, verify), run_id)


def run(
    root: Path,
    *,
    verify: Verify,
    options: LaunchOptions | None = None,
    wait: bool = False,
    progress: Progress | None = None,
    agent: AgentOptions | None = None,
    copied: Copied | None = None,
) -> StageResult:
    """Do the next stage; see ``stages.step.step``.

    At a stage that an agent does the result's ``handover`` names prompt, context and what is awaited, as long as it is
    in the agent's hand; the next call judges what was brought. *agent* names a command to start, or says that the work
    is done (``stages.agents.stage.AgentOptions``).
    """
    return _step.step(_context(root, verify, progress, copied), options or LaunchOptions(), wait=wait, agent=agent)


def render(
    root: Path, stage: Stage | None = None, *, run_id: str | None = None, iteration_id: str | None = None
) -> tuple[str, str, Rendered]:
    """Write the prompt of *stage* (default: the state's) and its context; their paths, and what they hold.

    The state's own stage is handed over with it, unless it is already: what is edited counts from then on.
    See ``stages.prompting.rendering.render_stage``. What cannot be rendered leaves what was written before.
    """
    from autolab_core.stages.agents.handing_over import begun_by_rendering  # most who come here render nothing
    from autolab_core.stages.prompting.rendering import render_stage, write_prompt

    context = _context(root, _verifies_nothing)
    rendered = render_stage(context, stage, run_id=run_id, iteration_id=iteration_id)
    written = write_prompt(context.repository, rendered)
    begun_by_rendering(context, rendered, written)
    return *written, rendered


def check_prompts(root: Path) -> tuple[int, tuple[TemplateProblem, ...]]:
    """How many templates and shared parts there are, and what is wrong with them; see ``prompts.problems_of``."""
    from autolab_core.prompts import problems_of

    return problems_of(Repository(root.resolve()).tree())


def cancel(root: Path, *, verify: Verify, run_id: str | None = None, reason: str) -> tuple[str, CancelOutcome]:
    """Stop the current run (or *run_id*); the run's id and what happened."""
    return _cancel.cancel(_context(root, verify), run_id, reason=reason)


def approve(root: Path, *, who: str, files: tuple[str, ...] = ()) -> StageResult:
    """Record a person's approval with content hashes; see ``stages.approve.approve``."""
    return _approve.approve(_context(root, _verifies_nothing), who=who, files=files)


def reopen(root: Path, *, who: str, why: str, stage: Stage = Stage.LAUNCH) -> str:
    """Open a closed experiment again; see ``stages.reopen.reopen``."""
    return _reopen.reopen(_context(root, _verifies_nothing), who=who, why=why, stage=stage)


def resume(root: Path, *, who: str, why: str, decision: Stage) -> str:
    """Leave ``human_review`` by a person's *decision*; see ``stages.resume.resume``."""
    return _resume.resume(_context(root, _verifies_nothing), who=who, why=why, decision=decision)


def _verifies_nothing(
    root: str, *, stage: Stage, iteration_id: str, run_id: str | None, overlay: Mapping[str, bytes] | None = None
) -> Report:
    raise AssertionError("approving, re-opening, replaying and rendering judge nothing")
