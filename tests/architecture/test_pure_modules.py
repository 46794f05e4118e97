"""Modules of these names answer from what they are handed: they touch no file, process, clock or network."""

from __future__ import annotations

import ast

from tests.architecture.house import Module, modules

PURE = {"argv", "observe", "parse", "script", "states"}

BARRED = {
    "autolab_core.exec",
    "autolab_core.git",
    "autolab_core.io",
    "glob",
    "http",
    "io",
    "os",
    "pathlib",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "urllib",
}
BARRED_CALLS = {"input", "open", "print"}

# module: why a pure module may import it.
ALLOWED = {
    "autolab_core.exec.quoting": "quoting is a function of its text, and the one place that quotes",
    "pathlib.PurePath": "a path that cannot be opened",
    "pathlib.PurePosixPath": "a path that cannot be opened",
}


def pure_modules() -> list[Module]:
    return [module for module in modules() if PURE & set(module.path.removesuffix(".py").split("/"))]


def barred(name: str) -> bool:
    return any(f"{name}.".startswith(f"{each}.") for each in BARRED) and not any(
        f"{name}.".startswith(f"{each}.") for each in ALLOWED
    )


def test_pure_modules_import_nothing_that_touches_the_world():
    found = [
        f"{module.path}:{line} imports {name}"
        for module in pure_modules()
        for line, name in module.imports()
        if barred(name)
    ]

    assert found == []


def test_pure_modules_call_nothing_that_touches_the_world():
    found = [
        f"{module.at(node)} calls {ast.unparse(node.func)}"
        for module in pure_modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id in BARRED_CALLS)
            or (isinstance(node.func, ast.Attribute) and node.func.attr in {"now", "today", "utcnow"})
        )
    ]

    assert found == []
