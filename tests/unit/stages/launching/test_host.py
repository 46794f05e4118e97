"""Where a run would happen, from three probes, against what the design asks for."""

from __future__ import annotations

import pytest

from autolab_core.stages.launching.host import host_conflict, probe_host, resolve_host_mode
from autolab_core.vocab.states import HostMode
from tests.unit.repositories import LOCAL_HOST, SLURM_HOST, FakeRunner


def probes(**changes):
    return probe_host(FakeRunner(**{**SLURM_HOST, **changes}))


@pytest.mark.parametrize(
    ("changes", "mode"),
    [
        ({}, HostMode.SLURM),
        ({"sinfo": None}, HostMode.LOCAL),
        ({"squeue": None}, HostMode.LOCAL),
        ({"sinfo": (1, "no controller")}, HostMode.LOCAL),
        ({"squeue": (1, "no controller")}, HostMode.LOCAL),
        ({"sinfo": None, "squeue": None, "hostname": None}, HostMode.LOCAL),
    ],
)
def test_a_host_is_slurm_s_only_when_both_of_its_commands_answer(changes, mode):
    assert resolve_host_mode(probes(**changes)) is mode


def test_each_probe_is_on_record_whatever_came_of_it():
    found = probes(sinfo=None, squeue=(1, "no controller"))

    assert (found["hostname"].argv, found["hostname"].exit_code, found["hostname"].stdout) == (
        ("hostname",),
        0,
        "login1",
    )
    assert (found["sinfo"].argv, found["sinfo"].exit_code, found["sinfo"].stderr) == (
        ("sinfo", "-V"),
        None,
        "sinfo: not found",
    )
    assert (found["squeue"].exit_code, found["squeue"].stderr) == (1, "no controller")


@pytest.mark.parametrize("location", [None, HostMode.SLURM])
def test_a_design_that_asks_for_this_host_or_for_none_has_no_conflict(location):
    assert host_conflict(location, HostMode.SLURM, probes()) is None


def test_a_conflict_names_both_facts():
    found = probe_host(FakeRunner(**LOCAL_HOST))

    assert host_conflict(HostMode.SLURM, HostMode.LOCAL, found) == (
        "the design asks for compute.location slurm, but this host is local "
        "(`sinfo -V` could not be run; `squeue -V` could not be run)"
    )
    assert "`sinfo -V` ended with 0" in host_conflict(HostMode.LOCAL, HostMode.SLURM, probes())
