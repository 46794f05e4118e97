"""A place with podman and a folder for its storage: what there is where nothing is configured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autolab_core.cloud.engines.podman.adapter import PodmanEngine
from autolab_core.cloud.storage.folder import FolderStorage
from autolab_core.exec.local import LocalRunner
from tests.integration.cloud.place import Place, end
from tests.unit.cloud import samples

MakePlace = Callable[..., Place]


@pytest.fixture
def make_place(podman_image: str, tmp_path: Path) -> Iterator[MakePlace]:
    """``make_place(script)``: a repository whose full phase runs *script*, with everything before it proven."""
    made: list[Place] = []

    def make(script: str = samples.RUN, *, grace: int = 5) -> Place:
        root = samples.repository(tmp_path / "repository", script)
        engine = PodmanEngine(LocalRunner(), image=podman_image, network="host", grace=grace)
        made.append(Place(samples.proven(root), engine, FolderStorage(tmp_path / "storage")))
        return made[-1]

    yield make
    for place in made:
        end(place)
