"""The verifier policy: which verifiers run at which stage, which must, their settings, and how a gate decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

from autolab_core.models.checks import extra, is_relative_path
from autolab_core.models.resources import Duration, Memory
from autolab_core.vocab.compute import ComputePreference
from autolab_core.vocab.guard import REQUIRE_CONTENT, Network, requirement_problem

__all__ = [
    "AgentPolicy",
    "BackendPolicy",
    "ComputePolicy",
    "EditScopePolicy",
    "LaunchPolicy",
    "PluginPolicy",
    "Policy",
    "RunGuardPolicy",
    "SlurmPolicy",
    "StagePolicy",
]

_NOT_EMPTY: Final = attrs.validators.optional(attrs.validators.min_len(1))
_POLL_SECONDS_MAX: Final = 3600
_PORT_MAX: Final = 65535


def _is_requirement(instance: object, attribute: attrs.Attribute[Any], value: str) -> None:
    if (problem := requirement_problem(value)) is not None:
        raise ValueError(f"{attribute.name} {value!r} is refused: {problem}")


def _is_network(instance: object, attribute: attrs.Attribute[Any], value: str | tuple[int, ...]) -> None:
    if isinstance(value, str) and value not in list(Network):
        raise ValueError(f"{attribute.name} {value!r} is neither {' nor '.join(Network)}, nor a list of TCP ports")
    wrong = [] if isinstance(value, str) else [port for port in value if not 0 < port <= _PORT_MAX]
    if wrong:
        raise ValueError(f"{attribute.name}: {wrong[0]} is no TCP port")


def _is_preference(instance: object, attribute: attrs.Attribute[Any], value: str) -> None:
    if value not in list(ComputePreference):
        raise ValueError(f"{attribute.name} {value!r} is none of {', '.join(ComputePreference)}")


@attrs.frozen
class StagePolicy:
    """Names of verifiers or groups; ``required`` ones that are missing or broken are an error."""

    run: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class LaunchPolicy:
    """``require_reviewed``: refuse a review that records no content hashes.

    ``scheduler``: who submits and watches the runs of a Slurm host, by the name of an installed adapter.
    """

    require_reviewed: bool = False
    scheduler: str | None = attrs.field(default=None, validator=_NOT_EMPTY)
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class SlurmPolicy:
    """How runs on Slurm are treated.

    ``requeue``: Slurm may start a job again whose node it lost, as another attempt. ``poll_seconds``: the cluster is
    asked no more often than that; None leaves it to us. ``absent_grace``: how long a job may be listed nowhere before
    its run is given up. ``sync_grace``: how long after its end a run's files may still be on their way. A grace that is
    UNLIMITED never ends.
    """

    requeue: bool = False
    poll_seconds: int | None = attrs.field(
        default=None,
        validator=attrs.validators.optional([attrs.validators.ge(0), attrs.validators.le(_POLL_SECONDS_MAX)]),
    )
    absent_grace: Duration = Duration(3600)
    sync_grace: Duration = Duration(120)
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class PluginPolicy:
    """``block``: plugins that are not loaded, by the names of their entry points."""

    block: tuple[str, ...] = ()
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class RunGuardPolicy:
    """How runs are guarded. Where the policy has it, all of them are, unless it requires ``none``.

    ``require``: the weakest level that will do, or ``content``. ``network``: ``inherit``, ``none``, or the TCP ports
    that a run may connect to. ``writable``: folders that a run may write beside its own and the experiment's results.
    ``seal``: what nobody may change while a run goes on, beside what is sealed in any case.
    """

    require: str = attrs.field(default=REQUIRE_CONTENT, validator=_is_requirement)
    network: str | tuple[int, ...] = attrs.field(default=Network.INHERIT.value, validator=_is_network)
    writable: tuple[str, ...] = ()
    seal: tuple[str, ...] = ()
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class BackendPolicy:
    """A place beside this machine where runs can be sent. ``kind`` is what runs there: ``aws-batch``, ``slurm``, …

    What one run may have there at most; None is not said, and then taken to be enough. ``settings`` are the engine's
    own (a queue, a bucket): see ``docs/cloud-engines.md``.
    """

    name: str = attrs.field(validator=attrs.validators.min_len(1))
    kind: str = attrs.field(validator=attrs.validators.min_len(1))
    max_memory: Memory | None = None
    max_gpus: int | None = attrs.field(default=None, validator=attrs.validators.optional(attrs.validators.ge(0)))
    max_cpus: int | None = attrs.field(default=None, validator=attrs.validators.optional(attrs.validators.ge(1)))
    settings: Mapping[str, Any] = attrs.field(factory=dict)
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class ComputePolicy:
    """Where experiments run rather, where their spec does not say: ``auto``, ``local`` or ``cloud``; and the back ends
    that there are."""

    preference: str = attrs.field(default=ComputePreference.AUTO.value, validator=_is_preference)
    backends: tuple[BackendPolicy, ...] = ()
    extra: Mapping[str, Any] = extra()


def _are_relative_paths(instance: object, attribute: attrs.Attribute[Any], value: tuple[str, ...] | None) -> None:
    for path in value or ():
        is_relative_path(instance, attribute, path)


@attrs.frozen
class EditScopePolicy:
    """Where agents may edit. ``allowed``: the folders beside the iteration's own; None stands for the shipped ones.

    ``orchestration``: the harness's own code may be edited too.
    """

    orchestration: bool = False
    allowed: tuple[str, ...] | None = attrs.field(default=None, validator=_are_relative_paths)
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class AgentPolicy:
    """The command that does the work of stages that agents do, as words; empty where nobody is started.

    ``timeout``: how long it may take for one stage; UNLIMITED has no end.
    """

    command: tuple[str, ...] = ()
    timeout: Duration = Duration(7200)
    extra: Mapping[str, Any] = extra()


@attrs.frozen
class Policy:
    """The whole policy. ``groups`` names sets of verifiers (``env_smoke``), ``settings`` is by verifier, then key."""

    stages: Mapping[str, StagePolicy] = attrs.field(factory=dict)
    groups: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    plugins: PluginPolicy = attrs.field(factory=PluginPolicy)
    launch: LaunchPolicy = attrs.field(factory=LaunchPolicy)
    slurm: SlurmPolicy = attrs.field(factory=SlurmPolicy)
    guard: RunGuardPolicy | None = None
    compute: ComputePolicy = attrs.field(factory=ComputePolicy)
    edit_scope: EditScopePolicy = attrs.field(factory=EditScopePolicy)
    agent: AgentPolicy = attrs.field(factory=AgentPolicy)
    extra: Mapping[str, Any] = extra()
