"""Putting a folder on record as a commit: for samples, which a self-test makes and throws away."""

from __future__ import annotations

import os
from typing import Final

from autolab_core.git.plumbing import Plumbing

__all__ = ["Recorder"]

# Nothing of the person who runs it: no template with hooks, no name, no conversion of line ends.
_OURS: Final = (
    "-c", "init.templateDir=",
    "-c", "init.defaultBranch=main",
    "-c", "core.autocrlf=false",
    "-c", "core.excludesFile=/dev/null",
    "-c", "core.attributesFile=/dev/null",
    "-c", "user.name=autolab",
    "-c", "user.email=autolab@example.invalid",
)  # fmt: skip


class Recorder(Plumbing):
    """Writes commits to the repository in *root*, which it makes where there is none."""

    @classmethod
    def at(cls, root: str) -> Recorder:
        """The recorder of *root* on this machine."""
        from autolab_core.exec.local import LocalRunner

        return cls(LocalRunner(), root)

    def commit(self, message: str) -> str:
        """Commit every file of the root that is not ignored, and return the commit's id.

        Raises StoreError when git refuses, RunnerError when it cannot be run.
        """
        if not os.path.lexists(os.path.join(self._root, ".git")):
            self._ours("init", "--quiet")
        head = self.head()
        self._ours("add", "--all")
        tree = self._ours("write-tree")
        sha = self._ours("commit-tree", *(("-p", head) if head else ()), "-m", message, tree)
        self._ours("update-ref", "HEAD", sha)
        return sha

    def branch(self, name: str) -> None:
        """Let the branch *name* be where HEAD is. Raises as ``commit`` does."""
        self._ours("update-ref", f"refs/heads/{name}", "HEAD")

    def _ours(self, *arguments: str) -> str:
        return self._ask(*_OURS, *arguments).decode("utf-8", "replace").strip()
