"""Where an experiment is to run: every case, its arithmetic in words, and the line that sends it there."""

from __future__ import annotations

import shlex

import attrs
import pytest

from autolab_core.advice.compute import Advice, advise_compute
from autolab_core.advice.compute_line import cloud_line, max_hours, protocol_line
from autolab_core.advice.compute_text import compute_section, why_nothing
from autolab_core.models.experiment.commands import fill
from autolab_core.models.experiment.spec import Budget, BudgetLimit, ComputeProfile, Protocol, Setting, Spec
from autolab_core.models.machine import Gpu, Machine
from autolab_core.models.policy import BackendPolicy, ComputePolicy
from autolab_core.models.resources import Duration, Memory
from autolab_core.vocab.compute import ComputeCase, ComputePreference
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.experiment import Arm, BudgetKind

GIB = 1024**3
HOUR = 3600
MACHINE = Machine(4, None, 32 * GIB, None, 30 * GIB, 500 * GIB, (Gpu("NVIDIA T4", 16 * GIB),))
BATCH = BackendPolicy("batch", "aws-batch")
LINE = 'tools/cloud-run run "python train.py" --spec experiments/exp-001-x.md --detach'


def amount(gib: float) -> Memory:
    return Memory(int(gib * GIB))


def advised(
    profile: ComputeProfile | None = None,
    *,
    wall_clock: float | None = None,
    machine: Machine = MACHINE,
    backends: tuple[BackendPolicy, ...] = (BATCH,),
    preference: str = "auto",
) -> Advice:
    return advise_compute(profile or ComputeProfile(), wall_clock, machine, ComputePolicy(preference, backends), LINE)


def only_step(advice: Advice) -> str:
    [step] = advice.arithmetic
    return step.text


@pytest.mark.parametrize(
    ("profile", "wall_clock", "text", "fits"),
    [
        (ComputeProfile(cpus=4), None, "4 CPUs asked, 4 here (4 by affinity, no quota)", True),
        (ComputeProfile(cpus=12), None, "12 / 4 = 3 times the estimate, within 3 times", True),
        (ComputeProfile(cpus=13), None, "13 / 4 = 3.25 times the estimate, more than 3 times", False),
        (
            ComputeProfile(cpus=8, wall_time=Duration(HOUR)),
            None,
            "(4 by affinity, no quota): 01:00:00 x 8 / 4 = 02:00:00, within 3 x 01:00:00 = 03:00:00",
            True,
        ),
        (
            ComputeProfile(cpus=8, wall_time=Duration(HOUR)),
            1.5 * HOUR,
            "= 02:00:00, within 3 x 01:00:00 = 03:00:00, more than the budget's 01:30:00",
            False,
        ),
        (
            ComputeProfile(cpus=16, wall_time=Duration(HOUR)),
            5 * HOUR,
            "= 04:00:00, more than 3 x 01:00:00 = 03:00:00, within the budget's 05:00:00",
            False,
        ),
        (ComputeProfile(wall_time=Duration(HOUR)), 2 * HOUR, "01:00:00 estimated, whatever the number of CPUs", True),
        # Neither more cores nor another machine help a spec that contradicts itself.
        (
            ComputeProfile(cpus=2, wall_time=Duration(3 * HOUR)),
            HOUR,
            "the estimate of 03:00:00 is over the budget's 01:00:00 on any machine",
            None,
        ),
        (
            ComputeProfile(wall_time=Duration(3 * HOUR)),
            HOUR,
            "the estimate of 03:00:00 is over the budget's 01:00:00 on any machine",
            None,
        ),
        (ComputeProfile(cpus=99, wall_time=Duration(None)), None, "more than 3 times", False),
        (ComputeProfile(cpus=10**400, wall_time=Duration(1)), 1e308, "more than 3 x 00:00:01 = 00:00:03", False),
    ],
)
def test_fewer_cores_make_it_slower_and_only_too_slow_is_a_reason(profile, wall_clock, text, fits):
    advice = advised(profile, wall_clock=wall_clock)

    assert text in only_step(advice)
    assert advice.arithmetic[0].fits is fits
    assert advice.case is (ComputeCase.ADVISORY if fits is False else ComputeCase.AVAILABILITY_NOTE)


def test_a_quota_counts_as_the_cores_that_it_leaves():
    machine = attrs.evolve(MACHINE, affinity=64, quota=1.5)
    advice = advised(ComputeProfile(cpus=6, wall_time=Duration(HOUR)), machine=machine)

    assert "6 CPUs asked, 1.5 here (64 by affinity, a quota of 1.5)" in only_step(advice)
    assert "01:00:00 x 6 / 1.5 = 04:00:00" in only_step(advice)
    assert advice.case is ComputeCase.ADVISORY


