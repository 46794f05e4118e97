"""The fast reader of JSON is the strict one: the same data of the same types, or the same fault in the same words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from autolab_core.io.documents import json_fast as fast_module
from autolab_core.io.documents import parse_json
from autolab_core.io.documents.document import MAX_DEPTH
from autolab_core.io.documents.json_fast import parse_json_fast
from autolab_core.vocab.errors import DocumentError

pytestmark = pytest.mark.timeout(300)

# What the argument about colons rests on: texts full of colons, quotes and backslashes, as keys and as values.
texts = st.text(alphabet=':"\\/aé\n', max_size=5)
keys = st.sampled_from(["a", ":", '":"', "a:", "", "/", "a/", "\\", '{"a":1}', "é"]) | texts
numbers = st.sampled_from(
    [
        "0", "-0", "0.0", "-0.0", "1", "-1", "1.0", "1e5", "1E+5", "1e-400", "-1e-400", "1e400", "-1E400", "5e-324",
        "123456789012345678", "-123456789012345678", "1234567890123456789", "9223372036854775807",
        "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615",
        "18446744073709551616", "1" * 25, "9" * 4300, "9" * 4301, "0.1234567890123456789", "123456789012345678e300",
        "123456789012345678.12345678901234567", "1.7976931348623157e308", "1.7976931348623159e308",
        "2.2250738585072011e-308", "9007199254740993.0", "NaN", "Infinity", "-Infinity", "01", "1.", ".5", "+1", "- 1",
    ]
)  # fmt: skip


def quoted(text: str, random: Any) -> str:
    """*text* as a JSON string, some of its characters escaped in one of the ways there are."""
    written = ""
    for character in text:
        plain = json.dumps(character, ensure_ascii=False)[1:-1]
        ways = [plain] * 6 + (
            [f"\\u{ord(character):04x}", f"\\u{ord(character):04X}"] if ord(character) < 65536 else []
        )
        ways += ["\\/"] * 3 if character == "/" else []
        written += random.choice(ways if random.random() < 0.1 else [way for way in ways if way[:2] != "\\u"])
    return f'"{written}"'


@st.composite
def json_texts(draw: st.DrawFn) -> str:
    """JSON text, in any spelling: members of one object may have the same key, written alike or not."""
    random = draw(st.randoms(use_true_random=False))
    scalars = (
        numbers
        | st.integers().map(str)
        | st.floats(allow_nan=False, allow_infinity=False).map(repr)
        | st.sampled_from(["true", "false", "null"])
        | keys.map(lambda text: quoted(text, random))
    )

    def space() -> str:
        return random.choice(["", "", "", " ", "\t", "\r\n", " \n "])

    def inside(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        lists = st.lists(inner, max_size=4).map(
            lambda items: f"[{space()}{','.join(f'{space()}{item}{space()}' for item in items)}]"
        )
        members = st.lists(st.tuples(keys, inner), max_size=5)
        mappings = members.map(
            lambda pairs: (
                "{"
                + ",".join(f"{space()}{quoted(key, random)}{space()}:{space()}{value}" for key, value in pairs)
                + f"{space()}}}"
            )
        )
        return lists | mappings

    return space() + draw(st.recursive(scalars, inside, max_leaves=12)) + space()


pieces = st.sampled_from(
    [
        b":", b'"', b'":"', b'"a":1,', b'"a":":",', b"\\", b'\\"', b"\\u003a", b"\\u003A", b"\\\\u003a", b"\\ud800",
        b"\\ud83d\\ude00", b"\\u", b"\\u00", b"\\x", b"\\/", b",", b"{", b"}", b"[", b"]", b"\xef\xbb\xbf", b"\xff\xfe",
        b"\xed\xa0\x80", b"\xc3", b"\xc3\xa9", b"\x00", b"\x1f", b"\x7f", b"\x0c", b" ", b"\t", b"\n", b"//", b"'",
        b"NaN", b"-", b"-0", b"0", b"9" * 19, b"1e999", b"E", b".", b"\xe2\x80\xa8", b"\xc2\x85",
    ]
)  # fmt: skip


@st.composite
def damaged_texts(draw: st.DrawFn) -> bytes:
    """JSON text with a few pieces put in, taken out or doubled anywhere."""
    source = draw(json_texts()).encode("utf-8", "surrogatepass")
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(source)))
        end = draw(st.integers(start, min(len(source), start + 12)))
        part = draw(pieces | st.just(b"") | st.just(source[start:end] * 2) | st.binary(max_size=3))
        source = source[:start] + part + source[end:]
    return source


def outcome(read: Any, source: bytes) -> tuple[str, object]:
    """What *read* makes of *source*, to be compared: data by its spelling, where 1, 1.0, True, 0.0 and -0.0 differ."""
    try:
        return "data", repr(read(source, "d.json").data)
    except DocumentError as error:
        return "fault", (str(error), error.line, error.column, error.pointer, error.hint)


def agree(source: bytes) -> None:
    assert outcome(parse_json_fast, source) == outcome(parse_json, source)


@given(damaged_texts())
@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow])
@example(b'{"a":":","a":1}')
@example(b'{"a":1,"a":":"}')
@example(b'{"a":"\\u003a\\u003a","a":1}')
@example(b'{"a":1,"a":"\\u003a"}')
@example(b'{"a":1,"a":"\\u003A"}')
@example(b'{"a":1,"a":"\\\\u003a"}')
@example(b'{"a\\/":1,"a/":1}')
@example(b'{"\\u0061":1,"a":"x"}')
@example(b'{":":{":":1,":":2}}')
@example(b'[{"a" \n:1,"b"\t:{"a":":","a":"::"}}]')
@example('{"é":1,"é":1}'.encode())
@example('{"e\u0301":1,"é":1}'.encode())
@example(b'{"a":"\\ud800"}')
@example(b'{"a":-0,"b":-0.0}')
@example(b'{"a":18446744073709551616}')
@example(b'{"a":12345678901234567890.0}')
@example(b"\xef\xbb\xbf{}")
@example(b"{}\x00")
@example(b"{} {}")
@example(b"")
def test_damaged_text_is_read_alike(source: bytes) -> None:
    agree(source)


@given(st.binary(max_size=60) | st.lists(pieces, max_size=15).map(b"".join))
@settings(max_examples=500)
def test_any_bytes_are_read_alike(source: bytes) -> None:
    agree(source)


@given(json_texts(), keys, json_texts(), json_texts())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_a_key_that_stands_twice_is_never_dropped_in_silence(around: str, key: str, first: str, second: str) -> None:
    name = json.dumps(key, ensure_ascii=False)
    source = f'[{around}, {{{name}:{first}, "other":[], {name} :{second}}}]'.encode()
    assume(outcome(parse_json, source)[0] == "fault")  # always, but so that the next line says something

    agree(source)
    assert outcome(parse_json_fast, source)[0] == "fault"


@pytest.mark.parametrize("pair", ["[]", "{}", '{"a":|}'])
@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 254, 255, 1100, 100_000])
def test_depth_is_bounded_alike(pair: str, depth: int) -> None:
    opened, closed = (pair[:1], pair[1:]) if "|" not in pair else pair.split("|")
    agree((opened * depth + ("1" if "|" in pair else "") + closed * depth).encode())


@pytest.mark.parametrize("count", [MAX_DEPTH, MAX_DEPTH + 1, 1000])
def test_many_brackets_are_not_depth(count: int) -> None:
    agree(("[" + ",".join(["[]"] * count) + "]").encode())
    agree(json.dumps(["[" * count]).encode())


def test_ordinary_text_takes_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the tests above would compare a function with itself."""
    monkeypatch.setattr(fast_module, "parse_json", None)

    text = '{"a:": [1, 2.5, -0, "x\\n\\"y\\":", {"b": null}], "sha": "0a1b2c3d", "e": 1e5}'
    assert parse_json_fast(text.encode(), "d").data == json.loads(text)


