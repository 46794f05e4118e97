"""The batch script of a group: what each task of the array is told, and that nothing can be put into it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.models.replicates import FIXED, INCREMENT, VARIABLES, filled, values_of
from autolab_core.models.resources import Duration, Memory
from autolab_core.schedulers.local.markers import parse_exit, parse_start
from autolab_core.schedulers.slurm.array import TaskArray, spans_of
from autolab_core.schedulers.slurm.job_ids import parse_id, tasks_of
from autolab_core.schedulers.slurm.request import SlurmRequest
from autolab_core.schedulers.slurm.script import SlurmScript, render
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.limits import HARD_CAPS

GROUP = "experiments/plan/iter_a/runs/g1"
TELL = (sys.executable, "-I", "-S", "-c")
TOLD = (
    "import json, os, sys; print(json.dumps([sys.argv[1:], {k: v for k, v in os.environ.items() if k[:4] == 'AUTO'}]))"
)


def content(root="/repository", command=("echo", "{seed}"), **more):
    array = more.pop("array", TaskArray((0, 1, 2), INCREMENT, 10))
    return SlurmScript(
        iteration_id="iter_a",
        iteration_folder="experiments/plan/iter_a",
        run_id="g1",
        run_folder=GROUP,
        token="autolab-iter_a-g1-7f3a",
        activation="export GREETING=hi\n",
        root=str(root),
        command=command,
        request=SlurmRequest(Duration.parse("00:50:00"), Memory.parse("64GB")),
        array=array,
        variables=VARIABLES,
        **more,
    )


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "a repo'sitory"
    (folder / ".autolab").mkdir(parents=True)
    return folder


def run_task(root, script, task):
    """Run *script* as Slurm starts one task of it."""
    path = root / "script"
    path.write_bytes(script)
    environment = {**os.environ, **({} if task is None else {"SLURM_ARRAY_TASK_ID": task})}
    return subprocess.run(["bash", str(path)], cwd="/", env=environment, capture_output=True, text=True, check=False)


def test_the_directives_name_the_tasks_and_a_folder_for_each():
    lines = render(content(array=TaskArray((4, 0, 1, 2), INCREMENT, 10))).decode().splitlines()

    assert "#SBATCH --array=0-2,4" in lines
    assert f"#SBATCH --output={GROUP}-r%a/logs/stdout.log" in lines
    assert f"#SBATCH --error={GROUP}-r%a/logs/stderr.log" in lines
    assert "#SBATCH --job-name=autolab-iter_a-g1-7f3a" in lines
    assert len(lines) <= HARD_CAPS["launch/run_slurm.sbatch"]


@given(st.sets(st.integers(0, 300), min_size=1, max_size=40))
def test_spans_stand_for_the_tasks_that_they_were_made_of(indices):
    text = spans_of(sorted(indices))

    assert {int(each.task) for each in tasks_of(parse_id(f"7_[{text}]"))} == indices


@pytest.mark.parametrize("task", [0, 1, 2])
def test_a_task_is_told_who_it_is_and_leaves_its_markers_in_its_own_folder(root, task):
    script = render(content(root, command=(*TELL, TOLD, "--seed", "{seed}", "it's {replicate}/{seed} of {x}")))

    done = run_task(root, script, str(task))

    assert done.returncode == 0, done
    words, told = json.loads(done.stdout)
    folder = root / f"{GROUP}-r{task}"
    assert words == ["--seed", str(10 + task), f"it's {task}/{10 + task} of {{x}}"]
    assert told["AUTOLAB_RUN_ID"] == f"g1-r{task}"
    assert told["AUTOLAB_GROUP_ID"] == "g1"
    assert (told["AUTOLAB_SEED"], told["AUTOLAB_REPLICATE"]) == (str(10 + task), str(task))
    assert told["AUTOLAB_RUN_DIR"] == str(folder)
    start = parse_start((folder / "logs/start.json").read_bytes(), "start")
    end = parse_exit((folder / "logs/exit.json").read_bytes(), "exit")
    assert (start.token, end.token, end.exit_code) == ("autolab-iter_a-g1-7f3a", "autolab-iter_a-g1-7f3a", 0)
    assert not (root / GROUP).exists()


def test_a_task_starts_once(root):
    script = render(content(root, command=("sh", "-c", "echo x >>started")))

    codes = [run_task(root, script, task).returncode for task in ("1", "1", "2")]

    assert codes == [0, 75, 0]
    assert (root / "started").read_text() == "x\nx\n"


@pytest.mark.parametrize("task", [None, "", "1x", "$(touch owned)", "-1", "a[$(touch owned)]"])
def test_what_is_no_task_of_an_array_starts_nothing(root, task):
    done = run_task(root, render(content(root, command=("touch", "started"))), task)

    assert done.returncode == 2
    assert "task of a job array" in done.stderr
    assert not (root / "started").exists()
    assert not list(root.rglob("owned"))


@pytest.mark.parametrize(
    ("strategy", "base", "seeds"),
    [(INCREMENT, -3, ["-3", "-1"]), (FIXED, 7, ["7", "7"]), (INCREMENT, 2**61, [str(2**61), str(2**61 + 2)])],
)
def test_seeds_are_those_that_the_plan_counted(root, strategy, base, seeds):
    script = render(content(root, command=("echo", "{seed}"), array=TaskArray((0, 2), strategy, base)))

    assert [run_task(root, script, task).stdout.strip() for task in ("0", "2")] == seeds


def test_a_seed_that_a_shell_cannot_count_to_is_refused():
    with pytest.raises(UsageError, match="too large"):
        TaskArray((0, 1), INCREMENT, 2**63)
    with pytest.raises(UsageError, match="at least one task"):
        TaskArray((), INCREMENT, 0)


HOSTILE = st.sampled_from(
    ["'", '"', "$(touch owned)", "`touch owned`", "\\", "\n", " ", "*", "$AUTOLAB_SEED", "é", ";"]
)
WORDS = st.lists(st.lists(HOSTILE | st.sampled_from([*VARIABLES, "{x}", "a"]), max_size=4).map("".join), max_size=4)


@given(WORDS)
def test_whatever_stands_around_a_placeholder_reaches_the_program_unchanged(tmp_path_factory, words):
    root = tmp_path_factory.mktemp("root")
    (root / ".autolab").mkdir()
    script = render(content(root, command=(*TELL, TOLD, *words)))

    done = run_task(root, script, "3")

    assert json.loads(done.stdout)[0] == list(filled(words, values_of(3, 13)))
    assert not list(root.rglob("owned"))


def test_the_command_of_a_run_that_is_no_array_keeps_its_braces(root):
    alone = attrs.evolve(content(root, command=("echo", "{seed}")), array=None, variables={})

    assert run_task(root, render(alone), None).stdout == "{seed}\n"
