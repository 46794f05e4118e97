"""The parts of a spec that are text for people: kept as the author wrote them."""

from __future__ import annotations

from collections.abc import Sequence

from autolab_core.io.spec.findings import Findings
from autolab_core.io.spec.outline import Item, Outline, Section

__all__ = ["read_confounds", "read_text", "read_title"]


def read_title(outline: Outline, id_: str, found: Findings) -> str:
    """The title of the experiment *id_*; what is wrong with the heading of level 1 goes to *found*."""
    if not outline.titles:
        found.problem(1, f"there is no title; begin with '# {id_}: Title'")
        return ""
    for second in outline.titles[1:]:
        found.problem(second.line, "this is a second title; sections begin with '## '")
    heading = outline.titles[0]
    found.lines["title"] = heading.line
    before, colon, after = heading.text.partition(":")
    title = heading.text
    if colon and before.strip() == id_:
        title = after.strip()
    elif before.strip().casefold().startswith("exp-") and before.strip()[4:5].isdigit() and (colon or before == id_):
        found.problem(heading.line, f"the title names {before.strip()}, and the file is {id_}; write '# {id_}: Title'")
    if not title or title == id_:
        found.problem(heading.line, f"the title is missing; write '# {id_}: Title'")
        return ""
    return title


def read_text(outline: Outline, section: Section | None, skipped: range = range(0)) -> str:
    """The body of *section* without the lines in *skipped* and without empty lines at both its ends."""
    if section is None:
        return ""
    numbered = enumerate(outline.lines[section.first - 1 : section.last], section.first)
    before = [
        line.rstrip()
        for number, line in numbered
        if number not in skipped and number < (skipped.start or section.last + 1)
    ]
    after = []
    if skipped:
        after = [line.rstrip() for line in outline.lines[skipped.stop - 1 : section.last]]
    texts = ["\n".join(part).strip("\n") for part in (before, after)]
    return "\n\n".join(text for text in texts if text)


def read_confounds(items: Sequence[Item]) -> tuple[str, ...]:
    """Each list item's text."""
    return tuple(item.text for item in items)
