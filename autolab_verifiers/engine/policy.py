"""Reading the policy, whatever it holds: what it says wrongly becomes a problem and never turns checks off unseen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from autolab_core.io.layout import POLICY
from autolab_core.io.policy import PolicySource, policy_source, policy_table
from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import DocumentError, UsageError
from autolab_core.vocab.states import Severity, Verdict
from autolab_verifiers.contract.findings import Finding, finding_of
from autolab_verifiers.contract.values import mapping_at
from autolab_verifiers.engine.collect import ENGINE, Collected, collect
from autolab_verifiers.report.answer import Check

__all__ = ["POLICY_RULE", "WrittenPolicy", "collect_unblocked"]

POLICY_RULE: Final = "AV002"


class WrittenPolicy:
    """The policy that a repository has written down. ``problems`` are errors, but for a table that is not used."""

    def __init__(self, tree: Tree) -> None:
        self.problems: list[Check] = []
        self._source: PolicySource | None = None
        try:
            self._source = policy_source(tree)
        except DocumentError as error:
            self._unreadable(error, "the policy cannot be read; the shipped one was used")
        if self._source is not None and self._source.path == POLICY:
            self._look_beside(tree)

    def section(self, key: str) -> dict[str, Any]:
        """The mapping *key* of the policy; empty when there is none."""
        data = None if self._source is None else self._source.document.data
        if not isinstance(data, dict):
            return {}  # schema_checks says so
        if not isinstance(data.get(key, {}), dict):
            self.problem(f"/{key}", "is not a mapping")
        return mapping_at(data, f"/{key}")

    def texts(self, value: object, pointer: str) -> list[str]:
        """*value*, which stands at *pointer*, when it is a list of texts; otherwise a problem, and none."""
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return value
        self.problem(pointer, "is not a list of names")
        return []

    def blocked(self) -> Collection[str]:
        """The plugins that the policy blocks: `plugins: {block: [NAME]}`."""
        section = self.section("plugins")
        return self.texts(section["block"], "/plugins/block") if "block" in section else ()

    def problem(self, pointer: str, message: str, rule: str = POLICY_RULE) -> None:
        """Add what is wrong at *pointer*, which counts from the policy's own root."""
        assert self._source is not None, "what is not written cannot be wrong"
        path, line = self._source.path, self._source.document.place(pointer).line
        hint = "see `autolab-verify --list` for what is installed"
        finding = Finding(message, path, pointer=self._source.pointer + pointer, line=line, hint=hint)
        self.problems.append(Check(ENGINE, rule, Verdict.ERROR, (finding,), f"{path}: {message}"))

    def _look_beside(self, tree: Tree) -> None:
        """Say that a table is not used where the policy's own file is. A file without one is nobody's business."""
        try:
            table = policy_table(tree)
        except DocumentError as error:
            if error.line is not None:
                self._unreadable(error, f"a second policy cannot be read; {POLICY} was used")
            return
        if table is not None:
            message, line = f"the table is ignored, because {POLICY} exists", table.document.place("").line
            hint = f"delete the table, or move what it says into {POLICY}"
            finding = Finding(message, table.path, Severity.WARNING, table.pointer, line, hint)
            # A skip: a table that nobody used is no check that was passed.
            self.problems.append(Check(ENGINE, POLICY_RULE, Verdict.SKIP, (finding,), message))

    def _unreadable(self, error: DocumentError, reason: str) -> None:
        self.problems.append(Check(ENGINE, POLICY_RULE, Verdict.ERROR, (finding_of(error),), reason))


class _Blocked:
    """The names of the plugins that are blocked, by the policy or by the caller. The policy is read when it matters.

    Where the policy cannot be read, or says wrongly what it blocks, every plugin is: one that should not be imported
    must not run because of a typing error.
    """

    def __init__(self, tree: Tree, named: Sequence[str]) -> None:
        self._tree = tree
        self._named = named
        self._all: bool | None = None
        self._written: Collection[str] = ()

    def __contains__(self, name: object) -> bool:
        if self._all is None:
            written = WrittenPolicy(self._tree)
            self._written = written.blocked()
            self._all = any(check.status is Verdict.ERROR for check in written.problems)
        return self._all or name in self._written or name in self._named


def collect_unblocked(tree: Tree, named: Sequence[str] = ()) -> Collected:
    """Every installed verifier, but for those of plugins that the policy of *tree* or the caller's *named* block.

    Raises UsageError for a name that is no plugin's: a typing error must not let one run.
    """
    collected = collect(tree.root, _Blocked(tree, named))
    there = collected.blocked_names
    for name in named:
        if name not in there:
            others = ", ".join([*there, *(plugin.name for plugin in collected.loaded)]) or "none"
            raise UsageError(f"--block {name!r}: no plugin is called so; installed: {others}")
    return collected
