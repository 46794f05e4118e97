"""Write the pages of ``docs/rules/`` from the rules themselves: ``python scripts/generate_rules_page.py [--check]``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from autolab_verifiers.builtin import BUILTIN, load
from autolab_verifiers.report.rules import ENGINE_RULES, Catalogue, explained, rules_of

FOLDER = Path(__file__).resolve().parents[1] / "docs/rules"
_ENGINE = "autolab_verify"
_INDEX = "README.md"
_HEAD = """\
# Rules

Made from the code by `python scripts/generate_rules_page.py`; `autolab-verify --explain RULE` prints the same text,
and with the name of a verifier all of its rules.

A rule passes, fails, cannot be decided (`error`), or does not apply (`skip`, with the reason). A finding of severity
`error` fails its rule; warnings and notes are shown and do not. Which verifiers run at which stage is decided by
`.autolab/verifier_policy.yaml`, and by the shipped policy where there is none
([more](../files.md#verifier_policyyaml)).
"""


def pages() -> Mapping[str, str]:
    """The name of each page, and its text."""
    verifiers = [(name, load(name).summary, rules_of(load(name))) for name in BUILTIN]
    described = [*verifiers, (_ENGINE, "What keeps a judgement from being made, told by the engine.", ENGINE_RULES)]
    made = {f"{name}.md": _page(name, summary, rules) for name, summary, rules in described}
    made[_INDEX] = _HEAD + "".join(_entry(*each) for each in described)
    return made


def _page(name: str, summary: str, rules: Catalogue) -> str:
    sections = (f"\n## {rule}\n\n{explained(verifier, rule, facts)}" for (verifier, rule), facts in rules.items())
    return f"# {name}\n\n{summary} Back to [all rules]({_INDEX}).\n{''.join(sections)}"


def _entry(name: str, summary: str, rules: Catalogue) -> str:
    lines = (f"- [{rule}]({name}.md#{rule.lower()}): {facts.summary}\n" for (_, rule), facts in rules.items())
    return f"\n## [{name}]({name}.md)\n\n{summary}\n\n{''.join(lines)}"


def main() -> int:
    made = pages()
    there = {path.name: path for path in FOLDER.glob("*.md")}
    if "--check" in sys.argv[1:]:
        return 0 if made == {name: path.read_text() for name, path in there.items()} else 1
    FOLDER.mkdir(exist_ok=True)
    for name in there.keys() - made.keys():
        there[name].unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