@pytest.mark.parametrize(
    ("profile", "change", "text", "fits"),
    [
        (ComputeProfile(memory=amount(32)), {}, "32G asked, 32G here (32G in all); only 30G of it is free now", True),
        (ComputeProfile(memory=amount(8)), {}, "8G asked, 32G here (32G in all)", True),
        (
            ComputeProfile(memory=amount(8)),
            {"memory_limit": 4 * GIB},
            "8G asked, 4G here (32G in all, 4G by the control group)",
            False,
        ),
        (ComputeProfile(memory=Memory(32 * GIB + 1)), {}, f"{32 * GIB + 1} bytes asked, {32 * GIB} bytes here", False),
        (ComputeProfile(memory=amount(8)), {"memory_total": None}, "what there is could not be read here", None),
        (ComputeProfile(disk=amount(501)), {}, "501G asked, 500G free where the repository lies", False),
        (ComputeProfile(disk=amount(500)), {}, "500G asked, 500G free where the repository lies", True),
        (ComputeProfile(disk=amount(1)), {"disk_free": None}, "what is free could not be read here", None),
        (ComputeProfile(gpus=1), {}, "1 asked, 1 (NVIDIA T4, 16G) here", True),
        (ComputeProfile(gpus=2), {}, "2 asked, 1 (NVIDIA T4, 16G) here", False),
        (ComputeProfile(gpu_memory=amount(16)), {}, "1 of 16G asked, 1 (NVIDIA T4, 16G) here", True),
        (ComputeProfile(gpu_memory=amount(24)), {}, "1 of 24G asked, 1 (NVIDIA T4, 16G) here", False),
        (ComputeProfile(gpu_memory=amount(24)), {"gpus": (Gpu("x"),)}, "1 (x, memory unknown) here", None),
        (ComputeProfile(gpus=1), {"gpus": (), "notes": ("nvidia-smi: no answer",)}, "none here; nvidia-smi: no", False),
    ],
)
def test_memory_disk_and_gpus_that_are_not_there_are_a_reason(profile, change, text, fits):
    advice = advised(profile, machine=attrs.evolve(MACHINE, **change))

    assert text in only_step(advice)
    assert advice.arithmetic[0].fits is fits
    assert advice.fits is (fits is not False)
    assert advice.case is (ComputeCase.ADVISORY if fits is False else ComputeCase.AVAILABILITY_NOTE)


LARGE = ComputeProfile(cpus=8, memory=amount(256), gpus=4)


@pytest.mark.parametrize(
    ("backend", "refused"),
    [
        (BATCH, None),
        (BackendPolicy("b", "slurm", Memory(256 * GIB), 4, 8), None),
        (BackendPolicy("b", "slurm", Memory(128 * GIB)), "too small: 256G of memory asked, 128G there"),
        (BackendPolicy("b", "slurm", None, 3), "too small: 4 GPUs asked, 3 there"),
        (BackendPolicy("b", "slurm", None, None, 4), "too small: 8 CPUs asked, 4 there"),
        (BackendPolicy("b", "podman"), "podman runs on this machine, and that is no cloud"),
        (BackendPolicy("b", "Docker"), "Docker runs on this machine, and that is no cloud"),
    ],
)
def test_a_back_end_counts_where_it_is_large_enough_and_elsewhere(backend, refused):
    advice = advised(LARGE, backends=(backend,))

    assert [offer.refused for offer in advice.backends] == [refused]
    assert advice.case is (ComputeCase.ADVISORY if refused is None else None)
    assert advised(LARGE, backends=(backend, BATCH)).case is ComputeCase.ADVISORY


@pytest.mark.parametrize(
    ("spec", "policy", "wish", "said_by"),
    [
        ("auto", "auto", "auto", None),
        ("auto", "cloud", "cloud", "policy"),
        ("local", "cloud", "local", "spec"),
        ("cloud", "local", "cloud", "spec"),
    ],
)
def test_the_specs_wish_comes_before_the_policys(spec, policy, wish, said_by):
    advice = advised(ComputeProfile(preference=spec), preference=policy)

    assert (advice.wish, advice.wish_from) == (ComputePreference(wish), said_by)
    assert (advice.case is ComputeCase.CLOUD_PREFERRED) == (wish == "cloud")
    assert advice.local_fallback == (wish == "cloud")


