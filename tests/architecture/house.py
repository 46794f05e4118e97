"""The source files of the three packages, as the tests of the house see them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("autolab_core", "autolab_verifiers", "autolab_cli")
SCHEMAS = ROOT / "schemas"

# What a program wrote lies in a folder of this name: it is proven by tests of its own, not read by people.
GENERATED = "generated"


@dataclass(frozen=True)
class Module:
    """One Python file; ``path`` is relative to the root, with forward slashes."""

    path: str

    @cached_property
    def text(self) -> str:
        return (ROOT / self.path).read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    def below(self, *folders: str) -> bool:
        """Whether this file is one of *folders* or lies in one of them."""
        return any(self.path == folder or self.path.startswith(f"{folder}/") for folder in folders)

    def strings(self) -> Iterator[ast.Constant]:
        """Every string constant but docstrings and the names in ``__all__``."""
        apart: set[int] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Expr):
                apart.add(id(node.value))
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                apart |= {id(name) for name in ast.walk(node.value)}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in apart:
                yield node

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and full dotted name of everything imported, relative imports resolved, in functions too."""
        package = self.path.removesuffix(".py").split("/")[:-1]
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = package[: len(package) + 1 - node.level] if node.level else []
                start = ".".join([*base, *([node.module] if node.module else [])])
                yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)

    def at(self, node: ast.AST) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


def modules() -> list[Module]:
    """Every module of the three packages that people wrote."""
    files = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    return [Module(file.relative_to(ROOT).as_posix()) for file in files if GENERATED not in file.parts]
