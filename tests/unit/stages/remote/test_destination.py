"""Which machine a run is sent to, when it is refused, and that one machine's silence says nothing of another's runs."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from autolab_core.models.design import Compute, Design, Entrypoint, MetricsPlan, PrimaryMetric
from autolab_core.models.job import JobHandle, JobObservation
from autolab_core.models.manifest import ProbeResult
from autolab_core.models.policy import LaunchPolicy, Policy
from autolab_core.models.remote import RemoteProfile, RemoteProfiles, RemoteRecord
from autolab_core.stages.context import StageContext
from autolab_core.stages.launching.guarding import Unguardable
from autolab_core.stages.remote import far_guard
from autolab_core.stages.remote.destination import Destination, chosen_remote, misfit, seat_of, silence
from autolab_core.stages.remote.hearing import observed
from autolab_core.stages.remote.machines import Remote, Remotes
from autolab_core.vocab.errors import QueryFailed, UsageError
from autolab_core.vocab.jobs import JobState
from autolab_core.vocab.states import HostMode

PROFILE = RemoteProfile("login", "~/autolab", activation="module load slurm\n")


class Asked:
    """A scheduler that says the same of every job, or fails."""

    def __init__(self, answer: JobObservation | Exception) -> None:
        self.answer = answer

    def observe(self, handles):
        if isinstance(self.answer, Exception):
            raise self.answer
        return dict.fromkeys(handles, self.answer)


def remotes(default: str | None = "a", policy: Policy | None = None) -> Remotes:
    profiles = RemoteProfiles({"a": PROFILE, "b": PROFILE}, default)
    return Remotes(Path("/repository"), lambda: profiles, lambda: policy or Policy())


def context(found: Remotes | None, slurm: Asked | None = None) -> StageContext:
    return StageContext(None, None, {HostMode.SLURM: slurm}, None, None, remotes=found)  # type: ignore[arg-type]


def probes(sinfo: int | None, squeue: int | None = 0) -> dict[str, ProbeResult]:
    return {
        "hostname": ProbeResult(("hostname",), 0 if sinfo is not None else None, stderr="login: timed out"),
        "sinfo": ProbeResult(("sinfo", "-V"), sinfo, stderr="login: timed out"),
        "squeue": ProbeResult(("squeue", "-V"), squeue),
    }


def design(location: HostMode | None) -> Design:
    return Design("i", Entrypoint(cli="true"), MetricsPlan(PrimaryMetric("m")), compute=Compute(location))


@pytest.mark.parametrize(
    ("named", "here", "default", "chosen"),
    [
        ("b", None, "a", "b"),
        ("b", probes(0), "a", "b"),
        (None, None, "a", None),  # the design does not ask for Slurm
        (None, probes(0), "a", None),  # this host has it
        (None, probes(127), "a", "a"),
        (None, probes(127), None, None),
    ],
)
def test_the_profile_that_is_meant(named, here, default, chosen):
    found = chosen_remote(context(remotes(default)), named, here)

    assert (found.name if found is not None else None) == chosen


@pytest.mark.parametrize("found", [None, remotes()])
def test_a_profile_that_is_not_there_is_named(found):
    with pytest.raises(UsageError, match="no remote profile 'c'"):
        chosen_remote(context(found), "c", None)


def test_a_machine_without_slurm_and_a_design_that_wants_this_host_do_not_fit():
    remote = Remote("a", PROFILE, Path("/repository"), Policy)

    assert misfit(remote, design(HostMode.SLURM), probes(0)) is None
    assert "`sinfo -V` ended with 127" in (misfit(remote, design(None), probes(127)) or "")
    assert "compute.location local" in (misfit(remote, design(HostMode.LOCAL), probes(0)) or "")
    assert silence(remote, probes(0)) is None
    assert "timed out" in (silence(remote, probes(None)) or "")


def test_a_run_that_must_be_guarded_is_not_sent_unguarded(monkeypatch):
    remote = Remote("a", PROFILE, Path("/repository"), Policy)
    record = RemoteRecord("a", "login", "~/autolab", "/far/tree", "git")
    there = Destination(remote, record, None, {})  # type: ignore[arg-type]
    must, may = (SimpleNamespace(policy=SimpleNamespace(require=word)) for word in ("content", "none"))
    asked = []
    monkeypatch.setattr(far_guard, "seat_there", lambda *words: asked.append(words))

    assert (seat_of(there, may), seat_of(there, None), asked) == (None, None, [])  # type: ignore[arg-type]
    seat_of(there, must)  # type: ignore[arg-type]
    assert asked == [(remote, "/far/tree")]
    with pytest.raises(
        Unguardable, match=r"specs/a.yaml are written to .*a, and .*the run's own folder alone comes home"
    ):
        seat_of(there, may, "specs/a.yaml")  # type: ignore[arg-type]


def test_the_profile_s_activation_stands_before_the_page_s():
    remote = Remote("a", PROFILE, Path("/repository"), Policy)
    there = Destination(remote, RemoteRecord("a", "login", "~/autolab", "/x/tree", "git"), None, {})  # type: ignore[arg-type]

    assert there.activated("page").splitlines()[0] == "module load slurm"
    assert there.activated("page").splitlines()[-1] == "page"


def test_another_adapter_is_not_asked_through_a_profile():
    with pytest.raises(UsageError, match=r"launch\.scheduler 'other'"):
        _ = remotes(policy=Policy(launch=LaunchPolicy(scheduler="other")))["a"].scheduler


def test_the_pause_between_looks_is_that_of_the_profiles_that_were_used():
    found = context(remotes())
    assert (context(None).least_seconds, found.least_seconds) == (0.0, 0.0)
    found.remote("a")
    assert found.least_seconds == PROFILE.poll_seconds


def test_what_one_machine_does_not_say_is_known_of_the_others():
    running = JobObservation(JobState.RUNNING)
    found = remotes()
    found["a"]._scheduler = Asked(QueryFailed("login is away"))
    found["b"]._scheduler = Asked(running)
    handles = {name: JobHandle(f"t-{name}", name) for name in ("here", "at a", "at b", "at c")}
    sent = {"at a": "a", "at b": "b", "at c": "c"}

    seen = observed(context(found, Asked(running)), handles, sent)

    assert {name: each.state for name, each in seen.items()} == {
        "here": JobState.RUNNING,
        "at b": JobState.RUNNING,
        "at a": JobState.UNKNOWN,
        "at c": JobState.UNKNOWN,
    }
    assert seen["at a"].reason == "login is away"
    assert "there is no remote profile 'c'" in seen["at c"].reason
