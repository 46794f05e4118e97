"""The machines behind ssh that runs are sent to: each profile with one connection and one scheduler, made when asked.

The scheduler is the Slurm one of every host, through another runner; what jobs write there it reads there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from autolab_core.exec.command import Command
from autolab_core.models.policy import Policy
from autolab_core.models.remote import RemoteProfile, RemoteProfiles
from autolab_core.schedulers.base import Scheduler
from autolab_core.vocab.errors import RunnerError, UsageError

if TYPE_CHECKING:
    from autolab_core.exec.activated import ActivatedRunner
    from autolab_core.exec.ssh import SshRunner

__all__ = ["CLOCK_SLACK_SECONDS", "Remote", "Remotes"]

# Clocks that are kept by a network are closer than that; a difference below it says more about the link.
CLOCK_SLACK_SECONDS: Final = 5.0


@attrs.define(eq=False)
class Remote:
    """The profile *name*, and how its host is talked to from the repository *root*."""

    name: str
    profile: RemoteProfile
    root: Path
    policy: Callable[[], Policy]
    _runner: SshRunner | None = attrs.field(default=None, init=False)
    _scheduler: Scheduler | None = attrs.field(default=None, init=False)
    _ahead: timedelta | None = attrs.field(default=None, init=False)

    @property
    def runner(self) -> SshRunner:
        """Commands on the host, as they are: for copying."""
        if self._runner is None:
            from autolab_core.exec.ssh import SshHost, SshRunner

            config = self.profile.ssh_config
            given = None if config is None else os.path.join(self.root, os.path.expanduser(config))
            self._runner = SshRunner(SshHost(self.profile.host, config=given))
        return self._runner

    @property
    def activated(self) -> ActivatedRunner:
        """Commands on the host, behind the profile's activation: for the scheduler, and for probing it."""
        from autolab_core.exec.activated import ActivatedRunner

        return ActivatedRunner(self.runner, self.profile.activation)

    def now(self) -> datetime:
        """The time there, as far as one question can tell; ours where it was not answered.

        What the cluster puts on record is compared with this clock, not with ours.
        """
        if self._ahead is None:
            self._ahead = self._asked_ahead()
        return datetime.now(UTC) - self._ahead

    def _asked_ahead(self) -> timedelta:
        before = datetime.now(UTC)
        try:
            said = self.runner.run(Command(("date", "+%s"), timeout=30.0)).text.strip()
        except RunnerError:
            return timedelta()
        if not said.isascii() or not said.isdigit():
            return timedelta()
        ahead = before.timestamp() - int(said)
        return timedelta(seconds=ahead) if abs(ahead) > CLOCK_SLACK_SECONDS else timedelta()

    @property
    def scheduler(self) -> Scheduler:
        """Who submits and watches there. Raises UsageError where the policy names an adapter of its own."""
        if self._scheduler is None:
            self._scheduler = self._make_scheduler()
        return self._scheduler

    def _make_scheduler(self) -> Scheduler:
        from autolab_core.schedulers.slurm.adapter import SlurmScheduler
        from autolab_core.schedulers.slurm.cache import interval_of
        from autolab_core.schedulers.slurm.far_files import FarFiles

        policy = self.policy()
        if policy.launch.scheduler not in {None, "slurm"}:
            raise UsageError(
                f"the policy's launch.scheduler {policy.launch.scheduler!r} cannot be asked through a remote profile"
            )
        least = max(policy.slurm.poll_seconds or 0, self.profile.poll_seconds)
        return SlurmScheduler(
            self.root,
            self.activated,
            interval=interval_of(os.environ, least),
            now=self.now,
            elsewhere=True,
            place=f"{self.profile.host} {self.profile.ssh_config or ''} {self.profile.activation or ''}",
            files=FarFiles(self.runner),
        )

    def close(self) -> None:
        """End the connection, if one was made."""
        if self._runner is not None:
            self._runner.close()


class Remotes(Mapping[str, Remote]):
    """The profiles of the repository *root*, by name. *profiles* reads them when the first one is asked for.

    A profile that is not there is a UsageError, which names those that are.
    """

    def __init__(self, root: Path, profiles: Callable[[], RemoteProfiles], policy: Callable[[], Policy]) -> None:
        self._root = root
        self._profiles = profiles
        self._policy = policy
        self._made: dict[str, Remote] = {}

    def __getitem__(self, name: str) -> Remote:
        if name not in self._made:
            _, profile = self._profiles().named(name)
            self._made[name] = Remote(name, profile, self._root, self._policy)
        return self._made[name]

    @property
    def least_seconds(self) -> float:
        """What the profiles that were used here want to pass between two looks; 0 where none was."""
        return max((float(each.profile.poll_seconds) for each in self._made.values()), default=0.0)

    @property
    def default(self) -> str | None:
        """The name of the profile that is meant where none is named."""
        return self._profiles().default

    def __iter__(self) -> Iterator[str]:
        return iter(self._profiles().profiles)

    def __len__(self) -> int:
        return len(self._profiles().profiles)
