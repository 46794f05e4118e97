"""Which policy the hook goes by: the repository's own for agents, else what is protected everywhere."""

from __future__ import annotations

import os

from autolab_core.git.folder import git_folder
from autolab_core.guard.closed import finished
from autolab_core.guard.derive import Facts, derive
from autolab_core.guard.hook.reach import Reach
from autolab_core.guard.installation import installation
from autolab_core.guard.policy import GuardPolicy, policy_from_data
from autolab_core.guard.zones import Zones
from autolab_core.io.layout import EXPERIMENTS, GUARD_AGENT_POLICY, HARNESS_SETTINGS
from autolab_core.vocab.guard import Profile

__all__ = ["agent_policy", "reach_of"]


def agent_policy(root: str) -> GuardPolicy:
    """The policy in ``.autolab/guard/agent.policy.json``. Raises DocumentError for a file that is no policy.

    Where there is none, ``experiments/`` and finished results are protected, too: nothing says what in them the agent
    may write.
    """
    kept = os.path.join(root, GUARD_AGENT_POLICY)
    if os.path.lexists(kept):
        from autolab_core.io.documents import read_json

        return policy_from_data(read_json(kept, GUARD_AGENT_POLICY).data, GUARD_AGENT_POLICY)
    facts = Facts(
        Profile.AGENT, closed=finished(root), git=git_folder(root), tool=installation(), protected=(EXPERIMENTS,)
    )
    return derive(facts)


def reach_of(root: str, policy: GuardPolicy) -> Reach:
    """What *policy* protects in the repository *root*. Its own file is protected whatever it says, and so is what tells
    the harness of the hook."""
    home = os.path.expanduser("~")
    told = (GUARD_AGENT_POLICY, *HARNESS_SETTINGS, *(os.path.join(home, path) for path in HARNESS_SETTINGS))
    entries = dict.fromkeys(policy.writable, True) | dict.fromkeys((*policy.protected, *told), False)
    if policy.spec is not None:
        entries[policy.spec] = False
    return Reach(
        root, Zones(policy.profile is Profile.AGENT, {os.path.join(root, path): may for path, may in entries.items()})
    )