@given(json_texts())
def test_places_are_those_of_the_strict_reader(text: str) -> None:
    source = text.encode()
    assume(outcome(parse_json, source)[0] == "data")
    fast, strict = parse_json_fast(source, "d"), parse_json(source, "d")

    for pointer in ("", "/0", "/a", "/a:", "/0/a", "/nowhere"):
        assert fast.place(pointer) == strict.place(pointer)
    assert fast.source == strict.source


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | keys,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=10,
)


@given(plain, st.integers(0, 3))
def test_what_our_writers_write_is_read_alike(data: Any, depth: int) -> None:
    for _ in range(depth and MAX_DEPTH - 2 + depth):
        data = [data]
    for ascii_only in (True, False):
        source = (json.dumps(data, indent=2, ensure_ascii=ascii_only) + "\n").encode()
        assert answer(parse_json_fast, source) == answer(parse_json, source)


def answer(read: Any, source: bytes) -> str:
    try:
        return repr(read(source, "a.json").data)
    except DocumentError as error:
        return f"refused: {error}"


@pytest.mark.parametrize(
    "written", ['{\n  "a": 1,\n  "a": 1\n}\n', "[\n  18446744073709551616\n]\n", "[\n  1e400\n]\n"]
)
def test_what_the_library_would_change_is_not_taken_for_what_was_written(written: str) -> None:
    assert answer(parse_json_fast, written.encode()) == answer(parse_json, written.encode())
