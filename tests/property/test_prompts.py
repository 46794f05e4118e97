"""Rendering gives text back as it is, and puts values where tokens stand without ever looking into them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.prompts.expand import expand
from autolab_core.prompts.sources import Prompt
from autolab_core.prompts.template import Use, parse
from autolab_core.vocab.errors import DocumentError

NAMES = ("x", "run_id", "_")
# What templates are made of, in any order.
SCRAPS = ("{{x}}", "{{ run_id }}", "{{", "}}", "{", "}", "\\", "\\{{", "\\\\{{_}}", "\n", "- ", "> ", "a b", "é")
texts = st.one_of(st.text(), st.lists(st.sampled_from(SCRAPS), max_size=12).map("".join))
values = st.fixed_dictionaries(dict.fromkeys(NAMES, texts))


def rendered(text, given_values=None, **shared):
    parts = {f"{name}.md": parse(content, f"{name}.md") for name, content in shared.items()}
    return expand(Prompt(parse(text, "t.md"), parts, ()), given_values or {})


@given(texts.filter(lambda text: "{{" not in text))
def test_text_without_tokens_is_given_back_as_it_is(text):
    assert rendered(text) == text


@given(texts)
def test_any_text_is_given_back_when_its_braces_are_marked_as_text(text):
    # Braces may follow one another: the mark goes before each pair, after backslashes have been doubled.
    marked, position = "", 0
    while (start := text.find("{{", position)) >= 0:
        before = text[position:start]
        slashes = len(before) - len(before.rstrip("\\"))
        marked += before + "\\" * slashes + "\\{{"
        position = start + 2

    assert rendered(marked + text[position:]) == text


@given(texts, values)
def test_a_text_is_rendered_or_refused_and_nothing_else(text, given_values):
    try:
        made = parse(text, "t.md")
    except DocumentError:
        return
    used = {piece.name for line in made.lines for piece in line.pieces if isinstance(piece, Use)}
    if used <= set(NAMES):
        assert rendered(text, given_values).count("\n") >= 0


@given(st.text(alphabet="ab }\\"), texts)
def test_a_value_stands_in_a_sentence_letter_for_letter(around, value):
    flat = value.replace("\n", " ")

    assert rendered(f"a{around} {{{{x}}}} {around}b", {"x": flat}) == f"a{around} {flat} {around}b"


@given(st.lists(texts.map(lambda text: f"[{text.replace(chr(10), ' ')}]"), min_size=1, max_size=4))
def test_every_line_of_a_value_that_has_its_line_to_itself_gets_the_same_place(lines):
    made = rendered("  - {{x}}", {"x": "\n".join(lines)})

    assert made.split("\n") == [f"  - {lines[0]}", *(f"    {line}" for line in lines[1:])]


@given(texts)
def test_what_a_shared_part_is_given_as_a_value_stays_a_value(value):
    flat = value.replace("\n", " ")

    assert rendered("a {{shared:p.md}} b", {"x": flat}, p="[{{x}}]") == f"a [{flat}] b"


@pytest.mark.parametrize("value", ["{{shared:p.md}}", "{{x}}", "\\{{", "{{"])
def test_a_value_that_looks_like_a_template_stays_what_it_is(value):
    assert rendered("{{x}} {{shared:p.md}}", {"x": value}, p="{{x}}") == f"{value} {value}"
