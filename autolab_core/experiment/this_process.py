"""The guard of numbers that are made in this very process: it gives up what it shall not change, for good.

Landlock holds the thread that asks for it and what that starts later, no thread that runs already (landlock(7)). So it
is asked for while there is one thread only, and after every file that is written outside of the results is open.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

import attrs

from autolab_core.experiment.enclosing import enclosing_guard
from autolab_core.experiment.guarding import policy_of
from autolab_core.experiment.recorder import Recorder
from autolab_core.git.history import History
from autolab_core.guard.comparison import compare
from autolab_core.guard.enforce import landlock, privileges
from autolab_core.guard.enforce.levels import LEVEL_VARIABLE
from autolab_core.guard.enforce.probe import Probed, canary, judge, probe
from autolab_core.guard.plan import GuardPlan, resolve
from autolab_core.guard.seal import Seal, retake_plan, take_plan
from autolab_core.vocab.errors import GuardRefused, UsageError
from autolab_core.vocab.experiment import InProcess
from autolab_core.vocab.guard import GuardLevel, Network, at_least

__all__ = ["ThisProcess"]

_OUTPUTS: Final = (1, 2)
_RUN: Final = "run it by `autolab experiment run`"
_INSTEAD: Final = 'or say guard="seal", which protects nothing and shows afterwards what was changed'


class ThisProcess:
    """The guard of this process while it has an experiment. ``begin`` is what a ``Recorder`` is opened with."""

    def __init__(self, wanted: str) -> None:
        """*wanted*: ``enforce`` or ``seal``. Raises UsageError for another word."""
        if wanted not in list(InProcess):
            raise UsageError(f"guard={wanted!r} is refused: it is none of {', '.join(InProcess)}")
        self._wanted = InProcess(wanted)
        self._plan: GuardPlan | None = None
        self._git: History | None = None
        self._seals: tuple[Seal, ...] = ()

    def begin(self, recorder: Recorder) -> Mapping[str, Any]:
        """Seal what is protected and, to enforce, give up the right to change it; what is put on record of it.

        Raises GuardRefused where that cannot be had, with what to do; UsageError, DocumentError for a policy that
        cannot be kept here.
        """
        root = str(recorder.root)
        self._plan = resolve(policy_of(recorder.root, recorder.paths), root)
        self._git = History.at(root)
        if self._wanted is InProcess.SEAL:
            self._seals = take_plan(self._plan, self._git)
            return {"level": str(GuardLevel.NONE), "require": str(GuardLevel.NONE), "probe": []}
        outer, require = enclosing_guard(self._plan), self._plan.policy.require
        level, seen = _hold(self._plan) if outer is None else (outer.level, outer.seen)
        if not at_least(level, require):
            raise GuardRefused(f"this process is guarded at the level {level}, and the policy requires {require}")
        # After the probe: where nothing refuses it, it makes names and removes them again.
        self._seals = take_plan(self._plan, self._git)
        if outer is not None:
            return outer.facts(require)
        return {"level": str(level), "require": require, "probe": [attrs.asdict(each) for each in seen.attempts]}

    def look(self) -> list[dict[str, str]]:
        """What of the sealed is not as it was; each change is told once."""
        if self._plan is None:
            return []
        now = retake_plan(self._plan, self._git)
        changes = compare(self._seals, now)
        self._seals = now
        return [{"path": each.path, "what": str(each.what)} for each in changes]


def _hold(plan: GuardPlan) -> tuple[GuardLevel, Probed]:
    """Hold this process to *plan* by Landlock, and see that it holds. Raises GuardRefused."""
    try:
        abi = landlock.usable_abi()
        threads = len(os.listdir("/proc/self/task"))
    except OSError as error:
        because = landlock.missing_because(error)
        raise GuardRefused(
            f"this process cannot be guarded: {because}; run it by `autolab experiment run`, {_INSTEAD}"
        ) from None
    network = plan.policy.network
    ports = network if isinstance(network, tuple) else None
    if network is Network.NONE or (ports is not None and abi < landlock.ABI_NETWORK):
        raise GuardRefused(
            f"this process cannot be guarded: Landlock {abi} cannot hold it to the policy's network; {_RUN}, {_INSTEAD}"
        )
    if threads != 1:
        raise GuardRefused(
            f"this process cannot be guarded: it has {threads} threads already, and the guard would hold one of them; "
            f"open the experiment before what starts threads is imported, {_RUN}, {_INSTEAD}"
        )
    lives = canary() is None
    try:
        privileges.drop()
        landlock.restrict((*plan.trees.allowed, *plan.devices), abi=abi, ports=ports, streams=_OUTPUTS)
    except OSError as error:
        raise GuardRefused(f"this process cannot be guarded: {landlock.missing_because(error)}; {_INSTEAD}") from None
    os.environ[LEVEL_VARIABLE] = str(GuardLevel.LANDLOCK)
    seen = probe(plan, create=True)
    reason = judge(GuardLevel.LANDLOCK, seen, canary_lives=lives)
    if reason is not None:
        raise GuardRefused(f"this process cannot be guarded: {reason}; {_INSTEAD}")
    return GuardLevel.LANDLOCK, seen
