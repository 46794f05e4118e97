"""The policy that follows from what is going on: which stage, which experiment, which run. Pure.

What is protected has its reason in the experiment protocol: a spec is read-only while it is carried out, results of
earlier experiments are never touched, and the research log, the open questions, the handoff and the program's state
are other people's to write. The rest is protected because the proof rests on it.

Sealed is what nobody at all may change meanwhile: the spec, what is closed, and what the judgement rests on. In the
rest of what is protected others go on working while the command runs: the next iteration is prepared, another
experiment writes its results, the monitor its own state.
"""

# No `from __future__ import annotations`: see guard/policy.py.

import posixpath
from typing import Final, NamedTuple

from autolab_core.guard.policy import GuardPolicy
from autolab_core.guard.zones import Zones
from autolab_core.io.layout import (
    AUTOLAB,
    AUTOLAB_CONTROL,
    EXPERIMENTS,
    HANDOFF,
    PROGRAM_STATE,
    QUESTIONS,
    RESEARCH_LOG,
    RESULTS,
)
from autolab_core.vocab.guard import REQUIRE_CONTENT, Network, Profile
from autolab_core.vocab.states import Stage

__all__ = ["ALWAYS", "Facts", "derive", "extended"]

_OTHERS: Final = (
    RESEARCH_LOG,  # the reading agent's alone
    QUESTIONS,  # whoever carries out an experiment does not touch what stands open,
    HANDOFF,  # nor hands over,
    PROGRAM_STATE,  # nor moves the program
)
# Protected whatever is going on: with the state, the policy, the schemas and the records by which a run is judged. A
# path that does not exist is protected by its name where the level can.
ALWAYS: Final = (*_OTHERS, AUTOLAB)
# Below git's own folder: they name programs that git runs, later and outside of the guard. `commondir` is seldom there
# and names a folder whose configuration and hooks are taken instead (gitrepository-layout(5)).
_GIT: Final = ("commondir", "config", "config.worktree", "hooks")
# In these stages the spec is still being written.
_WRITES_SPEC: Final = frozenset({Stage.HYPOTHESIS, Stage.DESIGN})


class Facts(NamedTuple):
    """What a policy is derived from. Paths as a policy has them; None or () where there is no such thing.

    ``iteration`` and ``run`` are folders, ``results`` is the one that this experiment writes, ``closed`` is what
    ``guard.closed`` found. ``git`` is git's folder (that of the main working tree where there are several), ``tool``
    what ``guard.installation`` found. ``writable``, ``protected`` and ``sealed`` are what the user adds; what they
    protect is sealed, and what they seal is protected.
    """

    profile: Profile
    stage: Stage | None = None
    iteration: str | None = None
    run: str | None = None
    results: str | None = None
    spec: str | None = None
    closed: tuple[str, ...] = ()
    git: str | None = None
    tool: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    sealed: tuple[str, ...] = ()
    network: "Network | tuple[int, ...]" = Network.INHERIT
    require: str = REQUIRE_CONTENT


def derive(facts: Facts) -> GuardPolicy:
    """The checked policy for *facts*. Raises UsageError as ``GuardPolicy.checked`` does: above all where what is to be
    written is closed.

    A run writes its own folder and the experiment's results; all of ``experiments/`` beside it is read-only. An agent
    writes what its user may, in the iteration's folder too; while the spec is being designed, it is not protected.
    """
    run = facts.profile is Profile.RUN
    own = (facts.run if run else facts.iteration, facts.results)
    writable = (*(path for path in own if path is not None), *facts.writable)
    spec = facts.spec if run or facts.stage not in _WRITES_SPEC else None
    git = () if facts.git is None else tuple(posixpath.join(facts.git, name) for name in _GIT)
    protected = [*ALWAYS, *git, *facts.tool]
    if run:
        plain = {posixpath.normpath(path) for path in facts.writable}
        protected += [path for path in (EXPERIMENTS, RESULTS) if path == EXPERIMENTS or path not in plain]
    if spec is not None:
        protected.append(_held(spec, writable))
    sealed = (*_OTHERS, *AUTOLAB_CONTROL, *git, *facts.tool, *([] if spec is None else [spec]))
    policy = GuardPolicy(facts.profile, tuple(protected), writable, facts.network, facts.require, spec, sealed=sealed)
    return extended(policy, protected=facts.protected, sealed=(*facts.closed, *facts.sealed)).checked()


def extended(
    policy: GuardPolicy,
    *,
    protected: tuple[str, ...] = (),
    sealed: tuple[str, ...] = (),
    writable: tuple[str, ...] = (),
) -> GuardPolicy:
    """*policy* with more, unchecked. What is *protected* is sealed, too; what is *sealed* is protected, unless it lies
    in something that is."""
    named, allowed = (*policy.protected, *protected), (*policy.writable, *writable)
    zones = _zones(named, allowed)
    return policy._replace(
        protected=(*named, *(path for path in sealed if zones.writable(_plain(path)))),
        writable=allowed,
        sealed=None if policy.sealed is None else (*policy.sealed, *protected, *sealed),
    )


def _zones(protected: tuple[str, ...], writable: tuple[str, ...]) -> Zones:
    """What may be written by the policy's own words; what no word is about may."""
    named = dict.fromkeys(protected, False) | dict.fromkeys(writable, True)
    return Zones(True, {_plain(path): may for path, may in named.items()})


def _plain(path: str) -> str:
    plain = posixpath.normpath(path)
    return "" if plain == "." else plain


def _held(spec: str, writable: tuple[str, ...]) -> str:
    """What is protected so that *spec* is: its folder, or the file alone where the folder has to stay writable.

    A folder is better: a file that somebody outside replaces is another file, which nothing was said about.
    """
    folder = posixpath.dirname(posixpath.normpath(spec))
    plain = {posixpath.normpath(path) for path in writable}
    return spec if folder in ("", ".", "/") or folder in plain else folder
