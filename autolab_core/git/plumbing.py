"""Asking git without letting the repository run anything: plumbing commands, in an environment of our own.

``git status`` and ``git diff`` may start programs that the repository's own configuration names (``core.fsmonitor``,
clean filters, external diffs). So only plumbing is asked, with those settings off, and file contents are hashed by
``entries``. A file that a clean filter or ``core.autocrlf`` would rewrite is therefore reported as changed: its bytes
*are* other bytes than the commit's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from autolab_core.exec.command import Command, CommandResult, Runner
from autolab_core.vocab.errors import RunnerError, StoreError

__all__ = ["NO_REPOSITORY", "Plumbing"]

NO_REPOSITORY: Final = "not a git repository"

_HARDENING: Final = (
    "--no-replace-objects",
    "--literal-pathspecs",
    "-c", "core.fsmonitor=false",
    "-c", "core.untrackedCache=false",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.quotePath=false",
    "-c", "submodule.recurse=false",
)  # fmt: skip


class Plumbing:
    """What every asker shares: how git is run for the working tree that *root* lies in."""

    def __init__(self, runner: Runner, root: str) -> None:
        self._runner = runner
        self._root = root

    @property
    def root(self) -> str:
        """Where git is asked; paths are relative to it."""
        return self._root

    def _git(
        self,
        *arguments: str,
        stdin: bytes = b"",
        settings: Mapping[str, str] | None = None,
        timeout: float | None = 300.0,
    ) -> CommandResult:
        """*settings*: variables of git's own that this call is to see."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        environment |= {
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_CONFIG_NOSYSTEM": "1",
            "LC_ALL": "C",
            "GIT_TERMINAL_PROMPT": "0",
            # A partial clone would fetch what it lacks, by a program that its configuration names.
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_ALLOW_PROTOCOL": "none",
        } | dict(settings or {})
        return self._runner.run(
            Command(("git", *_HARDENING, *arguments), cwd=self._root, env=environment, stdin=stdin, timeout=timeout)
        )

    def _ask(
        self, *arguments: str, at: str | None = None, stdin: bytes = b"", settings: Mapping[str, str] | None = None
    ) -> bytes:
        """The answer to a question about the working tree *at* (default: the one that the root lies in)."""
        result = self._git(*(("-C", at) if at else ()), *arguments, stdin=stdin, settings=settings)
        if result.exit_code != 0:
            raise StoreError(at or self._root, f"git {arguments[0]} failed: {result.complaint or result.exit_code}")
        return result.stdout

    def absence(self) -> str | None:
        """Why nothing can be said about commits here (``NO_REPOSITORY``, "git is not installed"); else None."""
        try:
            result = self._git("rev-parse", "--show-toplevel")
        except RunnerError as error:
            return str(error)
        if result.exit_code != 0:
            said = result.stderr.decode("utf-8", "replace").strip().splitlines()
            if any(NO_REPOSITORY in line.lower() for line in said):
                return NO_REPOSITORY
            # What is wrong stands first; advice follows it.
            return said[0].removeprefix("fatal: ") if said else f"git ended with exit code {result.exit_code}"
        return None

    def head(self, *, at: str | None = None) -> str | None:
        """The commit id that HEAD names (whether or not its object is there), or None before the first commit."""
        result = self._git(*(("-C", at) if at else ()), "rev-parse", "--verify", "--quiet", "HEAD")
        return result.text.strip() if result.exit_code == 0 else None
