"""From the design to argv."""

from __future__ import annotations

import pytest

from autolab_core.models.design import Entrypoint
from autolab_core.models.entrypoint import entrypoint_argv
from autolab_core.stages.launching.command import fill
from autolab_core.vocab.errors import UsageError


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({}, ()),
        ({"learning_rate": 0.1}, ("--learning-rate", "0.1")),
        ({"seeds": [0, 1]}, ("--seeds", "0", "1")),
        ({"seeds": []}, ("--seeds",)),
        ({"fast": True, "slow": False, "none": None}, ("--fast",)),
        ({"flags": [True, False]}, ("--flags", "true", "false")),
        ({"text": "two words"}, ("--text", "two words")),
        ({"empty": ""}, ("--empty", "")),
        ({"minus": "-1", "n": -1}, ("--minus", "-1", "--n", "-1")),
    ],
)
def test_arguments_of_a_module_become_options(args, words):
    assert entrypoint_argv(Entrypoint(module="pkg.train", args=args)) == ("python", "-m", "pkg.train", *words)


@pytest.mark.parametrize("value", [{"a": 1}, [{"a": 1}], [[1]], [None]])
def test_a_nested_argument_is_refused_with_the_way_out(value):
    with pytest.raises(UsageError, match=r"entrypoint\.args\.opt holds a .*: put nested settings into a configuration"):
        entrypoint_argv(Entrypoint(module="m", args={"opt": value}))


def test_a_command_line_is_split_by_the_shell_s_quotes_and_expanded_by_nothing():
    entrypoint = Entrypoint(cli="python train.py --name 'a b' --home $HOME *.txt")

    assert entrypoint_argv(entrypoint) == ("python", "train.py", "--name", "a b", "--home", "$HOME", "*.txt")


@pytest.mark.parametrize("line", ["python 'open", "   ", "python \\"])
def test_a_command_line_that_is_none_is_refused_by_its_name(line):
    with pytest.raises(UsageError, match=r"^entrypoint\.cli "):
        entrypoint_argv(Entrypoint(cli=line))


VALUES = {"run_id": "r 1", "iteration_path": "experiments/a"}


def test_placeholders_are_filled_in_after_splitting():
    line = "extract --run {run_id} --out={iteration_path}/x {run_id}{run_id}"

    assert fill("it", line, VALUES) == ("extract", "--run", "r 1", "--out=experiments/a/x", "r 1r 1")


def test_braces_that_are_no_placeholder_are_left_alone():
    assert fill("it", "awk '{print $1}' '{}' '{\"a\": 1}' '${x y}'", VALUES)[1:] == (
        "{print $1}",
        "{}",
        '{"a": 1}',
        "${x y}",
    )


def test_an_unknown_placeholder_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match=r"it holds \{job\}, which is not known; known: iteration_path, run_id"):
        fill("it", "extract {run_id} {job}", VALUES)


def test_a_value_that_looks_like_a_placeholder_is_not_filled_in_again():
    assert fill("it", "x {a}", {"a": "{b}", "b": "no"}) == ("x", "{b}")
    assert fill("it", "x {b}", {"a": "no", "b": "{a}"}) == ("x", "{a}")


@pytest.mark.parametrize(
    "line", ["python a.py && python b.py", "python a.py > out.txt", "a | b", "cd src", "exec python"]
)
def test_a_line_that_only_a_shell_understands_is_refused(line):
    with pytest.raises(UsageError, match="no shell reads it"):
        entrypoint_argv(Entrypoint(cli=line))


def test_shell_signs_in_quotes_are_plain_words():
    assert entrypoint_argv(Entrypoint(cli="grep 'a && b' '>x'")) == ("grep", "a && b", ">x")
