"""JSON: what is accepted, what is refused and where, and where values stand."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from autolab_core.io.documents import dump_json, parse_json, read_json
from autolab_core.io.documents.document import MAX_DEPTH
from autolab_core.vocab.errors import DocumentError, StoreError

pytestmark = pytest.mark.timeout(60)


def refusal(source: str | bytes) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        parse_json(source.encode() if isinstance(source, str) else source, "m.json")
    assert caught.value.path == "m.json"
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_file_is_its_data_its_bytes_and_its_name(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_bytes(b'{"a": [1, 2.5, true, null, "\xc3\xa9"]}')
    document = read_json(tmp_path / "m.json", "runs/m.json")

    assert document.data == {"a": [1, 2.5, True, None, "é"]}
    assert document.source == b'{"a": [1, 2.5, true, null, "\xc3\xa9"]}'
    assert document.shown == "runs/m.json"


@pytest.mark.parametrize(
    ("source", "line", "column", "pointer", "words"),
    [
        ("", 1, 1, "", "is empty"),
        (" \n\t ", 1, 1, "", "is empty"),
        ("\ufeff{}", 1, 1, "", "starts with a byte order mark"),
        (b"\xff\xfe{\x00}\x00", 1, 1, "", "is UTF-16 text"),
        (b'{"a":\n "\xc3\xa9\xff"}', 2, 4, "", "is not UTF-8 text: byte 0xff"),
        (b"\x00", 1, 1, "", "is not valid JSON"),
        ('{"a": 1,\n "a": 2}', 2, 2, "/a", 'the key "a" is already on line 1'),
        ('{"x": [{"b": {}, "\\u0062":\n 1}]}', 1, 18, "/x/0/b", 'the key "b" is already on line 1'),
        ('{"a/~": 1, "a/~": 1}', 1, 12, "/a~1~0", 'the key "a/~" is already'),
        ('{"a": {"a": 1}, "b": [{"a": 1}],\n"b": 1, bad', 2, 9, "", "expecting property name"),
        ('{"a": [1, NaN]}', 1, 11, "/a/1", "NaN is not a JSON number"),
        ('{"NaN": "NaN", "b": -Infinity}', 1, 21, "/b", "-Infinity is not a JSON number"),
        ("Infinity", 1, 1, "", "Infinity is not a JSON number"),
        ('{"e400": 1.5, "a": 1e400}', 1, 20, "/a", "this number is too large"),
        ("[-1e400]", 1, 2, "/0", "this number is too large"),
        ("[1e2,\n" + "9" * 400 + ".0]", 2, 1, "/1", "this number is too large"),
        ('{"a": ' + "9" * 5000 + "}", 1, 7, "/a", "this integer has more than 4300 digits"),
        ('{"a": -' + "9" * 5000 + "}", 1, 7, "/a", "this integer has more than 4300 digits"),
        ('{"a": ["x", "\\ud800"]}', 1, 13, "", "this string holds half of a surrogate pair"),
        ('{"\\uDFFF": 1}', 1, 2, "", "this string holds half of a surrogate pair"),
        ('["\\ude00\\ud83d"]', 1, 2, "", "this string holds half of a surrogate pair"),
        ("{} x", 1, 4, "", "is not valid JSON: extra data"),
        ("{}{}", 1, 3, "", "is not valid JSON: extra data"),
        ('{"a": 1,}', 1, 9, "", "is not valid JSON"),
        ("[1,\n2,\n3", 3, 2, "", "is not valid JSON"),
        ('"abc', 1, 1, "", "is not valid JSON: unterminated string"),
        ('"a\tb"', 1, 3, "", "is not valid JSON: invalid control character"),
        ("{'a': 1}", 1, 2, "", "is not valid JSON: expecting property name"),
        ("[01]", 1, 3, "", "is not valid JSON"),
        ("[1, // one\n2]", 1, 5, "", "is not valid JSON"),
    ],
)
def test_a_fault_has_words_and_a_place(source: str | bytes, line: int, column: int, pointer: str, words: str) -> None:
    error = refusal(source)

    assert words in error.message
    # 3.13 points some syntax errors at the comma before: lines are promised, columns for our own refusals.
    if "is not valid JSON" in words or words.startswith("expecting"):
        assert error.line == line
    else:
        assert (error.line, error.column, error.pointer) == (line, column, pointer)


@pytest.mark.parametrize("opener", ["[", '{"a":', '[{"a":'])
@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 10_000, 1_000_000])
def test_deep_nesting_is_refused_quickly_at_any_depth(opener: str, depth: int) -> None:
    start = time.process_time()
    error = refusal("\n" + opener * depth)

    assert error.message == "is nested deeper than 100 levels"
    assert error.line == 2
    assert error.column is not None
    assert time.process_time() - start < 2


def test_deep_nesting_does_not_crash_a_host_that_lifted_the_recursion_limit() -> None:
    code = (
        "import sys; sys.setrecursionlimit(10**9)\n"
        "from autolab_core.io.documents import parse_json\n"
        "from autolab_core.vocab.errors import DocumentError\n"
        "try: parse_json(b'[' * 10**6 + b']' * 10**6, 'm')\n"
        "except DocumentError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "m:1: is nested deeper than 100 levels\n")


def test_long_integers_are_refused_in_a_host_that_lifted_the_limit_of_digits() -> None:
    code = (
        "import sys; sys.set_int_max_str_digits(0)\n"
        "from autolab_core.io.documents import parse_json\n"
        "from autolab_core.vocab.errors import DocumentError\n"
        "try: parse_json(b'1' * 10**6, 'm')\n"
        "except DocumentError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30)

    assert done.stdout == "m:1: this integer has more than 4300 digits\n"


def test_a_host_that_lowered_the_limit_of_digits_gets_an_error_and_no_crash() -> None:
    code = (
        "import sys; sys.set_int_max_str_digits(700)\n"
        "from autolab_core.io.documents import parse_json\n"
        "from autolab_core.vocab.errors import DocumentError\n"
        "try: parse_json(b'1' * 1000, 'm')\n"
        "except DocumentError as error: print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stdout == "refused\n"


@pytest.mark.parametrize(
    "source",
    [
        "[" * 100 + "]" * 100,
        json.dumps([{"a": [[]]}] * 500),
        json.dumps(["[[[{{{" * 50] * 5),
        json.dumps({'\\"[': ['"[{' * 200, "\\\\"]}),
    ],
)
def test_only_real_nesting_counts(source: str) -> None:
    assert parse_json(source.encode(), "m").data == json.loads(source)


def test_brackets_after_an_unclosed_string_are_no_nesting() -> None:
    assert "unterminated string" in refusal('["' + "[" * 500).message
    assert "unterminated string" in refusal('["' + "[" * 500 + "\\").message


@pytest.mark.parametrize(
    "source", ['"\\ud83d\\ude00"', '"\\\\ud800"', '{"a": 1e308}', "9" * 4300, '"\u2028\u0085"', "-0.0"]
)
def test_what_only_looks_odd_is_accepted(source: str) -> None:
    assert parse_json(source.encode(), "m").data == json.loads(source)


SOURCE = b"""\
{
  "a": {"b": [10, {"c": "\xc3\xa9"}, [] ], "~/": 0},\r
  "\xe2\x80\xa8": 1, "x": "\\"{[,:",
  "": {"": true}, "e\\u0041": -1.5e3
}
"""


@pytest.mark.parametrize(
    ("pointer", "line", "column"),
    [
        ("", 1, 1),
        ("/a", 2, 3),
        ("/a/b", 2, 9),
        ("/a/b/0", 2, 15),
        ("/a/b/1", 2, 19),
        ("/a/b/1/c", 2, 20),
        ("/a/b/2", 2, 31),
        ("/a/~0~1", 2, 37),
        ("/\u2028", 3, 3),
        ("/x", 3, 11),
        ("/", 4, 3),
        ("//", 4, 8),
        ("/eA", 4, 19),
        ("/a/b/7", 2, 9),
        ("/a/b/1/c/d/e", 2, 20),
        ("/nothing", 1, 1),
        ("/a/b/-", 2, 9),
        ("/ab", 1, 1),
        ("no pointer", 1, 1),
    ],
)
def test_the_place_of_a_value_is_that_of_its_key_or_its_nearest_ancestor(pointer: str, line: int, column: int) -> None:
    assert parse_json(SOURCE, "m").place(pointer) == (line, column)


def test_places_in_a_long_text_are_the_same_although_it_is_not_indexed() -> None:
    # Leading white space makes the text too long for an index and moves every line by one.
    long = b" " * (1 << 20) + b"\n" + SOURCE
    short, found = parse_json(SOURCE, "m"), parse_json(long, "m")
    for pointer in ("/a", "/a/b/1/c", "/a/~0~1", "//", "/a/b/7", "/a/b/1/c/d", "/ab", "no pointer", "/eA"):
        line, column = short.place(pointer)

        assert found.place(pointer) == (line + 1, column)


@pytest.mark.parametrize("data", [{}, [], "é\u2028", {"b": 1, "a": [1.5, None, True, {"": "\x00"}]}, 10**400])
def test_what_is_written_reads_back_the_same(data: Any) -> None:
    written = dump_json(data)

    assert written.endswith(b"\n")
    assert dump_json(parse_json(written, "m").data) == written


def test_written_json_is_indented_in_the_order_of_its_keys_and_not_escaped() -> None:
    assert dump_json({"b": "é", "a": [1]}) == '{\n  "b": "é",\n  "a": [\n    1\n  ]\n}\n'.encode()


@pytest.mark.parametrize("data", [float("nan"), [float("inf")], {"a": "\ud800"}])
def test_data_that_would_not_read_back_is_a_store_error(data: Any) -> None:
    with pytest.raises(StoreError, match=r"^here: cannot be written as JSON: [^\n]+$"):
        dump_json(data, "here")


def test_a_cycle_is_a_store_error_and_an_unknown_type_a_bug() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    with pytest.raises(StoreError, match="circular"):
        dump_json(cycle)
    with pytest.raises(TypeError):
        dump_json({"a": object()})


def test_importing_the_package_imports_no_yaml_and_nothing_that_only_faults_need() -> None:
    code = (
        "import sys; import autolab_core.io.documents as d; d.parse_json(b'{}', 'm')\n"
        "print(*sorted(m for m in sys.modules if 'yaml' in m or 'attr' in m or m.endswith(('_faults', '_places'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == [
        "autolab_core.io.documents.yaml_edit",
        "autolab_core.io.documents.yaml_reader",
    ]


def test_a_file_with_many_brackets_that_nests_little_needs_nothing_that_only_faults_need() -> None:
    code = (
        "import json, sys; from autolab_core.io.documents import parse_json\n"
        "parse_json(json.dumps([{'a': [1], 'b\\\\': '\"[[{'}] * 1000).encode(), 'm')\n"
        "print(*(m for m in sys.modules if m.endswith(('_faults', '_places'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "\n"


@pytest.mark.parametrize(
    "before", ['["[[[", "]]]", ', '{"\\\\": ["\\"]]]]", ', '["\\\\\\"}}}", ', "[" + "[]," * 200, "[" + "{}," * 200]
)
def test_brackets_in_strings_and_beside_it_do_not_hide_deep_nesting(before: str) -> None:
    source = before + "[" * MAX_DEPTH + "]" * MAX_DEPTH

    assert refusal(source).message == "is nested deeper than 100 levels"
