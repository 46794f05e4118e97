"""Files and functions stay small enough to read, and their names say what lives there."""

from __future__ import annotations

import ast

from tests.architecture.house import PACKAGES, ROOT, modules

MODULE_LINES = 400
FUNCTION_LINES = 60
SAYS_NOTHING = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"}
# file: why it is called so all the same.
CALLED_SO = {
    "autolab_core/prompts/shipped/shared/verifier_common.md": "existing templates include it by this name",
}


def test_there_is_something_to_look_at():
    assert {module.path.split("/")[0] for module in modules()} == set(PACKAGES)


def test_no_module_is_longer_than_400_lines():
    lengths = {module.path: len(module.text.splitlines()) for module in modules()}

    assert {path: lines for path, lines in lengths.items() if lines > MODULE_LINES} == {}


def test_no_function_is_longer_than_60_lines():
    too_long = [
        f"{module.at(node)} {node.name}: {node.end_lineno - node.lineno + 1} lines"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES
    ]

    assert too_long == []


def test_no_folder_or_file_has_a_name_that_says_nothing():
    bad = [
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if SAYS_NOTHING & set(path.name.split(".")[0].lower().split("_")) and "__pycache__" not in path.parts
    ]

    assert bad == list(CALLED_SO)
