"""One piece of ordinary work, done once: without a guard, or under one level and profile of it."""

from __future__ import annotations

import glob
import subprocess
import tempfile

from autolab_core.vocab.guard import GuardLevel, Profile
from tests.battery.acceptance import Work
from tests.battery.field import Field
from tests.battery.guarding import words
from tests.battery.scene import scene

__all__ = ["work"]

_SECONDS = 90.0
_DEVICES = ("/dev/nvidia*", "/dev/dri", "/dev/kfd", "/dev/infiniband")


def work(
    each: Work, place: Field, who: str, level: GuardLevel | None, profile: Profile = Profile.AGENT
) -> tuple[int | None, str]:
    """Do it in a new place as *who*; (exit code, what was said)."""
    user = place.users[who]
    with scene(place.folder, user) as stage, tempfile.TemporaryFile() as said:
        command = ["sh", "-c", each.text]
        devices = sorted(path for pattern in _DEVICES for path in glob.glob(pattern))
        environment = {**stage.environment, "PYTHONPATH": user.packages, "DEVICES": "\n".join(devices)}
        if profile is Profile.RUN:
            environment["W"] += "/outputs"  # where a guarded run is told to write
        code: int | None
        if level is None:
            options = {"cwd": stage.place.repo, "env": environment, "stdin": subprocess.DEVNULL, "stdout": said}
            code = subprocess.run(  # type: ignore[call-overload]
                command, **options, stderr=subprocess.STDOUT, timeout=_SECONDS, check=False, **user.as_them()
            ).returncode
        else:
            code = place.starters[who].run(
                words(level, stage, command, profile=profile),
                cwd=stage.place.repo,
                environment=environment,
                standard_input=subprocess.DEVNULL,
                output=said.fileno(),
                given=(),
                seconds=_SECONDS,
            )
        said.seek(0)
        return code, said.read().decode(errors="replace")
