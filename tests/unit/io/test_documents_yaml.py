"""YAML: the core schema of 1.2 and no more, from either parser; where values stand; edits that keep comments."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from autolab_core.io.documents import edit_yaml, parse_yaml
from autolab_core.io.documents.libyaml import put_off
from autolab_core.io.documents.yaml_compose import MAX_NODES, compose
from autolab_core.io.documents.yaml_events import Events, c_events, pure_events
from autolab_core.vocab.errors import DocumentError, StoreError

pytestmark = pytest.mark.timeout(60)


def only_python(text: str) -> tuple[Events, ...]:
    return (pure_events,)


def both(source: str | bytes) -> Any:
    """The data of *source*, after seeing that the parser written in Python reads the same."""
    raw = source.encode() if isinstance(source, str) else source
    data = parse_yaml(raw, "d.yaml").data
    assert repr(compose(raw, "d.yaml", only_python)) == repr(data)
    return data


def refusal(source: str | bytes) -> DocumentError:
    raw = source.encode() if isinstance(source, str) else source
    with pytest.raises(DocumentError):
        compose(raw, "d.yaml", only_python)
    with pytest.raises(DocumentError) as caught:
        parse_yaml(raw, "d.yaml")
    assert "\n" not in str(caught.value)
    assert caught.value.path == "d.yaml"
    return caught.value


def test_the_c_parser_is_installed_here_so_that_both_are_tested() -> None:
    assert next(c_events("a", "d.yaml")) is not None


@pytest.mark.parametrize(
    ("plain", "value"),
    [
        ("null", None),
        ("~", None),
        ("", None),
        ("NULL", None),
        ("true", True),
        ("False", False),
        ("off", "off"),
        ("no", "no"),
        ("y", "y"),
        ("12:30:45", "12:30:45"),
        ("2026-02-01", "2026-02-01"),
        ("2026-02-01T12:00:00Z", "2026-02-01T12:00:00Z"),
        ("1_000", "1_000"),
        ("0b1", "0b1"),
        ("-0", 0),
        ("+12", 12),
        ("007", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("0o8", "0o8"),
        ("-0x1", "-0x1"),
        ("1.", 1.0),
        (".5", 0.5),
        ("-1.5e3", -1500.0),
        ("1e3", 1000.0),
        (".", "."),
        ("+", "+"),
        ("1e", "1e"),
        ("e3", "e3"),
        ("inf", "inf"),
        ("nan", "nan"),
        ("1.2.3", "1.2.3"),
        ("٣", "٣"),
        ("=", "="),
        ("'12'", "12"),
        ('"true"', "true"),
        ("! 12", "12"),
        ("http://h:80/p", "http://h:80/p"),
    ],
)
def test_a_plain_scalar_means_what_yaml_1_2_says(plain: str, value: object) -> None:
    data = both(f"a: {plain}")["a"]

    assert (data, type(data)) == (value, type(value))


def test_collections_and_every_style_of_text() -> None:
    source = "a: 1\nb:\n- x\n- y: {z: [1, \"q\\t\", 'it''s']}\nc: |\n  one\n   two\nd: >-\n  f\n  g\n\n  h\n? e\n: []\n"

    assert both(source) == {
        "a": 1,
        "b": ["x", {"y": {"z": [1, "q\t", "it's"]}}],
        "c": "one\n two\n",
        "d": "f g\nh",
        "e": [],
    }


@pytest.mark.parametrize(
    ("source", "data"),
    [
        ("[12:30:45, http://x.y/z]", ["12:30:45", "http://x.y/z"]),  # libyaml alone refuses these
        ("{a:1, b}", {"a:1": None, "b": None}),
        ("# c\n---\n# d\na: 1\n...\n", {"a": 1}),
        ("--- [1]", [1]),
        ("---\n", None),
        ("a: |\n  ---\n  x\n", {"a": "---\nx\n"}),
        ("a: '%x'\r\nb: 2\r\n", {"a": "%x", "b": 2}),
        ('"<<": 1', {"<<": 1}),
        ("a: x<<y\n", {"a": "x<<y"}),
        ("'1': a\n\"null\": b", {"1": "a", "null": "b"}),
        ('"\\u2028\\x00": "\\U0001F600"', {"\u2028\0": "\U0001f600"}),
        ("a: R&D *.py  a & b !x", {"a": "R&D *.py  a & b !x"}),
        ("[" * 100 + "]" * 100, None),
    ],
)
def test_what_only_looks_odd_is_accepted(source: str, data: Any) -> None:
    read = both(source)

    assert read == data or source.startswith("[[")


def test_an_alias_is_a_copy() -> None:
    data = both("a: &k [1, {b: 2}]\nc: *k\nd: &k x\ne: [*k]\n&n f: *n\n")

    assert data == {"a": [1, {"b": 2}], "c": [1, {"b": 2}], "d": "x", "e": ["x"], "f": "f"}
    assert data["a"] is not data["c"]
    assert data["a"][1] is not data["c"][1]


def test_the_last_anchor_of_a_name_counts_also_when_it_stands_inside_another() -> None:
    assert both("a: &k [&k 1, *k]\nb: *k") == {"a": [1, 1], "b": 1}


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 10)}]\n" for i in range(9))


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("", 1, "is empty"),
        ("# only\n\n", 1, "is empty"),
        ("a: 1\nb: 2\n'a': 3", 3, 'the key "a" is already on line 1'),
        ("x:\n- {b: 1,\n   b: 1}", 3, 'the key "b" is already on line 2'),
        ("a: 1\n1: 2", 2, 'the key "1" is a number, not text (put it in quotes'),
        ("1.5: 2", 1, 'the key "1.5" is a number'),
        ("a: 1\ntrue: 2", 2, 'the key "true" is a truth value'),
        ("~: 2", 1, 'the key "~" is null'),
        ("{: 2}", 1, 'the key "" is null'),
        ("? [a]\n: b", 1, "only text can be a key"),
        ("? {a: b}\n: c", 1, "only text can be a key"),
        ("a: &k x\n*k : b", 2, "only text can be a key"),
        ("a: &k {b: c}\nd:\n  <<: *k", 3, "merge keys (<<) are not supported (write the keys out)"),
        ("a: 1\nb: !!int 2", 2, "the tag"),
        ("a: !local [x]", 1, 'the tag "!local" is not supported'),
        ("!!python/object:os.system x", 1, "the tag"),
        ("a:\n  b: .inf", 2, "at /a/b .inf is not a finite number (put it in quotes"),
        ("a: -.Inf", 1, "-.Inf is not a finite"),
        ("[.nan]", 1, "at /0 .nan is not a finite"),
        ("a: 1e999", 1, "this number is too large"),
        ("a: " + "1" * 5000, 1, "this integer has more than 4300 digits"),
        ("a: 0x" + "1" * 5000, 1, "this integer has more than 1000 digits"),
        ('a: "\\ud800"', 1, "surrogate"),
        ('a: "\\U00110000"', None, "is not valid YAML"),
        ("%YAML 1.1\n---\na", 1, "holds a YAML directive"),
        ("# c\r\n%TAG ! x\n---\na", 2, "holds a YAML directive"),
        ("a: 1\n---\nb: 2", 2, "holds a second document"),
        ("---\na\n---\n", 3, "holds a second document"),
        ("a\n...\nb", 3, ""),
        ("a: *b", 1, "the alias *b has no anchor"),
        ("a: &b [1, *b]", 1, "at /a/1 the alias *b stands inside of what it names"),
        ("&b {a: {c: *b}}", 1, "at /a/c the alias *b stands inside"),
        (BOMB, 6, "holds more than 100000 values"),
        ("[" + "1," * (MAX_NODES + 1) + "]", None, ""),
        ("a: &t '" + "x" * 60000 + "'\nb: [" + "*t, " * 1000 + "]", 2, "holds more than 100000 values"),
        ("\n" + "[" * 101 + "]" * 101, 2, "is nested deeper than 100 levels"),
        ("[" * 100000, 1, ""),
        ("- " * 5000 + "a", 1, "is nested deeper"),
        ("a: &k " + "[" * 60 + "]" * 60 + "\nb: " + "[" * 60 + "*k" + "]" * 60, 2, "is nested deeper"),
        (b"\xef\xbb\xbfa: 1", 1, "byte order mark"),
        ("a: \ufeffb", 1, "U+FEFF"),
        ("a: 1\nb: x\0", 2, "U+0000"),
        ("a: \x85", 1, "U+0085"),
        ("a: \u2028", 1, "U+2028"),
        ("a: \x7f", 1, "U+007F"),
        ("a: 1\nb: 2\rc: 3", 2, "carriage return"),
        (b"a: \xff", 1, "is not UTF-8 text"),
        (b"\xff\xfea\0", 1, "is UTF-16"),
        ("a: 'x", 1, "is not valid YAML"),
        ("a: [1\nb: 2", 2, "is not valid YAML"),
        ("a: b: c", 1, "is not valid YAML: mapping values are not allowed here"),
        ("a:\n\tb: c", 2, "is not valid YAML"),
        ("&a.b x", 1, "the anchor name"),
        ("a: `x`", 1, "is not valid YAML"),
        ("a: b\n  c\n d: e", 3, "is not valid YAML"),
        ("a: 1\n# " + "x" * 70000, 2, "holds a line of more than 65536 characters"),
    ],
)
def test_what_is_refused_has_words_and_a_line(source: str | bytes, line: int | None, words: str) -> None:
    start = time.process_time()
    error = refusal(source)

    assert words in str(error)
    assert line in (None, error.line)
    assert time.process_time() - start < 20


def test_messages_stay_short_whatever_the_file_holds() -> None:
    key = "k" * 50_000

    assert len(refusal(f"? {key}\n: 1\n? {key}\n: 2\n").message) < 200
    assert len(refusal(f"a: !{key} 1").message) < 200


SOURCE = """\
# head
a:
  b: [10, {c: é, d: 1}]
  "~/": &k
    x: 1
