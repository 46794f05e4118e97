"""``--list`` and ``--explain``: what the installed rules say of themselves."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from autolab_core.vocab.errors import UsageError
from autolab_verifiers.cli.options import names

if TYPE_CHECKING:
    from argparse import Namespace

    from autolab_verifiers.engine.collect import Collected
    from autolab_verifiers.report.rules import Catalogue

__all__ = ["about_rules"]


def about_rules(options: Namespace) -> int:
    from autolab_verifiers.report.delivery import say
    from autolab_verifiers.report.rules import catalogue, listed
    from autolab_verifiers.report.text import printable

    collected = _collected(options.root or options.folder or os.curdir, names(options.block))
    verifiers = [collected.verifier(name) for name in collected.names]
    for check in collected.broken:
        say(f"autolab-verify: {printable(check.reason or '')}\n", sys.stderr)
        if options.verbose and check.traceback is not None:
            say("".join(f"      {printable(line)}\n" for line in check.traceback.split("\n")), sys.stderr)
    if options.explain:
        say(_explanation(options.explain, catalogue(verifiers)), sys.stdout)
    else:
        lines = [line for verifier in verifiers for line in listed(verifier)]
        lines += [printable(f"blocked: the plugin {name!r} of {owner}") for name, owner in collected.blocked]
        say("\n".join(lines) + "\n", sys.stdout)
    return 2 if collected.broken else 0


def _explanation(name: str, rules: Catalogue) -> str:
    """What the rule *name* asks for, or each rule of the verifier *name*. Raises UsageError when there is neither."""
    from autolab_verifiers.report.rules import explained

    found = [explained(*key, facts) for key, facts in rules.items() if name in key]
    if not found:
        near = _nearest(name, [each for key in rules for each in key])
        meant = f"did you mean {near}? " if near else ""
        raise UsageError(f"no rule or verifier is called {name!r}; {meant}`autolab-verify --list` shows them all")
    return "\n".join(found)


def _nearest(name: str, names: Sequence[str]) -> str | None:
    from difflib import get_close_matches

    folded = {each.casefold(): each for each in names}
    return next((folded[each] for each in get_close_matches(name.casefold(), folded, 1)), None)


def _collected(root: str, block: Sequence[str]) -> Collected:
    """The verifiers that are installed. *root* need not be a repository; if it is one, its policy blocks plugins."""
    from autolab_core.io.tree import Tree
    from autolab_verifiers.engine.policy import collect_unblocked

    return collect_unblocked(Tree(root), block)
