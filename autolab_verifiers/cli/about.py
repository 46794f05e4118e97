"""``--list`` and ``--explain``: what the installed rules say of themselves."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from autolab_core.vocab.errors import UsageError

if TYPE_CHECKING:
    from argparse import Namespace

    from autolab_verifiers.contract.rules import Verifier
    from autolab_verifiers.report.answer import Check

__all__ = ["about_rules"]


def about_rules(options: Namespace) -> int:
    from autolab_verifiers.report.delivery import say
    from autolab_verifiers.report.rules import explained, listed

    verifiers, broken = _collected(options.root or options.folder or os.curdir)
    for check in broken:
        say(f"autolab-verify: {check.reason}\n", sys.stderr)
    if options.explain:
        found = [(verifier, rule) for verifier in verifiers for rule in verifier.rules if rule.id == options.explain]
        if not found:
            raise UsageError(f"no rule is called {options.explain!r}; see `autolab-verify --list`")
        say("\n".join(explained(*each) for each in found), sys.stdout)
    else:
        say("\n".join(line for verifier in verifiers for line in listed(verifier)) + "\n", sys.stdout)
    return 2 if broken else 0


def _collected(root: str) -> tuple[list[Verifier], Sequence[Check]]:
    """The verifiers that are installed, and a check for each plugin that cannot be used."""
    from autolab_verifiers.engine.collect import collect

    collected = collect(root)
    return [collected.verifier(name) for name in collected.names], collected.broken
