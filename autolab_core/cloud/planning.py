"""What a run would send and start: the same steps as a submission's, with nothing written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from autolab_core.advice.compute_fit import gpus_asked
from autolab_core.advice.compute_line import max_hours
from autolab_core.cloud.job import lacks_of
from autolab_core.cloud.models import DEFAULT_MAX_HOURS, RunRequest
from autolab_core.cloud.places import Places
from autolab_core.cloud.protocol import checkout_of, order_problem
from autolab_core.cloud.running import Submission
from autolab_core.cloud.soundness import require_sound
from autolab_core.cloud.staging.code import pack_code
from autolab_core.cloud.staging.data import folder_size
from autolab_core.cloud.staging.requirements import lock_not_followed, requirements_of
from autolab_core.cloud.staging.stage import environment_of
from autolab_core.exec.quoting import quote_all
from autolab_core.io.experiment_layout import ExperimentPaths
from autolab_core.models.experiment.spec import Spec

__all__ = ["Plan", "asked_by", "plan"]


@attrs.frozen
class Plan:
    """``data``: of each folder how many files, and how many bytes; ``patch``: the same of what was changed since the
    commit, None where nothing was. ``lock`` is a line where there is a lock that is not followed. ``refused``: why the
    run would not be started."""

    shown: str
    engine: str
    image: str | None
    storage: str
    code_files: int
    code_bytes: int
    data: Mapping[str, tuple[int, int]]
    untracked: tuple[str, ...]
    requirements: str
    max_hours: float
    patch: tuple[int, int] | None = None
    lock: str | None = None
    refused: tuple[str, ...] = ()


def plan(root: Path, request: RunRequest, how: Submission) -> Plan:
    """Reckon up the run that *request* asks for. Raises UsageError for what cannot be sent, DocumentError for what
    cannot be read, and EngineUnreachable."""
    require_sound(root, request)
    places = Places(root)
    backend = places.backend(request.engine)
    environment_of(request.environment)
    can = places.capabilities(backend)
    refused = list(lacks_of(can, places.kind(backend), request))
    if how.forced is None and (problem := order_problem(root, request.spec)) is not None:
        refused.append(problem)
    commit = checkout_of(root, request.spec, request.output_dir)
    code = pack_code(root, request.spec, commit, (*request.data_dirs, request.output_dir), how.allowed)
    requirements = requirements_of(root)
    return Plan(
        shown=request.command if request.command is not None else quote_all(request.argv),
        engine=backend.name,
        image=request.image or can.default_image,
        storage=places.address(backend),
        code_files=code.files,
        code_bytes=len(code.data),
        data={folder: folder_size(root, folder, how.allowed) for folder in request.data_dirs},
        untracked=code.untracked,
        requirements=requirements.value,
        max_hours=request.max_hours,
        patch=None if code.patch is None else (code.patch.files, len(code.patch.data)),
        lock=lock_not_followed(root, requirements),
        refused=tuple(refused),
    )


def asked_by(spec: Spec) -> RunRequest:
    """What the run of *spec* asks for, by its compute profile and its budget: the request of the advisory's line."""
    profile, hours = spec.budget.compute, max_hours(spec)
    return RunRequest(
        spec=spec.path,
        output_dir=ExperimentPaths(spec.path).folder,
        data_dirs=profile.data_dirs,
        cpus=profile.cpus,
        memory=None if profile.memory is None else profile.memory.bytes,
        gpus=gpus_asked(profile),
        max_hours=DEFAULT_MAX_HOURS if hours is None else hours,
    )
