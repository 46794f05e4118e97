"""``run_slurm.sbatch``: what it asks, that nothing can be put into it, and what it leaves behind however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.exec.quoting import quote_all
from autolab_core.models.design import Compute
from autolab_core.models.entrypoint import split_words
from autolab_core.models.resources import Duration, Memory
from autolab_core.schedulers.local.markers import parse_exit, parse_start
from autolab_core.schedulers.slurm.request import IncompleteRequest, SlurmRequest, request_of
from autolab_core.schedulers.slurm.script import SlurmScript, render
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.limits import HARD_CAPS
from autolab_core.vocab.states import Verdict
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.selftest import repository as sample

RUN = "experiments/plan/iter_a/runs/r1"
REQUEST = SlurmRequest(Duration.parse("00:50:00"), Memory.parse("64GB"))
CONTENT = SlurmScript(
    iteration_id="iter_a",
    iteration_folder="experiments/plan/iter_a",
    run_id="r1",
    run_folder=RUN,
    token="autolab-iter_a-r1-7f3a",
    activation="export GREETING=hi\n",
    root="/home/a b/é'$(id)",
    command=("echo", "hello"),
    request=REQUEST,
)
FLUSHES = """
import signal, sys, time
def stop(*_):
    print("flushed", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print("up", flush=True)
time.sleep(60)
"""


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "a repo'sitory"
    (folder / ".autolab").mkdir(parents=True)
    (folder / RUN / "logs").mkdir(parents=True)
    return folder


def start(root, environment=None, **changes):
    """Run the script as Slurm does: a copy that lies elsewhere, its output in the files that its directives name."""
    copy = root.parent / "slurm_script"
    copy.write_bytes(render(attrs.evolve(CONTENT, root=str(root), **changes)))
    with open(root / RUN / "logs/stdout.log", "ab") as out, open(root / RUN / "logs/stderr.log", "ab") as err:
        return subprocess.Popen(
            ["bash", str(copy)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            cwd=root.parent,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )


def execute(root, environment=None, **changes):
    return start(root, environment, **changes).wait(30)


def log(root, name):
    return (root / RUN / "logs" / name).read_text()


def exit_code(root):
    marker = parse_exit(log(root, "exit.json").encode(), "exit.json")
    assert marker.token == CONTENT.token
    return marker.exit_code


def until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def directives(content=CONTENT):
    return [
        line.removeprefix("#SBATCH ") for line in render(content).decode().splitlines() if line.startswith("#SBATCH")
    ]


def test_what_is_asked_of_slurm():
    assert directives() == [
        "--job-name=autolab-iter_a-r1-7f3a",
        f"--output={RUN}/logs/stdout.log",
        f"--error={RUN}/logs/stderr.log",
        "--open-mode=append",
        "--export=ALL",
        "--no-requeue",
        "--time=00:50:00",
        "--mem=64G",
        "--signal=B:TERM@60",
    ]


def test_whatever_the_design_asks_for_is_asked_of_slurm():
    compute = Compute(
        walltime_estimate=Duration(300),
        memory_estimate=Memory.parse("1536M"),
        gpu_count=2,
        gpu_type="a100",
        partition="gpu,long",
        qos="high",
        account="proj-1",
        num_nodes=2,
        cpus=8,
    )

    assert request_of(compute).options() == (
        "--time=00:05:00",
        "--mem=1536M",
        "--gres=gpu:a100:2",
        "--partition=gpu,long",
        "--qos=high",
        "--account=proj-1",
        "--nodes=2",
        "--ntasks-per-node=1",
        "--cpus-per-task=8",
    )


def test_gpus_of_any_type_are_counted_only():
    assert "--gres=gpu:3" in attrs.evolve(REQUEST, gpus=3).options()
    assert not [each for each in attrs.evolve(REQUEST, gpu_type="a100").options() if "gpu" in each]


def test_what_the_design_leaves_out_is_left_out():
    assert request_of(Compute(walltime_estimate=Duration(60), memory_estimate=Memory(2**30))).options() == (
        "--time=00:01:00",
        "--mem=1G",
    )


@pytest.mark.parametrize(
    ("compute", "keys"),
    [
        (Compute(), ("walltime_estimate", "memory_estimate")),
        (Compute(walltime_estimate=Duration(60)), ("memory_estimate",)),
        (Compute(memory_estimate=Memory(2**30)), ("walltime_estimate",)),
    ],
)
def test_a_design_without_time_or_memory_is_refused_naming_them(compute, keys):
    with pytest.raises(IncompleteRequest) as caught:
        request_of(compute)

    assert caught.value.keys == keys
    assert all(f"compute.{key}" in str(caught.value) for key in keys)


def test_a_request_that_nobody_here_understands_is_refused_not_dropped():
    compute = Compute(
        walltime_estimate=Duration(60), memory_estimate=Memory(2**30), extra={"tmp": "2T", "nothing": None}
    )

    with pytest.raises(UsageError, match=r"compute\.tmp cannot be asked of Slurm"):
        request_of(compute)


def test_no_limit_at_all_has_no_warning_before_it():
    options = attrs.evolve(REQUEST, time=Duration(None)).options()

    assert options == ("--time=UNLIMITED", "--mem=64G")


WORDS = st.text(min_size=1) | st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9_.,:@+=/ #%-]{0,9}\Z")


@given(WORDS, st.sampled_from(["partition", "qos", "account", "gpu_type"]))
def test_no_value_adds_a_line_an_option_or_a_comment(text, field):
    try:
        request = attrs.evolve(REQUEST, gpus=1, **{field: text})
    except UsageError:
        return
    lines = directives(attrs.evolve(CONTENT, request=request))

    assert len(lines) == len(directives()) + (1 if field == "gpu_type" else 2)
    assert all(len(line.split()) == 1 and not set(line) & set("'\"\\#%`$") for line in lines)


@pytest.mark.parametrize("field", ["partition", "qos", "account", "gpu_type"])
@pytest.mark.parametrize("text", ["", "a b", "a\n#SBATCH --mem=1", "'a'", "-a", "é", "a#b", "a" * 201])
def test_a_value_that_is_no_word_is_refused_by_name(field, text):
    with pytest.raises(UsageError, match=rf"compute\.{field}"):
        attrs.evolve(REQUEST, **{field: text})


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("token", "a b"),
        ("token", "a\n#SBATCH --mem=1"),
        ("token", "a,b"),
        ("token", "é"),
        ("token", "-a"),
        ("token", "a" * 201),
        ("run_folder", "experiments/a b/runs/r1"),
        ("run_folder", "experiments/%u/runs/r1"),
        ("run_folder", "experiments/é/runs/r1"),
        ("run_folder", 'experiments/"/runs/r1'),
        ("run_folder", "../x"),
        ("run_id", "$(id)"),
        ("root", "relative"),
        ("root", "/a\nb"),
        ("command", ()),
        ("command", ("a\x00b",)),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(field, text):
    with pytest.raises((UsageError, ValueError), match=r"token|folder|run_id|path|command|NUL"):
        render(attrs.evolve(CONTENT, **{field: text}))


def test_strict_mode_follows_the_header_at_once():
    lines = render(CONTENT).decode().splitlines()
    first = next(line for line in lines if not line.startswith("#"))

    assert (lines[0], first) == ("#!/usr/bin/env bash", "set -euo pipefail")
    assert all(line.startswith("#SBATCH") for line in lines[1 : 1 + len(directives())])


def test_the_activation_stands_verbatim_between_set_plus_u_and_set_minus_u():
    activation = 'a="$HOME"\n  # {braces} and \\backslashes\n\nif true; then\n\tb=1\nfi'
    text = render(attrs.evolve(CONTENT, activation=activation + "\n")).decode()
    before, rest = text.split(activation)

    assert before.rindex("\nset +u\n") > before.rindex("trap 'exit 143'")
    assert rest.index("\nset -u\n") < rest.index("\necho hello &\n")


def test_the_script_is_within_its_budget_of_lines_or_refused():
    cap = HARD_CAPS["launch/run_slurm.sbatch"]
    used = len(render(attrs.evolve(CONTENT, requeue=True)).splitlines())
    with_scratch = len(render(attrs.evolve(CONTENT, requeue=True, scratch="/tmp")).splitlines())

    assert used <= cap - 15
    assert with_scratch <= cap - 3
    with pytest.raises(UsageError, match=f"would have .* lines, and {cap} are allowed"):
        render(attrs.evolve(CONTENT, activation="true\n" * cap))


@pytest.mark.parametrize("requeue", [False, True])
def test_bash_finds_no_fault_in_it(requeue):
    source = render(attrs.evolve(CONTENT, requeue=requeue, guard=("guard", "--"), scratch="~/s"))
    done = subprocess.run(["bash", "-n"], input=source, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")


def test_a_command_that_succeeds_leaves_both_markers_and_its_output(root):
    assert execute(root, command=("bash", "-c", 'echo "$GREETING from $PWD"')) == 0

    assert parse_start(log(root, "start.json").encode(), "start.json").token == CONTENT.token
    assert (exit_code(root), log(root, "stdout.log"), log(root, "stderr.log")) == (0, f"hi from {root}\n", "")


@pytest.mark.parametrize(
    ("changes", "code", "complaint"),
    [
        ({"command": ("bash", "-c", "exit 7")}, 7, ""),
        ({"command": ("bash", "-c", "kill -KILL $$")}, 137, "Killed"),
        ({"command": ("no-such-program",)}, 127, "no-such-program"),
        ({"activation": "exit 3"}, 3, ""),
        ({"activation": "exit 0"}, 70, "the activation block ended the script"),
        ({"activation": "false | true"}, 1, ""),
    ],
)
def test_a_failure_is_in_the_exit_marker_whatever_failed(root, changes, code, complaint):
    assert execute(root, **changes) == code

    assert exit_code(root) == code
    assert complaint in log(root, "stderr.log")


def test_a_second_start_does_nothing(root):
    execute(root)
    before = {path.name: path.read_bytes() for path in (root / RUN / "logs").glob("*.json")}

    assert execute(root, environment={"SLURM_RESTART_COUNT": "1"}) == 75
    assert {path.name: path.read_bytes() for path in (root / RUN / "logs").glob("*.json")} == before
    assert "was started before" in log(root, "stderr.log")


def test_an_attempt_that_slurm_began_is_no_second_start_and_keeps_what_the_first_one_left(root):
    execute(root, requeue=True, command=("bash", "-c", "exit 5"))

    assert execute(root, environment={"SLURM_RESTART_COUNT": "1"}, requeue=True) == 0
    assert exit_code(root) == 0
    assert json.loads(log(root, "exit.attempt-0.json"))["exit_code"] == 5
    assert (root / RUN / "logs" / "start.attempt-0.json").exists()


def test_a_place_that_is_no_repository_is_refused(root):
    (root / ".autolab").rmdir()

    assert execute(root) == 2
    assert "is no Autolab repository on" in log(root, "stderr.log")


@pytest.mark.parametrize("activation", ["", 'python3() { command python3 "$@"; }'], ids=["program", "function"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_is_told_of_a_signal_to_the_script_alone_and_may_still_write(root, activation, number):
    job = start(root, activation=activation, command=("python3", "-c", FLUSHES))
    until(lambda: "up" in log(root, "stdout.log"))
    job.send_signal(number)

    assert (job.wait(20), exit_code(root)) == (143, 143)
    assert log(root, "stdout.log") == "up\nflushed\n"
    assert "its command ended with 0" in log(root, "stderr.log")
    told = json.loads(log(root, "signal.json"))
    assert (told["token"], told["signal"]) == (CONTENT.token, number.name.removeprefix("SIG"))


def test_a_command_that_takes_its_time_after_the_signal_is_waited_for(root):
    slow = "trap 'sleep 1; echo late; exit 9' TERM; echo up; while :; do sleep 0.1; done"
    job = start(root, command=("bash", "-c", slow))
    until(lambda: "up" in log(root, "stdout.log"))
    job.send_signal(signal.SIGTERM)

    assert (job.wait(20), exit_code(root), log(root, "stdout.log")) == (9, 9, "up\nlate\n")


def test_a_command_in_the_background_of_the_activation_is_not_waited_for(root):
    begun = time.monotonic()

    assert execute(root, activation="sleep 30 >/dev/null 2>&1 &") == 0
    assert time.monotonic() - begun < 10


def test_the_guard_stands_before_the_command(root):
    code = execute(root, guard=("env", "GUARDED=yes"), command=("bash", "-c", 'echo "guarded: $GUARDED"; exit 4'))

    assert (code, exit_code(root)) == (4, 4)
    assert log(root, "stdout.log") == "guarded: yes\n"


# --- a scratch folder on the node


def outputs(root):
    folder = root / CONTENT.run_folder / "outputs"
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("ending", ["true", "exit 3", "kill -TERM $PPID; sleep 5", "kill -INT $PPID; sleep 5"])
def test_what_lies_in_the_scratch_folder_comes_into_the_run_s_outputs_however_the_job_ends(root, tmp_path, ending):
    scratch = tmp_path / "it's node local"
    body = (
        f'mkdir "$AUTOLAB_SCRATCH/deep"; echo 1 >"$AUTOLAB_SCRATCH/deep/a b"; echo 2 >"$AUTOLAB_SCRATCH/.c"; {ending}'
    )

    execute(root, scratch=str(scratch), command=("bash", "-c", body))

    assert outputs(root) == {"deep/a b": "1\n", ".c": "2\n"}
    assert (exit_code(root) == 0) is (ending == "true")
    assert list(scratch.iterdir()) == []  # each run's folder is its own, and is gone


def test_an_activation_that_ends_the_script_leaves_its_scratch_folder_gathered_too(root, tmp_path):
    execute(root, scratch=str(tmp_path / "s"), activation='echo 1 >"$AUTOLAB_SCRATCH/early"; exit 5')

    assert (exit_code(root), outputs(root)) == (5, {"early": "1\n"})


def test_a_run_whose_scratch_cannot_be_gathered_is_no_success_and_nothing_of_it_is_lost(root, tmp_path):
    body = 'echo 1 >"$AUTOLAB_SCRATCH/kept"; rm -rf "$AUTOLAB_RUN_DIR/outputs"; echo >"$AUTOLAB_RUN_DIR/outputs"'

    execute(root, scratch=str(tmp_path / "s"), command=("bash", "-c", body))

    assert exit_code(root) == 74
    assert "could not be gathered" in log(root, "stderr.log")
    assert (tmp_path / "s" / CONTENT.run_id / "kept").read_text() == "1\n"


def test_a_scratch_folder_that_cannot_be_made_ends_the_run_before_its_command(root, tmp_path):
    (tmp_path / "file").write_text("")

    execute(root, scratch=str(tmp_path / "file" / "s"), command=("echo", "begun"))

    assert (exit_code(root), log(root, "stdout.log")) == (73, "")


@pytest.mark.parametrize("scratch", ["relative", "/a\nb", "", "$TMPDIR"])
def test_a_scratch_folder_that_is_not_absolute_is_refused(scratch):
    with pytest.raises(UsageError, match="scratch folder"):
        render(attrs.evolve(CONTENT, scratch=scratch))


@given(st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), min_size=1, max_size=3))
def test_the_words_of_the_command_are_one_line_of_shell(words):
    text = render(attrs.evolve(CONTENT, command=("printf", *words))).decode()

    assert f"\n{quote_all(('printf', *words))} &\nautolab_child=" in text


def verified(tmp_path, **changes):
    repository = sample.build(tmp_path)
    content = attrs.evolve(
        CONTENT,
        iteration_id=sample.ITERATION,
        iteration_folder=sample.PATHS.folder,
        run_id=sample.RUN_PATHS.folder.rpartition("/")[2],
        run_folder=sample.RUN_PATHS.folder,
        activation=sample.ACTIVATION,
        root=str(tmp_path),
        command=split_words("command", sample.COMMAND),
        **changes,
    )
    repository.write(sample.PATHS.run_slurm, render(content).decode())
    checks = examine(repository.root, only=["launch_scripts", "file_line_limits"]).judgement.checks
    return {each.rule: each.status for each in checks}


def test_the_verifiers_of_launch_scripts_find_no_fault_in_it(tmp_path):
    statuses = verified(tmp_path)

    assert {rule: statuses[f"LS00{rule}"] for rule in range(1, 9)} == dict.fromkeys(range(1, 9), Verdict.PASS)
    assert Verdict.FAIL not in statuses.values()


def test_the_verifiers_do_find_a_partition_that_is_not_the_designs(tmp_path):
    assert verified(tmp_path, request=attrs.evolve(REQUEST, partition="gpu"))["LS004"] is Verdict.FAIL
