"""Where templates and shared parts come from, and from where they never come."""

from __future__ import annotations

import os
from itertools import pairwise

import pytest

from autolab_core.io.tree import Tree
from autolab_core.prompts.sources import BYTES_MAX, DEPTH_MAX, Sources
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.tokens import SHARED_PARTS

LAUNCH = ".autolab/prompts/stage_launch.md"
SHARED = ".autolab/prompts/shared"


@pytest.fixture
def put(tmp_path):
    """Write a file, and give back what the repository's launch prompt then is."""

    def write(**files):
        for name, content in files.items():
            path = tmp_path / (LAUNCH if name == "launch" else f"{SHARED}/{name}.md")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return lambda: Sources(Tree(str(tmp_path))).prompt("launch")

    return write


def refusal(prompt):
    with pytest.raises(DocumentError) as caught:
        prompt()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_without_prompts_of_its_own_a_repository_has_the_shipped_ones(tmp_path):
    prompt = Sources(Tree(str(tmp_path))).prompt("launch")

    assert all(part.shipped for part in prompt.parts)
    assert prompt.parts[0].path == LAUNCH
    assert set(prompt.shared) <= set(SHARED_PARTS)


def test_a_repository_s_own_file_wins_and_the_rest_is_shipped(put):
    prompt = put(launch="{{shared:checklist.md}}{{shared:guardrails.md}}", checklist="mine")()

    assert [(part.path, part.shipped) for part in prompt.parts] == [
        (LAUNCH, False),
        (f"{SHARED}/checklist.md", False),
        (f"{SHARED}/guardrails.md", True),
    ]


@pytest.mark.parametrize("content", ["", " \n\n"])
def test_a_template_with_nothing_in_it_is_none(put, content):
    assert refusal(put(launch=content)) == (
        f"{LAUNCH}: is empty: an agent would be told nothing (remove it for the shipped one)"
    )


def test_parts_are_listed_once_in_the_order_of_their_mention(put):
    prompt = put(launch="{{shared:b.md}}\n{{shared:a.md}}\n{{shared:b.md}}", a="{{shared:c.md}}", b="", c="")()

    assert list(prompt.shared) == ["b.md", "a.md", "c.md"]


def test_a_part_that_is_nowhere_is_named_with_the_one_that_was_meant(put):
    said = refusal(put(launch="one\n{{shared:check_list.md}}"))

    assert said.startswith(f"{LAUNCH}:2: includes check_list.md, which is neither in {SHARED} nor shipped")
    assert "is checklist.md meant?" in said


def test_a_template_that_is_nowhere_is_named(tmp_path):
    with pytest.raises(DocumentError, match=r"stage_human_review.md: does not exist, and none is shipped"):
        Sources(Tree(str(tmp_path))).prompt("human_review")


@pytest.mark.parametrize("chain", ["a", "ab", "abc"])
def test_a_circle_is_named_whole(put, chain):
    parts = {name: f"x\n{{{{shared:{following}.md}}}}" for name, following in zip(chain, chain[1:] + "a", strict=True)}

    said = refusal(put(launch="{{shared:a.md}}", **parts))

    assert "go around in a circle: " + ", which includes ".join(f"{name}.md" for name in f"{chain}a") in said
    assert f"{SHARED}/{chain[-1]}.md:2:" in said


def nested(depth):
    names = [f"p{number}" for number in range(1, depth + 1)]
    return {name: f"{{{{shared:{after}.md}}}}" for name, after in pairwise(names)} | {names[-1]: "x"}


def test_includes_nest_so_deep_and_no_deeper(put):
    assert len(put(launch="{{shared:p1.md}}", **nested(DEPTH_MAX))().shared) == DEPTH_MAX
    assert f"more than {DEPTH_MAX} deep" in refusal(put(launch="{{shared:p1.md}}", **nested(DEPTH_MAX + 1)))


def test_a_part_that_was_reached_by_a_short_way_first_is_still_too_deep_by_a_long_one(put):
    launch = "{{shared:p5.md}}\n{{shared:q1.md}}"
    long = {f"q{number}": f"{{{{shared:{'p5' if number == 5 else f'q{number + 1}'}.md}}}}" for number in range(1, 6)}

    assert f"more than {DEPTH_MAX} deep" in refusal(put(launch=launch, **nested(DEPTH_MAX), **long))


def test_many_ways_through_the_same_parts_take_no_longer_than_one(put):
    parts = {f"p{number}": f"{{{{shared:p{number + 1}.md}}}}" * 500 for number in range(1, DEPTH_MAX)}

    assert len(put(launch="{{shared:p1.md}}", **parts, **{f"p{DEPTH_MAX}": "x"})().shared) == DEPTH_MAX


@pytest.mark.parametrize(
    "file",
    [
        *(
            "../secret.md",
            "a/../../secret.md",
            "/etc/passwd",
            "/etc/motd.md",
            "~/x.md",
            "..\\x.md",
            "",
            ".md",
            ".hidden.md",
        ),
        *("a//b.md", "checklist", "checklist.txt", "a/.b/c.md", "checklist.md/", "./checklist.md"),
    ],
)
def test_an_include_that_could_lead_elsewhere_is_refused_by_its_name(put, tmp_path, file):
    (tmp_path / "secret.md").write_text("secret")

    assert f"includes {file!r}, which is refused: " in refusal(put(launch=f"{{{{shared:{file}}}}}"))


@pytest.mark.parametrize("link", [SHARED, f"{SHARED}/a.md", ".autolab/prompts", LAUNCH])
def test_nothing_is_read_through_a_symbolic_link_not_even_one_that_stays_inside(put, tmp_path, link):
    prompt = put(launch="{{shared:a.md}}", a="text")
    os.rename(tmp_path / link, tmp_path / "elsewhere")
    (tmp_path / link).symlink_to(tmp_path / "elsewhere")

    assert f"is reached through a symbolic link, {link}" in refusal(prompt)


def test_lines_may_end_as_on_windows(put):
    prompt = put(launch=b"a\r\n{{run_id}}\r\n")()

    assert [line.pieces for line in prompt.template.lines] == [("a",), (("run_id",),), ()]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xef\xbb\xbfText", "starts with a byte order mark"),
        ("Text".encode("utf-16"), "is UTF-16 text"),
        (b"fine\nf\xfcnf\n", "stage_launch.md:2: is not UTF-8 text: byte 0xfc"),
        (b"x" * (BYTES_MAX + 1), f"the limit is {BYTES_MAX} bytes"),
        (b"x" * 10_000_000, f"the limit is {BYTES_MAX} bytes"),
    ],
)
def test_what_is_no_text_of_a_prompt_is_refused(put, content, why):
    assert why in refusal(put(launch=content))


def test_a_pipe_is_no_template_and_nobody_waits_for_it(tmp_path):
    (tmp_path / ".autolab/prompts").mkdir(parents=True)
    os.mkfifo(tmp_path / LAUNCH)

    assert "is a named pipe, not a file" in refusal(lambda: Sources(Tree(str(tmp_path))).prompt("launch"))
