"""A whole experiment in the sample: a spec, its results, and the journal that was kept of it, with real hashes.

``reported`` is what somebody else's program might leave: results and no journal. ``carried_out`` has the journal as
well, and ``versioned`` lies in a git repository. The design of the sample's iteration names the spec, so that it is
judged with the iteration.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from typing import Any, Final

from autolab_core.git.record import Recorder
from autolab_core.guard.record import OPEN
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.io.layout import POLICY, RESULTS
from autolab_core.vocab.experiment import Arm, ExperimentEnd, JournalEvent, Phase, PhaseEnd, SanityCheck
from autolab_core.vocab.guard import REQUIRE_CONTENT, GuardLevel
from autolab_verifiers.selftest.guarding import SPEC, with_spec
from autolab_verifiers.selftest.repository import Repository

__all__ = [
    "CODE",
    "CONFIG",
    "EARLIER",
    "EXPERIMENT",
    "JOURNAL",
    "METRICS",
    "carried_out",
    "event",
    "journal",
    "known",
    "reported",
    "versioned",
]

EXPERIMENT: Final = ExperimentPaths(SPEC)
METRICS, CONFIG, JOURNAL = EXPERIMENT.metrics, EXPERIMENT.config, EXPERIMENT.journal
#: A result of another experiment, and the code of this one.
EARLIER: Final = f"{RESULTS}/plain/metrics.json"
CODE: Final = "src/train.py"

Entries = list[dict[str, Any]]
_TEXT: Final = """\
# exp-001-momentum: Momentum against plain gradient descent

## Hypothesis

With momentum the loss after the same number of steps is lower.

## Independent Variables

- `optimizer.momentum`: baseline `0.0`, treatment `0.9`

## Controls

- `optimizer.lr`: `0.1`
- `epochs`: `10`

## Metrics

### Primary

- `val_loss` (nats, minimize, mean): Loss on the held-out rows.

### Secondary

- `accuracy` (%, maximize, mean): Share of held-out rows that are classified as labelled.
- `parameters` (count, once, integer): Trained parameters.

### Sanity Checks

- `initial_loss` (nats): Loss before the first step.

## Baselines

- `val_loss`: 0.412 ± 0.01 (source: results/plain/metrics.json)

## Success Criteria

- `val_loss`: treatment - baseline <= -0.01

## Full Protocol

Train with each seed, and evaluate the last checkpoint.

```yaml protocol
sanity:
  import: python -c "import train"
  tests: python -m pytest -q tests
  one_step: python src/train.py --steps 1
baseline: python src/train.py --momentum {optimizer.momentum} --seed {seed}
treatment: python src/train.py --momentum {optimizer.momentum} --seed {seed}
```

## Seeds

- baseline: 0
- treatment: 0..2

## Resource Budget

- tier: small
- wall clock: 2 h
- GPU hours: 1
- training runs: 6
- training steps: 60000

## Abort Criteria

- `val_loss` > 10
- `val_loss` is not finite
- time per run > 60 s (assumes 10000 rows, factor 3)

## Confounds

- The learning rate was tuned without momentum.

## Implementation

