"""Any words, however hostile, reach a real program unchanged: through the quoting, the launch script and bash."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autolab_core.exec.quoting import quote, quote_all, quote_line
from autolab_core.models.design import Entrypoint
from autolab_core.models.entrypoint import entrypoint_argv, split_words
from autolab_core.schedulers.local.script import LocalScript, render
from autolab_core.stages.launching.command import command_line, fill
from autolab_core.vocab.errors import UsageError

CHARACTERS = st.characters(exclude_characters="\x00", exclude_categories=["Cs"])
HOSTILE = st.sampled_from(
    ["", " ", "'", '"', "\n", "\\", "$(touch owned)", "`touch owned`", "$HOME", "-n", "--", "*", "~", "a;touch owned",
     "&& touch owned", "#", "!", "{a,b}", "{command}", "é", "日本", "\r\n", "'\"'\"'", "EOF", "x=1", "\x1b[0m", "\x7f"]
)  # fmt: skip
WORDS = st.lists(st.text(CHARACTERS) | HOSTILE | st.tuples(HOSTILE, HOSTILE).map("".join), max_size=8)

TELL = (sys.executable, "-I", "-S", "-c", "import json, sys; json.dump(sys.argv[1:], open('told.json', 'w'))")


def received(folder: Path, words: list[str], activation: str = "") -> list[str]:
    """What a program gets that ``run_local.sh`` starts with *words*."""
    run = folder / "runs" / "r1"
    run.mkdir(parents=True)
    (folder / ".autolab").mkdir()
    content = LocalScript(
        iteration_id="iter_a",
        iteration_folder="experiments/iter_a",
        run_id="r1",
        run_folder="runs/r1",
        token="autolab-t",
        command=(*TELL, *words),
        activation=activation,
    )
    (run / "run_local.sh").write_bytes(render(content))
    subprocess.run(["bash", str(run / "run_local.sh")], cwd="/", check=True)
    assert not list(folder.rglob("owned"))
    return json.loads((folder / "told.json").read_text())


@settings(max_examples=30)
@given(WORDS)
@example(["a b", "it's", '"', "line\nline", "é日本\U0001f600", "$(touch owned)", "`touch owned`", "-rf", "--", ""])
def test_a_program_is_given_exactly_the_words_of_the_command(words):
    with tempfile.TemporaryDirectory(prefix="a folder's ") as folder:
        assert received(Path(folder), words) == words


def test_no_word_is_too_long_for_the_script(tmp_path):
    word = "x'" * 50_000

    assert received(tmp_path, [word]) == [word]


@given(WORDS.filter(bool))
def test_a_command_line_reads_back_as_its_words(words):
    assert split_words("it", command_line(tuple(words))) == tuple(words)


@given(st.text(CHARACTERS))
def test_a_quoted_word_is_one_word_and_means_itself(word):
    assert shlex.split(quote(word)) == [word]


@settings(max_examples=60)
@given(st.text(CHARACTERS) | HOSTILE | st.tuples(HOSTILE, HOSTILE).map("".join))
@example("python train.py --full")
@example("echo $HOME")
def test_a_quoted_line_is_one_word_and_means_itself_to_a_shell(line):
    done = subprocess.run(["sh", "-c", f"printf %s {quote_line(line)}"], capture_output=True, check=True)

    assert done.stdout == line.encode()


@pytest.mark.parametrize(
    ("line", "quoted"),
    [
        ("python train.py --full", '"python train.py --full"'),
        ("it's", '"it\'s"'),
        ('for s in 1; do t "$s"; done', "'for s in 1; do t \"$s\"; done'"),
        ("stop!", "'stop!'"),
    ],
)
def test_a_quoted_line_is_in_double_quotes_where_nothing_in_it_means_anything_there(line, quoted):
    assert quote_line(line) == quoted


@given(st.text(), st.text())
def test_a_word_with_nul_is_refused_because_no_process_can_be_given_it(before, after):
    with pytest.raises(UsageError, match="holds a NUL character"):
        quote_all(["a", f"{before}\x00{after}"])


@given(st.text())
def test_splitting_any_line_gives_words_or_a_usage_error_that_names_it(line):
    try:
        said = " ".join(["entrypoint.cli", *split_words("entrypoint.cli", line)])
    except UsageError as error:
        said = str(error)

    assert said.startswith("entrypoint.cli ")


@given(st.text(CHARACTERS, min_size=1))
def test_a_placeholders_value_never_becomes_two_words(value):
    assert fill("it", "run --path '{path}' x{path}y", {"path": value}) == ("run", "--path", value, f"x{value}y")


@given(st.lists(st.text(CHARACTERS), min_size=1), st.integers(), st.floats(allow_nan=False))
def test_every_argument_of_a_module_is_a_word_of_its_own(texts, whole, real):
    argv = entrypoint_argv(Entrypoint(module="m", args={"some_texts": texts, "n": whole, "x": real}))

    assert argv == ("python", "-m", "m", "--some-texts", *texts, "--n", str(whole), "--x", str(real))


def test_a_program_may_have_any_name_a_file_can_have(tmp_path):
    program = tmp_path / "a program's $(touch owned) name"
    program.write_text(f"#!{sys.executable} -IS\nimport sys; print(sys.argv[1:])\n")
    program.chmod(0o755)

    done = subprocess.run(
        ["bash", "-c", quote_all([str(program), "-x"])], capture_output=True, text=True, check=True, cwd=tmp_path
    )

    assert (done.stdout, os.listdir(tmp_path)) == ("['-x']\n", [program.name])
