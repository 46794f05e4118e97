"""Write ``autolab_core/io/schemas/generated/`` from ``schemas/``: one module for each schema, yes or no and no words.

    python scripts/generate_validators.py            # write what changed
    python scripts/generate_validators.py --check    # exit 1 when a file is not what would be written

fastjsonschema writes the code; here it is stripped of messages and of everything that would have to be imported.
Run it after every change in ``schemas/``; ``tests/unit/io/test_schemas.py`` says when that was forgotten.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import sys
from pathlib import Path

import fastjsonschema
from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parents[1]
SCHEMAS = ROOT / "schemas"
GENERATED = ROOT / "autolab_core" / "io" / "schemas" / "generated"

# Keywords that both engines understand alike. ``default`` is left out (fastjsonschema would write into the data),
# ``$`` in a pattern too (dialects differ about a newline at the end), and siblings of ``$ref`` (drafts differ).
KEYWORDS = frozenset(
    (
        *("$defs", "$id", "$ref", "$schema", "additionalProperties", "anyOf", "const", "description", "else", "enum"),
        *("format", "if", "items", "maxLength", "maxProperties", "maximum", "minLength", "minimum", "pattern"),
        *("properties", "required", "then", "title", "type"),
    )
)


def schema_names() -> list[str]:
    """The names of the schemas in the source folder."""
    return sorted(path.name.removesuffix(".schema.json") for path in SCHEMAS.glob("*.schema.json"))


def check_keywords(node: object, where: str) -> None:
    """Raise ValueError naming the first keyword below *node* that the two engines may not understand alike."""
    if not isinstance(node, dict):
        return
    unknown = set(node) - KEYWORDS
    if unknown:
        raise ValueError(f"{where}: keyword {sorted(unknown)[0]!r} is not in KEYWORDS")
    if "$ref" in node and (len(node) > 1 or not node["$ref"].startswith("#/$defs/")):
        raise ValueError(f"{where}: a $ref stands alone and stays inside its file")
    if "$" in node.get("pattern", ""):
        raise ValueError(f"{where}: write (?![\\s\\S]) for the end of the text, not $")
    for keyword in ("properties", "$defs"):
        for key, child in node.get(keyword, {}).items():
            check_keywords(child, f"{where}/{keyword}/{key}")
    for keyword in ("items", "additionalProperties", "if", "then", "else"):
        check_keywords(node.get(keyword), f"{where}/{keyword}")
    for index, child in enumerate(node.get("anyOf", [])):
        check_keywords(child, f"{where}/anyOf/{index}")


class _Strip(ast.NodeTransformer):
    """Leave the decisions of fastjsonschema's code and drop its words."""

    def __init__(self) -> None:
        self.patterns: dict[str, str] = {}

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return ast.Raise(exc=ast.Name("Invalid"))

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        self.generic_visit(node)
        node.type = ast.Name("Invalid")
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name = _function_name(node.name)
        node.args = ast.arguments(posonlyargs=[], args=[ast.arg("data")], kwonlyargs=[], kw_defaults=[], defaults=[])
        node.body = [line for line in node.body if not isinstance(line, ast.Return)]
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id.startswith("validate_"):
            return ast.Call(ast.Name(_function_name(node.func.id)), node.args[:1], [])
        if isinstance(node.func, ast.Name) and node.func.id == "isinstance" and isinstance(node.args[1], ast.Tuple):
            kinds = [kind for kind in node.args[1].elts if ast.unparse(kind) not in {"Decimal", "tuple"}]
            node.args[1] = kinds[0] if len(kinds) == 1 else ast.Tuple(kinds, ast.Load())
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and isinstance(node.slice, ast.Constant):
            if node.value.id == "REGEX_PATTERNS":
                return ast.Name(self.patterns.setdefault(str(node.slice.value), f"_PATTERN_{len(self.patterns)}"))
            if node.value.id == "custom_formats" and node.slice.value == "date-time":
                return ast.Name("is_timestamp")
        return node


