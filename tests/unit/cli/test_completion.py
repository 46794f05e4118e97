"""Completion: bash is asked itself, the other shells' scripts are read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autolab_cli.completion import commands
from autolab_cli.shells import SHELLS
from autolab_cli.table import COMMANDS
from autolab_core.vocab.states import Stage
from autolab_verifiers.builtin import BUILTIN
from autolab_verifiers.report.formats import FORMATS
from tests.unit.cli.conftest import autolab

# What readline does before it calls the function that `complete` has bound to the command.
ASK = """\
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
[[ $(complete -p "${1##*/}") =~ -F\\ ([^ ]+) ]] || exit 9
"${BASH_REMATCH[1]}" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("completion") / "script"
    path.write_text(autolab("completion", "bash", cwd=path.parent).out)
    return path


@pytest.fixture
def asked(script, tmp_path):
    def ask(*words: str) -> set[str]:
        # Without a PATH: what completes is bash alone, nothing that would have to be started.
        command = ["/bin/bash", "--norc", "-u", "-c", ASK, "bash", str(script), *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env={"PATH": ""}, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        return set(done.stdout.split("\n")) - {""}

    return ask


def test_every_command_is_offered(asked):
    assert asked("autolab", "") == {name.split()[0] for name, *_ in COMMANDS}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("autolab st", {"status"}),
        ("autolab --v", {"--version"}),
        ("autolab review ", {"approve"}),
        ("autolab review approve --f", {"--file"}),
        ("autolab launch --dry", {"--dry-run"}),
        ("autolab launch --run-id status --wa", {"--wait"}),
        ("autolab launch ", set()),
        ("autolab launch --run-id ", set()),
        ("autolab completion ", {"bash", "zsh", "fish"}),
        ("autolab reopen --stage ", set(Stage)),
        ("autolab-verify --stage ", set(Stage)),
        ("autolab-verify --stage la", {"launch"}),
        ("autolab-verify --stage = la", {"launch"}),
        ("autolab-verify --format =", set(FORMATS)),
        ("autolab-verify --format ", set(FORMATS)),
        ("autolab-verify --format sarif --out", {"--output"}),
        ("autolab-verify --only run_", {"run_health"}),
        ("autolab-verify --skip ", {*BUILTIN, "env_smoke"}),
        ("autolab-verify --explain RH00", {f"RH00{digit}" for digit in range(1, 10)}),
        ("autolab-verify --explain AV001", {"AV001"}),
        ("autolab-verify --no-w", {"--no-write"}),
        ("/opt/bin/autolab-verify --no-w", {"--no-write"}),
        ("cloud-run t", {"terminate"}),
        ("tools/cloud-run run --det", {"--detach"}),
        ("autolab nonsense", set()),
    ],
)
def test_bash_completes(asked, line, expected):
    assert asked(*line.split(" ")) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("autolab-verify ", {"a folder", "sub"}),
        ("autolab status --root ", {"a folder", "sub"}),
        ("autolab-verify --output ", {"a folder", "sub", "file.txt"}),
        ("autolab review approve --who ada --file f", {"file.txt"}),
    ],
)
def test_bash_completes_names_of_files_where_a_path_is_wanted(asked, tmp_path, line, expected):
    (tmp_path / "a folder").mkdir()
    (tmp_path / "sub").mkdir()
    (tmp_path / "file.txt").touch()

    assert asked(*line.split(" ")) == expected


@pytest.mark.parametrize("command", [each for each in commands() if not each.below], ids=lambda each: each.words[-1])
def test_bash_offers_every_option_of_every_command(asked, command):
    assert asked(*command.words, "-") == {name for option in command.options for name in option.names}


@pytest.mark.parametrize("shell", SHELLS)
def test_every_script_names_all_commands_options_and_words(shell):
    script = SHELLS[shell](commands())
    dash = "-l " if shell == "fish" else "--"

    for command in commands():
        assert command.words[-1] in script
        for option in command.options:
            assert f"{dash}{max(option.names, key=len).lstrip('-')}" in script
            assert option.value is None or " ".join(option.value.words) in script


@pytest.mark.parametrize(("shell", "quote"), [("zsh", "'\\''"), ("fish", "\\'")])
def test_quotes_of_help_texts_do_not_end_the_script_s_own(shell, quote):
    script = SHELLS[shell](commands())

    assert f"the run{quote}s end" in script
    for line in script.replace(quote, "").splitlines():
        assert line.count("'") % 2 == 0, line


def test_zsh_s_script_defines_each_function_that_it_calls():
    script = SHELLS["zsh"](commands())

    defined = set(re.findall(r"^(\w+)\(\) \{$", script, re.MULTILINE))
    assert set(re.findall(r"\b_(?:autolab|cloud_run)\w*", script)) == defined
    assert "'*--output=[write the format named right before it to FILE]:value:_files'" in script
    assert re.findall(r"^compdef (\w+) (\S+)$", script, re.MULTILINE) == [
        ("_autolab", "autolab"),
        ("_autolab_verify", "autolab-verify"),
        ("_cloud_run", "cloud-run"),
    ]


def test_fish_s_script_is_one_complete_command_a_line():
    lines = SHELLS["fish"](commands()).splitlines()

    names = ("autolab", "autolab-verify", "cloud-run")
    assert all(line.startswith(("#", *(f"complete -c {name} " for name in names))) for line in lines)
    assert "complete -c autolab -n '__fish_seen_subcommand_from review; and __fish_seen_subcommand_from approve' " in (
        "\n".join(lines)
    )


def test_the_script_can_be_had_as_json(tmp_path):
    answer = autolab("completion", "fish", "--json", cwd=tmp_path)

    assert json.loads(answer.out) == {"shell": "fish", "script": SHELLS["fish"](commands())}


def test_another_shell_is_wrong_usage(tmp_path):
    answer = autolab("completion", "tcsh", cwd=tmp_path)

    assert (answer.code, answer.out) == (2, "")
    assert "invalid choice: 'tcsh'" in answer.err


def test_no_other_command_pays_for_completion(tmp_path):
    program = (
        "import sys; from autolab_cli.main import main; main(['status']); "
        "sys.exit('autolab_cli.completion' in sys.modules)"
    )

    assert (
        subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, check=False).returncode == 0
    )
