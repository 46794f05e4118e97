"""Mutations for each rule of ``edit_scope``. They start from a sample that git keeps, with a stage handed over."""

from __future__ import annotations

import hashlib
import json
from typing import Final

from autolab_core.git.edits import edit_base
from autolab_core.git.history import History
from autolab_core.git.record import Recorder
from autolab_core.io.codec import structure_data, unstructure
from autolab_core.io.documents import dump_json
from autolab_core.io.layout import (
    EDIT_DIRS,
    GUARD_AGENT_POLICY,
    HANDOVER,
    HARNESS_SETTINGS,
    LINE_LIMITS,
    POLICY,
    RESEARCH_LOG,
    STATE,
    rendered_context,
    rendered_prompt,
)
from autolab_core.models.handover import Handover
from autolab_core.models.state import State
from autolab_core.vocab.states import RunStatus, Stage
from autolab_verifiers.selftest.mutation import Change, Mutation
from autolab_verifiers.selftest.repository import (
    ITERATION,
    METRICS_DATA,
    PATHS,
    POLICY_TEXT,
    REVIEW_DATA,
    RUN,
    RUN_PATHS,
    Repository,
)

__all__ = ["TABLE", "hand_over"]

_SINCE: Final = "2026-02-01T12:00:00Z"
_CONTEXT: Final = rendered_context(Stage.SLURM_MONITOR)
_OF_EXTRACTION: Final = rendered_context(Stage.EXTRACT_RESULTS)
_MORE: Final = "A line that was added.\n"


def hand_over(r: Repository, stage: Stage, run_id: str | None = RUN) -> Repository:
    """Put *stage* into an agent's hand, from all that lies in *r* now."""
    state = structure_data(json.loads((r.root / STATE).read_bytes()), State)
    found = Handover(
        stage,
        ITERATION,
        _SINCE,
        rendered_prompt(stage),
        rendered_context(stage),
        run_id=run_id,
        entered_at=state.entered_at,
        base=edit_base(History.at(str(r.root))),
    )
    return r.write(HANDOVER, dump_json(unstructure(found)))


def _commit(r: Repository) -> None:
    Recorder.at(str(r.root)).commit("as it is")


def _extracting(r: Repository) -> Repository:
    """The run's results are about to be read. A repository whose work has gone on is taken back to there."""
    _commit(r.set(STATE, "/stage", str(Stage.EXTRACT_RESULTS)))
    return hand_over(r, Stage.EXTRACT_RESULTS)


def _watched(r: Repository) -> Repository:
    """The run goes on and is watched."""
    return r.become(RunStatus.RUNNING).set(STATE, "/stage", str(Stage.SLURM_MONITOR))


def _monitoring(r: Repository) -> Repository:
    _commit(_watched(r))
    return hand_over(r, Stage.SLURM_MONITOR)


def _monitoring_beside_a_person(r: Repository) -> Repository:
    """Somebody had changed the code before the stage was handed over, and nothing of that is committed."""
    _commit(_watched(r))
    return hand_over(r.write("src/train.py", _MORE), Stage.SLURM_MONITOR)


def _render(r: Repository, stage: Stage, *folders: str) -> Repository:
    """The stage's prompt and context, as ``autolab render`` writes them."""
    prompt = b"Do what the stage is there for.\n"
    context = {
        "stage": str(stage),
        "iteration": {"id": PATHS.folder.rpartition("/")[2], "path": PATHS.folder},
        "run": {"id": RUN_PATHS.folder.rpartition("/")[2], "path": RUN_PATHS.folder},
        "allowed_edit_dirs": folders,
        "prompt_sha256": hashlib.sha256(prompt).hexdigest(),
    }
    return r.write(rendered_prompt(stage), prompt).write(rendered_context(stage), json.dumps(context))


def _rendered(r: Repository) -> Repository:
    return _monitoring(_render(r, Stage.SLURM_MONITOR, "docs", RUN_PATHS.folder))


def _to_extract(r: Repository) -> Repository:
    return _extracting(_render(r, Stage.EXTRACT_RESULTS, *EDIT_DIRS, PATHS.folder))


def _wrote(path: str, text: str = _MORE) -> Change:
    return lambda r: r.write(path, text)


def _added_to(path: str) -> Change:
    return lambda r: r.write(path, (r.root / path).read_bytes() + b"\n# later\n")


def _monitor(rule: str, name: str, damage: Change, *also: str, prepare: Change = _monitoring) -> Mutation:
    return Mutation(rule, name, damage, frozenset(also), prepare=prepare)


def _then_committed(r: Repository) -> None:
    _wrote("src/train.py")(r)
    _commit(r)


def _allowed_something_else(r: Repository) -> None:
    """Before the hand-over: a policy that is changed later is ES003's."""
    hand_over(r.write(POLICY, POLICY_TEXT + "edit_scope: {allowed: [src]}\n"), Stage.SLURM_MONITOR)


TABLE: Final[tuple[Mutation, ...]] = (
    _monitor("ES001", "monitor_changed_the_code", _wrote("src/train.py")),
    _monitor("ES001", "change_is_committed", _then_committed),
    _monitor("ES001", "monitor_wrote_into_the_iteration", _wrote(f"{PATHS.folder}/notes.md")),
    _monitor(
        "ES001",
        "what_a_person_had_changed_was_changed_again",
        _wrote("src/train.py", _MORE * 2),
        prepare=_monitoring_beside_a_person,
    ),
    _monitor(
        "ES001", "change_of_a_person_is_undone", lambda r: r.remove("src/train.py"), prepare=_monitoring_beside_a_person
    ),
    Mutation("ES001", "extraction_wrote_elsewhere", _wrote("tools/report.py"), prepare=_extracting),
    _monitor("ES002", "monitor_wrote_metrics", _wrote(RUN_PATHS.metrics, json.dumps(METRICS_DATA)), "RS005"),
    _monitor("ES002", "monitor_wrote_the_summary", _wrote(PATHS.summary)),
    _monitor("ES002", "monitor_wrote_the_review", _wrote(PATHS.review, json.dumps(REVIEW_DATA))),
    _monitor("ES002", "monitor_wrote_the_decision", _wrote(PATHS.decision, "{}\n")),
    _monitor("ES002", "monitor_changed_the_design", _added_to(PATHS.design)),
    Mutation("ES002", "extraction_wrote_the_summary", _wrote(PATHS.summary), prepare=_extracting),
    _monitor("ES003", "monitor_wrote_the_research_log", _wrote(RESEARCH_LOG)),
    _monitor("ES003", "monitor_changed_the_limits", _added_to(LINE_LIMITS)),
    _monitor("ES003", "monitor_told_the_harness", _wrote(HARNESS_SETTINGS[0], "{}\n")),
    _monitor("ES003", "monitor_widened_its_guard", _wrote(GUARD_AGENT_POLICY, "{}\n")),
    Mutation("ES003", "extraction_wrote_the_research_log", _wrote(RESEARCH_LOG), prepare=_extracting),
    Mutation(
        "ES004",
        "context_names_more",
        lambda r: r.set(_CONTEXT, "/allowed_edit_dirs/0", "src"),
        prepare=_rendered,
    ),
    Mutation(
        "ES004",
        "context_names_less",
        lambda r: r.drop(_OF_EXTRACTION, "/allowed_edit_dirs/0"),
        prepare=_to_extract,
    ),
    Mutation(
        "ES004",
        "policy_allows_something_else",
        _allowed_something_else,
        prepare=_rendered,
    ),
)