e: *k
- : not here
""".replace("- : not here\n", "")


@pytest.mark.parametrize(
    ("pointer", "line", "column"),
    [
        ("", 2, 1),
        ("/a", 2, 1),
        ("/a/b", 3, 3),
        ("/a/b/0", 3, 7),
        ("/a/b/1", 3, 11),
        ("/a/b/1/d", 3, 18),
        ("/a/~0~1", 4, 3),
        ("/a/~0~1/x", 5, 5),
        ("/e", 6, 1),
        ("/e/x", 6, 1),
        ("/a/b/9/z", 3, 3),
        ("/nothing", 2, 1),
        ("no pointer", 2, 1),
    ],
)
def test_the_place_of_a_value_is_that_of_its_key_or_its_nearest_ancestor(pointer: str, line: int, column: int) -> None:
    assert parse_yaml(SOURCE.encode(), "d").place(pointer) == (line, column)


def test_places_are_known_in_a_file_that_only_the_parser_in_python_reads() -> None:
    assert parse_yaml(b"a: [1:2]\nb:\n  - 3\n", "d").place("/b/0") == (3, 5)


def test_without_the_c_parser_everything_is_read_all_the_same() -> None:
    code = (
        "import sys; sys.modules['_ruamel_yaml'] = None\n"
        "from autolab_core.io.documents import parse_yaml\n"
        "from autolab_core.io.documents import yaml_events\n"
        "print(yaml_events.CParser, parse_yaml(b'a: [1, x: y]', 'd').data)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "None {'a': [1, {'x': 'y'}]}\n"


def test_reading_yaml_runs_no_more_of_ruamel_than_the_c_parser_wants_and_leaves_all_of_it_to_be_had() -> None:
    code = (
        "import sys; from autolab_core.io.documents import parse_yaml; parse_yaml(b'a: 1', 'd')\n"
        "print('ruamel.yaml.main' in sys.modules)\n"
        "import ruamel.yaml; print(ruamel.yaml.comments.CommentedMap.__name__, ruamel.yaml.YAML.__module__)\n"
        "from ruamel.yaml import *; print(YAML is ruamel.yaml.main.YAML, hasattr(ruamel.yaml, 'nothing'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\nCommentedMap ruamel.yaml.main\nTrue False\n"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package that is slow to run, says that it was, and asks itself for a name meanwhile."""
    (tmp_path / "put_off_slowly").mkdir()
    source = "import time, sys\nruns = getattr(sys, 'runs_of_it', 0)\nsys.runs_of_it = runs + 1\nearly = 1\n"
    source += "time.sleep(0.2)\nimport put_off_slowly\nlate = put_off_slowly.early + 1\n"
    (tmp_path / "put_off_slowly/__init__.py").write_text(source)
    (tmp_path / "put_off_slowly/part.py").write_text("name = 'part'\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delattr(sys, "runs_of_it", raising=False)
    yield "put_off_slowly"
    for name in ("put_off_slowly", "put_off_slowly.part"):
        sys.modules.pop(name, None)


def test_a_package_that_is_put_off_gives_its_parts_and_is_run_once_when_it_is_asked_for_a_name(package: str) -> None:
    put_off(package)
    part = import_module(f"{package}.part").name
    before = getattr(sys, "runs_of_it", 0)
    with ThreadPoolExecutor(4) as pool:
        late = list(pool.map(lambda _: import_module(package).late, range(4)))

    assert (part, before, late, sys.runs_of_it) == ("part", 0, [2, 2, 2, 2], 1)  # type: ignore[attr-defined]


def test_putting_off_changes_nothing_where_the_package_was_imported_or_is_not_there(package: str) -> None:
    imported = import_module(package)

    put_off(package)
    put_off("no_such_package_at_all")

    assert sys.modules[package] is imported
    assert "no_such_package_at_all" not in sys.modules


BACKLOG = """\
# who may touch this: people
---
# the hypotheses
hypotheses:
  - {id: h1, status: open}   # flow

experiments:
  # the first
  - id: 'e1'   # quoted
    status: "in_progress"
    when: 2026-02-01
    off: yes
    hex: 0x1F
    float: 1.50
    changes:
      deep: 1
    long: {long}
    text: |
      kept
        as is

  # the second
  - id: e2
    status: done
# the end
""".replace("{long}", "word " * 60 + "end")


def close_first(data: Any) -> None:
    data["experiments"][0]["status"] = "done"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_an_edit_changes_its_line_and_no_other(ending: str) -> None:
    source = BACKLOG.replace("\n", ending).encode()

    assert edit_yaml(source, "b.yaml", close_first) == source.replace(b"in_progress", b"done")


def test_lists_that_are_not_indented_stay_so() -> None:
    source = b"experiments:\n- id: e1\n  status: x\n  tags:\n  - a\n- id: e2\n"

    assert edit_yaml(source, "b.yaml", close_first) == source.replace(b": x", b": done")


def test_deeper_indentation_stays() -> None:
    source = b"experiments:\n    - id: e1\n      status: x\nmore:\n    deep:\n        deeper: 1\n"

    assert edit_yaml(source, "b.yaml", close_first) == source.replace(b": x", b": done")


def test_an_edit_can_add_and_remove() -> None:
    def edit(data: Any) -> None:
        data["experiments"].append({"id": "e3", "when": "2026-02-02", "note": "12"})
        del data["experiments"][1]

    result = edit_yaml(BACKLOG.encode(), "b.yaml", edit)

    assert [entry["id"] for entry in parse_yaml(result, "b").data["experiments"]] == ["e1", "e3"]
    assert parse_yaml(result, "b").data["experiments"][1] == {"id": "e3", "when": "2026-02-02", "note": "12"}


def test_a_file_that_is_not_read_is_not_edited() -> None:
    with pytest.raises(DocumentError, match=r"b\.yaml:2: at /a the key"):
        edit_yaml(b"a: 1\na: 2\n", "b.yaml", close_first)


def test_an_edit_that_would_not_read_back_is_refused() -> None:
    calls: list[int] = []

    def differs(data: Any) -> None:
        calls.append(1)
        data["a"] = len(calls)

    with pytest.raises(StoreError, match="cannot be rewritten without changing more than was asked"):
        edit_yaml(b"a: 1\n", "b.yaml", differs)
