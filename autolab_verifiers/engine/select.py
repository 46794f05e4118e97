"""Which verifiers a stage asks for: the shipped table, and what the repository's policy says instead."""

# No `from __future__ import annotations`: see contract/findings.py.

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.states import Stage
from autolab_verifiers.contract.values import escape, show
from autolab_verifiers.engine.policy import POLICY_RULE, WrittenPolicy
from autolab_verifiers.report.answer import Check

__all__ = ["DEFAULT_GROUPS", "DEFAULT_STAGES", "Selection", "select"]

REQUIRED_RULE: Final = "AV004"

_GONE: Final = "is not installed"

_FILES: Final = ("schema_checks", "file_line_limits", "closed_experiments", "edit_scope")
# From the design on: what `init` lays down for a design to be made of is still open while the hypothesis is written.
_FILLED: Final = (*_FILES, "template_fill")
_RUN: Final = (
    "schema_checks",
    "run_health",
    "result_sanity",
    "file_line_limits",
    "template_fill",
    "launch_scripts",
    "consistency",
    "closed_experiments",
    "local_artifacts",
    "ledger",
    "spec_guard",
    "replicates",
    "metrics_complete",
    "baseline_first",
    "budget",
    "abort_protocol",
    "results_untouched",
    "config_matches_spec",
    "change_scope",
    "no_interpretation",
    "edit_scope",
    "evidence",
)

DEFAULT_GROUPS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({"env_smoke": ("run_health", "result_sanity")})
DEFAULT_STAGES: Final[Mapping[Stage, tuple[str, ...]]] = MappingProxyType(
    {
        Stage.HYPOTHESIS: _FILES,
        Stage.DESIGN: _FILLED,
        Stage.IMPLEMENTATION: _FILLED,
        Stage.IMPLEMENTATION_REVIEW: _FILLED,
        Stage.LAUNCH: _RUN,
        Stage.SLURM_MONITOR: _RUN,
        Stage.EXTRACT_RESULTS: _RUN,
        Stage.UPDATE_DOCS: _RUN,
        Stage.DECIDE_REPEAT: _RUN,
        Stage.HUMAN_REVIEW: _RUN,
        Stage.STOP: _RUN,
    }
)


class Selection(NamedTuple):
    """``run`` in the order of the report; ``left_out`` maps a verifier that the stage asks for to why it is not run."""

    run: tuple[str, ...]
    left_out: Mapping[str, str]
    problems: tuple[Check, ...]


def select(
    tree: Tree,
    stage: Stage | None,
    names: Sequence[str],
    *,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    blocked: Sequence[str] = (),
) -> Selection:
    """The verifiers among *names* that *stage* asks for (all of them without a stage), less what is left out.

    Plugins are run at every stage for which the policy does not list its verifiers. Raises UsageError when *only* or
    *skip* name something unknown.
    """
    policy = _Policy(tree, names, blocked)
    wanted = policy.wanted(stage)
    chosen = set(policy.asked(only, "--only")) if only else wanted
    dropped = set(policy.asked(skip, "--skip"))
    run = tuple(name for name in names if name in chosen and name not in dropped)
    reasons = {
        name: "left out by --skip" if name in dropped else "left out by --only"
        for name in names
        if name in wanted | chosen and name not in run
    }
    return Selection(run, reasons, tuple(policy.written.problems))


class _Policy:
    """The written policy over the shipped table."""

    def __init__(self, tree: Tree, names: Sequence[str], blocked: Sequence[str]) -> None:
        self.written = WrittenPolicy(tree)
        self.written.blocked()  # what it says of them wrongly is a problem
        self._names = names
        self._gone = f"is not installed, or its plugin is blocked ({', '.join(blocked)})" if blocked else _GONE
        self._groups = dict(DEFAULT_GROUPS)
        for group, members in self.written.section("groups").items():
            self._groups[_bare(group)] = tuple(self.written.texts(members, f"/groups/{escape(group)}"))

    def wanted(self, stage: Stage | None) -> set[str]:
        """The names of the verifiers that *stage* asks for."""
        stages = self.written.section("stages")
        for word in stages:
            if word not in set(Stage):
                self.written.problem(f"/stages/{escape(word)}", f"{show(word)} is not a stage")
        if stage is None:
            return set(self._names)
        plugins = [name for name in self._names if name not in _RUN]
        pointer = f"/stages/{stage}"
        entry = stages.get(stage, {})
        if not isinstance(entry, dict):
            self.written.problem(pointer, "is not a mapping")
            entry = {}
        listed = (
            self.written.texts(entry["run"], f"{pointer}/run") if "run" in entry else [*DEFAULT_STAGES[stage], *plugins]
        )
        wanted = {each for name in listed for each in self._known(name, f"{pointer}/run", POLICY_RULE)}
        for name in self.written.texts(entry.get("required", []), f"{pointer}/required"):
            wanted |= set(self._known(name, f"{pointer}/required", REQUIRED_RULE))
        return wanted

    def asked(self, given: Sequence[str], option: str) -> Iterator[str]:
        """The verifiers that a caller named. Raises UsageError for a name that is none."""
        for name in given:
            found, unknown = self._expand(name)
            if unknown or not found:
                raise UsageError(f"{option} {name!r}: there are {', '.join([*self._names, *self._groups])}")
            yield from found

    def _known(self, name: str, pointer: str, rule: str) -> set[str]:
        found, unknown = self._expand(name)
        for each in unknown:
            through = "" if each == _bare(name) else f" (in the group {show(name)})"
            said = "the required verifier" if rule == REQUIRED_RULE else "the verifier"
            self.written.problem(pointer, f"{said} {show(each)}{through} {self._gone}", rule)
        return found

    def _expand(self, name: str) -> tuple[set[str], list[str]]:
        """The verifiers that *name* stands for, groups of groups too, and the names in it that stand for nothing."""
        found: set[str] = set()
        unknown: list[str] = []
        seen: set[str] = set()
        waiting = [_bare(name)]
        while waiting:
            each = waiting.pop()
            if each in seen:
                continue
            seen.add(each)
            if each in self._names:
                found.add(each)
            elif each in self._groups:
                waiting += [_bare(member) for member in self._groups[each]]
            else:
                unknown.append(each)
        return found, sorted(unknown)


def _bare(name: str) -> str:
    """Policies of other tools name files: ``run_health.py`` is ``run_health``."""
    return name.removesuffix(".py")
