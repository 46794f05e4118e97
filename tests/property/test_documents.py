"""Documents, whatever the bytes: data or a DocumentError, the standard library's data, right places, one YAML."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from autolab_core.io.documents import Place, dump_json, parse_json, parse_yaml
from autolab_core.io.documents.document import join_pointer
from autolab_core.io.documents.json_reader import nests_at_most
from autolab_core.io.documents.yaml_compose import compose
from autolab_core.io.documents.yaml_events import Events, pure_events
from autolab_core.vocab.errors import DocumentError

pytestmark = pytest.mark.timeout(300)

# Nothing here is large: what takes longer than this is not linear.
SOON = 2.0

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.sampled_from(["a", "a/b", "~", "", "~1", "é"])
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=15
)

json_pieces = st.sampled_from(
    [
        *'[]{},:" \n\\-0',
        "1",
        "-",
        "e",
        "E+400",
        ".5",
        "NaN",
        "Infinity",
        "null",
        "true",
        '"a"',
        '"a": ',
        '"\\u0061":',
        "\\ud800",
        "\\ud83d\\ude00",
        "\\u",
        "é",
        "\u2028",
        "\ufeff",
        "\x00",
        "9" * 30,
        "[" * 99,
        "]" * 99,
        "'",
        "//",
    ]
)
yaml_pieces = st.sampled_from(
    [
        "a",
        "b: 1",
        "- x",
        "- ",
        "  ",
        "\n",
        "\n  ",
        "\n    ",
        ": ",
        ":",
        "?",
        "? ",
        *"[]{},",
        ", ",
        "'",
        '"',
        "|",
        "|\n",
        ">\n",
        "|-\n",
        "|2\n",
        ">+\n",
        "#c",
        " #c",
        "\t",
        " ",
        "&a ",
        "*a ",
        "! ",
        "!",
        "--- ",
        "---",
        "...",
        "\n---\n",
        "\n...\n",
        "%",
        "@",
        "`",
        "null",
        "~",
        "0o7",
        "1e3",
        "true",
        "off",
        "<<",
        "é",
        "\\",
        "\\n",
        "''",
        '"x"',
        "'y'",
        "\r\n",
        "-",
        "=",
        "x y",
        '"a": 1',
        "a:b",
        "\\x41",
        "\\/",
        "\\\n",
        "!t ",
        "!!str ",
        "|1",
        "key:\n",
        " - ",
        "\n- ",
        "\n?",
        "\n: ",
        "#",
        "k: v\n",
        "\\N",
        "\u3042",
        "😀",
        " :",
        "\n\n",
        "  \n",
        "\t\n",
        ":x",
        "?x",
        "a::",
        "*a",
        "&a",
        ".inf",
        "1e999",
        "\x85",
        "\u2028",
        "\ufeff",
        "\x7f",
        "\r",
        '"\\ud800"',
        "12:30:45",
        "http://x",
        "0x1f",
        "007",
    ]
)


def json_like() -> st.SearchStrategy[bytes]:
    return st.lists(json_pieces, max_size=20).map(lambda parts: "".join(parts).encode())


def yaml_like() -> st.SearchStrategy[bytes]:
    return st.lists(yaml_pieces, max_size=16).map(lambda parts: "".join(parts).encode())


def outcome(read: Callable[..., Any], source: bytes, **choice: Any) -> Any:
    """What *read* makes of *source*: its answer or its DocumentError. Any other exception fails the test."""
    try:
        return read(source, "d", **choice)
    except DocumentError as error:
        return error


@given(st.binary(max_size=200) | json_like())
@settings(max_examples=1000)
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b'"' + b"\\" * 1_000_000)
@example(b'["' * 200_000)
@example(b"[" * 101 + b'"\\' * 200_000)
@example(b"[" * 99 + b'{"a":1,"a":2}')
def test_any_bytes_are_json_or_a_document_error(source: bytes) -> None:
    start = time.process_time()
    said = outcome(parse_json, source)
    assert time.process_time() - start < SOON

    if isinstance(said, DocumentError):
        assert "\n" not in said.message + said.hint
    else:
        assert repr(said.data) == repr(json.loads(source))
        assert all(math.isfinite(leaf) for leaf in leaves(said.data) if isinstance(leaf, float))
        assert json.loads(dump_json(said.data)) == said.data


@given(trees, st.sampled_from([None, 0, 1, "\t"]), st.booleans())
def test_json_that_another_program_wrote_reads_the_same(tree: Any, indent: Any, ascii_only: bool) -> None:
    text = json.dumps(tree, indent=indent, ensure_ascii=ascii_only)

    assert repr(parse_json(text.encode(), "d.json").data) == repr(tree)


@given(trees, st.randoms(use_true_random=False))
def test_every_place_is_where_the_writer_put_the_value(tree: Any, random: Any) -> None:
    places: dict[str, int] = {}
    text = written(tree, "", "", places, random)
    document = parse_json(text.encode(), "d.json")

    assert document.data == tree
    for pointer, offset in places.items():
        before = text[:offset].split("\n")
        assert document.place(pointer) == Place(len(before), len(before[-1]) + 1)
        assert document.place(pointer + "/nowhere/0") == document.place(pointer)


def written(tree: Any, pointer: str, text: str, places: dict[str, int], random: Any) -> str:
    """*text* and *tree* behind it as JSON with random white space, noting the offset of each value."""

    def space() -> str:
        return "".join(random.choice([" ", "\n", "\r\n", "\t", ""]) for _ in range(2))

    text += space()
    places.setdefault(pointer, len(text))
    if isinstance(tree, dict):
        text += "{"
        for number, (key, value) in enumerate(tree.items()):
            text += ("," if number else "") + space()
            places[join_pointer(pointer, key)] = len(text)
            text += json.dumps(key, ensure_ascii=random.random() < 0.5) + space() + ":"
            text = written(value, join_pointer(pointer, key), text, places, random)
        return text + space() + "}" + space()
    if isinstance(tree, list):
        text += "["
        for number, value in enumerate(tree):
            text += "," if number else ""
            text = written(value, f"{pointer}/{number}", text, places, random)
        return text + space() + "]" + space()
    return text + json.dumps(tree, ensure_ascii=random.random() < 0.5) + space()


@given(trees, keys)
def test_a_key_that_stands_twice_is_found_at_any_depth(tree: Any, key: str) -> None:
    name = json.dumps(key)
    text = json.dumps([tree, {"x": [tree, "SLOT"]}]).replace('"SLOT"', f"{{{name}: 1, {name}: [1]}}")
    if text.count(f"{{{name}: 1, {name}: [1]}}") != 1:
        return
    said = outcome(parse_json, text.encode())

    assert isinstance(said, DocumentError)
    assert "is already on line 1" in said.message
    assert said.pointer == join_pointer("/1/x/1", key)
    assert said.column == text.index(f"{{{name}: 1, {name}: [1]}}") + len(name) + 7


def only_python(text: str) -> tuple[Events, ...]:
    return (pure_events,)


def answer(source: bytes, **choice: Any) -> str:
    start = time.process_time()
    said = outcome(compose, source, **choice)
    assert time.process_time() - start < SOON

    if isinstance(said, DocumentError):
        assert "\n" not in said.message + said.hint
        return "refused"
    return repr(said)


@given(st.binary(max_size=100) | yaml_like() | trees.map(lambda tree: json.dumps(tree).encode()))
@settings(max_examples=2500, suppress_health_check=[HealthCheck.too_slow])
@example(b"|\n#")
@example(b"a\t")
@example(b"&a::x")
@example(b"|\n  \n\n    x")
@example(b"|\n--- ")
@example(b"!")
@example(b"|1#c")
@example(b"[12:30:45]")
@example(b"- " * 20_000)
@example(b"{a: " * 20_000)
@example(b"|" * 60_000)
@example(b"| #" * 20_000)
def test_any_bytes_are_the_same_yaml_for_both_parsers_or_a_document_error(source: bytes) -> None:
    assert answer(source) == answer(source, ask=only_python)


# Both readers agree on what JSON text means, except that YAML holds no unescaped control characters.
@given(trees)
def test_json_text_is_yaml_with_the_same_data(tree: Any) -> None:
    source = json.dumps(tree).replace("\x7f", "\\u007f").encode()
    # "1E-5" and "1e+16" are floats for both; a surrogate pair is one character in JSON, and none in YAML.
    if re.search(rb"\\ud[89a-f]", source):
        source = json.dumps(tree, ensure_ascii=False).encode()
    said = outcome(parse_yaml, source)

    if isinstance(said, DocumentError):
        assert "which YAML text may not hold" in said.message
    else:
        assert repr(said.data) == repr(json.loads(source))


@given(trees, st.randoms(use_true_random=False))
def test_places_in_yaml_are_those_in_the_same_json_text(tree: Any, random: Any) -> None:
    places: dict[str, int] = {}
    source = written(tree, "", "", places, random).encode()
    document = outcome(parse_yaml, source)
    if isinstance(document, DocumentError):
        return  # a tab or a character that YAML refuses: see above
    reference = parse_json(source, "d.json")
    for pointer in places:
        assert document.place(pointer) == reference.place(pointer)


def leaves(data: Any) -> list[Any]:
    if isinstance(data, dict | list):
        return [leaf for value in (data.values() if isinstance(data, dict) else data) for leaf in leaves(value)]
    return [data]


def _depth(data: Any) -> int:
    inner = data.values() if isinstance(data, dict) else data if isinstance(data, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


awkward = st.recursive(
    st.none() | st.text('[]{}\\"a', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('[]{}\\"', max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(awkward, st.integers(0, 8))
def test_what_is_said_to_nest_little_nests_no_deeper(data: Any, levels: int) -> None:
    source = json.dumps(data).encode()

    assert not nests_at_most(levels, source) or _depth(data) <= levels
    assert nests_at_most(2 * _depth(data), source)
