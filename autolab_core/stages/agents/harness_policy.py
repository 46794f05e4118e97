"""The policy for agents that ``init`` writes beside a harness's settings, where a repository has none."""

from __future__ import annotations

import os

from autolab_core.git.folder import git_folder_seen_from
from autolab_core.guard.closed import closed
from autolab_core.guard.derive import Facts, derive
from autolab_core.guard.installation import installation
from autolab_core.guard.policy import GuardPolicy, policy_to_data
from autolab_core.io.documents import dump_json
from autolab_core.io.experiment_layout import experiment_results
from autolab_core.io.layout import DONE, EXPERIMENTS, GUARD_AGENT_POLICY, IterationPaths
from autolab_core.io.repository import Repository
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.guard import Profile
from autolab_core.vocab.paths import relative_problem

__all__ = ["missing_agent_policy", "writes_iteration"]

# Where a folder is no git repository yet: what `git init` will make is protected by its name.
_GIT = ".git"


def missing_agent_policy(repository: Repository) -> bytes | None:
    """``.autolab/guard/agent.policy.json`` for the state's iteration; None where there is one, or nothing to allow.

    Without the file nothing below ``experiments/`` may be written, and no agent could do its stage. With it the
    iteration may, and the results of its experiment. Raises DocumentError, UsageError.
    """
    if repository.tree().exists(GUARD_AGENT_POLICY):
        return None
    paths = repository.iteration(repository.state().iteration_id)
    root = os.path.realpath(repository.root)
    spec = _spec(repository, paths)
    results = None if spec is None else experiment_results(spec)
    over = closed(root)
    if any(f"{paths.folder}/".startswith(f"{each}/") for each in (DONE, *over)) or results in over:
        return None
    git = git_folder_seen_from(root) or _GIT
    facts = Facts(
        Profile.AGENT, iteration=paths.folder, results=results, spec=spec, closed=over, git=git, tool=installation()
    )
    policy = derive(facts)
    # Other iterations may go on meanwhile, so they are not sealed.
    whole = policy._replace(protected=(*policy.protected, EXPERIMENTS)).checked()
    return dump_json(policy_to_data(whole), GUARD_AGENT_POLICY)


def writes_iteration(repository: Repository, policy: GuardPolicy) -> str | None:
    """The folder of the state's iteration, where *policy* does not let an agent write it; None where it does."""
    folder = repository.iteration(repository.state().iteration_id).folder
    ways = [(path, False) for path in policy.protected] + [(path, True) for path in policy.writable]
    above = [(len(path), may) for path, may in ways if path == "." or f"{folder}/".startswith(f"{path}/")]
    return None if not above or max(above)[1] else folder


def _spec(repository: Repository, paths: IterationPaths) -> str | None:
    tree = repository.tree()
    try:
        spec = tree.mapping(paths.design).get("spec") if tree.exists(paths.design) else None
    except DocumentError:
        return None  # the launch says what is wrong with it
    return spec if isinstance(spec, str) and relative_problem(spec) is None else None
