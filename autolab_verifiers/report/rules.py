"""What rules say of themselves: for the lists that people read, and for formats that carry it beside the findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from inspect import cleandoc
from typing import Final, NamedTuple

from autolab_verifiers.contract.rules import Verifier

__all__ = ["ENGINE_RULES", "Catalogue", "RuleFacts", "catalogue", "explained", "listed", "rules_of"]

_ENGINE: Final = "autolab_verify"


class RuleFacts(NamedTuple):
    """One rule in words; ``hint`` may be empty."""

    summary: str
    explanation: str
    hint: str


# (verifier, rule) to what it says.
Catalogue = Mapping[tuple[str, str], RuleFacts]

# What the engine itself reports, which no verifier describes. A test holds the ids to the engine's own.
ENGINE_RULES: Final[Catalogue] = {
    (_ENGINE, "AV001"): RuleFacts(
        "the state says what is to be judged",
        "Stage, iteration and run are taken from .autolab/state.json unless the caller names them.",
        "mend the state, or name --stage, --iteration and --run",
    ),
    (_ENGINE, "AV002"): RuleFacts(
        "the verifier policy can be read and names what there is",
        "A policy that is not understood must not quietly turn checks off.",
        "see `autolab-verify --list` for what is installed",
    ),
    (_ENGINE, "AV003"): RuleFacts(
        "every installed plugin can be used",
        "A plugin that cannot be loaded has checked nothing, which is not a pass.",
        "mend or uninstall the distribution that the message names",
    ),
    (_ENGINE, "AV004"): RuleFacts(
        "every required verifier is installed",
        "What the policy requires and nobody brings has not been checked.",
        "install the plugin that brings it, or take it from the policy",
    ),
    (_ENGINE, "AV005"): RuleFacts(
        "every run can be judged",
        "Where all runs are asked for, a folder that may hold one and cannot be looked at has proven nothing; and no "
        "run at all is no pass.",
        "rename or mend the folder that the message names",
    ),
}


def rules_of(verifier: Verifier) -> Catalogue:
    """What the rules of *verifier* say of themselves, in their order."""
    return {
        (verifier.name, rule.id): RuleFacts(rule.summary, cleandoc(rule.explanation), rule.hint)
        for rule in verifier.rules
    }


def catalogue(verifiers: Iterable[Verifier]) -> Catalogue:
    """What the rules of *verifiers*, and the engine's own, say of themselves; the engine's come first."""
    found = dict(ENGINE_RULES)
    for verifier in verifiers:
        found |= rules_of(verifier)
    return found


def listed(verifier: Verifier) -> Iterator[str]:
    """The lines of ``--list`` for *verifier*: itself, then each rule."""
    summary = getattr(verifier, "summary", "")
    yield f"{verifier.name}: {summary}" if summary else verifier.name
    for rule in verifier.rules:
        yield f"  {rule.id}  {rule.summary}"


def explained(verifier: str, rule: str, facts: RuleFacts) -> str:
    """The text of ``--explain`` for *rule* of *verifier*, and of its section in ``docs/rules/``."""
    hint = f"\nHint: {facts.hint}\n" if facts.hint else ""
    return f"{rule} ({verifier}): {facts.summary}\n\n{facts.explanation}\n{hint}"
