"""Which engine a row of the policy is, and what is said where it is none."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import attrs
import pytest

from autolab_core.cloud.engines.base import Capabilities, require_limit
from autolab_core.cloud.engines.batch.adapter import BatchEngine
from autolab_core.cloud.engines.choosing import EMBEDDED, backend_of
from autolab_core.cloud.engines.podman.adapter import PodmanEngine
from autolab_core.cloud.engines.slurm.adapter import SlurmEngine
from autolab_core.cloud.engines.table import ENGINES, make_engine
from autolab_core.exec.local import LocalRunner
from autolab_core.models.policy import BackendPolicy, ComputePolicy, Policy
from autolab_core.models.resources import Memory
from autolab_core.vocab.errors import DocumentError, UsageError

BATCH = BackendPolicy("big", "aws-batch", settings={"queue": "q", "image": "i"})
POLICY = Policy(compute=ComputePolicy(backends=(BATCH,)))


def made(kind: str, **settings: object) -> object:
    return make_engine(BackendPolicy("mine", kind, settings=settings), Path("/repository"), LocalRunner())


def test_without_a_row_there_is_podman():
    assert backend_of(Policy(), None) is EMBEDDED
    assert backend_of(POLICY, "podman") is EMBEDDED


def test_the_first_row_is_taken_where_none_is_named():
    assert backend_of(POLICY, None) is BATCH


@pytest.mark.parametrize("name", ["big", "aws-batch"])
def test_a_row_is_named_by_its_name_or_its_kind(name):
    assert backend_of(POLICY, name) is BATCH


def test_a_name_that_is_nowhere_is_answered_with_those_that_are():
    with pytest.raises(UsageError, match="there are big, podman"):
        backend_of(POLICY, "sky")


def test_each_kind_is_made_of_its_own_settings():
    batch = made("aws-batch", queue="q", region="r")
    slurm = made("slurm", memory="4G", partition="long")
    podman = made("podman", image="i", network="host")

    assert isinstance(batch, BatchEngine)
    assert (batch.name, batch.settings.queue, batch.settings.region) == ("mine", "q", "r")
    assert isinstance(slurm, SlurmEngine)
    assert (slurm.settings.memory, slurm.settings.partition) == (Memory(4 * 2**30), "long")
    assert isinstance(podman, PodmanEngine)
    assert (podman.image, podman.network) == ("i", "host")


def test_podman_has_an_image_without_being_told():
    engine = made("podman")

    assert isinstance(engine, PodmanEngine)
    assert engine.image == "docker.io/library/python:3.11"


@pytest.mark.parametrize(
    ("kind", "settings", "words"),
    [
        ("aws-batch", {}, "big: settings: .*queue"),
        ("aws-batch", {"queue": 3}, "big: settings.queue"),
        ("aws-batch", {"queue": "q", "platform": "MARS"}, "big: settings.*platform"),
        ("aws-batch", {"queue": "q", "que": "x"}, r"big: settings.que is unknown to aws-batch \(there are bucket"),
        ("podman", {"memory": "1G"}, "big: settings.memory is unknown to podman"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(kind, settings, words):
    with pytest.raises(DocumentError, match=words):
        make_engine(BackendPolicy("big", kind, settings=settings), Path("/repository"), LocalRunner())


def test_a_kind_that_nobody_brings_is_answered_with_those_that_are_built_in():
    with pytest.raises(UsageError, match=rf"no engine 'sky' is installed \({', '.join(ENGINES)} are built in"):
        made("sky")


FOREIGN = """\
from autolab_core.cloud.engines.base import Capabilities

class Sky:
    def __init__(self, backend, root, runner):
        self.name, self.given = backend.name, (backend, root, runner)
    def capabilities(self):
        return Capabilities(own_limit={own_limit}, storage=frozenset())
    submit = find = describe = logs = terminate = forget = list = check = capabilities
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """``install(text)`` installs a distribution that brings the engine ``sky``: the class ``Sky`` of *text*."""
    monkeypatch.syspath_prepend(tmp_path)

    def put_there(text: str) -> None:
        module = f"engine_{secrets.token_hex(4)}"
        (tmp_path / f"{module}.py").write_text(text)
        info = tmp_path / "sky-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sky\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[autolab_engines]\nsky = {module}:Sky\n")

    return put_there


def test_another_distribution_brings_a_kind_of_its_own(install):
    install(FOREIGN.format(own_limit=True))

    engine: Any = made("sky", colour="blue")

    assert engine.name == "mine"
    assert engine.given[0].settings == {"colour": "blue"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (FOREIGN.format(own_limit=False), "does not end a job at its time limit"),
        ("class Sky:\n    def __init__(self, *given): pass\n", "has no capabilities, submit"),
        ("raise OSError('no sky')", "cannot be made: OSError: no sky"),
    ],
)
def test_a_broken_one_is_one_line(install, text, words):
    install(text)

    with pytest.raises(UsageError, match=words):
        made("sky")


def test_an_engine_without_a_limit_of_its_own_is_refused():
    @attrs.frozen
    class Endless:
        name: str = "endless"

        def capabilities(self) -> Capabilities:
            return Capabilities(own_limit=False, storage=frozenset())

    with pytest.raises(UsageError, match="'endless' is refused: it does not end a job at its time limit"):
        require_limit(Endless())  # type: ignore[arg-type]
