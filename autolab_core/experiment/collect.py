"""What an experiment leaves behind: ``metrics.json`` and ``config.json``, made of its spec and its record. Pure.

``metrics.json`` has the structure that the run phase's instructions give it, and nothing else; everything that makes
the numbers reproducible is in ``config.json``. Both say facts only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

import attrs

from autolab_core.experiment.order import deviations, spendings
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.models.experiment.attempts import Attempt, Entry
from autolab_core.models.experiment.budget import overage
from autolab_core.models.experiment.rows import aggregated, counted, rows, sanity_values
from autolab_core.models.experiment.spec import Spec
from autolab_core.models.experiment.state import ExperimentState
from autolab_core.vocab.experiment import Arm, BudgetKind, Phase, PhaseEnd
from autolab_core.vocab.guard import STRONGEST_FIRST

__all__ = ["CONFIG_VERSION", "Surroundings", "config_data", "metrics_data"]

CONFIG_VERSION: Final = "1.0"


@attrs.frozen
class Surroundings:
    """What is known when results are written, and stands in no journal before.

    ``versions``: of autolab, python, the platform. ``journal``: path, entries and sha256 of what the results rest on.
    ``gpu_source``: where GPU hours come from.
    """

    at: str
    versions: Mapping[str, str]
    packages: Mapping[str, str]
    journal: Mapping[str, Any]
    gpu_source: str


def metrics_data(spec: Spec, state: ExperimentState, at: str) -> dict[str, Any]:
    """``metrics.json``, written at the time *at*, of what is on record so far."""
    baseline, treatment = (counted(state, spec, phase) for phase in (Phase.BASELINE, Phase.TREATMENT))
    of_baseline = [
        {"seed": row["seed"], "arm": str(Arm.BASELINE), **row} for row in rows(spec, Phase.BASELINE, baseline)
    ]
    return {
        "experiment": spec.id,
        "timestamp": at,
        "baseline": aggregated(spec, Phase.BASELINE, baseline),
        "treatment": aggregated(spec, Phase.TREATMENT, treatment),
        "per_seed": [*rows(spec, Phase.TREATMENT, treatment), *of_baseline],
        "sanity_checks": sanity_values(state, spec),
        "resource_usage": {
            "gpu_hours": _rounded(state.spent(BudgetKind.GPU_HOURS)),
            "wall_clock_seconds": _rounded(state.spent(BudgetKind.WALL_CLOCK)),
            "total_training_steps": _rounded(state.spent(BudgetKind.STEPS)),
            "total_runs": _rounded(state.spent(BudgetKind.RUNS)),
        },
        "abort_triggered": state.aborted is not None,
        "abort_reason": None if state.aborted is None else abort_reason(state.aborted),
        "notes": "\n".join(dict.fromkeys(_notes(spec, state))),
    }


def abort_reason(aborted: Entry) -> str:
    """The entry *aborted* as one sentence: the criterion, and what was measured."""
    where = "" if aborted.get("seed") is None else f" for seed {aborted['seed']}"
    where += "" if aborted.get("step") is None else f" at step {aborted['step']}"
    during = "" if aborted.get("phase") is None else f" in the phase {aborted['phase']}"
    return f"{aborted.get('criterion')} ({aborted.get('text')}): measured {aborted.get('value')}{where}{during}"


def _notes(spec: Spec, state: ExperimentState) -> Iterator[str]:
    """The facts beside the numbers, a line each: ours first, then what was noted."""
    for attempt in state.attempts:
        yield from _of_attempt(spec, attempt)
    for phase in (Phase.BASELINE, Phase.TREATMENT):
        yield from _commits(state, spec, phase)
    for waived in state.waived.values():
        measured = "" if waived.get("measured") is None else f", measured {waived['measured']}"
        limit = "" if waived.get("limit") is None else f", limit {waived['limit']}"
        who = str(waived.get("by", "")).replace("_", " ")
        criterion = f"{waived.get('criterion')} ({waived.get('text')}{limit}{measured})"
        yield f"waived {criterion}, by {who}: {waived.get('reason')}"
    for each in spendings(state, spec):
        if each.over:
            yield overage(each, _justification(state, each.kind))
    yield from (str(entry["text"]) for entry in state.notes if isinstance(entry.get("text"), str))


def _of_attempt(spec: Spec, attempt: Attempt) -> Iterator[str]:
    named = f"{attempt.phase} attempt {attempt.number}"
    if attempt.end is PhaseEnd.NOT_REPRODUCED:
        yield f"{named} (commit {_sha(attempt)}) did not reproduce: {'; '.join(deviations(spec, attempt.judged))}"
    elif attempt.end is PhaseEnd.INTERRUPTED:
        yield f"{named} was interrupted"
    elif attempt.end is PhaseEnd.BROKEN:
        codes = [each for each in attempt.commands if each.get("exit_code") != 0]
        why = "".join(f"; a command ended with exit code {each.get('exit_code')}" for each in codes)
        yield f"{named} broke off{why}"


def _commits(state: ExperimentState, spec: Spec, phase: Phase) -> Iterator[str]:
    """That numbers of *phase* that count were made at different commits, or with other changes on top of one."""
    entries = {value.n for value in counted(state, spec, phase).values()}
    found: dict[tuple[Any, Any], Attempt] = {}
    for attempt in state.of(phase):
        if any(value.n in entries for value in attempt.values.values()):
            found.setdefault((attempt.commit.get("sha"), attempt.commit.get("diff_sha256")), attempt)
    if len(found) > 1:
        named = ", ".join(f"{_sha(each)} in attempt {each.number}" for each in found.values())
        yield f"the numbers of {phase} were made with different code: {named}"


def _sha(attempt: Attempt) -> str:
    sha = attempt.commit.get("sha")
    dirty = " with changes" if attempt.commit.get("dirty") else ""
    return f"{sha[:12]}{dirty}" if isinstance(sha, str) else "unknown"


def _justification(state: ExperimentState, kind: BudgetKind) -> str | None:
    given = [str(entry.get("text")) for entry in state.justified if entry.get("kind") == kind]
    return "; ".join(dict.fromkeys(given)) or None


def _rounded(value: float | None) -> float | int | None:
    if value is None:
        return None
    found = round(value, 6)
    return int(found) if found.is_integer() else found


def config_data(spec: Spec, state: ExperimentState, paths: ExperimentPaths, now: Surroundings) -> dict[str, Any]:
    """``config.json``: what was run, with what, and on what record it rests."""
    sealed: Entry = state.sealed or {}
    commits = [attempt.commit for attempt in state.attempts if attempt.commit]
    return {
        "schema_version": CONFIG_VERSION,
        "experiment": spec.id,
        "spec": {"path": paths.spec, "sha256": sealed.get("sha256"), "git_blob": sealed.get("git_blob")},
        "seeds": list(spec.seeds),
        "baseline_seeds": list(spec.baseline_seeds),
        "commit": dict(commits[-1] if commits else sealed.get("commit") or {}),
        "versions": dict(now.versions),
        "commands": [_command(attempt, each) for attempt in state.attempts for each in attempt.commands],
        "configuration": {str(arm): _configuration(state.configuration.get(arm)) for arm in Arm},
        "guard": _guard(state),
        "packages": {"at_seal": sealed.get("packages") or {}, "at_end": dict(now.packages)},
        "sanity": [_kept(each, "check", "command", "exit_code", "seconds") for each in state.checks.values()],
        "baseline_attempts": [_attempt(each) for each in state.of(Phase.BASELINE)],
        "budget": [
            {
                "kind": str(each.kind),
                "limit": each.limit,
                "measured": _rounded(each.measured),
                "over": each.over,
                "justification": _justification(state, each.kind),
            }
            for each in spendings(state, spec)
        ],
        "waived": [
            _kept(each, "criterion", "text", "limit", "measured", "reason", "by") for each in state.waived.values()
        ],
        "resource_usage": {
            "measured": {
                **metrics_data(spec, state, now.at)["resource_usage"],
                "cpu_seconds": _rounded(state.cpu_seconds),
                "gpu_source": now.gpu_source,
            },
            "reported": _reported(state),
        },
        "journal": dict(now.journal),
    }


def _kept(entry: Entry, *keys: str) -> dict[str, Any]:
    return {key: entry.get(key) for key in keys}


def _command(attempt: Attempt, entry: Entry) -> dict[str, Any]:
    kept = _kept(entry, "arm", "seed", "command", "exit_code", "seconds")
    return {"phase": str(attempt.phase), "attempt": attempt.number, **kept}


def _configuration(entry: Entry | None) -> dict[str, Any] | None:
    return None if entry is None else _kept(entry, "source", "values")


def _attempt(attempt: Attempt) -> dict[str, Any]:
    judged: Entry = attempt.judged or {}
    return {
        "attempt": attempt.number,
        "commit": dict(attempt.commit),
        "values": judged.get("values") or {},
        "reproduced": judged.get("reproduced"),
        "end": None if attempt.end is None else str(attempt.end),
        "at": attempt.ended_at or attempt.started_at,
    }


def _reported(state: ExperimentState) -> dict[str, Any] | None:
    """An agent's own figures: the last word on each."""
    own = {"n", "at", "event", "previous"}
    found: dict[str, Any] = {}
    for entry in state.reported:
        found |= {key: value for key, value in entry.items() if key not in own}
    return found or None