def test_without_a_back_end_there_is_nothing_to_advise_and_one_line_says_why():
    nothing = advised(LARGE, backends=())
    small = advised(LARGE, backends=(BackendPolicy("here", "podman"), BackendPolicy("s", "slurm", None, 1)))

    assert compute_section(nothing) == compute_section(small) == ""
    assert why_nothing(advised(backends=())) == "no back end is configured"
    assert why_nothing(nothing) == (
        "no back end is configured; the compute profile does not fit this machine (memory, GPUs): "
        "memory: 256G asked, 32G here (32G in all); GPUs: 4 asked, 1 (NVIDIA T4, 16G) here"
    )
    assert why_nothing(small).startswith(
        "no back end counts (here: podman runs on this machine, and that is no cloud; "
        "s: too small: 4 GPUs asked, 1 there); the compute profile does not fit"
    )


def test_names_of_others_write_no_lines():
    strange = BackendPolicy("a\n## b\x1b[31m", "aws-batch", Memory(1))
    advice = advised(LARGE, backends=(strange,), machine=attrs.evolve(MACHINE, gpus=(Gpu("x\r\ny"),)))

    assert why_nothing(advice).isprintable()
    assert "\n## b" not in compute_section(advised(LARGE, backends=(strange, BATCH)))


def test_the_advisory_says_what_to_do_with_which_line_and_why():
    section = compute_section(advised(LARGE, preference="local"))

    assert section == (
        "## Compute Advisory\n"
        "\n"
        "Run the full protocol in the cloud: this machine does not suffice. First, on this machine: write the code, "
        "run the sanity checks, reproduce the baseline, and the minimum viable experiment too if it takes minutes. "
        "Then send the full protocol there with this line:\n"
        "\n"
        "```bash\n"
        f"{LINE}\n"
        "```\n"
        "\n"
        "What led to this:\n"
        "\n"
        "- time: 8 CPUs asked, 4 here (4 by affinity, no quota): 8 / 4 = 2 times the estimate, within 3 times: fits\n"
        "- memory: 256G asked, 32G here (32G in all): does not fit\n"
        "- GPUs: 4 asked, 1 (NVIDIA T4, 16G) here: does not fit\n"
        "- back end batch (aws-batch): large enough\n"
        "- preference: local, by the policy; it does not make this machine larger\n"
    )


def test_what_is_preferred_has_a_heading_of_its_own_and_a_fallback():
    section = compute_section(advised(preference="cloud"))

    assert section.startswith("## Compute Advisory (Cloud Preferred)\n")
    assert "Running here is a valid fallback when the cloud cannot be reached." in section
    assert f"\n{LINE}\n" in section
    assert "- profile: the spec's compute profile asks for nothing that could be missing here\n" in section
    assert "- preference: cloud, by the policy\n" in section


def test_the_note_has_its_three_triggers():
    section = compute_section(advised(ComputeProfile(wall_time=Duration(2 * HOUR))))

    assert section.startswith("## Cloud Availability Note\n\nRun everything on this machine.")
    assert section[section.index("- ") : section.index("This line")] == (
        "- if the run here takes more than 3 x its estimated wall time (3 x 02:00:00 = 06:00:00);\n"
        "- if this machine runs out of memory or disk;\n"
        "- if its resources are needed for interactive work.\n"
        "\n"
    )
    assert f"\n{LINE}\n" in section


@pytest.mark.parametrize("preference", ["auto", "local", "cloud"])
def test_a_section_has_exactly_one_heading(preference):
    for profile in (LARGE, ComputeProfile()):
        section = compute_section(advised(profile, preference=preference))
        assert [line for line in section.splitlines() if line.startswith("#")] == [section.splitlines()[0]]


def spec(**changes: object) -> Spec:
    made = Spec(
        id="exp-001-momentum",
        path="experiments/exp-001-momentum.md",
        title="Momentum",
        hypothesis="",
        variables=(Setting("momentum", {Arm.BASELINE: 0.0, Arm.TREATMENT: 0.9}),),
        controls=(Setting("data.file", {Arm.BASELINE: "a b.csv", Arm.TREATMENT: "a b.csv"}),),
        metrics=(),
        baselines=(),
        success=(),
        mve=None,
        procedure="",
        protocol=Protocol(treatment=("python scripts/run_experiment.py --full",)),
        seeds=(0, 1, 2),
        baseline_seeds=(0, 1, 2),
        budget=Budget("small", ()),
        abort=(),
        confounds=(),
    )
    return attrs.evolve(made, **changes)


def with_treatment(*commands: str) -> Spec:
    return spec(protocol=Protocol(treatment=commands))


def test_the_line_of_a_spec_that_asks_for_nothing_is_short():
    assert cloud_line(spec(), data=False) == (
        'tools/cloud-run run "python scripts/run_experiment.py --full" --spec experiments/exp-001-momentum.md '
        "--output-dir results/exp-001-momentum/ --detach"
    )


