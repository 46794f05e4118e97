"""What ``autolab init --harness`` does beside ``init`` itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autolab_cli.commands.guard.hooking import program_path
from autolab_cli.printing import print_json
from autolab_core.io.repository import Repository
from autolab_core.stages.agents.harness_install import check_settings, install

__all__ = ["check", "report"]


def check(root: str, names: Sequence[str]) -> None:
    """Raise DocumentError for settings that cannot be read or added to; nothing has been written then."""
    check_settings(root, names, program_path())


def report(root: Path, names: Sequence[str], found: Mapping[str, Any] | None = None) -> int:
    """Write the settings and say so, as JSON with what is *found* already; 1 when a file had to be kept as it is."""
    done = install(Repository(root), names, program_path())
    if found is not None:
        kept = [{"path": each.path, "reason": each.reason, "diff": each.diff} for each in done.kept]
        harness = {"written": done.written, "kept": kept, "notes": done.notes, "next": done.following}
        print_json({**found, "harness": harness})
        return 1 if done.kept else 0
    for path in done.written:
        print(f"wrote {path}")
    for each in done.kept:
        print(f"kept {each.path}: {each.reason}; from it to what the guard needs:\n{each.diff}", end="")
    for note in done.notes:
        print(f"note: {note}")
    for line in done.following:
        print(f"next: {line}")
    return 1 if done.kept else 0
