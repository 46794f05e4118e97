"""A small experiment for tests of what carries one out: two metrics a seed, one an arm, a sanity metric."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from autolab_core.experiment.recorder import Recorder
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.io.journal import read_journal
from autolab_core.io.spec.read import load_spec
from autolab_core.models.experiment.spec import Spec
from autolab_core.models.experiment.state import ExperimentState, fold
from autolab_core.vocab.experiment import Phase, SanityCheck

PATH = "experiments/exp-001-rate.md"
PATHS = ExperimentPaths(PATH)

TEXT = """\
# exp-001-rate: A higher rate

## Hypothesis

The loss is lower.

## Independent Variables

- `rate`: baseline `0.1`, treatment `0.2`

## Controls

- `width`: `8`

## Metrics

### Primary

- `loss` (nats, minimize, mean): What is minimised.

### Secondary

- `speed` (maximize, median): Steps a second.
- `size` (once, integer): Parameters.

### Sanity Checks

- `first_loss` (nats): Before the first step.

## Baselines

- `loss`: 0.5 ± 0.05 (source: by hand)

## Success Criteria

- `loss`: treatment - baseline <= -0.1
{mve}
## Full Protocol

```yaml protocol
sanity:
  import: "true"
  tests: "true"
  one_step: "true"
baseline: python train.py {{rate}}
{mve_command}treatment: python train.py {{rate}}
```

## Seeds

- baseline: {baseline_seeds}
- treatment: {seeds}

## Resource Budget

- tier: small
- wall clock: {wall}
- training runs: {runs}
- training steps: 1000

## Abort Criteria

- `loss` > 100
- `loss` is not finite
- time per run > 60 s (assumes 100 rows, factor 3)
- wall clock > 4 h

## Confounds

- None is known.
"""


def text(*, mve: bool = False, **values: Any) -> str:
    """The spec with *values* in the places that its template leaves open."""
    known = {"wall": "1 h", "runs": 20, "seeds": "0, 1, 2", "baseline_seeds": "0, 1"}
    known["mve"] = "\n## Minimum Viable Experiment\n\nOne step is finite.\n" if mve else ""
    known["mve_command"] = "mve: python train.py {rate}\n" if mve else ""
    return TEXT.format(**{**known, **values})


def spec(**values: Any) -> Spec:
    return load_spec(text(**values).encode(), PATH).spec


def repository(root: Path, **values: Any) -> Path:
    """A repository that holds the spec and no more."""
    (root / ".autolab").mkdir(parents=True, exist_ok=True)
    (root / PATH).parent.mkdir(exist_ok=True)
    (root / PATH).write_text(text(**values))
    return root


def open_(root: Path, **options: Any) -> Recorder:
    return Recorder.open(root, PATH, **options)


def sanity(recorder: Recorder) -> None:
    recorder.start(Phase.SANITY)
    for check in SanityCheck:
        recorder.check(check, ["true"], 0, 0.1)
    recorder.end()


def baseline(recorder: Recorder, loss: float = 0.5) -> Any:
    recorder.start(Phase.BASELINE)
    recorder.record("loss", loss)
    return recorder.end()


def row(recorder: Recorder, seed: int, loss: float = 0.3) -> None:
    recorder.record("loss", loss + seed / 100, seed=seed)
    recorder.record("speed", 10.0 + seed, seed=seed)


def treatment(recorder: Recorder) -> None:
    recorder.start(Phase.TREATMENT)
    for seed in recorder.outstanding():
        row(recorder, seed)
    recorder.record("size", 64)
    recorder.record("first_loss", 2.3)
    recorder.end()


def everything(recorder: Recorder) -> None:
    """The whole protocol."""
    sanity(recorder)
    baseline(recorder)
    treatment(recorder)
    recorder.finish()


def metrics(root: Path) -> Any:
    return json.loads((root / PATHS.metrics).read_text())


def config(root: Path) -> Any:
    return json.loads((root / PATHS.config).read_text())


def events(root: Path) -> list[str]:
    return [str(entry["event"]) for entry in read_journal(root / PATHS.journal).entries]


def state_of(root: Path) -> ExperimentState:
    return fold(read_journal(root / PATHS.journal).entries)