- files: `src/**`
- dependencies: `numpy`
"""
# The guard of a launched run, in which the experiment was carried out: it has a record of its own.
_HELD: Final = {"level": str(GuardLevel.MOUNT), "require": REQUIRE_CONTENT, "outer": True, "record": None}
_PROBE: Final = [{"attempt": OPEN, "path": f"/srv/repository/{SPEC}", "errno": "EROFS"}]
_MADE_AT: Final = "2026-02-01T12:10:00Z"
_SHA: Final = "1" * 40
_PACKAGES: Final = {"numpy": "2.1.0", "pytest": "8.3.0"}
_VALUES: Final = {
    Arm.BASELINE: {"optimizer": {"momentum": 0.0, "lr": 0.1}, "epochs": 10},
    Arm.TREATMENT: {"optimizer": {"momentum": 0.9, "lr": 0.1}, "epochs": 10},
}
_METRICS: Final[dict[str, Any]] = {
    "experiment": EXPERIMENT.id,
    "timestamp": _MADE_AT,
    "baseline": {"val_loss": 0.41},
    "treatment": {"val_loss": 0.38, "accuracy": 83.6, "parameters": 1210},
    "per_seed": [
        {"seed": 0, "val_loss": 0.39, "accuracy": 83.2},
        {"seed": 1, "val_loss": 0.38, "accuracy": 83.6},
        {"seed": 2, "val_loss": 0.37, "accuracy": 84.0},
        {"seed": 0, "arm": "baseline", "val_loss": 0.41},
    ],
    "sanity_checks": {"initial_loss": 2.3},
    "resource_usage": {"gpu_hours": 0, "wall_clock_seconds": 83, "total_training_steps": 4000, "total_runs": 4},
    "abort_triggered": False,
    "abort_reason": None,
    "notes": "Seed 1 was started again after the node went down.",
}
_CONFIG: Final[dict[str, Any]] = {
    "experiment": EXPERIMENT.id,
    "spec": {"path": SPEC, "sha256": hashlib.sha256(_TEXT.encode()).hexdigest()},
    "seeds": [0, 1, 2],
    "baseline_seeds": [0],
    "configuration": {str(arm): {"source": "file", "values": values} for arm, values in _VALUES.items()},
    "packages": {"at_seal": _PACKAGES, "at_end": _PACKAGES},
    "sanity": [{"check": str(check), "command": ["python"], "exit_code": 0, "seconds": 1} for check in SanityCheck],
    "baseline_attempts": [{"attempt": 1, "values": {"val_loss": 0.41}, "reproduced": True}],
    "budget": [],
    "waived": [],
}


def reported(r: Repository) -> Repository:
    """Let the results of an experiment lie there, complete, and no journal."""
    _planned(r)
    return _put(_put(r, METRICS, _METRICS), CONFIG, _CONFIG)


def _planned(r: Repository) -> Repository:
    """What is there before an experiment. Its runs need no guard: that is another verifier's matter."""
    with_spec(r).write(SPEC, _TEXT).write(CODE, "print(0.38)\n").write(EARLIER, '{"val_loss": 0.412}\n')
    policy = (r.root / POLICY).read_text(encoding="utf-8") if (r.root / POLICY).exists() else ""
    return r.write(POLICY, f"{policy}guard: {{require: {GuardLevel.NONE}}}\n")


def _put(r: Repository, path: str, data: Any) -> Repository:
    return r.write(path, json.dumps(data, indent=2) + "\n")


def carried_out(r: Repository) -> Repository:
    """Let an experiment have been carried out, with a journal, and nothing to object to."""
    return _recorded(reported(r), _SHA)


def versioned(r: Repository) -> Repository:
    """As ``carried_out``, in a git repository whose only commit is the one of the seal."""
    _planned(r)
    commit = Recorder.at(str(r.root)).commit("the spec is there")
    _put(_put(r, METRICS, _METRICS), CONFIG, _CONFIG)
    return _recorded(r, commit)


def _recorded(r: Repository, commit: str) -> Repository:
    return _write(r, _entries(r, commit))


def event(kind: JournalEvent, /, **keys: Any) -> dict[str, Any]:
    """An entry of the journal, but for what ties it to the others."""
    return {"event": str(kind), **keys}


def journal(r: Repository, change: Callable[[Entries], object]) -> Repository:
    """Let *change* alter the entries of the journal, as if it had always been kept so."""
    lines = (r.root / JOURNAL).read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    change(entries)
    return _write(r, entries)


def known(r: Repository) -> Repository:
    """Let the journal know the results as they now are."""
    return journal(r, lambda entries: None)


def _write(r: Repository, entries: Entries) -> Repository:
    """Write *entries* with their numbers, times and hashes; their end has the hashes of the results."""
    kinds = [entry["event"] for entry in entries]
    position = kinds.index(JournalEvent.ENDED) if JournalEvent.ENDED in kinds else len(kinds)
    source = _chained(entries[:position])
    if (r.root / CONFIG).exists():
        told = {"path": JOURNAL, "entries": position, "sha256": hashlib.sha256(source).hexdigest()}
        r.set(CONFIG, "/journal", told)
    for entry in entries:
        if entry["event"] == JournalEvent.ENDED:
            for key, path in (("metrics_sha256", METRICS), ("config_sha256", CONFIG)):
                file = r.root / path
                entry[key] = hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else None
    return r.write(JOURNAL, _chained(entries))


def _chained(entries: Entries) -> bytes:
    lines: list[bytes] = []
    for number, entry in enumerate(entries, 1):
        own = {key: value for key, value in entry.items() if key not in ("n", "at", "event", "previous")}
        previous = hashlib.sha256(lines[-1]).hexdigest() if lines else ""
        at = f"2026-02-01T12:{number // 60:02}:{number % 60:02}.000Z"
        whole = {"n": number, "at": at, "event": entry["event"], "previous": previous, **own}
        lines.append(json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode())
    return b"".join(line + b"\n" for line in lines)


