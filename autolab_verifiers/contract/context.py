"""What a verifier is given: the tree, and which stage, iteration and run are being judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from autolab_core.io.layout import IterationPaths, RunPaths
from autolab_core.io.policy import policy_source
from autolab_core.io.tree import Tree
from autolab_core.vocab.states import Severity, Stage
from autolab_verifiers.contract.findings import Finding
from autolab_verifiers.contract.rules import Scope, Skip
from autolab_verifiers.contract.values import escape, value_at

__all__ = ["VerifyContext"]

_T = TypeVar("_T")


def _setting(verifier: str, key: str) -> str:
    return f"/settings/{escape(verifier)}/{escape(key)}"


class VerifyContext:
    """One judgement's view of a repository. Read-only; every document is read once and shared by all verifiers."""

    def __init__(
        self,
        tree: Tree,
        *,
        stage: Stage | None,
        iteration_id: str | None,
        run_id: str | None = None,
        only: Scope | None = None,
        base: str | None = None,
    ) -> None:
        """*only*: judge things of this scope alone, because those of the others are judged elsewhere.

        *base*: the git revision that the caller wants changes to be looked for since; any text.
        """
        self.tree = tree
        self.stage = stage
        self.iteration_id = iteration_id
        self.run_id = run_id
        self.base = base
        self._iteration: IterationPaths | None = None
        self._run: RunPaths | None = None
        self._once: dict[Callable[[VerifyContext], Any], Any] = {}
        narrowest = Scope.REPOSITORY if iteration_id is None else Scope.ITERATION if run_id is None else Scope.RUN
        self._covered = tuple(scope for scope in Scope if scope <= narrowest) if only is None else (only,)

    def covers(self, scope: Scope) -> bool:
        """True when things of *scope* are to be judged now."""
        return scope in self._covered

    def once(self, compute: Callable[[VerifyContext], _T]) -> _T:
        """What *compute* gives for this context, computed once for all rules that ask. What it raises is not kept."""
        if compute not in self._once:
            self._once[compute] = compute(self)
        found: _T = self._once[compute]
        return found

    @property
    def iteration(self) -> IterationPaths:
        """The iteration's paths. Raises UsageError when its folder is missing or there are two, Skip without an id."""
        if self._iteration is None:
            if self.iteration_id is None:
                raise Skip("no iteration to look at")
            self._iteration = IterationPaths(self.tree.iteration_folder(self.iteration_id))
        return self._iteration

    @property
    def run(self) -> RunPaths:
        """The run's paths. Raises Skip when no run is at hand."""
        if self._run is None:
            if self.run_id is None:
                raise Skip("no run to look at yet")
            self._run = self.iteration.run(self.run_id)
        return self._run

    def mapping(self, path: str) -> dict[str, Any]:
        """The document *path* as a mapping.

        Raises Skip when there is no such file, DocumentError (which the engine reports as ``error``) when it cannot be
        read or is not a mapping. Values inside may be of any type: use ``contract.values`` to look at them.
        """
        if not self.tree.exists(path):
            raise Skip(f"{path} does not exist")
        return self.tree.mapping(path)

    def manifest(self) -> dict[str, Any]:
        """``run_manifest.json`` of the run; see ``mapping``."""
        return self.once(_manifest)

    def metrics(self) -> dict[str, Any]:
        """``metrics.json`` of the run; see ``mapping``."""
        return self.once(_metrics)

    def design(self) -> dict[str, Any]:
        """``design.yaml`` of the iteration; see ``mapping``."""
        return self.once(_design)

    def setting(self, verifier: str, key: str) -> Any:
        """What the policy's ``settings`` say for *key* of *verifier*, of any type; None when they say nothing.

        Raises DocumentError when the policy cannot be read.
        """
        source = policy_source(self.tree)
        return None if source is None else value_at(source.document.data, _setting(verifier, key))

    def at_setting(self, verifier: str, key: str, message: str) -> Finding:
        """A finding about a setting that ``setting`` gave, at its place in the policy."""
        source = policy_source(self.tree)
        assert source is not None, "a setting stands in a policy"
        return self.at(source.path, source.pointer + _setting(verifier, key), message)

    def at(
        self, path: str, pointer: str, message: str, *, hint: str | None = None, severity: Severity = Severity.ERROR
    ) -> Finding:
        """A finding about the value at *pointer* (RFC 6901) in the document *path*, with its line."""
        line = self.tree.document(path).place(pointer).line
        return Finding(message, path, severity=severity, pointer=pointer, line=line, hint=hint)

    def missing(
        self, path: str, message: str, *, hint: str | None = None, severity: Severity = Severity.ERROR
    ) -> Finding:
        """A finding about a file or folder that should be there, or about a file as a whole."""
        return Finding(message, path, severity=severity, hint=hint)


def _manifest(context: VerifyContext) -> dict[str, Any]:
    return context.mapping(context.run.manifest)


def _metrics(context: VerifyContext) -> dict[str, Any]:
    return context.mapping(context.run.metrics)


def _design(context: VerifyContext) -> dict[str, Any]:
    return context.mapping(context.iteration.design)
