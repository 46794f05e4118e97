"""The guard, as the battery uses it: the words of the command, and the seals as ``guard verify`` compares them."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from autolab_core.guard.comparison import compare
from autolab_core.guard.policy import GuardPolicy, policy_to_data
from autolab_core.guard.seal import Seal, retake
from autolab_core.guard.verification import verify_file
from autolab_core.io.layout import AUTOLAB, guard_record
from autolab_core.vocab.errors import AutolabError
from autolab_core.vocab.guard import GuardLevel, Network, Profile
from tests.battery.scene import Scene

__all__ = ["PROTECTED", "Sealed", "words"]

# What the default list protects of such a repository, but for the tool's installation: sealing that two thousand times
# would show nothing more.
PROTECTED = (AUTOLAB, ".git/commondir", ".git/config", ".git/hooks", "experiments/task")
_RUN = "battery"


def words(
    level: GuardLevel, stage: Scene, command: Sequence[str], network: str = "", profile: Profile = Profile.AGENT
) -> list[str]:
    """The words after ``autolab`` that run *command* at exactly *level*."""
    of_runs = profile is Profile.RUN
    policy = GuardPolicy(
        profile,
        (*PROTECTED, "experiments/run/logs") if of_runs else PROTECTED,
        ("experiments/run",) if of_runs else (),
        Network(network or Network.INHERIT),
        str(level),
        "experiments/task/spec.yaml",
        PROTECTED,
    )
    path = Path(stage.base, f"{profile}.policy.json")
    path.write_text(json.dumps(policy_to_data(policy)))
    path.chmod(0o644)
    asked = ["guard", "run", "--root", stage.place.repo, "--policy", str(path), "--level", level, "--run-id", _RUN]
    return [*asked, "--", *command]


class Sealed:
    """The seals of what is protected, held in this process's memory from before the command."""

    def __init__(self, stage: Scene, seals: Sequence[Seal]) -> None:
        self._root = stage.place.repo
        self._seals = seals

    @classmethod
    def of(cls, stage: Scene) -> Sealed:
        """Take them now."""
        return cls(stage, cls._taken(stage.place.repo))

    @staticmethod
    def _taken(root: str) -> tuple[Seal, ...]:
        return retake([path for path in PROTECTED if path != AUTOLAB], root)

    def differ(self) -> bool:
        """Whether verifying shows a change: the guard's record of the run does, or what is there now does.

        Where the record is gone or has no end (the supervisor was killed), only what was held here counts, and of it
        content and names, as of a file of seals that is looked at later: level ``none`` changes modes itself.
        """
        now = compare(self._seals, self._taken(self._root), later=True)
        record = guard_record(_RUN)
        try:
            verified = verify_file(os.path.join(self._root, record), record, self._root)
        except (AutolabError, OSError):
            return bool(now)
        return bool(now or verified.seen or verified.now)
