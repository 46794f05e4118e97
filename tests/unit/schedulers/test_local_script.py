"""``run_local.sh``: the order of its lines, and what it leaves behind however it ends."""

from __future__ import annotations

import json
import subprocess

import attrs
import pytest

from autolab_core.schedulers.local.markers import parse_exit, parse_start
from autolab_core.schedulers.local.script import LocalScript, render
from autolab_core.vocab.limits import HARD_CAPS

RUN = "experiments/plan/iter_a/runs/r1"
CONTENT = LocalScript(
    iteration_id="iter_a",
    iteration_folder="experiments/plan/iter_a",
    run_id="r1",
    run_folder=RUN,
    token="autolab-iter_a-r1-7f3a",
    command=("echo", "hello"),
    activation="export GREETING=hi\n",
)


@pytest.fixture
def root(tmp_path):
    (tmp_path / ".autolab").mkdir()
    (tmp_path / RUN).mkdir(parents=True)
    return tmp_path


def execute(root, *, cwd=None, **changes):
    script = root / RUN / "run_local.sh"
    script.write_bytes(render(attrs.evolve(CONTENT, **changes)))
    return subprocess.run(["bash", str(script)], capture_output=True, text=True, check=False, cwd=cwd)


def log(root, name):
    return (root / RUN / "logs" / name).read_text()


def exit_marker(root):
    return parse_exit(log(root, "exit.json").encode(), "exit.json")


def test_strict_mode_follows_the_header_at_once():
    lines = render(CONTENT).decode().splitlines()
    first = next(line for line in lines if not line.startswith("#"))

    assert lines[0].startswith("#!")
    assert first == "set -euo pipefail"


def test_the_activation_stands_verbatim_between_set_plus_u_and_set_minus_u():
    activation = 'a="$HOME"\n  # {braces} and \\backslashes\n\nif true; then\n\tb=1\nfi'
    text = render(attrs.evolve(CONTENT, activation=activation + "\n")).decode()
    before, rest = text.split(activation)

    assert "\nset +u\n" in before
    assert rest.index("\nset -u\n") < rest.index("\necho hello\n")
    assert "set -u" not in before.replace("set -euo", "").split("\nset +u\n")[1]


def test_the_command_comes_last():
    assert render(CONTENT).decode().endswith("\necho hello\n")


def test_the_script_is_well_within_its_budget_of_lines():
    assert len(render(CONTENT).splitlines()) <= HARD_CAPS["launch/run_local.sh"] - 100


def test_bash_finds_no_fault_in_it():
    done = subprocess.run(["bash", "-n"], input=render(CONTENT), capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("iteration_id", "a\nrm -rf x"),
        ("iteration_id", "../a"),
        ("run_id", "$(id)"),
        ("run_id", "{{run_id}}"),
        ("run_folder", "/etc"),
        ("run_folder", "a/../../b"),
        ("iteration_folder", "a\nb"),
        ("token", 'a"b'),
        ("token", ""),
    ],
)
def test_a_hostile_name_cannot_be_rendered(field, text):
    with pytest.raises(ValueError, match=field):
        attrs.evolve(CONTENT, **{field: text})


def test_a_command_that_succeeds_leaves_both_markers_and_its_output(root):
    done = execute(root)

    start = parse_start(log(root, "start.json").encode(), "start.json")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (start.token, type(start.pid)) == (CONTENT.token, int)
    assert start.started_at <= exit_marker(root).finished_at
    assert (exit_marker(root).token, exit_marker(root).exit_code) == (CONTENT.token, 0)
    assert log(root, "stdout.log") == "hello\n"


@pytest.mark.parametrize(
    ("changes", "code", "complaint"),
    [
        ({"command": ("bash", "-c", "echo broken >&2; exit 7")}, 7, "broken"),
        ({"command": ("bash", "-c", "kill -KILL $$")}, 137, "Killed"),
        ({"command": ("no-such-program",)}, 127, "no-such-program"),
        ({"activation": "exit 3"}, 3, ""),
        ({"activation": "false"}, 1, ""),
        ({"activation": "false | true"}, 1, ""),
        ({"activation": 'set -u; echo "$not_there"'}, 1, "not_there: unbound variable"),
        ({"activation": "if true; then"}, 2, "syntax error"),
    ],
)
def test_a_failure_is_in_the_exit_marker_whatever_failed(root, changes, code, complaint):
    done = execute(root, **changes)

    assert (done.returncode, exit_marker(root).exit_code) == (code, code)
    assert complaint in log(root, "stderr.log")
    assert log(root, "stdout.log") == ""