def _guard(state: ExperimentState) -> dict[str, Any]:
    """What stood between the runs and what they must not change: ``level`` is the weakest that any of them had."""
    commands = [each.get("guard") for attempt in state.attempts for each in attempt.commands]
    guards = [each for each in commands if isinstance(each, Mapping)]
    guards += [_session(state, attempt) for attempt in state.attempts if attempt.values and not attempt.commands]
    levels = [each.get("level") for each in guards if each.get("level") is not None]
    weakest = [str(level) for level in STRONGEST_FIRST if level in levels]
    # Of the process that made numbers last; whoever wrote them up may have had no guard to speak of.
    session: Entry = next((each for each in map(partial(_session, state), reversed(state.attempts)) if each), {})
    # Kept by somebody else, who has the record: the guard of the launched run that the experiment was carried out in.
    outer = {"outer": True} if any(each.get("outer") is True for each in guards) else {}
    return {
        "level": weakest[-1] if weakest else None,
        "require": session.get("require"),
        "probe": session.get("probe", []),
        "records": [str(each["record"]) for each in guards if each.get("record")],
        "changes": [change for each in (*guards, *state.compared) for change in each.get("changes") or []],
        **outer,
    }


def _session(state: ExperimentState, attempt: Attempt) -> Entry:
    """The guard of the process that began *attempt*."""
    before = [entry for entry in state.opened if entry.get("n", 0) < attempt.started]
    found = before[-1].get("guard") if before else None
    return found if isinstance(found, Mapping) else {}
