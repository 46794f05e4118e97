"""TOML as plain data that knows its lines."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.io.documents import Place
from autolab_core.io.documents.toml_reader import parse_toml
from autolab_core.vocab.errors import DocumentError

TEXT = """\
# [tool.comment]
title = "a # b" # c
other = [
  ["tool"],   # ]
  { y = 2 },
]
text = \"\"\"
[not.a.table]
z = 1 ""\\\"
\"\"\"
raw = '''
[neither]''\'
a.b."c d" = 1

  [tool.autolab]
launch = { require_reviewed = true }

[tool.autolab.stages."x/y"] # why
  run = ["a",
         "b"]
[[tool.list]]
n = 1
[[tool.list]]
n = 2
"""


@pytest.mark.parametrize(
    ("pointer", "line", "column"),
    [
        ("", 1, 1),
        ("/title", 2, 1),
        ("/other", 3, 1),
        ("/other/1/y", 3, 1),
        ("/text", 7, 1),
        ("/raw", 11, 1),
        ("/a", 13, 1),
        ("/a/b/c d", 13, 1),
        ("/tool", 15, 3),
        ("/tool/autolab", 15, 3),
        ("/tool/autolab/launch", 16, 1),
        ("/tool/autolab/launch/require_reviewed", 16, 1),
        ("/tool/autolab/stages", 18, 1),
        ("/tool/autolab/stages/x~1y", 18, 1),
        ("/tool/autolab/stages/x~1y/run/1", 19, 3),
        ("/tool/list/0/n", 22, 1),
        ("/tool/list/1", 23, 1),
        ("/tool/list/1/n", 24, 1),
        ("/tool/nowhere", 15, 3),
        ("/not/a/table", 1, 1),
    ],
)
def test_every_table_and_key_has_its_place(pointer, line, column):
    assert parse_toml(TEXT.encode(), "a.toml").place(pointer) == Place(line, column)


def test_what_json_lacks_comes_as_its_text():
    data = parse_toml(b"a = 2026-02-01\nb = [inf, nan, 1.5, 07:30:00]\nc = 2026-02-01T12:00:00Z\n", "a.toml").data

    assert data == {"a": "2026-02-01", "b": ["inf", "nan", 1.5, "07:30:00"], "c": "2026-02-01 12:00:00+00:00"}


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        (b"a = 1\nb = = 2\n", 2, "is not TOML: invalid value"),
        (b"a = 1\na = 2\n", 2, "is not TOML: cannot overwrite a value"),
        (b"a = 1\nb = \xff\n", 2, "is not UTF-8 text"),
        (b"a = " + b"[" * 100_000, None, "is nested more than 100 levels deep"),
        (b"a = " + b"[" * 150 + b"]" * 150, None, "is nested more than 100 levels deep"),
        (b"b = 1\n" + b"a." * 200_000 + b"a = 1\n", 2, "a key of more than 100 parts"),
        (b"a = " + b"1" * 5000, None, "is not TOML: "),
        (b"#" * (2 * 1024 * 1024 + 1), None, "the limit is 2097152 bytes"),
    ],
    ids=["syntax", "twice", "latin", "brackets", "deep", "dots", "digits", "long"],
)
def test_what_cannot_be_read_is_told_with_its_line(source, line, words):
    with pytest.raises(DocumentError) as caught:
        parse_toml(source, "a.toml")

    assert words in caught.value.message
    assert (caught.value.path, caught.value.line) == ("a.toml", line)


KEYS = st.text(st.sampled_from("ab/~ .'\"#[=\\\n"), max_size=4)
VALUES = st.sampled_from(["1", '"#"', "'\"'", '"""\n[a]\n"""', "[\n1, # ]\n]", "{ a = '[' }", "'''\n\"\n'''"])


@given(st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=3), max_size=3))
def test_the_place_of_a_key_is_the_line_that_it_was_written_on(tables):
    lines: list[str] = []
    expected: dict[tuple[str, str], int] = {}
    for name, members in tables.items():
        lines.append(f"[{json.dumps(name)}]")
        for key, value in members.items():
            expected[name, key] = len("\n".join(lines).split("\n")) + 1
            lines.append(f"{json.dumps(key)} = {value}")
    source = "\n".join(lines)
    document = parse_toml(source.encode(), "a.toml")

    assert document.data == tomllib.loads(source)
    for way, line in expected.items():
        pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in way)
        assert document.place(pointer).line == line


@given(st.binary(max_size=60))
def test_any_bytes_give_data_or_one_clear_error(source):
    try:
        line = parse_toml(source, "a.toml").place("/a/b").line
    except DocumentError as error:
        line, told = error.line or 1, str(error)
    else:
        told = ""

    assert line >= 1
    assert told.isprintable()
