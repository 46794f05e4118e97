"""The policy that follows from what is going on: which stage, which experiment, which run. Pure.

What is protected has its reason in the experiment protocol: a spec is read-only while it is carried out, results of
earlier experiments are never touched, and the research log, the open questions, the handoff and the program's state
are other people's to write. The rest is protected because the proof rests on it.
"""

# No `from __future__ import annotations`: see guard/policy.py.

import posixpath
from typing import Final, NamedTuple

from autolab_core.guard.policy import GuardPolicy
from autolab_core.io.layout import AUTOLAB, EXPERIMENTS, HANDOFF, PROGRAM_STATE, QUESTIONS, RESEARCH_LOG
from autolab_core.vocab.guard import REQUIRE_CONTENT, Network, Profile
from autolab_core.vocab.states import Stage

__all__ = ["ALWAYS", "Facts", "derive"]

# Protected whatever is going on. A path that does not exist is protected by its name where the level can.
ALWAYS: Final = (
    RESEARCH_LOG,  # the reading agent's alone
    QUESTIONS,  # whoever carries out an experiment does not touch what stands open,
    HANDOFF,  # nor hands over,
    PROGRAM_STATE,  # nor moves the program
    AUTOLAB,  # the state, the policy, the schemas and the records by which a run is judged
)
# Below git's own folder: they name programs that git runs, later and outside of the guard. `commondir` is seldom there
# and names a folder whose configuration and hooks are taken instead (gitrepository-layout(5)).
_GIT: Final = ("commondir", "config", "config.worktree", "hooks")
# In these stages the spec is still being written.
_WRITES_SPEC: Final = frozenset({Stage.HYPOTHESIS, Stage.DESIGN})


class Facts(NamedTuple):
    """What a policy is derived from. Paths as a policy has them; None or () where there is no such thing.

    ``iteration`` and ``run`` are folders, ``results`` is the one that this experiment writes, ``closed`` are earlier
    results and closed iterations. ``git`` is git's folder (that of the main working tree where there are several),
    ``tool`` what ``guard.installation`` found. ``writable`` and ``protected`` are what the user adds.
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
    sealed = facts.spec is not None and (run or facts.stage not in _WRITES_SPEC)
    protected = [*ALWAYS, *facts.closed, *facts.tool, *facts.protected]
    if run:
        protected.append(EXPERIMENTS)
    if facts.git is not None:
        protected += [posixpath.join(facts.git, name) for name in _GIT]
    if sealed and facts.spec is not None:
        protected.append(_held(facts.spec, writable))
    spec = facts.spec if sealed else None
    return GuardPolicy(facts.profile, tuple(protected), writable, facts.network, facts.require, spec).checked()


def _held(spec: str, writable: tuple[str, ...]) -> str:
    """What is protected so that *spec* is: its folder, or the file alone where the folder has to stay writable.

    A folder is better: a file that somebody outside replaces is another file, which nothing was said about.
    """
    folder = posixpath.dirname(posixpath.normpath(spec))
    plain = {posixpath.normpath(path) for path in writable}
    return spec if folder in ("", ".", "/") or folder in plain else folder
