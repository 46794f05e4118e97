"""The guard of an agent's command: it writes where its stage may edit, and nowhere else in the repository."""

from __future__ import annotations

import os

from autolab_core.git.folder import git_folder_seen_from
from autolab_core.guard.closed import closed
from autolab_core.guard.derive import Facts, derive
from autolab_core.guard.installation import installation
from autolab_core.guard.plan import resolve
from autolab_core.guard.policy import GuardPolicy, policy_from_data
from autolab_core.io.atomic import make_dirs
from autolab_core.io.documents import read_json
from autolab_core.io.edit_scope import lies_in
from autolab_core.io.layout import AUTOLAB, GUARD_AGENT_POLICY
from autolab_core.io.repository import Repository
from autolab_core.models.policy import RunGuardPolicy
from autolab_core.models.stage_context import StageContextFile
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.guard import GuardLevel, Network, Profile

__all__ = ["agent_guard"]

_ALL = "."


def agent_guard(repository: Repository, about: StageContextFile) -> GuardPolicy:
    """The checked policy for a command that does the stage of *about*.

    Of the repository nothing may be written but ``allowed_edit_dirs`` (made where they are missing) and git's own
    folder, and in there not what the stage must not write. Outside of the repository it is as for every agent: the
    repository's own policy for agents says it, where there is one. Raises UsageError, DocumentError, StoreError.
    """
    root = os.path.realpath(repository.root)
    policy = _of_agents(repository, root, about)
    forbidden = {*policy.protected, *about.must_not_write, *about.closed}
    own = [path for path in about.allowed_edit_dirs if not lies_in(path, AUTOLAB) and path not in forbidden]
    for path in own:
        make_dirs(repository.absolute(path))
    git = git_folder_seen_from(root)
    if git is not None and git not in forbidden:
        own.append(git)
    protected = (*policy.protected, _ALL, *about.must_not_write)
    guarded = policy._replace(protected=protected, writable=(*policy.writable, *own)).checked()
    resolve(guarded, root)  # what cannot be guarded is said before anything is written down
    return guarded


def _of_agents(repository: Repository, root: str, about: StageContextFile) -> GuardPolicy:
    kept = os.path.join(root, GUARD_AGENT_POLICY)
    if os.path.lexists(kept):
        return policy_from_data(read_json(kept, GUARD_AGENT_POLICY).data, GUARD_AGENT_POLICY)
    asked = repository.policy().guard or RunGuardPolicy()
    facts = Facts(
        Profile.AGENT,
        stage=about.stage,
        iteration=None,
        spec=_spec(repository, about),
        closed=closed(root, (about.iteration.path,)),
        sealed=asked.seal,
        git=git_folder_seen_from(root),
        tool=installation(),
        network=asked.network if isinstance(asked.network, tuple) else Network(asked.network),
        require=asked.require,
    )
    policy = derive(facts)
    if policy.sealed is not None and asked.require != GuardLevel.NONE:
        # Where a level is enforced the tool cannot be written, and its seals would be nearly all of every record.
        policy = policy._replace(sealed=tuple(path for path in policy.sealed if path not in facts.tool))
    return policy


def _spec(repository: Repository, about: StageContextFile) -> str | None:
    try:
        spec = repository.design(repository.iteration(about.iteration.id)).spec
    except DocumentError:
        return None  # the stage may be there to mend the design
    return spec if spec is not None and repository.tree().exists(spec) else None
