"""A user's repository as models: find it, load from it, replace files in it. Every read judges by schema first.

Reading goes through a fresh ``Tree`` each time, because between two steps another process may have written.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from autolab_core.io import codec, layout
from autolab_core.io.atomic import make_dirs, write_json
from autolab_core.io.layout import IterationPaths, RunPaths
from autolab_core.io.lock import Lock, acquire
from autolab_core.io.policy import policy_source
from autolab_core.io.tree import Tree
from autolab_core.models.design import Design
from autolab_core.models.manifest import RunManifest
from autolab_core.models.metrics import RunMetrics
from autolab_core.models.policy import Policy
from autolab_core.models.review import Review
from autolab_core.models.state import Backlog, State, TodoFocus
from autolab_core.vocab.errors import DocumentError, StoreError, UsageError

if TYPE_CHECKING:
    import attrs

    from autolab_core.io.documents import Document
    from autolab_core.models.decision import Decision
    from autolab_core.models.handover import Handover
    from autolab_core.models.limits import LineLimits
    from autolab_core.models.remote import RemoteProfiles
    from autolab_core.models.report import Report

__all__ = ["Repository"]

_T = TypeVar("_T", bound="attrs.AttrsInstance")
_STATE_LOCK_SECONDS = 30.0


class Repository:
    """The repository at *root*."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def tree(self, *, many: bool = False) -> Tree:
        """A new view of the files as they are now; see ``Tree`` for *many*."""
        return Tree(str(self.root), many=many)

    def absolute(self, path: str) -> Path:
        """The absolute path of the repository path *path*; DocumentError when it leads out."""
        return Path(self.tree().absolute(path))

    def require_schemas(self) -> None:
        """Raise UsageError when the repository's own copy of the manifest's schema is gone.

        The shipped copy never stands in silently: what a repository is judged by lies in the repository.
        """
        if not self.tree().exists(layout.schema_file("run_manifest")):
            raise UsageError(f"{layout.schema_file('run_manifest')} is missing; `autolab init` restores it")

    def _load(self, path: str, schema: str, cls: type[_T]) -> _T:
        tree = self.tree()
        return self._structured(tree, tree.document(path), schema, cls)

    def _structured(self, tree: Tree, document: Document, schema: str, cls: type[_T]) -> _T:
        problems = tree.schemas.problems(schema, document.data)
        if problems:
            first = problems[0]
            place = document.place(first.pointer)
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            message = first.message + more
            raise DocumentError(document.shown, message, line=place.line, column=place.column, pointer=first.pointer)
        return codec.structure(document, cls)

    def state(self) -> State:
        """``.autolab/state.json``. Raises DocumentError."""
        return self._load(layout.STATE, "state", State)

    def backlog(self) -> Backlog:
        """``.autolab/backlog.yaml``; an empty backlog when there is no such file. Raises DocumentError."""
        if not self.tree().exists(layout.BACKLOG):
            return Backlog()
        return self._load(layout.BACKLOG, "backlog", Backlog)

    def todo(self) -> TodoFocus:
        """``.autolab/todo_focus.json``; nothing in focus when there is no such file. Raises DocumentError."""
        if not self.tree().exists(layout.TODO_FOCUS):
            return TodoFocus()
        return self._load(layout.TODO_FOCUS, "todo_focus", TodoFocus)

    def line_limits(self) -> LineLimits:
        """The limits file; empty limits when there is no such file. Raises DocumentError."""
        from autolab_core.models.limits import LineLimits, LineLimitsFile  # few ask for them

        if not self.tree().exists(layout.LINE_LIMITS):
            return LineLimits()
        return self._load(layout.LINE_LIMITS, "line_limits", LineLimitsFile).line_limits

    def remote_profiles(self) -> RemoteProfiles:
        """``.autolab/remote_profiles.yaml``; no profile when there is no such file. Raises DocumentError."""
        from autolab_core.models.remote import RemoteProfiles

        if not self.tree().exists(layout.REMOTE_PROFILES):
            return RemoteProfiles()
        return self._load(layout.REMOTE_PROFILES, "remote_profiles", RemoteProfiles)

    def report(self, path: str) -> Report:
        """The verification result *path*. Raises DocumentError."""
        from autolab_core.models.report import Report

        return self._load(path, "verification_result", Report)

    def handover(self) -> Handover | None:
        """``.autolab/handover.json``; None when no stage is handed over. Raises DocumentError."""
        from autolab_core.models.handover import Handover

        if not self.tree().exists(layout.HANDOVER):
            return None
        return self._load(layout.HANDOVER, "handover", Handover)

    def policy(self) -> Policy:
        """The policy in force (see ``io.policy``); the defaults when none is written. Raises DocumentError."""
        tree = self.tree()
        source = policy_source(tree)
        if source is None:
            return Policy()
        try:
            return self._structured(tree, source.document, "verifier_policy", Policy)
        except DocumentError as error:
            error.pointer = source.pointer + error.pointer
            raise

    def iteration(self, iteration_id: str) -> IterationPaths:
        """The iteration's paths. Raises UsageError when its folder is missing or there are two."""
        return IterationPaths(self.tree().iteration_folder(iteration_id))

    def design(self, paths: IterationPaths) -> Design:
        """``design.yaml``. Raises DocumentError."""
        return self._load(paths.design, "design", Design)

    def review(self, paths: IterationPaths) -> Review:
        """``review_result.json``. Raises DocumentError."""
        return self._load(paths.review, "review_result", Review)

    def decision(self, paths: IterationPaths) -> Decision:
        """``decision_result.json``. Raises DocumentError."""
        from autolab_core.models.decision import Decision  # few ask for it

        return self._load(paths.decision, "decision_result", Decision)

    def manifest(self, paths: RunPaths, tree: Tree | None = None) -> RunManifest:
        """``run_manifest.json``, as *tree* sees it where one is given: for who reads many. Raises DocumentError."""
        seen = self.tree() if tree is None else tree
        return self._structured(seen, seen.document(paths.manifest), "run_manifest", RunManifest)

    def metrics(self, paths: RunPaths) -> RunMetrics:
        """``metrics.json``. Raises DocumentError."""
        return self._load(paths.metrics, "run_metrics", RunMetrics)

    def run_ids(self, paths: IterationPaths) -> tuple[str, ...]:
        """The ids of the iteration's runs that have a manifest, in order."""
        tree = self.tree()
        return tuple(name for name in tree.names(paths.runs) if tree.exists(f"{paths.runs}/{name}/run_manifest.json"))

    def check_manifest(self, paths: RunPaths, manifest: RunManifest) -> None:
        """Raise DocumentError when the schema in force cannot be used, or would refuse *manifest* once it is saved."""
        problems = self.tree().schemas.problems("run_manifest", codec.unstructure(manifest))
        if problems:
            hint = f"see {layout.schema_file('run_manifest')}"
            raise DocumentError(
                paths.manifest,
                f"would not fit its schema: {problems[0].message}",
                pointer=problems[0].pointer,
                hint=hint,
            )

    def save_manifest(self, paths: RunPaths, manifest: RunManifest) -> None:
        """Replace ``run_manifest.json``. Raises StoreError; the old file is then untouched."""
        write_json(self.absolute(paths.manifest), codec.unstructure(manifest))

    def save_metrics(self, paths: RunPaths, metrics: RunMetrics) -> None:
        """Replace ``metrics.json``. Raises StoreError."""
        write_json(self.absolute(paths.metrics), codec.unstructure(metrics))

    def update_state(self, change: Callable[[State], State]) -> State:
        """Replace ``.autolab/state.json`` by *change* of what it holds now, under its lock; return the new state."""
        with self._lock(layout.STATE_LOCK, "update of the state", wait=_STATE_LOCK_SECONDS):
            state = change(self.state())
            write_json(self.absolute(layout.STATE), codec.unstructure(state))
        return state

    def stage_lock(self, what: str, *, wait: float = 0.0) -> Lock:
        """The lock that lets one process at a time act on the repository.

        Raises LockHeld, naming the holder, when it is still held after *wait* seconds.
        """
        return self._lock(layout.STAGE_LOCK, what, wait=wait)

    def prompts_lock(self) -> Lock:
        """The lock that lets one process at a time write rendered prompts. Raises LockHeld."""
        return self._lock(layout.PROMPTS_LOCK, "rendering of a prompt", wait=_STATE_LOCK_SECONDS)

    def _lock(self, path: str, what: str, *, wait: float) -> Lock:
        if not self.root.is_dir():
            raise StoreError(str(self.root), "the repository is no longer there")
        absolute = self.absolute(path)
        make_dirs(absolute.parent)
        return acquire(absolute, what=what, wait=wait)
