"""The policy that the options of ``autolab guard run`` and ``check`` ask for."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from autolab_cli.commands.guard.paths import below
from autolab_core.git.folder import git_folder_seen_from
from autolab_core.guard.closed import closed
from autolab_core.guard.derive import Facts, derive, extended
from autolab_core.guard.installation import installation
from autolab_core.guard.policy import GuardPolicy, policy_from_data
from autolab_core.io.documents import read_json
from autolab_core.io.experiment_layout import experiment_results
from autolab_core.io.layout import GUARD_AGENT_POLICY
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.guard import REQUIRE_CONTENT, Network, Profile

__all__ = ["policy_of"]


def policy_of(options: argparse.Namespace, root: str) -> GuardPolicy:
    """The checked policy: the file that is named; else, for an agent, the repository's own one; else what follows from
    the options. Raises UsageError or DocumentError."""
    if options.policy is not None:
        if any((options.profile, options.protect, options.seal, options.write, options.spec, options.network)):
            words = "--profile, --protect, --seal, --write, --spec and --network"
            raise UsageError(f"--policy says all of it; leave out {words}")
        return _required(policy_from_data(read_json(options.policy, options.policy).data, options.policy), options)
    profile = Profile(options.profile or Profile.AGENT)
    protected = tuple(below(root, path) for path in options.protect)
    sealed = tuple(below(root, path) for path in options.seal)
    writable = tuple(below(root, path) for path in options.write)
    spec = None if options.spec is None else below(root, options.spec)
    network = Network.INHERIT if options.network is None else _network(options.network)
    kept = os.path.join(root, GUARD_AGENT_POLICY)
    if profile is Profile.AGENT and os.path.lexists(kept):
        policy = policy_from_data(read_json(kept, GUARD_AGENT_POLICY).data, GUARD_AGENT_POLICY)
        named = (*protected, *([] if spec is None else [spec]))
        more = extended(policy, protected=named, sealed=sealed, writable=writable)._replace(
            spec=policy.spec if spec is None else spec,
            network=policy.network if options.network is None else network,
        )
        return _required(more.checked(), options)
    facts = Facts(
        profile,
        spec=spec,
        closed=closed(root, _own(spec, writable)),
        git=git_folder_seen_from(root),
        tool=installation(),
        writable=writable,
        protected=protected,
        sealed=sealed,
        network=network,
        require=REQUIRE_CONTENT,
    )
    return _required(derive(facts), options)


def _own(spec: str | None, writable: Sequence[str]) -> tuple[str, ...]:
    """What is worked on: the results of the experiment, and what is said to be written."""
    return (*writable, *([] if spec is None else [experiment_results(spec)]))


def _required(policy: GuardPolicy, options: argparse.Namespace) -> GuardPolicy:
    """*policy* with the requirement that the command line asks for. A level that is named is all that is required."""
    wanted = getattr(options, "require", None) or getattr(options, "level", None)
    return policy if wanted is None else policy._replace(require=wanted).checked()


def _network(text: str) -> Network | tuple[int, ...]:
    if text in list(Network):
        return Network(text)
    words: Sequence[str] = text.split(",")
    if all(word.isascii() and word.isdigit() for word in words):
        return tuple(int(word) for word in words)
    raise UsageError(f"--network {text!r} is neither inherit nor none, nor TCP ports like 80,443")