class _Quicken(ast.NodeTransformer):
    """The same decisions with fewer steps: ask the mapping for its keys instead of a set that is copied from it."""

    def __init__(self) -> None:
        self.key_sets: dict[str, str] = {}
        self.missing: dict[str, tuple[str, list[ast.expr]]] = {}

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        target = ast.unparse(node.targets[0])
        match node.value:
            # a set of all keys
            case ast.Call(ast.Name("set"), [ast.Call(ast.Attribute(ast.Name(mapping), "keys"))]):
                self.key_sets[target] = mapping
                return None
            # the required keys that are not there
            case ast.BinOp(
                ast.Call(ast.Name("set"), [ast.List(wanted)]),
                ast.Sub(),
                ast.Call(ast.Attribute(ast.Name(mapping), "keys")),
            ):
                self.missing[target] = (mapping, wanted)
                return None
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        match node.value:
            case ast.Call(ast.Attribute(ast.Name(name), "remove")) if name in self.key_sets:
                return None
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self.key_sets.get(node.id, node.id))

    def visit_If(self, node: ast.If) -> ast.AST:
        if isinstance(node.test, ast.Name) and node.test.id in self.missing:
            mapping, wanted = self.missing[node.test.id]
            absent: list[ast.expr] = [ast.Compare(key, [ast.NotIn()], [ast.Name(mapping)]) for key in wanted]
            node.test = absent[0] if len(absent) == 1 else ast.BoolOp(ast.Or(), absent)
        self.generic_visit(node)
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not) and isinstance(node.operand, ast.BoolOp):
            words = [_enum_word(each) for each in node.operand.values]
            names = {ast.unparse(word[0]) for word in words if word is not None}
            if None not in words and len(names) == 1:
                values = [word[1] for word in words if word is not None]
                return ast.Compare(ast.Name(names.pop()), [ast.NotIn()], [ast.Tuple(values, ast.Load())])
        return node


def _enum_word(node: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    """Variable and word of one arm of an enum: ``isinstance(x, str) and x == 'word'``, or ``x is None``.

    Text and null alone are equal only to themselves; a number is not (1 == True), and is left as it is.
    """
    match node:
        case ast.BoolOp(ast.And(), [ast.Call(), ast.Compare(variable, [ast.Eq()], [ast.Constant(str()) as word])]):
            return variable, word
        case ast.Compare(variable, [ast.Is()], [ast.Constant(None) as word]):
            return variable, word
    return None


def _function_name(name: str) -> str:
    return "_check_" + name.removeprefix("validate____defs_") if "____defs_" in name else "validate"


def generate(name: str) -> str:
    """The module for the schema *name*. Raises when engines may read the schema differently."""
    source = (SCHEMAS / f"{name}.schema.json").read_bytes()
    schema = json.loads(source)
    Draft202012Validator.check_schema(schema)
    check_keywords(schema, name)
    code = fastjsonschema.compile_to_code(schema, formats={"date-time": lambda _: True}, use_default=False)
    strip = _Strip()
    tree = ast.parse(code)
    functions = [_Quicken().visit(strip.visit(node)) for node in tree.body if isinstance(node, ast.FunctionDef)]
    body = "\n\n\n".join(ast.unparse(ast.fix_missing_locations(function)) for function in functions)
    lines = [
        f"# generated from schemas/{name}.schema.json by scripts/generate_validators.py; not to be edited",
        f"# fastjsonschema {fastjsonschema.VERSION}",
        f"# source sha256 {hashlib.sha256(source).hexdigest()}",
        *(["import re"] if strip.patterns else []),
        "from autolab_core.io.schemas.invalid import Invalid",
        *(["from autolab_core.vocab.times import is_timestamp"] if "is_timestamp" in body else []),
        *(["NoneType = type(None)"] if "NoneType" in body else []),
        *(f"{constant} = re.compile({pattern!r})" for pattern, constant in strip.patterns.items()),
    ]
    return "\n".join(lines) + "\n\n\n" + body + "\n"


def main() -> int:
    """Write the modules, or compare them; 1 when ``--check`` found a difference."""
    parser = argparse.ArgumentParser(description="Write the validators that belong to schemas/.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is out of date")
    check = parser.parse_args().check
    stale = []
    for name in schema_names():
        path, text = GENERATED / f"{name}.py", generate(name)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.relative_to(ROOT).as_posix())
        if not check:
            path.write_text(text, encoding="utf-8")
    sys.stdout.write("".join(f"{'out of date' if check else 'written'}: {path}\n" for path in stale))
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
