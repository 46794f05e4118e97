"""The line that the advice prints, typed into a shell: ``cloud-run`` takes it, and asks for what the spec asks for."""

from __future__ import annotations

import shlex
import subprocess

import attrs
import pytest

from autolab_cli.cloud.parser import build_parser
from autolab_cli.cloud.sending import _request
from autolab_core.advice.compute import advise_compute
from autolab_core.advice.compute_line import cloud_line, protocol_line
from autolab_core.advice.compute_text import compute_section
from autolab_core.cloud.planning import asked_by
from autolab_core.io.layout import CLOUD_RUN
from autolab_core.io.spec import load_spec, spec_source
from autolab_core.models.experiment.spec import Budget, BudgetLimit, ComputeProfile, Protocol, Spec
from autolab_core.models.machine import Machine
from autolab_core.models.policy import BackendPolicy, ComputePolicy
from autolab_core.models.resources import Duration, Memory
from autolab_core.vocab.experiment import BudgetKind
from tests.unit.cloud import samples

GIB = 1 << 30
SMALL = Machine(1, None, GIB, None, GIB, GIB, ())
POLICY = ComputePolicy("auto", (BackendPolicy("batch", "aws-batch"),))
# In the place of the program: it shows the words that it is given.
SHOW = "#!/bin/sh\nprintf '%s\\0' \"$@\"\n"


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    root = samples.repository(tmp_path_factory.mktemp("advised") / "repo")
    (root / CLOUD_RUN).parent.mkdir()
    (root / CLOUD_RUN).write_text(SHOW)
    (root / CLOUD_RUN).chmod(0o755)
    return root, load_spec(spec_source(str(root), samples.SPEC), samples.SPEC).spec


def asking(spec: Spec, *commands: str, hours: float | None = None, **profile: object) -> Spec:
    limits = () if hours is None else (BudgetLimit(BudgetKind.WALL_CLOCK, hours * 3600),)
    budget = Budget("small", limits, ComputeProfile(**profile))
    return attrs.evolve(spec, protocol=Protocol(treatment=commands), budget=budget)


def advised(spec: Spec, *, data: bool = False) -> str:
    """The line as it stands in the section of a prompt."""
    wall_clock = spec.budget.limit(BudgetKind.WALL_CLOCK)
    advice = advise_compute(spec.budget.compute, wall_clock, SMALL, POLICY, cloud_line(spec, data=data))
    before, _, after = compute_section(advice).partition("```bash\n")
    assert before
    return after.partition("\n```\n")[0]


def asked(root, line: str):
    """The request that ``cloud-run`` makes of *line*, as a shell gives it, and whether it is to wait."""
    typed = subprocess.run(["sh", "-c", line], cwd=root, capture_output=True, text=True, check=True, timeout=20)
    words = typed.stdout.split("\0")[:-1]
    options = build_parser(words).parse_args(words)
    return _request(root, options), options.detach


@pytest.mark.parametrize(
    ("commands", "profile"),
    [
        (("python scripts/run_experiment.py --full",), {}),
        (
            ("python train.py",),
            {"cpus": 64, "memory": Memory(16 * GIB), "gpus": 2, "wall_time": Duration(7200), "hours": 4.5},
        ),
        (("python train.py",), {"memory": Memory(1500 << 20), "data_dirs": ("data/", "more data/")}),
        (("python train.py",), {"gpu_memory": Memory(24 * GIB), "data_dirs": ("it's $HOME", "-x")}),
        (('python "my script.py" --say \'it is "quoted"\' --home $HOME',), {"cpus": 2}),
        (("python t.py -s {seed} --out 'a b/{seed}'", "python -c 'import this; print(1)' && ls"), {"gpus": 1}),
        (("sh -c 'echo `date` \\$(id) !x; # no'",), {"memory": Memory(GIB)}),
        (("python -c 'print(1)\nprint(2)'",), {}),
        (("-c 'a command that begins with a hyphen'",), {}),
    ],
    ids=range(9),
)
def test_the_line_is_taken_and_asks_for_what_the_spec_asks_for(known, monkeypatch, commands, profile):
    root, spec = known
    monkeypatch.chdir(root)
    spec = asking(spec, *commands, **profile)
    request, detached = asked(root, advised(spec))

    wanted = attrs.evolve(asked_by(spec), command=protocol_line(spec))
    assert request == attrs.evolve(wanted, data_dirs=tuple(each.rstrip("/") for each in wanted.data_dirs))
    assert detached


def test_the_repositorys_own_data_folder_and_a_spec_with_blanks_are_taken(known, monkeypatch):
    root, spec = known
    monkeypatch.chdir(root)
    spec = attrs.evolve(asking(spec, "python train.py"), path="experiments/exp-001 it's.md")
    line = advised(spec, data=True)
    request, _ = asked(root, line)

    assert (request.spec, request.output_dir) == (spec.path, "results/exp-001 it's")
    assert request.data_dirs == ("data",)
    assert shlex.split(line)[0] == CLOUD_RUN
