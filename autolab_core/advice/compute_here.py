"""The advice for a spec on this machine: fetches the facts, the rest of it is pure."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from autolab_core.advice.compute import Advice, advise_compute
from autolab_core.advice.compute_line import cloud_line
from autolab_core.exec.command import Runner
from autolab_core.exec.machine import look_at_machine
from autolab_core.io.layout import DATA
from autolab_core.io.repository import Repository
from autolab_core.models.experiment.spec import Spec
from autolab_core.models.machine import Machine
from autolab_core.vocab.experiment import BudgetKind

__all__ = ["advise_here"]


def advise_here(root: str, spec: Spec, runner: Runner, environment: Mapping[str, str]) -> tuple[Advice, Machine]:
    """The advice for *spec* in the repository at *root*, and the machine that it is about.

    Raises DocumentError for a policy that cannot be read, UsageError for a command that cannot be split into words.
    """
    policy = Repository(Path(root)).policy().compute
    command = cloud_line(spec, data=os.path.isdir(os.path.join(root, DATA)))
    machine = look_at_machine(runner, root, environment)
    wall_clock = spec.budget.limit(BudgetKind.WALL_CLOCK)
    return advise_compute(spec.budget.compute, wall_clock, machine, policy, command), machine
