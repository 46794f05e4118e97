"""How values and shared parts come to stand in the text: in their place, once, and never looked at again."""

from __future__ import annotations

import pytest

from autolab_core.prompts.expand import CHARS_MAX, expand
from autolab_core.prompts.sources import Prompt
from autolab_core.prompts.template import parse
from autolab_core.vocab.errors import DocumentError


def expanded(text, *, values=None, **shared):
    parts = {f"{name}.md": parse(content, f"{name}.md") for name, content in shared.items()}
    return expand(Prompt(parse(text, "t.md"), parts, ()), values or {})


@pytest.mark.parametrize(
    ("text", "content", "made"),
    [
        ("{{x}}", "one\ntwo", "one\ntwo"),
        ("  {{x}}", "one\ntwo", "  one\n  two"),
        ("- {{x}}", "one\n\ntwo", "- one\n\n  two"),
        ("1. {{x}}  ", "one\ntwo", "1. one\n   two"),
        ("  - [ ] {{x}}", "one\ntwo", "  - [ ] one\n    two"),
        ("> {{x}}", "one\n\ntwo", "> one\n>\n> two"),
        ("a {{x}} b", "one", "a one b"),
        ("- a {{x}} b", "one\ntwo", "- a one\n  two b"),
        ("| {{x}} | {{x}} |", "one", "| one | one |"),
        ("a\n{{x}}\nb", "", "a\nb"),
        ("a {{x}}.", "", "a ."),
    ],
)
def test_a_value_takes_the_place_of_its_token(text, content, made):
    assert expanded(text, values={"x": content}) == made


@pytest.mark.parametrize("value", ["{{x}}", "{{shared:a.md}}", r"\{{", "{{", "}}", "{{y}}{{y}}"])
def test_a_value_is_never_looked_at_for_tokens(value):
    assert expanded("{{x}} {{shared:b.md}}", values={"x": value, "y": "no"}, a="no", b="{{x}}") == f"{value} {value}"


def test_a_part_on_a_line_of_its_own_keeps_its_lines_and_their_place():
    assert expanded("# T\n\n- {{shared:a.md}}\n- z\n", a="one\n- two\n\n") == "# T\n\n- one\n  - two\n- z\n"


def test_a_part_of_one_line_stands_in_a_sentence():
    assert expanded("see {{shared:a.md}}, please\n", a="the `{{x}}` page\n", values={"x": "y"}) == (
        "see the `y` page, please\n"
    )


def test_a_part_of_several_lines_is_referred_to_in_a_sentence_and_follows_once_at_the_end():
    made = expanded("- status (see {{shared:a.md}}).\n- [ ] as in {{shared:a.md}}\n", a="- one\n- two\n")

    assert made == "- status (see “a” at the end).\n- [ ] as in “a” at the end\n\n## a\n\n- one\n- two\n"


def test_what_follows_at_the_end_may_refer_to_more():
    made = expanded("x {{shared:a.md}}", a="in {{shared:b.md}} too\n", b="1\n2\n")
    twice = expanded(
        "x {{shared:a.md}}",
        a="in {{shared:b.md}}\ntoo\n",
        b="1\nas {{shared:c.md}} and {{shared:d.md}}?\n",
        c="y\nz",
        d="w\nv",
    )

    assert made == "x in “b” at the end too\n\n## b\n\n1\n2\n"
    assert twice.split("\n\n## ")[0] == "x “a” at the end"
    assert [part.partition("\n")[0] for part in twice.split("\n\n## ")[1:]] == ["a", "b", "c", "d"]


def test_a_few_includes_cannot_make_an_endless_prompt():
    parts = {f"p{number}": f"{{{{shared:p{number + 1}.md}}}}\n" * 100 for number in range(1, 8)}

    with pytest.raises(DocumentError, match=f"more than {CHARS_MAX} characters"):
        expanded("{{shared:p1.md}}", **parts, p8="x" * 80)


def test_a_line_of_many_values_cannot_make_an_endless_prompt():
    with pytest.raises(DocumentError, match=f"more than {CHARS_MAX} characters"):
        expanded("{{x}}" * 1000, values={"x": "y" * 100_000})