@pytest.mark.parametrize("activation", ["exit 0", "cat <<END\nwho closes this?"])
def test_an_activation_that_ends_the_script_is_no_success(root, activation):
    execute(root, activation=activation)

    assert exit_marker(root).exit_code != 0
    assert "the activation block ended the script before its command" in log(root, "stderr.log")


def test_an_activation_that_replaces_the_script_leaves_no_exit_marker_and_so_no_result(root):
    execute(root, activation="exec true")

    assert not (root / RUN / "logs" / "exit.json").exists()


def test_an_activation_may_use_variables_that_are_not_set(root):
    execute(root, activation='export PATH="$PATH${NOT_SET:+:x}"; echo "<$NOT_SET>"')

    assert log(root, "stdout.log") == "<>\nhello\n"


def test_a_function_of_the_activation_can_be_the_command(root):
    execute(root, activation='greet() { echo "hello $1"; }', command=("greet", "world"))

    assert log(root, "stdout.log") == "hello world\n"


def test_a_second_start_does_nothing(root):
    execute(root)
    before = {path: path.read_bytes() for path in (root / RUN / "logs").iterdir()}

    done = execute(root)

    assert done.returncode == 75
    assert "was started before" in done.stderr
    assert {path: path.read_bytes() for path in (root / RUN / "logs").iterdir()} == before


def test_an_empty_start_marker_is_a_start_too(root):
    (root / RUN / "logs").mkdir()
    (root / RUN / "logs" / "start.json").touch()

    assert execute(root).returncode == 75
    assert not (root / RUN / "logs" / "exit.json").exists()


def test_a_start_marker_that_cannot_be_written_is_not_called_a_second_start(root):
    (root / RUN / "logs").mkdir()
    (root / RUN / "logs" / "start.json").symlink_to("nowhere/at/all")

    done = execute(root)

    assert done.returncode == 73
    assert "cannot be written" in done.stderr


def test_it_finds_the_repository_from_anywhere_even_with_cdpath(root, tmp_path_factory, monkeypatch):
    decoy = tmp_path_factory.mktemp("decoy")
    (decoy / RUN).mkdir(parents=True)
    (decoy / ".autolab").mkdir()
    monkeypatch.setenv("CDPATH", str(decoy))
    script = root / RUN / "run_local.sh"
    script.write_bytes(render(attrs.evolve(CONTENT, command=("pwd",))))

    subprocess.run(["bash", f"{RUN}/run_local.sh"], cwd=root, check=True)

    assert log(root, "stdout.log") == f"{root}\n"


def test_it_refuses_to_run_outside_of_a_repository(root):
    (root / ".autolab").rmdir()

    done = execute(root)

    assert (done.returncode, "not below an Autolab repository" in done.stderr) == (2, True)
    assert not (root / RUN / "logs").exists()


def test_the_command_is_told_which_run_it_is(root):
    names = ("ITERATION_ID", "ITERATION_PATH", "RUN_ID", "RUN_DIR")
    execute(root, command=("printenv", *(f"AUTOLAB_{name}" for name in names)))

    assert log(root, "stdout.log") == f"iter_a\nexperiments/plan/iter_a\nr1\n{root}/{RUN}\n"


@pytest.mark.parametrize(("number", "code"), [("INT", 130), ("TERM", 143)])
def test_a_signal_to_the_script_is_in_its_exit_marker(root, number, code):
    execute(root, activation=f"kill -{number} $$; sleep 1")

    assert exit_marker(root).exit_code == code


def test_the_exit_marker_is_json_for_any_host_name(root):
    execute(root)

    assert set(json.loads(log(root, "exit.json"))) == {"token", "exit_code", "finished_at"}
    assert not list((root / RUN / "logs").glob("*.tmp"))
