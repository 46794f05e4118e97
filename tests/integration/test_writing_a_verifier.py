"""The page "Writing a verifier" shows the example as it is, and names only what there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from autolab_core.io.layout import POLICY, IterationPaths, RunPaths
from autolab_core.io.tree import Tree
from autolab_verifiers import testing
from autolab_verifiers.cli.options import parser
from autolab_verifiers.contract import VerifyContext, values
from autolab_verifiers.engine.verify import examine
from autolab_verifiers.selftest.repository import build

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/writing-a-verifier.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "examples/verifier_plugin"
FILES = [path.read_text(encoding="utf-8") for path in EXAMPLE.rglob("*") if path.suffix in {".py", ".toml"}]


def blocks(*languages: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return [text for language, text in found if language in languages]


@pytest.mark.parametrize("block", blocks("python", "toml"))
def test_the_code_is_that_of_the_example(block):
    assert any(block in text for text in FILES), block


def test_there_is_code_of_every_kind():
    assert (len(blocks("python")), len(blocks("toml")), len(blocks("yaml"))) == (7, 1, 1)
    assert {language for language, _ in re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)} == {
        *("", "python", "sh", "toml", "yaml")
    }


def test_every_command_is_understood():
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    commands = [shlex.split(line, comments=True) for line in lines if line.startswith("autolab-verify")]

    assert len(commands) >= 7
    for command in commands:
        parser().parse_args(command[1:])


def test_the_tree_of_files_is_that_of_the_example():
    (drawn,) = [block for block in blocks("") if block.startswith("verifier_plugin/")]
    names = re.findall(r"[\w/.]+\.(?:py|toml)", drawn)

    assert len(names) == 5
    for name in names:
        assert [path for path in EXAMPLE.rglob(Path(name).name) if path.as_posix().endswith(name)], name


def test_the_policy_does_what_is_said_of_it(tmp_path):
    repository = build(tmp_path)
    repository.write(POLICY, blocks("yaml")[0])

    checks = examine(repository.root).judgement.checks

    assert {check.verifier for check in checks} == {"autolab_verify", "schema_checks", "run_health"}
    # The example is not installed here: the policy lists it, and requires it.
    assert {check.rule for check in checks if check.verifier == "autolab_verify"} == {"AV002", "AV004"}


def test_what_is_named_is_there():
    context = re.findall(r"`context\.([\w.]+)", PAGE)
    parts = {"run": RunPaths, "iteration": IterationPaths, "tree": Tree}
    for name in context:
        first, _, rest = name.partition(".")
        assert hasattr(VerifyContext, first) or first in {"tree", "stage", "iteration_id", "run_id"}, name
        assert not rest or hasattr(parts[first], rest), name
    for name in ("exists", "is_folder", "names", "source", "document"):
        assert hasattr(Tree, name)
    assert {"text_at", "number_at", "list_at", "mapping_at", "value_at"} <= set(values.__all__)
    table = PAGE[PAGE.index("| `repositories()`") : PAGE.index("## 8.")]
    assert set(re.findall(r"`(\w+)\(", table)) <= set(testing.__all__)
