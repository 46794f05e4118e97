"""The guard of an experiment's commands: what they must not change, and the words that put one under it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import attrs

from autolab_core.git.folder import git_folder_seen_from
from autolab_core.guard.closed import closed
from autolab_core.guard.derive import Facts, derive
from autolab_core.guard.entry import guard_words
from autolab_core.guard.installation import installation
from autolab_core.guard.policy import GuardPolicy, policy_from_data, policy_to_data
from autolab_core.io.atomic import make_dirs, write_json
from autolab_core.io.documents import read_json
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.io.layout import GUARD, GUARD_AGENT_POLICY, RESULTS, guard_policy, guard_record
from autolab_core.io.repository import Repository
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.guard import REQUIRE_CONTENT, GuardLevel, Network, Profile, at_least

__all__ = ["Guarding", "policy_of", "preflight", "put_under_guard"]


@attrs.frozen
class Guarding:
    """``words`` stand before the command; ``record`` is where the guard writes what it saw, below the repository."""

    words: tuple[str, ...]
    record: str


def policy_of(root: Path, paths: ExperimentPaths) -> GuardPolicy:
    """What a command of the experiment may write, checked: all that an agent may, but for the spec, all results that
    are not its own, and what is protected from every agent.

    Its results folder is made where it is missing. What the repository's own policies add (``guard`` in the verifier
    policy, the policy for agents) counts. Raises UsageError, DocumentError, StoreError.
    """
    make_dirs(root / paths.folder)
    top = os.path.realpath(root)
    own = _plain(top, paths.folder)
    asked = Repository(root).policy().guard
    facts = Facts(
        Profile.AGENT,
        results=own,
        spec=paths.spec,
        closed=closed(top, (paths.folder,)),
        sealed=() if asked is None else asked.seal,
        git=git_folder_seen_from(top),
        tool=installation(),
        network=Network.INHERIT if asked is None else _network(asked.network),
        require=REQUIRE_CONTENT if asked is None else asked.require,
    )
    policy = _without_tool_seals(derive(facts), facts.tool)
    # Nobody makes results in another experiment's name either. Not sealed: other experiments may be going on.
    protected = (*policy.protected, _plain(top, RESULTS))
    kept = root / GUARD_AGENT_POLICY
    if os.path.lexists(kept):
        more = policy_from_data(read_json(kept, GUARD_AGENT_POLICY).data, GUARD_AGENT_POLICY)
        protected += tuple(path for path in more.protected if path != own)
    return policy._replace(protected=tuple(dict.fromkeys(protected))).checked()


def preflight(root: Path, policy: GuardPolicy) -> dict[str, Any]:
    """The guard that commands will have here, as the journal's ``opened`` has it. Levels are really tried.

    Where this process runs in a guard that is enough already, as in a launched run, it is that one. Raises UsageError,
    with what would have to be installed or allowed, when none is as strong as *policy* requires, and where this
    process runs in a weaker guard.
    """
    from autolab_core.experiment.enclosing import enclosing_guard, refuse_weaker
    from autolab_core.guard.enforce.refusing import refusal
    from autolab_core.guard.enforce.supervise import try_levels
    from autolab_core.guard.plan import resolve

    plan = resolve(policy, os.path.realpath(root))
    outer = enclosing_guard(plan)
    refuse_weaker(plan, outer)
    if outer is not None:
        return outer.facts(str(policy.require))
    tried = try_levels(plan, plan.root, first=True)
    best = next((each.level for each in tried if each.reason is None), GuardLevel.NONE)
    if not at_least(best, policy.require):
        why = [(each.level, each.reason) for each in tried if each.reason is not None]
        raise UsageError(f"the experiment cannot be guarded here: {refusal(plan, why, None)}")
    return {"level": str(best), "require": str(policy.require), "probe": []}


def put_under_guard(root: Path, policy: GuardPolicy, run_id: str) -> Guarding:
    """Write *policy* for the command that the record calls *run_id*. Raises StoreError, UsageError."""
    top = os.path.realpath(root)
    make_dirs(root / GUARD)
    path = guard_policy(run_id)
    write_json(root / path, policy_to_data(policy))
    return Guarding(guard_words(sys.executable, top, os.path.join(top, path), run_id), guard_record(run_id))


def _without_tool_seals(policy: GuardPolicy, tool: tuple[str, ...]) -> GuardPolicy:
    """*policy* without the seals of the installed tool, where a level is required at which it cannot be written.

    An experiment has hundreds of commands, and a tool hundreds of files: their seals would be nearly all of every
    record. Where nothing is enforced, seals are all there is, and they stay.
    """
    if policy.require == GuardLevel.NONE or policy.sealed is None:
        return policy
    return policy._replace(sealed=tuple(path for path in policy.sealed if path not in tool))


def _network(asked: object) -> Network | tuple[int, ...]:
    return asked if isinstance(asked, tuple) else Network(str(asked))


def _plain(top: str, path: str) -> str:
    """*path* as a policy has it. Results often lie on another disk, behind a link, which a policy refuses."""
    real = os.path.realpath(os.path.join(top, path))
    return os.path.relpath(real, top) if real.startswith(f"{top}/") else real
