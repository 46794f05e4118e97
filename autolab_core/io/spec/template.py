"""What ``autolab experiment new`` writes: a whole spec with blanks, which is refused until they are filled."""

from __future__ import annotations

from typing import Final

__all__ = ["template"]

_TEMPLATE: Final = """\
# {id}: TODO

## Hypothesis

TODO: what is expected to happen, and why.

## Independent Variables

- `TODO`: baseline `0`, treatment `1`

## Controls

- `learning_rate`: `0.1`

## Metrics

### Primary

- `val_loss` (nats, minimize, mean): TODO

### Secondary

### Sanity Checks

- `initial_loss` (nats, mean): TODO

## Baselines

- `val_loss`: 1.0 ± 5% (source: TODO)

## Success Criteria

- `val_loss`: treatment - baseline <= -0.01

## Minimum Viable Experiment

TODO: the smallest run that would show a mistake; or remove this section and the mve command.

## Full Protocol

TODO: what is done, step by step.

```yaml protocol
sanity:
  import: python -c "import TODO"
  tests: python -m pytest -q
  one_step: python TODO.py --steps 1
baseline: python TODO.py --TODO {{TODO}} --learning-rate {{learning_rate}} --seed {{seed}}
mve: python TODO.py --TODO 1 --learning-rate {{learning_rate}} --seed 0 --steps 100
treatment: python TODO.py --TODO {{TODO}} --learning-rate {{learning_rate}} --seed {{seed}}
```

## Seeds

- 0..4

## Resource Budget

- tier: TODO
- wall clock: 2 h
- GPU hours: 0
- training runs: 10

### Compute Profile

```yaml
cpus: 1
memory: 4G
wall_time: 2 h
preference: auto
```

## Abort Criteria

- `val_loss` is not finite
- time per run > 10 min

## Confounds

- TODO: what else could move the primary metric.

## Implementation

- files: `TODO.py`
"""


def template(id_: str) -> str:
    """A spec of the experiment *id_* in which everything that only its author knows is a blank."""
    return _TEMPLATE.format(id=id_)
