"""``docs/environment.md``: which block is the one, and what is refused with a place and a hint."""

from __future__ import annotations

import hashlib

import pytest

from autolab_core.io.environment import activation_block
from autolab_core.vocab.errors import DocumentError


def block(text: str) -> str:
    return activation_block(text.encode(), "docs/environment.md").text


def refusal(text: str) -> str:
    with pytest.raises(DocumentError) as caught:
        block(text)
    return str(caught.value)


TAGGED = "```bash activate\nsource a\n```\n"
PLAIN = "```bash\nsource b\n```\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (TAGGED, "source a\n"),
        (PLAIN, "source b\n"),
        (PLAIN + TAGGED + PLAIN, "source a\n"),
        ("```sh\nsource b\n```\n```python\nprint()\n```\n", "source b\n"),
        ("```\nbash\n```\n" + PLAIN, "source b\n"),
        ("~~~bash activate\nsource a\n~~~\n", "source a\n"),
        ("~~~~ bash activate  \n~~~\n~~~~~\n", "~~~\n"),
        ("````bash activate\n```\ninner\n```\n````\n", "```\ninner\n```\n"),
        ("````markdown\n" + PLAIN + "````\n" + PLAIN, "source b\n"),
        ("~~~\n```bash\n~~~\n" + PLAIN, "source b\n"),
        ("   ```bash activate\nsource a\n   ```", "source a\n"),
        ("```bash activate title=x\nsource a\n```", "source a\n"),
        ("```bash activate\n```\n", ""),
        ("```bash activate\n\n  a\n\n\tb  \n```\n", "\n  a\n\n\tb  \n"),
        ("Run ```bash``` or\n```make``` first.\n" + PLAIN, "source b\n"),
        ("    ```bash activate\n    indented code, no fence\n\n" + PLAIN, "source b\n"),
        ("\ufeff" + TAGGED, "source a\n"),
    ],
)
def test_the_block_is_found(text, found):
    assert block(text) == found


def test_lines_that_end_in_crlf_are_the_lines_that_end_in_lf():
    assert activation_block(TAGGED.replace("\n", "\r\n").encode(), "x") == activation_block(TAGGED.encode(), "x")


def test_the_hash_is_of_the_text_that_the_script_holds():
    assert activation_block(TAGGED.encode(), "x").sha256 == hashlib.sha256(b"source a\n").hexdigest()


@pytest.mark.parametrize("text", ["", "# Environment\n", "```python\nx\n```\n", "```\nx\n```\n", "bash activate\n"])
def test_a_page_without_a_bash_block_is_refused_with_a_hint(text):
    assert refusal(text) == (
        "docs/environment.md: has no bash block that activates the environment "
        "(mark the one block that activates the environment with ```bash activate)"
    )


@pytest.mark.parametrize(("text", "line"), [(PLAIN + PLAIN, 4), (TAGGED + PLAIN + TAGGED, 7)])
def test_several_blocks_that_could_be_meant_are_refused_at_the_second(text, line):
    assert refusal(text).startswith(f"docs/environment.md:{line}: has 2 candidate bash blocks (mark the one")


@pytest.mark.parametrize("text", [TAGGED + "\n```bash\nopen\n", TAGGED + "\n````bash\n```\n"])
def test_a_block_that_is_never_closed_is_refused_where_it_opens(text):
    assert refusal(text) == "docs/environment.md:5: has a code block that is never closed"


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(DocumentError, match="is not UTF-8 text"):
        activation_block(b"```bash\n\xff\n```\n", "docs/environment.md")
