"""``design.yaml``: what an approved iteration will run, on what, and how its numbers are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from autolab_core.models.checks import extra, is_id, is_relative_path
from autolab_core.models.resources import Duration, Memory
from autolab_core.vocab.states import HostMode

__all__ = ["Arm", "Compute", "Design", "Entrypoint", "ExtractParser", "MetricsPlan", "PrimaryMetric", "Replicates"]

_NOT_EMPTY = attrs.validators.optional(attrs.validators.min_len(1))


@attrs.frozen
class Entrypoint:
    """The main command: either ``module`` (run as ``python -m``, with ``args``) or ``cli`` (one command line)."""

    module: str | None = attrs.field(default=None, validator=_NOT_EMPTY)
    args: Mapping[str, Any] = attrs.field(factory=dict)
    cli: str | None = attrs.field(default=None, validator=_NOT_EMPTY)
    extra: Mapping[str, Any] = extra()

    def __attrs_post_init__(self) -> None:
        if (self.module is None) == (self.cli is None):
            raise ValueError("entrypoint needs exactly one of 'module' and 'cli'")
        if self.cli is not None and self.args:
            raise ValueError("entrypoint 'args' go with 'module'; write them into 'cli'")


@attrs.frozen
class Compute:
    """The resource request. ``location`` None means: wherever the launch host is. ``memory_estimate`` is per node.

    ``remote`` names the profile of a machine behind ssh where the run is to be sent.
    """

    location: HostMode | None = None
    walltime_estimate: Duration | None = None
    memory_estimate: Memory | None = None
    gpu_count: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    gpu_type: str | None = None
    partition: str | None = None
    qos: str | None = None
    account: str | None = None
    num_nodes: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    cpus: int | None = attrs.field(default=None, validator=attrs.validators.optional(attrs.validators.ge(1)))
    seed: int | None = None
    remote: str | None = attrs.field(default=None, validator=_NOT_EMPTY)
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class PrimaryMetric:
    """The number that decides. ``mode`` is ``maximize`` or ``minimize``."""

    name: str = attrs.field(validator=attrs.validators.min_len(1))
    unit: str | None = None
    mode: str | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.in_(("maximize", "minimize")))
    )
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class MetricsPlan:
    """The metrics that the design commits to."""

    primary: PrimaryMetric
    secondary: tuple[str, ...] = ()
    success_delta: str | float | None = None
    aggregation: str | None = None
    baseline_comparison: str | None = None
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class Arm:
    """A baseline or a variant: a name and what it changes."""

    name: str = attrs.field(validator=attrs.validators.min_len(1))
    description: str | None = None
    changes: Mapping[str, Any] = attrs.field(factory=dict)
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class Replicates:
    """How often each arm is repeated."""

    count: int = attrs.field(validator=attrs.validators.ge(1))
    seed_strategy: str | None = None
    base_seed: int | None = None
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class ExtractParser:
    """How ``metrics.json`` is made: ``command`` (one command line) or ``python`` (``module`` and ``callable``)."""

    kind: str = attrs.field(validator=attrs.validators.in_(("command", "python")))
    command: str | None = None
    module: str | None = None
    callable: str | None = None
    timeout: Duration | None = None
    extra: Mapping[str, Any] = extra()

    def __attrs_post_init__(self) -> None:
        needed = ("command",) if self.kind == "command" else ("module", "callable")
        for name in needed:
            if not getattr(self, name):
                raise ValueError(f"extract_parser of kind '{self.kind}' needs '{name}'")


@attrs.frozen
class Design:
    """An iteration's design. Relative paths are relative to the repository."""

    iteration_id: str = attrs.field(validator=is_id)
    entrypoint: Entrypoint
    metrics: MetricsPlan
    id: str | None = attrs.field(default=None, validator=is_id)
    hypothesis_id: str | None = attrs.field(default=None, validator=is_id)
    spec: str | None = attrs.field(default=None, validator=is_relative_path)
    compute: Compute = attrs.field(factory=Compute)
    inputs: tuple[str, ...] = attrs.field(
        default=(), validator=attrs.validators.deep_iterable(member_validator=is_relative_path)
    )
    baselines: tuple[Arm, ...] = ()
    variants: tuple[Arm, ...] = ()
    replicates: Replicates | None = None
    implementation_requirements: tuple[Mapping[str, Any], ...] = ()
    extract_parser: ExtractParser | None = None
    schema_version: str = "1.0"
    extra: Mapping[str, Any] = extra()
