"""Write ``docs/rules.md`` from the rules themselves: ``python scripts/generate_rules_page.py [--check]``."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

from autolab_verifiers.builtin import BUILTIN, load

PAGE = Path(__file__).resolve().parents[1] / "docs/rules.md"
_HEAD = """\
# Rules

Made from the code by `python scripts/generate_rules_page.py`; `autolab-verify --explain RULE` prints the same text.

A rule passes, fails, cannot be decided (`error`), or does not apply (`skip`, with the reason). A finding of severity
`error` fails its rule; warnings and notes are shown and do not. Which verifiers run at which stage is decided by
`.autolab/verifier_policy.yaml`, and by the shipped policy where there is none.
"""


def page() -> str:
    """The page's text."""
    parts = [_HEAD]
    for name in BUILTIN:
        verifier = load(name)
        parts.append(f"\n## {name}\n\n{getattr(verifier, 'summary', '')}\n")
        for rule in verifier.rules:
            parts.append(f"\n### {rule.id}: {rule.summary}\n\n{inspect.cleandoc(rule.explanation)}\n")
            if rule.hint:
                parts.append(f"\nWay out: {rule.hint}.\n")
    return "".join(parts)


def main() -> int:
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.read_text() == page() else 1
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
