"""Which sections a spec has, what else authors call them, and which of a text's sections is which."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Final

from autolab_core.io.spec.findings import Findings
from autolab_core.io.spec.outline import Outline, Section
from autolab_core.vocab.experiment import MetricRole

__all__ = ["ROLES", "SUBSECTIONS", "Part", "assign", "check_machine_read", "subsections"]


class Part(StrEnum):
    """The sections, by their headings, in the order of a printed spec."""

    HYPOTHESIS = "Hypothesis"
    VARIABLES = "Independent Variables"
    CONTROLS = "Controls"
    METRICS = "Metrics"
    BASELINES = "Baselines"
    SUCCESS = "Success Criteria"
    MVE = "Minimum Viable Experiment"
    PROTOCOL = "Full Protocol"
    SEEDS = "Seeds"
    BUDGET = "Resource Budget"
    ABORT = "Abort Criteria"
    CONFOUNDS = "Confounds"
    IMPLEMENTATION = "Implementation"

    @property
    def optional(self) -> bool:
        return self in (Part.MVE, Part.IMPLEMENTATION)

    @property
    def prose(self) -> bool:
        """True where whatever stands there is text for people."""
        return self in (Part.HYPOTHESIS, Part.MVE, Part.PROTOCOL, Part.CONFOUNDS)


COMPUTE: Final = "Compute Profile"
ROLES: Final = {
    "Primary": MetricRole.PRIMARY,
    "Secondary": MetricRole.SECONDARY,
    "Sanity Checks": MetricRole.SANITY,
}
SUBSECTIONS: Final = {Part.METRICS: tuple(ROLES), Part.BUDGET: (COMPUTE,)}
_OTHERWISE: Final = {
    "independent variable": Part.VARIABLES,
    "variables": Part.VARIABLES,
    "control variables": Part.CONTROLS,
    "controlled variables": Part.CONTROLS,
    "baseline": Part.BASELINES,
    "success criterion": Part.SUCCESS,
    "mve": Part.MVE,
    "minimum viable experiment (mve)": Part.MVE,
    "protocol": Part.PROTOCOL,
    "seed": Part.SEEDS,
    "budget": Part.BUDGET,
    "abort criterion": Part.ABORT,
    "confounders": Part.CONFOUNDS,
    "primary metrics": "Primary",
    "primary metric": "Primary",
    "secondary metrics": "Secondary",
    "secondary metric": "Secondary",
    "sanity": "Sanity Checks",
    "sanity check": "Sanity Checks",
    "sanity metrics": "Sanity Checks",
}


def assign(outline: Outline, found: Findings) -> dict[Part, Section]:
    """Which section is which. Problems: a heading twice, a section missing. Notes: a section that is none of ours."""
    parts: dict[Part, Section] = {}
    for section in outline.sections:
        name = _known(section.title, tuple(Part))
        if name is None:
            _unknown(section, tuple(Part), found)
            continue
        part = Part(name)
        if part in parts:
            found.problem(
                section.line, f"the section {part} is already on line {parts[part].line}; keep one of the two"
            )
            continue
        parts[part] = section
        found.lines[part.name.casefold()] = section.line
        if not part.prose:
            check_machine_read(section, part, found)
    # A title may be a section with a # too few, and what stands below an open block cannot be seen.
    hidden = {_known(title.text, tuple(Part)) for title in outline.titles[1:]} | _swallowed(parts, found)
    for part in Part if outline.unclosed is None else ():
        if part not in parts and not part.optional and part not in hidden:
            found.problem(_title_line(outline), f"the section '## {part}' is missing")
    return parts


def _swallowed(parts: Mapping[Part, Section], found: Findings) -> set[str | None]:
    """The sections that a fenced block without an end holds as its text; a problem for each such block."""
    swallowed: set[str | None] = set()
    for section in parts.values():
        for fence in (*section.fences, *(fence for below in section.below for fence in below.fences)):
            headings = (line[3:] for line in fence.content.split("\n") if line.startswith("## "))
            inside = {_known(heading, tuple(Part)) for heading in headings} - {None, *parts}
            if inside:
                found.problem(
                    fence.line, f"this block holds the section {min(map(str, inside))}: its last line, ```, is missing"
                )
            swallowed |= inside
    return swallowed


def subsections(section: Section, part: Part, found: Findings) -> dict[str, Section]:
    """The sections below *section*, which is *part*, by their names."""
    names: dict[str, Section] = {}
    for below in section.below:
        name = _known(below.title, SUBSECTIONS.get(part, ()))
        if name is None:
            _unknown(below, SUBSECTIONS.get(part, ()), found)
        elif name in names:
            found.problem(below.line, f"the section {name} is already on line {names[name].line}; keep one of the two")
        else:
            names[name] = below
    return names


def check_machine_read(section: Section, part: Part, found: Findings) -> None:
    """Problems for what looks as if it were to be read in *section* and is not, for it stands in no list item."""
    for block in section.blocks:
        if block.kind == "code":
            found.problem(block.line, "four spaces make this a block of code, which is not read; remove them")
        elif block.kind == "quote":
            found.problem(block.line, f"a quote is not read in {part}; write list items that begin with '- '")
        elif block.kind == "html" and not block.text.startswith("<!--"):
            found.problem(block.line, f"HTML is not read in {part}; write list items that begin with '- '")
        elif block.kind == "heading":
            found.problem(block.line, f"the heading {block.text!r} means nothing in {part}; write a paragraph")
        elif block.text.startswith("|"):
            found.problem(block.line, f"a table is not read in {part}; write list items that begin with '- '")
        elif block.text.startswith("`"):
            found.problem(block.line, "this is a paragraph, and only list items are read; begin it with '- '")
    for item in section.items:
        if item.parts > 1:
            found.problem(item.line, "this item holds a list or several paragraphs; write each as an item of its own")
    for below in section.below:
        if part not in SUBSECTIONS:
            found.problem(below.line, f"the heading {below.title!r} means nothing in {part}; write a paragraph")
        else:
            check_machine_read(below, part, found)


def _known(title: str, names: tuple[str, ...]) -> str | None:
    """Which of *names* the heading *title* is: in any case, with a number before it or a colon after it."""
    folded = title.casefold().strip("*_: ").lstrip("0123456789.) ")
    for name in names:
        if folded == name.casefold() or _OTHERWISE.get(folded) == name:
            return name
    return None


def _unknown(section: Section, names: tuple[str, ...], found: Findings) -> None:
    near = get_close_matches(section.title.casefold(), [name.casefold() for name in names], 1)
    hint = (
        f"did you mean {next(str(name) for name in names if name.casefold() == near[0])!r}?"
        if near
        else "it is kept as text"
    )
    found.note(section.line, f"the section {section.title!r} is not read; {hint}")


def _title_line(outline: Outline) -> int:
    return outline.titles[0].line if outline.titles else 1