def test_the_line_names_folders_hours_and_what_is_asked_for():
    profile = ComputeProfile(8, Memory(16 * GIB), 2, None, None, Duration(HOUR), "auto", ("data/", "more data/"))
    asked = spec(budget=Budget("small", (BudgetLimit(BudgetKind.WALL_CLOCK, 4.5 * HOUR),), profile))

    assert cloud_line(asked, data=True) == (
        'tools/cloud-run run "python scripts/run_experiment.py --full" --spec experiments/exp-001-momentum.md '
        "--data-dirs 'data/,more data/' --output-dir results/exp-001-momentum/ --max-hours 5 --gpu 2 --cpus 8 "
        "--memory 16G --detach"
    )


def test_the_data_folder_is_taken_where_the_spec_names_none():
    assert " --data-dirs data/ --output-dir " in cloud_line(spec(), data=True)


def test_a_folder_with_a_comma_is_refused():
    with pytest.raises(UsageError, match="'a,b' has a comma"):
        cloud_line(spec(budget=Budget("small", (), ComputeProfile(data_dirs=("a,b",)))), data=False)


@pytest.mark.parametrize(
    ("wall_time", "wall_clock", "hours"),
    [
        (None, None, None),
        (Duration(None), None, None),
        (Duration(60), None, 1),
        (Duration(HOUR), None, 3),
        (Duration(HOUR), 10 * HOUR, 10),
        (Duration(4 * HOUR), 10 * HOUR, 12),
        (None, 2 * HOUR + 1, 3),
    ],
)
def test_the_hours_are_the_larger_of_the_budget_and_three_times_the_estimate(wall_time, wall_clock, hours):
    limits = () if wall_clock is None else (BudgetLimit(BudgetKind.WALL_CLOCK, wall_clock),)

    assert max_hours(spec(budget=Budget("small", limits, ComputeProfile(wall_time=wall_time)))) == hours


@pytest.mark.parametrize(
    ("commands", "line"),
    [
        (("python train.py --momentum {momentum}",), "python train.py --momentum 0.9"),
        (("python train.py {data.file}",), "python train.py 'a b.csv'"),
        (("python train.py  --x '$HOME'",), "python train.py --x '$HOME'"),  # no shell reads the spec's commands
        (("make\n  train",), "make train"),
        (("python a.py", "python b.py"), "python a.py && python b.py"),
        (("python t.py -s {seed}",), 'for seed in 0 1 2; do python t.py -s "$seed" || exit; done'),
        (
            ("python t.py --out=run-{seed}/{momentum}", "python e.py"),
            'for seed in 0 1 2; do python t.py --out=run-"$seed"/0.9 || exit; done && python e.py',
        ),
        ((), "COMMAND"),
    ],
)
def test_the_protocol_becomes_one_line_of_a_shell(commands, line):
    assert protocol_line(with_treatment(*commands)) == line
    words = shlex.split(cloud_line(with_treatment(*commands), data=False))
    assert words[:3] == ["tools/cloud-run", "run", line]


@pytest.mark.parametrize("value", [0.1, 1e-07, 3, True, False, None, "a b", "$x", ""])
def test_a_command_is_told_there_what_it_is_told_here(value):
    said = with_treatment("python 't r.py' --lr={lr} -- {lr}")
    said = attrs.evolve(said, variables=(Setting("lr", {Arm.BASELINE: 0, Arm.TREATMENT: value}),))

    assert tuple(shlex.split(protocol_line(said))) == fill(said.protocol.treatment[0], said, Arm.TREATMENT, None)


def test_the_loop_runs_every_seed_and_stops_at_a_failure(tmp_path):
    import subprocess

    script = tmp_path / "t.sh"
    script.write_text('echo "$1" >> seen; [ "$1" != 1 ] || exit 7\n')
    line = protocol_line(with_treatment("sh t.sh {seed}", "touch after"))

    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, check=False, timeout=20)

    assert done.returncode == 7
    assert (tmp_path / "seen").read_text() == "0\n1\n"
    assert not (tmp_path / "after").exists()


def test_a_command_that_is_not_there_is_said_to_be_missing():
    advice = attrs.evolve(advised(), command=cloud_line(with_treatment(), data=False))

    assert "names no treatment command: write it in place of COMMAND." in compute_section(advice)
    assert "in place of" not in compute_section(advised())


def test_a_quote_left_open_is_refused():
    with pytest.raises(UsageError, match=r"treatment command .* cannot be split"):
        protocol_line(with_treatment("python 'train.py"))
