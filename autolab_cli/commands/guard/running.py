"""``autolab guard run`` and ``autolab guard check``."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from typing import Any

from autolab_cli.commands.guard.asked import policy_of
from autolab_cli.printing import print_json
from autolab_core.guard.coverage import coverage
from autolab_core.guard.enforce.modes import give_back_leftovers
from autolab_core.guard.enforce.supervise import Guarded, Outcome, Tried, run_guarded, try_levels
from autolab_core.guard.plan import GuardPlan, resolve
from autolab_core.io.layout import guard_record
from autolab_core.io.root import locate_root
from autolab_core.vocab.errors import AutolabError, GuardRefused, UsageError
from autolab_core.vocab.guard import STRONGEST_FIRST, GuardLevel, at_least, requirement_problem

__all__ = ["check", "run"]

_LINES_AT_MOST = 12


def run(options: argparse.Namespace) -> int:
    """Run the command; its own exit code, 125 when the guard refused it or found something changed after a 0."""
    try:
        outcome = run_guarded(_guarded(options))
    except (AutolabError, OSError) as error:
        print(f"autolab: {error}", file=sys.stderr)
        return GuardRefused.exit_code
    if options.json:
        print_json({key: value for key, value in outcome.record.items() if key not in ("before", "policy")})
    else:
        _tell(outcome)
    return GuardRefused.exit_code if outcome.changes and not outcome.exit_code else outcome.exit_code


def _guarded(options: argparse.Namespace) -> Guarded:
    command = tuple(options.argv[1:] if options.argv[:1] == ["--"] else options.argv)
    if not command or not command[0]:
        raise UsageError("there is no command; name one after `--`, as in `autolab guard run -- python train.py`")
    if not 0 <= options.linger <= 86400:
        raise UsageError("--linger has to be between 0 and 86400 seconds")
    for name in ("require", "level"):
        wanted = getattr(options, name)
        problem = None if wanted is None else requirement_problem(wanted)
        if problem is not None:
            raise UsageError(f"--{name} {wanted!r} is refused: {problem}")
    if options.level is not None and options.level not in list(GuardLevel):
        raise UsageError(f"--level has to be one of {', '.join(GuardLevel)}")
    root = locate_root(options.root)
    run_id = options.run_id or f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}_{os.urandom(4).hex()}"
    return Guarded(
        resolve(policy_of(options, root), root),
        command,
        record=guard_record(run_id),
        only=None if options.level is None else GuardLevel(options.level),
        grace=options.linger,
    )


def _tell(outcome: Outcome) -> None:
    """What a person should know, on standard error: the command's own output is not ours to add to."""
    if not outcome.level.enforced:
        print("autolab: guard: nothing was enforced; only the seals speak", file=sys.stderr)
    for change in outcome.changes[:_LINES_AT_MOST]:
        print(f"autolab: guard: {change}", file=sys.stderr)
    if len(outcome.changes) > _LINES_AT_MOST:
        more = len(outcome.changes) - _LINES_AT_MOST
        print(f"autolab: guard: and {more} more changes (the record has them, and --json lists them)", file=sys.stderr)


def check(options: argparse.Namespace) -> int:
    """Say what a guard would hold here; 1 when no level meets the requirement."""
    root = locate_root(options.root)
    given_back = give_back_leftovers(root)
    plan = resolve(policy_of(options, root), root)
    tried = try_levels(plan, os.getcwd())
    best = next((each.level for each in tried if each.reason is None), GuardLevel.NONE)
    if options.json:
        print_json(_document(plan, tried, best, given_back))
    else:
        _print(plan, tried, best, given_back)
    return 0 if at_least(best, plan.policy.require) else 1


def _document(plan: GuardPlan, tried: tuple[Tried, ...], best: GuardLevel, given_back: tuple[str, ...]) -> Any:
    cover = coverage(plan, best)
    return {
        "root": plan.root,
        "profile": str(plan.policy.profile),
        "require": plan.policy.require,
        "protected": [place.shown for place in plan.protected],
        "writable": list(plan.policy.writable),
        "sealed": list(plan.policy.to_seal),
        "levels": [{"level": str(e.level), "had": e.reason is None, "reason": e.reason} for e in tried],
        "level": str(best),
        "covered": list(cover.covered),
        "not_covered": list(cover.not_covered),
        "notes": list(cover.notes),
        "given_back": list(given_back),
    }


def _print(plan: GuardPlan, tried: tuple[Tried, ...], best: GuardLevel, given_back: tuple[str, ...]) -> None:
    for path in given_back:
        print(f"gave back  {path}: its write permission, which a guard that was killed had taken")
    print(f"profile    {plan.policy.profile}, requires {plan.policy.require}")
    _list("protected", [place.shown for place in plan.protected])
    _list("sealed", list(plan.policy.to_seal))
    rest = ["all else that the user may write"] if plan.zones.default else []
    _list("writable", [*plan.policy.writable, *rest] or ["nothing"])
    width = max(len(level) for level in STRONGEST_FIRST)
    for each in tried:
        print(f"level      {each.level:{width}}  {'yes' if each.reason is None else f'no: {each.reason}'}")
    cover = coverage(plan, best)
    print(f"\nat {best}:")
    _list("  open", list(cover.not_covered))
    _list("  note", list(cover.notes))
    if not at_least(best, plan.policy.require):
        print(f"\nnothing here is as strong as {plan.policy.require}: a guarded command would be refused")


def _list(label: str, lines: list[str]) -> None:
    for index, line in enumerate(lines[:_LINES_AT_MOST]):
        print(f"{label if index == 0 else '':10} {line}")
    if len(lines) > _LINES_AT_MOST:
        print(f"{'':10} and {len(lines) - _LINES_AT_MOST} more (--json lists them)")
