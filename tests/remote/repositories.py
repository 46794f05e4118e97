"""Repositories that are sent over ssh, and what came of it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autolab_core.exec.ssh import SshRunner
from autolab_core.models.remote import PushRules, RemoteProfile, RemoteRecord, SyncRules
from autolab_core.transfer.sending import Shipment, send
from tests.remote.server import ALIAS

__all__ = ["NOW", "Sender", "files_of", "git"]

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)


def git(root: Path, *words: str) -> str:
    return subprocess.run(("git", "-C", root, *words), check=True, capture_output=True, text=True).stdout


def files_of(folder: Path) -> dict[bytes, bytes]:
    """Path to content (of a link: where it leads) of everything below *folder*."""
    top = os.fsencode(folder)
    found = {}
    for above, folders, names in os.walk(top):
        for name in [*names, *(each for each in folders if os.path.islink(os.path.join(above, each)))]:
            full = os.path.join(above, name)
            is_link = os.path.islink(full)
            with open(os.devnull if is_link else full, "rb") as file:
                found[os.path.relpath(full, top)] = os.readlink(full) if is_link else file.read()
    return found


class Sender:
    """A repository with one commit at *root*, and a profile whose root is *far*; both may be changed."""

    def __init__(self, root: Path, far: Path, runner: SshRunner, *, commit: bool = True) -> None:
        self.root, self.far, self.runner = root, far, runner
        root.mkdir()
        (root / "train.py").write_text("print('one')\n")
        (root / "run.sh").write_text("#!/bin/sh\necho run\n")
        (root / "run.sh").chmod(0o755)
        (root / "data").mkdir()
        (root / "data" / "rows.csv").write_bytes(b"1,2\r\n" * 100)
        if commit:
            git(root, "init", "--quiet", "--initial-branch=main")
            self.commit()

    def commit(self) -> str:
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--message", "state")
        return git(self.root, "rev-parse", "HEAD").strip()

    def shipment(self, run_id: str = "r1", *, method: str = "git", dirty: str = "refuse", **more: Any) -> Shipment:
        shipment = {key: more.pop(key) for key in ("also", "patch", "apart_from", "here") if key in more}
        push = PushRules(method, dirty, SyncRules(**more))
        return Shipment(str(self.root), run_id, "far", RemoteProfile(ALIAS, str(self.far), push=push), **shipment)

    def send(
        self,
        run_id: str = "r1",
        *,
        runner: SshRunner | None = None,
        progress: Callable[[int, int, int, int], None] | None = None,
        push_seconds: float = 300.0,
        **more: Any,
    ) -> RemoteRecord:
        return send(
            self.shipment(run_id, **more),
            runner or self.runner,
            now=lambda: NOW,
            progress=progress,
            push_seconds=push_seconds,
        )