def _sha256(r: Repository, path: str) -> str:
    return hashlib.sha256((r.root / path).read_bytes()).hexdigest()


def _entries(r: Repository, commit: str) -> Entries:
    made = {"sha": commit, "branch": "main", "dirty": False, "diff_sha256": None, "untracked": []}
    seal = {"spec": SPEC, "sha256": _sha256(r, SPEC), "size": len(_TEXT.encode()), "commit": made}
    results = {EARLIER: _sha256(r, EARLIER)}
    entries = [
        event(JournalEvent.SEALED, **seal, packages=_PACKAGES, results=results),
        event(JournalEvent.OPENED, session="s1", pid=4242, host="bench", guard={**_HELD, "probe": _PROBE}),
        *_phase(Phase.SANITY, 3.0, made, [_check(check) for check in SanityCheck]),
        *_phase(Phase.BASELINE, 20.0, made, [*_baseline(), _judged()]),
        *_phase(Phase.TREATMENT, 60.0, made, [each for seed in range(3) for each in _treatment(seed)]),
        event(JournalEvent.NOTE, text=str(_METRICS["notes"])),
    ]
    end = {"end": str(ExperimentEnd.FINISHED), "reason": None, "spec_sha256": seal["sha256"], "results": results}
    return copy.deepcopy([*entries, event(JournalEvent.ENDED, **end, packages=_PACKAGES)])


def _phase(phase: Phase, seconds: float, commit: dict[str, Any], inside: Entries) -> Entries:
    named = {"phase": str(phase), "attempt": 1}
    sealed = hashlib.sha256(_TEXT.encode()).hexdigest()
    used = {"wall_seconds": seconds, "cpu_seconds": seconds, "gpu_hours": 0.0}
    return [
        event(JournalEvent.PHASE_STARTED, **named, session="s1", commit=commit, spec_sha256=sealed),
        *inside,
        event(JournalEvent.PHASE_ENDED, **named, end=str(PhaseEnd.FINISHED), **used),
    ]


def _check(check: SanityCheck) -> dict[str, Any]:
    return event(JournalEvent.CHECK, check=str(check), command=["python"], exit_code=0, seconds=1.0)


def _run(phase: Phase, arm: Arm, seed: int, values: dict[str, float]) -> Entries:
    named = {"phase": str(phase), "attempt": 1, "arm": str(arm), "seed": seed}
    command = {"command": ["python", CODE, "--seed", str(seed)]}
    ended = {"exit_code": 0, "seconds": 20.0, "cpu_seconds": 20.0, "guard": {**_HELD, "changes": []}}
    return [
        event(JournalEvent.COMMAND_STARTED, **named, **command),
        event(JournalEvent.PROGRESS, steps=1000),
        *(event(JournalEvent.METRIC, **named, metric=name, value=value) for name, value in values.items()),
        event(JournalEvent.COMMAND_ENDED, **named, **command, **ended),
    ]


def _once(phase: Phase, arm: Arm | None, metric: str, value: float) -> dict[str, Any]:
    named = {"phase": str(phase), "attempt": 1, "arm": None if arm is None else str(arm), "seed": None}
    return event(JournalEvent.METRIC, **named, metric=metric, value=value)


def _configured(arm: Arm) -> dict[str, Any]:
    return event(JournalEvent.CONFIGURATION, arm=str(arm), source="file", values=_VALUES[arm])


def _baseline() -> Entries:
    phase, arm = Phase.BASELINE, Arm.BASELINE
    return [_configured(arm), *_run(phase, arm, 0, {"val_loss": 0.41}), _once(phase, None, "initial_loss", 2.3)]


def _judged() -> dict[str, Any]:
    named = {"phase": str(Phase.BASELINE), "attempt": 1}
    return event(JournalEvent.BASELINE_JUDGED, **named, values={"val_loss": 0.41}, reproduced=True, outside=[])


def _treatment(seed: int) -> Entries:
    phase, arm = Phase.TREATMENT, Arm.TREATMENT
    row = _METRICS["per_seed"][seed]
    values = {name: value for name, value in row.items() if name != "seed"}
    first = [_configured(arm), _once(phase, arm, "parameters", 1210)] if seed == 0 else []
    return [*first, *_run(phase, arm, seed, values)]
