"""Which engine a kind of back end is: the literal table. An engine is loaded and made when it is asked for.

Rows of the policy's ``compute.backends`` name engines and how they are set up; ``podman`` is there without a row. Other
distributions bring kinds of their own through the entry-point group ``autolab_engines``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import attrs

from autolab_core.cloud.engines.base import Engine, require_limit
from autolab_core.cloud.models import DEFAULT_IMAGE
from autolab_core.exec.command import Runner
from autolab_core.io.codec import structure_data
from autolab_core.io.installed import Group
from autolab_core.io.layout import POLICY
from autolab_core.models.checks import extra
from autolab_core.models.policy import BackendPolicy, Policy
from autolab_core.vocab.errors import DocumentError, UsageError

__all__ = ["EMBEDDED", "ENGINES", "GROUP", "backend_of", "make_engine"]

GROUP: Final = "autolab_engines"
#: The engine that needs no row.
EMBEDDED: Final = BackendPolicy("podman", "podman")

_PROMISED: Final = ("capabilities", "submit", "find", "describe", "logs", "terminate", "forget", "list", "check")
T = TypeVar("T")


@attrs.frozen
class _PodmanSettings:
    """Podman needs nothing. The last five say where the storage is (``places.py``)."""

    image: str | None = None
    network: str | None = None
    folder: str | None = None
    bucket: str | None = None
    prefix: str | None = None
    region: str | None = None
    endpoint: str | None = None
    extra: Mapping[str, Any] = extra()


def _podman(backend: BackendPolicy, root: Path, runner: Runner) -> Engine:
    from autolab_core.cloud.engines.podman.adapter import PodmanEngine

    settings = _read(backend, _PodmanSettings)
    return PodmanEngine(runner, backend.name, settings.image or DEFAULT_IMAGE, settings.network)


def _batch(backend: BackendPolicy, root: Path, runner: Runner) -> Engine:
    from autolab_core.cloud.engines.batch.adapter import BatchEngine
    from autolab_core.cloud.engines.batch.settings import BatchSettings

    return BatchEngine(_read(backend, BatchSettings), backend.name)


def _slurm(backend: BackendPolicy, root: Path, runner: Runner) -> Engine:
    from autolab_core.cloud.engines.slurm.adapter import SlurmEngine
    from autolab_core.cloud.engines.slurm.settings import SlurmSettings
    from autolab_core.schedulers.slurm.adapter import SlurmScheduler
    from autolab_core.schedulers.slurm.cache import interval_of

    settings = _read(backend, SlurmSettings)
    scheduler = SlurmScheduler(root, runner, interval=interval_of(os.environ))
    return SlurmEngine(root, runner, scheduler, settings, backend.name)


ENGINES: Final[Mapping[str, Callable[[BackendPolicy, Path, Runner], Engine]]] = {
    "aws-batch": _batch,
    "podman": _podman,
    "slurm": _slurm,
}


def backend_of(policy: Policy, name: str | None) -> BackendPolicy:
    """The row called *name*, or the first of that kind; without a name the first row, and podman where there is none.

    Raises UsageError for a name that is neither a row's nor a kind that needs no row.
    """
    rows: Sequence[BackendPolicy] = policy.compute.backends
    if name is None:
        return rows[0] if rows else EMBEDDED
    found = [row for row in rows if row.name == name] or [row for row in rows if row.kind == name]
    if found:
        return found[0]
    if name == EMBEDDED.name:
        return EMBEDDED
    known = ", ".join(dict.fromkeys([*(row.name for row in rows), EMBEDDED.name]))
    raise UsageError(
        f"there is no engine {name!r} here; there are {known}. Write a row to compute.backends in {POLICY}"
    )


def make_engine(backend: BackendPolicy, root: Path, runner: Runner) -> Engine:
    """The engine of the row *backend*, for the repository *root*; commands of this machine are run by *runner*.

    Raises DocumentError for settings that do not fit, UsageError for a kind that is not installed or that keeps no
    limit of its own, EngineUnreachable where that has to be asked.
    """
    if backend.kind in ENGINES:
        return ENGINES[backend.kind](backend, root, runner)
    built_in = f"{', '.join(ENGINES)} are built in"
    group = Group(GROUP, f"compute.backends ({backend.name})", "engine", built_in, _PROMISED)
    made: Engine = group.make(backend.kind, backend, root, runner)
    return require_limit(made)


def _read(backend: BackendPolicy, cls: type[T]) -> T:
    """The row's settings as a *cls*. A key that nobody here knows is refused: it would be a wish that nobody keeps."""
    where = f"compute.backends, {backend.name}: settings"
    try:
        found = structure_data(dict(backend.settings), cls, POLICY)
    except DocumentError as error:
        key = error.pointer.replace("/", ".")
        raise DocumentError(POLICY, f"{where}{key}: {error.message}", hint=error.hint) from error
    strange = sorted(getattr(found, "extra", {}))
    if strange:
        known = ", ".join(sorted(field.name for field in attrs.fields(cls) if field.name != "extra"))  # type: ignore[arg-type]
        raise DocumentError(POLICY, f"{where}.{strange[0]} is unknown to {backend.kind}", hint=f"there are {known}")
    return found
