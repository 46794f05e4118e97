"""Whether a run is guarded, by what policy, and what a launch writes for it. Looks at files, writes none."""

from __future__ import annotations

import os
import posixpath
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from autolab_core.git.folder import git_folder_seen_from
from autolab_core.guard.closed import closed
from autolab_core.guard.derive import Facts, derive
from autolab_core.guard.entry import guard_words
from autolab_core.guard.installation import installation
from autolab_core.guard.plan import GuardPlan, resolve
from autolab_core.guard.policy import GuardPolicy, policy_to_data
from autolab_core.io.documents import dump_json
from autolab_core.io.experiment_layout import ExperimentPaths, experiment_results
from autolab_core.io.layout import RunPaths, guard_policy
from autolab_core.io.repository import Repository
from autolab_core.models.design import Design
from autolab_core.models.policy import Policy, RunGuardPolicy
from autolab_core.stages.launching.gate import sha256_of
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.guard import GuardLevel, Network, Profile, at_least, required, requirement_problem

__all__ = ["RunGuard", "Seat", "Unguardable", "guard_of", "require_level"]


class Unguardable(UsageError):
    """A run that cannot be guarded as it has to be. ``advice`` is what to do about it."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


@attrs.frozen
class Seat:
    """Where a guard is entered, in the words of that machine: the interpreter that has this program, the repository's
    absolute path, where the program itself lies, and git's folder, None where there is none.

    ``away``: it is another machine, on which nothing here can be looked up.
    """

    python: str
    root: str
    tool: tuple[str, ...]
    git: str | None
    away: bool = False

    @classmethod
    def here(cls, root: str) -> Seat:
        """This machine, for the repository at the real path *root*."""
        return cls(sys.executable, root, installation(), git_folder_seen_from(root))


@attrs.frozen
class RunGuard:
    """``words`` go before the command (``guard.entry``). ``files`` and ``folders`` are there before it starts.

    ``section`` is what the manifest says of the guard until its record can be read. ``plan`` is of what is there
    already: the folders that the launch makes are not on it.
    """

    policy: GuardPolicy
    plan: GuardPlan
    words: tuple[str, ...]
    files: Mapping[str, bytes]
    folders: tuple[str, ...]
    section: Mapping[str, Any]
    seat: Seat


def guard_of(
    repository: Repository,
    design: Design,
    run: RunPaths,
    run_id: str,
    *,
    others: Sequence[RunPaths] = (),
    name: str,
    seat: Seat | None = None,
) -> RunGuard | None:
    """The guard of the run *run_id*; None for one that nobody asks a guard of.

    *others* are the runs that one script starts with it: all may write each other's folders, because one policy is
    theirs. *name* is the run's id as the script has it. *seat* is where it is entered, None for this machine. Raises
    Unguardable, DocumentError.
    """
    policies = repository.policy()
    needed = _needed(policies, design)
    if design.spec is None and needed == GuardLevel.NONE:
        return None
    asked = attrs.evolve(policies.guard or RunGuardPolicy(), require=needed)
    root = os.path.realpath(repository.root)
    seat = seat or Seat.here(root)
    try:
        policy, own = _policy(asked, design, root, (run, *others), seat)
        known = _of_repository(policy) if seat.away else policy
        plan = resolve(known._replace(writable=_without_new(known.writable, own, root)), root)
    except UsageError as error:
        raise Unguardable(str(error), "mend the spec, `spec` in the design, or `guard` in the policy") from error
    path = guard_policy(run_id)
    source = dump_json(policy_to_data(policy), path)
    return RunGuard(
        policy,
        plan,
        guard_words(seat.python, seat.root, posixpath.join(seat.root, path), name),
        {path: source},
        own,
        {"require": policy.require, "profile": str(policy.profile), "policy_sha256": sha256_of(source)},
        seat,
    )


def _needed(policy: Policy, design: Design) -> str:
    """What is required of the run's guard, which its verifier will ask for as well. Raises Unguardable."""
    setting = (policy.settings.get("spec_guard") or {}).get("require")
    problem = None if setting is None else requirement_problem(setting) if isinstance(setting, str) else "it is no word"
    if problem is not None:
        raise Unguardable(
            f"settings.spec_guard.require {setting!r} is refused: {problem}", "mend `settings` in the policy"
        )
    section = None if policy.guard is None else policy.guard.require
    return required(section, setting, of_spec=design.spec is not None)


def _policy(
    asked: RunGuardPolicy, design: Design, root: str, runs: Sequence[RunPaths], seat: Seat
) -> tuple[GuardPolicy, tuple[str, ...]]:
    """The policy, and the folders that it allows and the launch makes."""
    spec = None if design.spec is None else posixpath.normpath(design.spec)
    results = None if spec is None else experiment_results(spec)
    # Who carries out the spec in there keeps its journal. What of it could be changed would not follow its own hashes.
    kept = () if spec is None else (ExperimentPaths(spec).record,)
    network = asked.network if isinstance(asked.network, tuple) else Network(asked.network)
    more = tuple(posixpath.normpath(path) for path in asked.writable)
    others = tuple(run.folder for run in runs[1:])
    own = (*(run.folder for run in runs), *([] if results is None else [results]), *kept, *more)
    # What stands in the logs is written outside of the guard, by scripts, supervisor and monitor. Through a link in
    # there they would write elsewhere.
    logs = tuple(run.logs for run in runs)
    facts = Facts(
        Profile.RUN,
        run=runs[0].folder,
        results=results,
        spec=spec,
        closed=tuple(path for path in closed(root, own) if not (seat.away and path.startswith("/"))),
        sealed=asked.seal,
        git=seat.git,
        tool=seat.tool,
        writable=(*others, *kept, *more),
        network=network,
        require=asked.require,
    )
    policy = derive(facts)
    policy = policy._replace(protected=(*policy.protected, *logs)).checked()
    made = [path for run in runs for path in (run.folder, run.logs)]
    made += [run.outputs for run in runs[1:] or runs]
    return policy, (*made, *([] if results is None else [results]), *kept)


def _of_repository(policy: GuardPolicy) -> GuardPolicy:
    """What of *policy* is about the repository itself: another machine's other paths mean something else here."""

    def inside(paths: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(path for path in paths if not path.startswith("/"))

    sealed = None if policy.sealed is None else inside(policy.sealed)
    return policy._replace(protected=inside(policy.protected), writable=inside(policy.writable), sealed=sealed)


def _without_new(writable: tuple[str, ...], own: tuple[str, ...], root: str) -> tuple[str, ...]:
    return tuple(path for path in writable if path not in own or os.path.lexists(os.path.join(root, path)))


def require_level(guard: RunGuard) -> None:
    """Raise Unguardable unless this machine has a level that is strong enough. Levels are really tried."""
    from autolab_core.guard.enforce.refusing import refusal
    from autolab_core.guard.enforce.supervise import try_levels

    if guard.policy.require == GuardLevel.NONE:
        return
    tried = try_levels(guard.plan, guard.plan.root)
    if not any(each.reason is None and at_least(each.level, guard.policy.require) for each in tried):
        why = [(each.level, each.reason) for each in tried if each.reason is not None]
        raise Unguardable(
            f"the run cannot be guarded here: {refusal(guard.plan, why, None)}",
            "install bubblewrap or allow what is missing (`autolab guard check`), or launch where it can be guarded",
        )
