"""What a template's text is read as: tokens, shared parts, literal braces, and what is none of them."""

from __future__ import annotations

import pytest

from autolab_core.prompts.template import Include, Use, parse
from autolab_core.vocab.errors import DocumentError


def pieces(line):
    (read,) = parse(line, "t.md").lines
    return read.pieces


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("", ()),
        ("plain", ("plain",)),
        ("{{run_id}}", (Use("run_id"),)),
        ("{{  run_id\t}}", (Use("run_id"),)),
        ("a {{x}}/{{y}}.", ("a ", Use("x"), "/", Use("y"), ".")),
        ("{{shared:a.md}}", (Include("a.md"),)),
        ("{{ shared: deep/a.md }}", (Include("deep/a.md"),)),
        ("{ a } }} {", ("{ a } }} {",)),
        ('{"a": {"b": 1}}', ('{"a": {"b": 1}}',)),
        ("${{x}}", ("$", Use("x"))),
        (r"\{{x}}", ("{{x}}",)),
        (r"\\{{x}}", ("\\", Use("x"))),
        (r"\\\{{x}}", (r"\{{x}}",)),
        (r"a\b \{{ {{x}} \{{", (r"a\b {{ ", Use("x"), " {{")),
        (r"\n stays", (r"\n stays",)),
    ],
)
def test_a_line_is_read_as_its_pieces(line, read):
    assert pieces(line) == read


@pytest.mark.parametrize("line", ["{{", "{{run_id", "{{run_id}", "a {{b", "{{a}} {{"])
def test_a_token_that_is_not_closed_on_its_line_is_refused_with_the_line(line):
    with pytest.raises(DocumentError, match="never closed") as caught:
        parse(f"fine\n{line}\n}}}}\n", "t.md")
    assert (caught.value.path, caught.value.line) == ("t.md", 2)


@pytest.mark.parametrize(
    "inner", ["", " ", "run id", "run-id", "1x", "{run_id", "x | upper", "a.b", "é", '"a": 1', "…"]
)
def test_what_is_no_name_is_refused_with_the_way_to_write_braces(inner):
    with pytest.raises(DocumentError, match="is no name of a token") as caught:
        parse(f"{{{{{inner}}}}}", "t.md")
    assert caught.value.hint == r"write \{{ for two braces that are text"


def test_a_long_token_is_shown_in_part():
    with pytest.raises(DocumentError) as caught:
        parse("{{" + "x " * 10_000, "t.md")
    assert len(str(caught.value)) < 250
