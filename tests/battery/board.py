"""The results of a whole battery as a document, and as the tables of ``docs/guard.md``."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autolab_core.vocab.guard import STRONGEST_FIRST, GuardLevel
from tests.battery.attempt import Attempt
from tests.battery.verdict import Row, Verdict, verdict

__all__ = ["BEGIN", "END", "document", "replace", "tables"]

BEGIN = "<!-- The tables of `python -m tests.battery.write_table` begin here. -->"
END = "<!-- They end here. -->"
_CONTENT = ("change", "seen")


def document(
    attempts: Sequence[Attempt], rows: Iterable[Row], works: object, machine: Mapping[str, str]
) -> dict[str, Any]:
    """What a run found, plain: the machine, the attempts and their verdicts, the acceptance list."""
    named = {attempt.name: attempt for attempt in attempts}
    found: dict[str, dict[str, Any]] = {
        attempt.name: {
            "group": attempt.group,
            "says": attempt.says,
            "proof": attempt.proof,
            "limit": attempt.limit,
            "by": {},
        }
        for attempt in attempts
    }
    for row in rows:
        found[row.attempt]["by"][row.who] = {
            "counts": row.counts,
            "absent": row.unguarded.absent,
            "levels": {str(level): str(verdict(named[row.attempt], outcome)) for level, outcome in row.guarded.items()},
        }
    return {"machine": dict(machine), "attempts": found, "works": works}


def tables(held: Mapping[str, Any]) -> str:
    """The Markdown of a document."""
    return "\n".join([_machine(held), _totals(held), _works(held), *_groups(held)])


def replace(page: str, text: str) -> str:
    """*page* with *text* between the markers."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{text}\n{END}{after}"


def _machine(held: Mapping[str, Any]) -> str:
    machine = held["machine"]
    words = ", ".join(f"{name} {value}" for name, value in machine.items())
    return f"Measured on: {words}.\n"


def _totals(held: Mapping[str, Any]) -> str:
    lines = [
        "| level | by | attempts that work unguarded | got through | of these detected | named limits among these |",
        "|---|---|---|---|---|---|",
    ]
    for level, who in itertools.product(STRONGEST_FIRST, ("owner", "root")):
        cells = [
            (each, each["by"][who]["levels"][level])
            for each in held["attempts"].values()
            if level in each["by"].get(who, {}).get("levels", {}) and each["proof"] in _CONTENT
        ]
        through = [(each, word) for each, word in cells if word not in (Verdict.HELD, Verdict.REFUSED)]
        detected = sum(word == Verdict.DETECTED for _, word in through)
        limits = sum(bool(each["limit"]) for each, _ in through)
        if cells:
            lines.append(f"| `{level}` | {who} | {len(cells)} | {len(through)} | {detected} | {limits} |")
    return "\n".join(lines) + "\n"


def _works(held: Mapping[str, Any]) -> str:
    heads = [f"`{level}`" for level in STRONGEST_FIRST]
    lines = ["### Ordinary work under the guard\n", f"| work | {' | '.join(heads)} |", "|---|" + "---|" * len(heads)]
    for name, work in held["works"].items():
        cells = [work["levels"].get(level, "–") for level in STRONGEST_FIRST]
        lines.append(f"| **{name}**: {_cell(work['says'])} | {' | '.join(map(_cell, cells))} |")
    return "\n".join(lines) + "\n"


def _groups(held: Mapping[str, Any]) -> Iterable[str]:
    heads = [f"`{level}`" for level in STRONGEST_FIRST]
    attempts = list(held["attempts"].items())
    for group, members in itertools.groupby(attempts, lambda item: item[1]["group"]):
        yield f"### {group[0].upper()}{group[1:]}\n"
        yield f"| attempt | {' | '.join(heads)} |\n|---|{'---|' * len(heads)}"
        limits: dict[str, int] = {}
        for name, each in members:
            mark = ""
            if each["limit"]:
                mark = f" [{limits.setdefault(each['limit'], len(limits) + 1)}]"
            cells = [_word(each, level) for level in STRONGEST_FIRST]
            lines = f"| **{_cell(name)}**{mark}: {_cell(each['says'])} | {' | '.join(cells)} |"
            yield lines
        yield ""
        for limit, number in limits.items():
            yield f"[{number}] A named limit: {limit}.\n"


def _word(each: Mapping[str, Any], level: GuardLevel) -> str:
    """One cell: a word for both users where they agree, else one for each."""
    words: dict[str, str] = {}
    for who, found in each["by"].items():
        if not found["counts"]:
            words[who] = f"not here ({found['absent']})" if found["absent"] else "not here"
        else:
            words[who] = found["levels"].get(level, "–")
    if len(set(words.values())) == 1:
        return _cell(next(iter(words.values())))
    return _cell("; ".join(f"{who}: {word}" for who, word in words.items()) or "–")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
