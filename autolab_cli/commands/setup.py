"""``autolab init`` and ``autolab doctor``."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from autolab_cli.printing import print_json
from autolab_core.io.layout import PROMPTS, SCHEMAS
from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import UsageError

__all__ = ["doctor", "init"]


def init(options: argparse.Namespace) -> int:
    """Make the folder a working repository."""
    from autolab_core.stages.init import init as make
    from autolab_core.stages.prompting.install import edited_prompts, older_prompts

    try:
        root = Path(os.path.realpath(options.root or os.getcwd()))
    except FileNotFoundError as error:
        raise UsageError("the current folder no longer exists; change to another, or name it with --root") from error
    if options.harness:
        from autolab_cli.commands.harness import check, report

        check(str(root), options.harness)  # before anything is written
    written = make(
        root,
        iteration_id=options.iteration,
        upgrade_schemas=options.upgrade_schemas,
        upgrade_prompts=options.upgrade_prompts,
    )
    tree = Tree(str(root))
    edited = edited_prompts(tree) if options.upgrade_prompts else ()
    older = () if options.upgrade_prompts else older_prompts(tree)
    if options.json:
        kept = [{"path": each.path, "diff": each.diff} for each in edited]
        document = {"root": str(root), "written": list(written)} | ({"kept": kept} if options.upgrade_prompts else {})
        document |= {"older": list(older)} if older else {}
        if options.harness:
            return report(root, options.harness, document)
        print_json(document)
        return 0
    many = []
    for what, folder in (("schemas", SCHEMAS), ("prompts", PROMPTS)):
        found = [path for path in written if path.startswith(f"{folder}/")]
        if len(found) > 1:
            print(f"wrote {len(found)} {what} to {folder}/")
            many += found
    for path in written:
        if path not in many:
            print(f"wrote {path}")
    for each in edited:
        print(f"kept {each.path}, which was edited; from it to the shipped one:\n{each.diff}", end="")
    if written:
        print("next: `autolab status`, and `autolab review approve --who NAME` before the first launch")
    else:
        print("nothing was missing")
    if older:
        print(f"note: {len(older)} prompts are of an earlier Autolab, and unedited: `autolab init --upgrade-prompts`")
    return report(root, options.harness) if options.harness else 0


def doctor(options: argparse.Namespace) -> int:
    """Say what this machine can do; 1 when something that a local launch needs is missing."""
    from autolab_core.exec.local import LocalRunner
    from autolab_core.stages.doctor import examine

    abilities = examine(LocalRunner(), options.root)
    if options.json:
        print_json({"abilities": [ability._asdict() for ability in abilities]})
    else:
        for ability in abilities:
            mark = "ok     " if ability.present else ("MISSING" if ability.needed else "absent ")
            print(f"{mark} {ability.name:8} {ability.detail}")
            if not ability.present and ability.advice:
                print(f"        {'':8} {ability.advice}")
    return 0 if all(ability.present for ability in abilities if ability.needed) else 1
