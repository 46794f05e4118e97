"""Who can hold a guard elsewhere, what is tried there, and how its record comes: by the commands of this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import attrs
import pytest

from autolab_core import __version__
from autolab_core.exec.command import Command
from autolab_core.exec.local import LocalRunner
from autolab_core.guard.policy import GuardPolicy, policy_to_data
from autolab_core.io.documents import dump_json
from autolab_core.models.remote import RemoteProfile, RemoteRecord
from autolab_core.stages.launching.guarding import RunGuard, Seat, Unguardable
from autolab_core.stages.remote import far_guard
from autolab_core.stages.remote.far_guard import bring_guard_record, installed_there, prepare_guard, seat_there
from autolab_core.transfer.base import TransferError
from autolab_core.vocab.guard import Profile

POLICY = ".autolab/guard/r1.policy.json"
RECORD = ".autolab/guard/r1.json"


class Runner(LocalRunner):
    host = SimpleNamespace(name="login")


def remote(**more):
    profile = attrs.evolve(RemoteProfile("login", "~/autolab"), **({"python": sys.executable} | more))
    return SimpleNamespace(name="a", profile=profile, runner=Runner(), activated=Runner())


def test_the_interpreter_there_is_asked_for_this_program_and_its_version(monkeypatch):
    seat = seat_there(remote(), "/far/tree")
    assert (seat.root, seat.git, seat.away) == ("/far/tree", None, True)
    assert os.path.isabs(seat.python)
    assert any(path.endswith("/autolab_core") for path in seat.tool)

    monkeypatch.setattr(far_guard, "__version__", "99")
    with pytest.raises(Unguardable, match=f"has Autolab {__version__}, and this is 99"):
        seat_there(remote(), "/far/tree")


@pytest.mark.parametrize(("python", "why"), [("false", "exit code 1"), ("true", "has no Autolab"), ("no-such", "")])
def test_an_interpreter_without_it_is_a_reason(python, why):
    runner = Runner()
    asked = remote(python=python)
    asked.activated = SimpleNamespace(run=lambda command: runner.run(Command(("sh", "-c", python))))
    seat, said = installed_there(asked)
    assert (seat, why in said) == (None, True), said


def test_a_run_with_scratch_is_not_guarded():
    with pytest.raises(Unguardable, match="gives it a folder below /scratch"):
        seat_there(remote(scratch="/scratch"), "/far/tree")


def guard(root: Path, policy: GuardPolicy) -> RunGuard:
    (root / ".autolab/guard").mkdir(parents=True)
    (root / POLICY).write_bytes(dump_json(policy_to_data(policy), POLICY))
    seat = Seat(sys.executable, str(root), (), None, away=True)
    return RunGuard(policy, None, (), {POLICY: b""}, ("runs/it's r1", "runs/it's r1/outputs"), {}, seat)  # type: ignore[arg-type]


def test_folders_are_made_and_a_policy_that_cannot_be_held_is_refused(tmp_path):
    policy = GuardPolicy(Profile.RUN, (".autolab",), ("runs/it's r1",), require="none")
    prepare_guard(remote(), guard(tmp_path / "good", policy))
    assert (tmp_path / "good/runs/it's r1/outputs").is_dir()
    with pytest.raises(Unguardable, match=r"cannot be guarded on login: .*specs/none.md"):
        prepare_guard(remote(), guard(tmp_path / "bad", policy._replace(spec="specs/none.md")))


def test_the_record_comes_as_it_is_and_what_is_none_does_not(tmp_path):
    far, here = tmp_path / "it's far", tmp_path / "here"
    (far / ".autolab/guard").mkdir(parents=True)
    repository = SimpleNamespace(absolute=lambda path: here / path)
    record = RemoteRecord("a", "login", "~/autolab", str(far), "git")

    def bring() -> bool:
        bring_guard_record(remote(), repository, SimpleNamespace(run_id="r1"), record)  # type: ignore[arg-type]
        return (here / RECORD).exists()

    assert not bring()
    (far / RECORD).write_bytes(b"{}\n\0\xff")
    assert bring()
    assert (here / RECORD).read_bytes() == b"{}\n\0\xff"
    (far / RECORD).unlink()
    (far / RECORD).symlink_to("/etc/passwd")
    with pytest.raises(TransferError, match="is no regular file"):
        bring()
