"""What more, and less, of something does to the advice: never the opposite of what it should."""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.advice.compute import advise_compute
from autolab_core.advice.compute_text import compute_section, why_nothing
from autolab_core.models.experiment.spec import ComputeProfile
from autolab_core.models.machine import Gpu, Machine
from autolab_core.models.policy import BackendPolicy, ComputePolicy
from autolab_core.models.resources import Duration, Memory
from autolab_core.vocab.compute import ComputeCase, ComputePreference, Resource

counts = st.integers(1, 64)
amounts = st.integers(1, 2**42)
memories = st.builds(Memory, amounts)
seconds = st.integers(1, 10**7)
preferences = st.sampled_from([each.value for each in ComputePreference])


def maybe(strategy):
    return st.one_of(st.none(), strategy)


profiles = st.builds(
    ComputeProfile,
    cpus=maybe(counts),
    memory=maybe(memories),
    gpus=st.integers(0, 8),
    gpu_memory=maybe(memories),
    disk=maybe(memories),
    wall_time=maybe(st.builds(Duration, maybe(seconds))),
    preference=preferences,
)
gpus = st.lists(st.builds(Gpu, st.just("a GPU"), maybe(amounts)), max_size=8).map(tuple)
machines = st.builds(
    Machine,
    affinity=counts,
    quota=maybe(st.floats(0.01, 64)),
    memory_total=maybe(amounts),
    memory_limit=maybe(amounts),
    memory_available=maybe(amounts),
    disk_free=maybe(amounts),
    gpus=gpus,
)
backends = st.builds(
    BackendPolicy,
    name=st.just("there"),
    kind=st.sampled_from(["aws-batch", "slurm", "podman"]),
    max_memory=maybe(memories),
    max_gpus=maybe(st.integers(0, 8)),
    max_cpus=maybe(counts),
)
policies = st.builds(ComputePolicy, preferences, st.lists(backends, max_size=3).map(tuple))
budgets = maybe(st.floats(1, 10**7))


def advice(profile, wall_clock, machine, policy):
    return advise_compute(profile, wall_clock, machine, policy, "the line")


@st.composite
def more_asked(draw):
    """A profile, and one that asks for as much or more of each thing; the cores of an estimate stay what they are
    unless there is none: the same work on more cores is more work."""
    less = draw(profiles)
    more = attrs.evolve(
        less,
        cpus=None if less.cpus is None else less.cpus + draw(st.integers(0, 64)),
        memory=draw(memories) if less.memory is None else Memory(less.memory.bytes + draw(amounts)),
        gpus=less.gpus + draw(st.integers(0, 4)),
        gpu_memory=None if less.gpu_memory is None else Memory(less.gpu_memory.bytes + draw(amounts)),
        disk=draw(memories) if less.disk is None else Memory(less.disk.bytes + draw(amounts)),
    )
    return less, more


@given(more_asked(), budgets, machines, policies)
def test_who_asks_for_more_never_fits_better(asked, wall_clock, machine, policy):
    less, more = (advice(profile, wall_clock, machine, policy) for profile in asked)

    assert less.fits or not more.fits
    if less.case is ComputeCase.ADVISORY:
        assert more.case in (ComputeCase.ADVISORY, None)
    if less.case is None:
        assert more.case is None


@given(profiles, budgets, machines, policies, st.integers(0, 64), amounts, gpus)
def test_a_larger_machine_never_fits_worse(profile, wall_clock, machine, policy, cores, amount, more_gpus):
    larger = attrs.evolve(
        machine,
        affinity=machine.affinity + cores,
        quota=None if machine.quota is None else machine.quota + cores,
        memory_total=None if machine.memory_total is None else machine.memory_total + amount,
        memory_limit=None if machine.memory_limit is None else machine.memory_limit + amount,
        disk_free=None if machine.disk_free is None else machine.disk_free + amount,
        gpus=machine.gpus + more_gpus,
    )
    before, after = (advice(profile, wall_clock, each, policy) for each in (machine, larger))

    assert after.fits or not before.fits
    assert (before.case is None) == (after.case is None)


@given(profiles, machines, policies, seconds, seconds)
def test_a_larger_budget_never_fits_worse_where_the_estimate_is_within_it(profile, machine, policy, budget, more):
    estimate = profile.wall_time.seconds if profile.wall_time else None
    if estimate is not None and estimate > budget:
        budget = estimate
    before, after = (advice(profile, float(each), machine, policy) for each in (budget, budget + more))

    assert after.fits or not before.fits


@given(profiles, budgets, machines, policies)
def test_one_more_back_end_takes_no_advice_away(profile, wall_clock, machine, policy):
    enough = attrs.evolve(policy, backends=(*policy.backends, BackendPolicy("cloud", "aws-batch")))
    before, after = (advice(profile, wall_clock, machine, each) for each in (policy, enough))

    assert after.case is not None
    assert before.case in (None, after.case)
    assert (before.fits, before.arithmetic) == (after.fits, after.arithmetic)


@given(profiles, budgets, machines, policies)
def test_the_wish_decides_nothing_but_which_of_two_sections_is_given_where_it_fits(
    profile, wall_clock, machine, policy
):
    found = {
        wish: advice(attrs.evolve(profile, preference=wish.value), wall_clock, machine, policy)
        for wish in (ComputePreference.LOCAL, ComputePreference.CLOUD)
    }
    local, cloud = found[ComputePreference.LOCAL].case, found[ComputePreference.CLOUD].case

    assert local is not ComputeCase.CLOUD_PREFERRED
    assert (local, cloud) in {
        (None, None),
        (ComputeCase.ADVISORY, ComputeCase.ADVISORY),
        (ComputeCase.AVAILABILITY_NOTE, ComputeCase.CLOUD_PREFERRED),
    }


@given(profiles, budgets, machines, policies)
def test_there_is_one_section_or_one_line_and_the_numbers_bear_it_out(profile, wall_clock, machine, policy):
    found = advice(profile, wall_clock, machine, policy)
    section = compute_section(found)

    assert (found.case is None) == (section == "")
    assert [line for line in section.splitlines() if line.startswith("#")] == (
        [] if found.case is None else [found.case.heading]
    )
    assert "\n" not in why_nothing(found)
    steps = {step.resource: step.fits for step in found.arithmetic}
    if profile.memory is not None and machine.memory is not None:
        assert steps[Resource.MEMORY] == (profile.memory.bytes <= machine.memory)
    if profile.disk is not None and machine.disk_free is not None:
        assert steps[Resource.DISK] == (profile.disk.bytes <= machine.disk_free)
    if profile.gpus > len(machine.gpus):
        assert steps[Resource.GPUS] is False
    assert found.fits == (False not in steps.values())
