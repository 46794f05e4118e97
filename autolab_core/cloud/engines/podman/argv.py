"""What is said to podman, word for word. Pure. Checked against podman 4.3.1 (Debian 12)."""

# No `from __future__ import annotations`: a NamedTuple compiles each annotation that is text.

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from autolab_core.cloud.engines.observing import job_name
from autolab_core.vocab.errors import UsageError

if TYPE_CHECKING:
    from autolab_core.cloud.engines.base import EngineJob, Mount

__all__ = [
    "LIMIT_LABEL",
    "PROGRAM",
    "RUN_LABEL",
    "Habits",
    "at_work",
    "create",
    "image_exists",
    "info",
    "inspect",
    "list_ours",
    "logs",
    "pull",
    "remove",
    "start",
    "stop",
]

PROGRAM: Final = "podman"
RUN_LABEL: Final = "autolab.run"
LIMIT_LABEL: Final = "autolab.limit"
# Where podman puts secrets that are files.
_SECRETS: Final = "/run/secrets"
# A mount's options are separated by commas.
_NOT_IN_A_MOUNT: Final = ",\n\r\0"


class Habits(NamedTuple):
    """How this machine's podman has to be spoken to; ``machine.py`` finds it out.

    ``network`` None is podman's default. ``ulimits`` are given where podman asks for more than this process may have.
    ``kept`` are the cgroup controllers that can be used; without one, its limit cannot be kept.
    """

    network: str | None = None
    ulimits: tuple[str, ...] = ()
    kept: frozenset[str] = frozenset({"cpu", "memory"})
    selinux: bool = False


def create(job: "EngineJob", image: str, habits: Habits) -> tuple[str, ...]:
    """Make the job's container, without starting it, from an image that is here.

    ``--timeout`` is kept by conmon, the container's own parent, whoever else lives. Raises UsageError for what podman's
    options cannot say.
    """
    return (
        PROGRAM,
        "create",
        f"--name={job_name(job.run_id)}",
        "--pull=never",
        f"--timeout={_seconds(job)}",
        f"--label={RUN_LABEL}={job.run_id}",
        f"--label={LIMIT_LABEL}={_seconds(job)}",
        *(f"--label={name}={value}" for name, value in sorted(job.labels.items())),
        *(f"--env={name}={value}" for name, value in sorted(job.env.items())),
        *(f"--secret={name},type=mount,target={name}" for name in job.secrets),
        *((f"--cpus={job.cpus}",) if job.cpus and "cpu" in habits.kept else ()),
        *_memory(job, habits),
        *(f"--device=nvidia.com/gpu={index}" for index in range(job.gpus)),
        *(f"--mount={_mount(mount)}" for mount in job.mounts),
        *((f"--network={habits.network}",) if habits.network else ()),
        *(f"--ulimit={each}" for each in habits.ulimits),
        *(("--security-opt=label=disable",) if habits.selinux and job.mounts else ()),
        "--",
        image,
        *_with_secrets(job),
    )


def _with_secrets(job: "EngineJob") -> tuple[str, ...]:
    """The job's command, with its secrets put into its environment inside the container.

    Podman can do that itself (``type=env``), and then shows the values to whoever inspects the container.
    """
    if not job.secrets:
        return job.argv
    strange = [name for name in job.secrets if not (name.isascii() and name.isidentifier())]
    if strange:
        raise UsageError(f"the secret {strange[0]!r} cannot be the name of a variable: use letters, digits and _")
    # The x keeps line ends at the end of a value, which `$(…)` takes away.
    lines = (
        f"{name}=$(cat {_SECRETS}/{name}; echo x) && {name}=${{{name}%x}} && export {name}" for name in job.secrets
    )
    return ("sh", "-c", " && ".join((*lines, 'exec "$@"')), "sh", *job.argv)


def start(run_id: str) -> tuple[str, ...]:
    """Start the container that ``create`` made."""
    return (PROGRAM, "start", job_name(run_id))


def inspect(names: Sequence[str]) -> tuple[str, ...]:
    """Everything about the containers *names*; podman answers for those that are there, and ends with 125 otherwise."""
    return (PROGRAM, "container", "inspect", "--", *names)


def list_ours() -> tuple[str, ...]:
    """All containers of ours, whatever their state."""
    return (PROGRAM, "ps", "--all", "--no-trunc", f"--filter=label={RUN_LABEL}", "--format=json")


def logs(name: str) -> tuple[str, ...]:
    """All that the container has written."""
    return (PROGRAM, "logs", name)


def stop(name: str, grace: int) -> tuple[str, ...]:
    """TERM, and KILL after *grace* seconds."""
    return (PROGRAM, "stop", f"--time={grace}", name)


def remove(name: str) -> tuple[str, ...]:
    """Take the container away; podman refuses while it runs."""
    return (PROGRAM, "rm", name)


def image_exists(image: str) -> tuple[str, ...]:
    """0 when *image* is here, 1 when not."""
    return (PROGRAM, "image", "exists", image)


def pull(image: str) -> tuple[str, ...]:
    """Get *image* from its registry."""
    return (PROGRAM, "pull", "--quiet", image)


def info() -> tuple[str, ...]:
    """What podman knows of itself and the machine."""
    return (PROGRAM, "info", "--format=json")


def at_work(run_id: str) -> tuple[str, ...]:
    """The processes that are still making this job's container: they outlive a client that was killed."""
    # The bracket keeps the pattern from finding the command that asks.
    return ("pgrep", "-f", "--", f"create [-]-name={job_name(run_id).replace('.', '[.]').replace('+', '[+]')} ")


def _seconds(job: "EngineJob") -> int:
    if not job.limit.seconds:
        raise UsageError("a job in the cloud needs a time limit: say --max-hours")
    return job.limit.seconds


def _memory(job: "EngineJob", habits: Habits) -> tuple[str, ...]:
    if job.memory is None or "memory" not in habits.kept:
        return ()
    # The same for memory and swap together: otherwise podman gives as much swap again.
    return (f"--memory={job.memory.bytes}b", f"--memory-swap={job.memory.bytes}b")


def _mount(mount: "Mount") -> str:
    for path in (mount.source, mount.target):
        if not path.startswith("/") or any(character in path for character in _NOT_IN_A_MOUNT):
            raise UsageError(f"{path!r} cannot be mounted: podman takes absolute paths without a comma or a new line")
    return f"type=bind,source={mount.source},target={mount.target}" + (",readonly" if mount.read_only else "")
