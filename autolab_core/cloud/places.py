"""The engines and storages of a repository, each made when it is first asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import attrs

from autolab_core.cloud.engines.base import Capabilities, Engine
from autolab_core.cloud.engines.choosing import EMBEDDED, backend_of
from autolab_core.cloud.engines.places import storage_address
from autolab_core.cloud.engines.table import make_engine
from autolab_core.cloud.models import RunRequest
from autolab_core.cloud.storage.base import Storage, parse_address
from autolab_core.cloud.storage.opening import open_storage
from autolab_core.exec.local import LocalRunner
from autolab_core.io.layout import POLICY
from autolab_core.io.repository import Repository
from autolab_core.models.policy import BackendPolicy, Policy
from autolab_core.models.resources import Memory
from autolab_core.vocab.errors import UsageError

__all__ = ["Places"]


class Places:
    """What the policy of the repository *root* names, and podman. *environ* says where a user's own folders are."""

    def __init__(self, root: Path, environ: Mapping[str, str] = os.environ) -> None:
        self.root = root
        self._environ = environ
        self._engines: dict[str, Engine] = {}
        self._storages: dict[str, Storage] = {}

    @cached_property
    def policy(self) -> Policy:
        """The policy in force. Raises DocumentError."""
        return Repository(self.root).policy()

    def backend(self, name: str | None) -> BackendPolicy:
        """See ``engines.choosing.backend_of``."""
        return backend_of(self.policy, name)

    def backends(self) -> tuple[BackendPolicy, ...]:
        """Every row of the policy, and podman where no row is of that kind."""
        rows = tuple(self.policy.compute.backends)
        return rows if any(row.kind == EMBEDDED.kind for row in rows) else (*rows, EMBEDDED)

    def engine(self, name: str) -> Engine:
        """The engine called *name*. Raises what ``backend`` and ``make_engine`` do."""
        if name not in self._engines:
            self._engines[name] = make_engine(self.backend(name), self.root, LocalRunner())
        return self._engines[name]

    def address(self, backend: BackendPolicy) -> str:
        """See ``engines.places.storage_address``."""
        return storage_address(backend, self._environ)

    def kind(self, backend: BackendPolicy) -> str:
        """Of which kind the storage of *backend* is."""
        return parse_address(self.address(backend)).kind

    def storage(self, address: str) -> Storage:
        """The storage at *address*. Raises what ``open_storage`` does."""
        if address not in self._storages:
            self._storages[address] = open_storage(address)
        return self._storages[address]

    def require_allowed(self, backend: BackendPolicy, request: RunRequest) -> None:
        """Raise UsageError for more than the row of the policy says that one run may have. Nobody is asked."""
        from autolab_core.cloud.job import lacks_of  # whoever only looks does without

        kind = self.kind(backend)
        row = Capabilities(
            own_limit=True,
            storage=frozenset({kind}),
            max_cpus=backend.max_cpus,
            max_memory=backend.max_memory,
            max_gpus=backend.max_gpus,
            image_needed=False,
        )
        if lacks := lacks_of(row, kind, request):
            raise UsageError(f"the back end {backend.name} may not run that ({POLICY}): {'; '.join(lacks)}")

    def capabilities(self, backend: BackendPolicy) -> Capabilities:
        """What one run may have: what the engine can do, and no more than the row of the policy allows."""
        can = self.engine(backend.name).capabilities()
        memory = _least(_bytes(can.max_memory), _bytes(backend.max_memory))
        return attrs.evolve(
            can,
            max_cpus=_least(can.max_cpus, backend.max_cpus),
            max_gpus=_least(can.max_gpus, backend.max_gpus),
            max_memory=None if memory is None else Memory(memory),
        )


def _bytes(memory: Memory | None) -> int | None:
    return None if memory is None else memory.bytes


def _least(*limits: int | None) -> int | None:
    return min((each for each in limits if each is not None), default=None)
