"""What `autolab doctor` says of Slurm: what it is, whether it can be asked, and what follows where it cannot."""

from __future__ import annotations

import pytest

from autolab_core.stages.doctor import examine
from autolab_core.testing import FaultySlurm
from tests.unit.repositories import LOCAL_HOST, FakeRunner


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    return FaultySlurm(tmp_path / "slurm")


def found(slurm):
    return {each.name: each for each in examine(slurm.runner)}


def test_a_cluster_is_named_with_its_version_its_memory_and_its_accounts(slurm):
    said = found(slurm)

    assert said["cluster"].detail == "c1, Slurm 22.05; it forgets a job 300 s after its end"
    assert (said["jobs"].present, said["jobs"].detail) == (True, "squeue lists them")
    assert (said["accounting"].present, said["accounting"].detail) == (True, "sacct can be asked")
    assert all(said[name].present for name in ("sbatch", "scancel", "scontrol", "sacct"))
    assert "allocation" not in said
    assert not any(each.advice for each in said.values() if each.present and each.name != "package")


def test_a_cluster_without_accounts_says_so_and_sacct_is_not_asked(slurm):
    slurm.configure(accounting=False)

    said = found(slurm)["accounting"]

    assert (said.present, said.detail, said.needed) == (False, "the cluster keeps none", False)
    assert "MinJobAge" in said.advice
    assert not [call for call in slurm.calls("sacct") if "--name=autolab-doctor" in call]


@pytest.mark.parametrize(("program", "name"), [("squeue", "jobs"), ("sacct", "accounting"), ("scontrol", "cluster")])
@pytest.mark.parametrize("kind", ["garbage", "down", "munge"])
def test_what_cannot_be_asked_is_absent_with_its_own_words_and_what_follows(slurm, program, name, kind):
    slurm.fault(program, kind)

    said = found(slurm).get(name)

    # `sinfo -V` and `squeue -V` ask no daemon.
    assert said is not None
    assert (said.present, said.needed) == (False, False)
    assert said.detail
    assert said.advice
    assert "\n" not in said.detail


def test_inside_an_allocation_it_says_so(slurm, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "42")

    assert "inside job 42" in found(slurm)["allocation"].detail


def test_where_there_is_no_slurm_nothing_of_it_is_asked():
    runner = FakeRunner(**LOCAL_HOST, git=None, bash=(0, "GNU bash\n"), ssh=None)

    names = [each.name for each in examine(runner)]

    assert "cluster" not in names
    assert {command.argv[0] for command in runner.commands} == {"git", "bash", "sinfo", "squeue", "ssh"}


def test_remote_profiles_are_listed_and_no_host_is_connected_to(tmp_path):
    runner = FakeRunner(**LOCAL_HOST, git=None, bash=(0, "GNU bash\n"), ssh=None)
    (tmp_path / ".autolab").mkdir()
    profiles = tmp_path / ".autolab/remote_profiles.yaml"
    profiles.write_text("profiles: {a: {host: login.a, root: ~/x}, b: {host: b, root: ~/y}}\n")

    said = next(each for each in examine(runner, tmp_path) if each.name == "remote")
    assert (said.present, said.needed) == (True, False)
    assert said.detail.startswith("a (login.a), b (b); ")

    profiles.write_text("profiles: [\n")
    said = next(each for each in examine(runner, tmp_path) if each.name == "remote")
    assert (said.present, said.needed) == (False, False)
    assert "remote_profiles.yaml" in said.detail
