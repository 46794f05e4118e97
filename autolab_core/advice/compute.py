"""Where an experiment is to run: here, in the cloud, or here with the cloud at hand. Pure: facts in, advice out.

Without a back end beside this machine there is nothing to advise. With one, what the spec asks for decides, and a wish
for the cloud where this machine would do as well; a wish to stay here does not make a machine larger.
"""

from __future__ import annotations

import attrs

from autolab_core.advice.compute_fit import Step, amounts, gpus_asked, measure
from autolab_core.models.experiment.spec import ComputeProfile
from autolab_core.models.machine import Machine
from autolab_core.models.policy import BackendPolicy, ComputePolicy
from autolab_core.vocab.compute import ON_THIS_MACHINE, ComputeCase, ComputePreference

__all__ = ["Advice", "Offer", "advise_compute"]


@attrs.frozen
class Offer:
    """A back end of the policy. ``refused`` is why it does not count, None where it does."""

    name: str
    kind: str
    refused: str | None


@attrs.frozen
class Advice:
    """What is advised and why. ``case`` None is "nothing to advise".

    ``fits``: nothing that is asked for is missing here. ``wish_from`` is who said ``wish``: ``spec``, ``policy``, or
    None. ``command`` is the line that sends the full protocol to a back end; ``estimate`` is in seconds.
    """

    case: ComputeCase | None
    fits: bool
    reasons: tuple[str, ...]
    arithmetic: tuple[Step, ...]
    backends: tuple[Offer, ...]
    wish: ComputePreference
    wish_from: str | None
    command: str
    estimate: int | None

    @property
    def local_fallback(self) -> bool:
        """True where the cloud is preferred, and running here is valid all the same."""
        return self.case is ComputeCase.CLOUD_PREFERRED


def advise_compute(
    profile: ComputeProfile, wall_clock: float | None, machine: Machine, policy: ComputePolicy, command: str
) -> Advice:
    """The advice for an experiment that asks for *profile* with a budget of *wall_clock* seconds."""
    wish, wish_from = _wish(profile, policy)
    steps = measure(profile, wall_clock, machine)
    offers = tuple(Offer(each.name, each.kind, _refused(each, profile)) for each in policy.backends)
    fits = all(step.fits is not False for step in steps)
    case = _case(fits, wish) if any(offer.refused is None for offer in offers) else None
    return Advice(
        case,
        fits,
        _reasons(case, fits, steps, offers, wish, wish_from),
        steps,
        offers,
        wish,
        wish_from,
        command,
        None if profile.wall_time is None else profile.wall_time.seconds,
    )


def _wish(profile: ComputeProfile, policy: ComputePolicy) -> tuple[ComputePreference, str | None]:
    """The spec's wish is nearer to the experiment than the policy's; ``auto`` is none."""
    for words, said_by in ((profile.preference, "spec"), (policy.preference, "policy")):
        if words != ComputePreference.AUTO:
            return ComputePreference(words), said_by
    return ComputePreference.AUTO, None


def _case(fits: bool, wish: ComputePreference) -> ComputeCase:
    if not fits:
        return ComputeCase.ADVISORY
    return ComputeCase.CLOUD_PREFERRED if wish is ComputePreference.CLOUD else ComputeCase.AVAILABILITY_NOTE


def _refused(backend: BackendPolicy, profile: ComputeProfile) -> str | None:
    if backend.kind.lower() in ON_THIS_MACHINE:
        return f"{backend.kind} runs on this machine, and that is no cloud"
    if backend.max_memory is not None and profile.memory is not None:
        wanted, had = amounts(profile.memory.bytes, backend.max_memory.bytes)
        if profile.memory.bytes > backend.max_memory.bytes:
            return f"too small: {wanted} of memory asked, {had} there"
    gpus = gpus_asked(profile)
    if backend.max_gpus is not None and gpus > backend.max_gpus:
        return f"too small: {gpus} GPUs asked, {backend.max_gpus} there"
    if backend.max_cpus is not None and profile.cpus is not None and profile.cpus > backend.max_cpus:
        return f"too small: {profile.cpus} CPUs asked, {backend.max_cpus} there"
    return None


def _reasons(
    case: ComputeCase | None,
    fits: bool,
    steps: tuple[Step, ...],
    offers: tuple[Offer, ...],
    wish: ComputePreference,
    wish_from: str | None,
) -> tuple[str, ...]:
    reasons = []
    if not offers:
        reasons.append("no back end is configured")
    elif case is None:
        reasons.append(f"no back end counts ({'; '.join(f'{offer.name}: {offer.refused}' for offer in offers)})")
    missing = ", ".join(step.resource for step in steps if step.fits is False)
    if not fits:
        reasons.append(f"the compute profile does not fit this machine ({missing})")
    elif case is not None:
        asks = "fits this machine" if steps else "asks for nothing that could be missing here"
        reasons.append(f"the compute profile {asks}")
    if wish is ComputePreference.LOCAL and not fits:
        reasons.append(f"the {wish_from} prefers to run here, which does not make this machine larger")
    elif wish is not ComputePreference.AUTO and case is not None:
        where = "the cloud" if wish is ComputePreference.CLOUD else "to run here"
        reasons.append(f"the {wish_from} prefers {where}")
    return tuple(reasons)
