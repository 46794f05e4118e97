"""Which engine a kind of back end is: the literal table. An engine is loaded and made when it is asked for.

Rows of the policy's ``compute.backends`` name engines and how they are set up; ``podman`` is there without a row. Other
distributions bring kinds of their own through the entry-point group ``autolab_engines``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from autolab_core.cloud.engines.base import Engine, require_limit
from autolab_core.exec.command import Runner
from autolab_core.io.codec import structure_data
from autolab_core.io.layout import POLICY
from autolab_core.models.checks import extra
from autolab_core.vocab.errors import DocumentError

if TYPE_CHECKING:
    from autolab_core.cloud.engines.rows import Row
    from autolab_core.models.policy import BackendPolicy

__all__ = ["DEFAULT_IMAGE", "ENGINES", "GROUP", "make_engine"]

GROUP: Final = "autolab_engines"
#: What podman runs where nobody names an image.
DEFAULT_IMAGE: Final = "docker.io/library/python:3.11"

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


def _podman(backend: BackendPolicy | Row, root: Path, runner: Runner) -> Engine:
    from autolab_core.cloud.engines.podman.adapter import PodmanEngine

    settings = _read(backend, _PodmanSettings)
    return PodmanEngine(runner, backend.name, settings.image or DEFAULT_IMAGE, settings.network)


def _batch(backend: BackendPolicy | Row, root: Path, runner: Runner) -> Engine:
    from autolab_core.cloud.engines.batch.adapter import BatchEngine
    from autolab_core.cloud.engines.batch.settings import BatchSettings

    return BatchEngine(_read(backend, BatchSettings), backend.name)


def _slurm(backend: BackendPolicy | Row, root: Path, runner: Runner) -> Engine:
    from autolab_core.cloud.engines.slurm.adapter import SlurmEngine
    from autolab_core.cloud.engines.slurm.settings import SlurmSettings
    from autolab_core.schedulers.slurm.adapter import SlurmScheduler
    from autolab_core.schedulers.slurm.cache import interval_of

    settings = _read(backend, SlurmSettings)
    scheduler = SlurmScheduler(root, runner, interval=interval_of(os.environ))
    return SlurmEngine(root, runner, scheduler, settings, backend.name)


#: Of a row they read the name, the kind and the settings.
ENGINES: Final[Mapping[str, Callable[[BackendPolicy | Row, Path, Runner], Engine]]] = {
    "aws-batch": _batch,
    "podman": _podman,
    "slurm": _slurm,
}


def make_engine(backend: BackendPolicy, root: Path, runner: Runner) -> Engine:
    """The engine of the row *backend*, for the repository *root*; commands of this machine are run by *runner*.

    Raises DocumentError for settings that do not fit, UsageError for a kind that is not installed or that keeps no
    limit of its own, EngineUnreachable where that has to be asked.
    """
    if backend.kind in ENGINES:
        return ENGINES[backend.kind](backend, root, runner)
    from autolab_core.io.installed import Group  # only now: it reads what is installed

    built_in = f"{', '.join(ENGINES)} are built in"
    group = Group(GROUP, f"compute.backends ({backend.name})", "engine", built_in, _PROMISED)
    made: Engine = group.make(backend.kind, backend, root, runner)
    return require_limit(made)


def _read(backend: BackendPolicy | Row, cls: type[T]) -> T:
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
