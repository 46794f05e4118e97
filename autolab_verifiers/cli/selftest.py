"""``--self-test``: what the self-test has shown, as text or JSON."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from autolab_core.vocab.errors import UsageError
from autolab_verifiers.cli.options import names

if TYPE_CHECKING:
    from argparse import Namespace

    from autolab_verifiers.report.formats import Output
    from autolab_verifiers.selftest.everything import SelfTest

__all__ = ["self_test"]


def self_test(options: Namespace) -> int:
    """Run the self-test that *options* ask for, deliver what it shows, and return the exit code.

    The repository that *options* name, if any, only has a say in which plugins are blocked. It is not written to.
    """
    from autolab_core.io.tree import Tree
    from autolab_verifiers.engine.policy import collect_unblocked
    from autolab_verifiers.report.formats import outputs, refuse_answers_of
    from autolab_verifiers.selftest.everything import self_test

    wanted = outputs(options.answers)
    for output in wanted:
        if output.format not in ("text", "json"):
            raise UsageError(f"--self-test answers as text or json, not as {output.format}")
    root = options.root or options.folder or os.curdir
    refuse_answers_of(root, wanted)
    collected = collect_unblocked(Tree(root), names(options.block))
    shown = self_test(collected, only=names(options.only), skip=names(options.skip))
    for output in wanted:
        _deliver(shown, output, quiet=options.quiet, verbose=options.verbose > 0)
    return shown.exit_code


def _deliver(shown: SelfTest, output: Output, *, quiet: bool, verbose: bool) -> None:
    from autolab_core.io.documents import dump_json
    from autolab_verifiers.report.delivery import say

    text = dump_json(_document(shown)) if output.format == "json" else _text(shown, quiet=quiet, verbose=verbose)
    if output.path is None:
        say(text, sys.stdout)
    else:
        from autolab_core.io.atomic import write_bytes

        write_bytes(output.path, text if isinstance(text, bytes) else text.encode())


def _text(shown: SelfTest, *, quiet: bool, verbose: bool) -> str:
    from autolab_verifiers.report.text import printable

    lines: list[str] = []
    if not quiet:
        width = max((len(proof.verifier) for proof in shown.proofs), default=0)
        for proof in shown.proofs:
            how_many = f"{len(proof.proven)} of {len(proof.rules)} rules proven by {proof.mutations} mutations"
            lines.append(f"{printable(proof.verifier):<{width}}  {how_many}")
        lines += [f"{'yes' if each.held else 'NO'}: {each.name} ({each.answer})" for each in shown.scenarios]
        for each in shown.unproven:
            what = each.rule if each.mutation is None else f"{each.rule} {each.mutation}"
            lines.append(printable(f"UNPROVEN {what} ({each.verifier}): {each.reason}"))
        lines += [printable(f"blocked: the plugin {name!r} of {owner}") for name, owner in shown.blocked]
        for check in shown.broken:
            lines.append(printable(f"ERROR {check.reason}"))
            if verbose and check.traceback is not None:
                lines += [f"      {printable(line)}" for line in check.traceback.split("\n")]
    return "\n".join([*lines, _summary(shown)]) + "\n"


def _summary(shown: SelfTest) -> str:
    rules = sum(len(proof.rules) for proof in shown.proofs)
    proven = sum(len(proof.proven) for proof in shown.proofs)
    mutations = sum(proof.mutations for proof in shown.proofs)
    line = f"{len(shown.proofs)} verifiers: {proven} of {rules} rules proven by {mutations} mutations"
    held = sum(scenario.held for scenario in shown.scenarios)
    line += f"; {held} of {len(shown.scenarios)} whole repositories judged as they must be"
    return line + (f"; {len(shown.broken)} plugins could not be loaded" if shown.broken else "")


def _document(shown: SelfTest) -> dict[str, Any]:
    from autolab_verifiers.report.document import storable

    return {
        "schema_version": "1.0",
        "proven": shown.exit_code == 0,
        "verifiers": [
            {
                "verifier": storable(proof.verifier),
                "rules": list(proof.rules),
                "proven": list(proof.proven),
                "mutations": proof.mutations,
                "unproven": [
                    {key: storable(text) for key, text in each._asdict().items() if key != "verifier"}
                    for each in proof.unproven
                ],
            }
            for proof in shown.proofs
        ],
        "scenarios": [scenario._asdict() for scenario in shown.scenarios],
        "blocked": [{"plugin": storable(name), "distribution": storable(owner)} for name, owner in shown.blocked],
        "broken": [
            {"reason": storable(check.reason), "traceback": storable(check.traceback)} for check in shown.broken
        ],
    }
