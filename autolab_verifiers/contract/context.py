"""What a verifier is given: the tree, and which stage, iteration and run are being judged."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Final, TypeVar

from autolab_core.io.layout import IterationPaths, RunPaths
from autolab_core.io.policy import policy_source
from autolab_core.io.tree import Tree
from autolab_core.vocab.errors import DocumentError
from autolab_core.vocab.states import Severity, Stage
from autolab_verifiers.contract.design_facts import DesignFacts
from autolab_verifiers.contract.findings import Finding, Skip
from autolab_verifiers.contract.lazy import lazy
from autolab_verifiers.contract.run_facts import ManifestFacts, MetricsFacts
from autolab_verifiers.contract.values import escape, value_at

__all__ = ["Scope", "VerifyContext"]

_T = TypeVar("_T")


class Scope(IntEnum):
    """What a rule is about. Where many runs are judged, a rule is asked once for each thing that it is about.

    A rule may look at everything of its scope and of the wider ones (lower numbers), never at narrower ones: a rule
    about the iteration does not ask for ``context.run``. A rule about several scopes (each *file*, wherever it lies)
    asks ``context.covers`` which of them it is to look at now.
    """

    REPOSITORY = 0
    ITERATION = 1
    RUN = 2


_UP_TO: Final = {narrowest: tuple(scope for scope in Scope if scope <= narrowest) for narrowest in Scope}


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
        spec: str | None = None,
    ) -> None:
        """*only*: judge things of this scope alone, because those of the others are judged elsewhere.

        *base*: the git revision that the caller wants changes to be looked for since; any text. *spec*: of the
        experiments of the repository, the caller wants that of this spec alone.
        """
        self.tree = tree
        self.stage = stage
        self.iteration_id = iteration_id
        self.run_id = run_id
        self.base = base
        self.spec = spec
        self._once: dict[Callable[[VerifyContext], Any], Any] = {}
        narrowest = Scope.REPOSITORY if iteration_id is None else Scope.ITERATION if run_id is None else Scope.RUN
        self._covered = _UP_TO[narrowest] if only is None else (only,)

    def covers(self, scope: Scope) -> bool:
        """True when things of *scope* are to be judged now."""
        return scope in self._covered

    def once(self, compute: Callable[[VerifyContext], _T]) -> _T:
        """What *compute* gives for this context, computed once for all rules that ask. What it raises is not kept."""
        try:
            found: _T = self._once[compute]
        except KeyError:
            pass
        else:
            return found
        found = self._once[compute] = compute(self)
        return found

    @lazy
    def iteration(self) -> IterationPaths:
        """The iteration's paths. Raises UsageError when its folder is missing or there are two, Skip without an id."""
        if self.iteration_id is None:
            raise Skip("no iteration to look at")
        return IterationPaths(self.tree.iteration_folder(self.iteration_id))

    @lazy
    def run(self) -> RunPaths:
        """The run's paths. Raises Skip when no run is at hand."""
        if self.run_id is None:
            raise Skip("no run to look at yet")
        return self.iteration.run(self.run_id)

    @lazy
    def launched(self) -> RunPaths:
        """The paths of the run as which this one was launched: its group's for a replicate, otherwise its own.

        Raises Skip when no run is at hand.
        """
        run = self.run
        try:
            group = self.manifest_facts.group
        except (Skip, DocumentError):
            return run
        return run if group is None else self.iteration.run(group)

    @lazy
    def manifest_facts(self) -> ManifestFacts:
        """What rules ask of ``run_manifest.json`` again and again. Raises as ``mapping``."""
        path = self.run.manifest
        return ManifestFacts(path, self.mapping(path), self.tree)

    @lazy
    def metrics_facts(self) -> MetricsFacts:
        """What rules ask of ``metrics.json`` again and again. Raises as ``mapping``."""
        path = self.run.metrics
        return MetricsFacts(path, self.mapping(path))

    @lazy
    def design_facts(self) -> DesignFacts:
        """What rules ask of ``design.yaml`` again and again, found once for all runs. Raises as ``mapping``."""
        path = self.iteration.design
        self._require(path)
        return self.tree.derived(path, DesignFacts)

    def mapping(self, path: str) -> dict[str, Any]:
        """The document *path* as a mapping.

        Raises Skip when there is no such file, DocumentError (which the engine reports as ``error``) when it cannot be
        read or is not a mapping. Values inside may be of any type: use ``contract.values`` to look at them.
        """
        self._require(path)
        return self.tree.mapping(path)

    def _require(self, path: str) -> None:
        if not self.tree.exists(path):
            raise Skip(f"{path} does not exist")

    def manifest(self) -> dict[str, Any]:
        """``run_manifest.json`` of the run; see ``mapping``."""
        return self.manifest_facts.data

    def metrics(self) -> dict[str, Any]:
        """``metrics.json`` of the run; see ``mapping``."""
        return self.metrics_facts.data

    def design(self) -> dict[str, Any]:
        """``design.yaml`` of the iteration; see ``mapping``."""
        return self.design_facts.data

    def setting(self, verifier: str, key: str) -> Any:
        """What the policy's ``settings`` say for *key* of *verifier*, of any type; None when they say nothing.

        Raises DocumentError when the policy cannot be read.
        """
        return self.in_policy(_setting(verifier, key))

    def in_policy(self, pointer: str) -> Any:
        """What the policy has at *pointer* (RFC 6901), of any type; None when it has nothing there.

        Raises DocumentError when the policy cannot be read.
        """
        source = policy_source(self.tree)
        return None if source is None else value_at(source.document.data, pointer)

    def at_setting(self, verifier: str, key: str, message: str) -> Finding:
        """A finding about a setting that ``setting`` gave, at its place in the policy."""
        return self.at_policy(_setting(verifier, key), message)

    def at_policy(self, pointer: str, message: str) -> Finding:
        """A finding about a value that ``in_policy`` gave, at its place."""
        source = policy_source(self.tree)
        assert source is not None, "the value stands in a policy"
        return self.at(source.path, source.pointer + pointer, message)

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
