"""A small repository with protected paths, for the hook's tests. Its git is a folder, and no repository around it is
ever reached."""

from __future__ import annotations

import subprocess
from pathlib import Path

from autolab_core.guard.hook.reach import Reach
from autolab_core.guard.zones import Zones

PROTECTED = ("experiments", "RESEARCH_LOG.md", ".autolab", ".git/config", ".git/hooks")
_FILES = {
    "experiments/exp-001.md": "seed: 1\n",
    "experiments/done/exp-000/metrics.json": "{}\n",
    "RESEARCH_LOG.md": "nothing yet\n",
    "notes.md": "a note\n",
    "src/a.py": "x = 1\n",
    "scripts/run.sh": "true\n",
    "bad.patch": "--- a/experiments/exp-001.md\n+++ b/experiments/exp-001.md\n@@ -1 +1 @@\n-seed: 1\n+seed: 2\n",
    "good.patch": "--- a/notes.md\n+++ b/notes.md\n@@ -1 +1 @@\n-a note\n+another note\n",
}


def protected_repository(folder: Path) -> Path:
    """A repository in *folder* with the files that the tables speak of."""
    root = folder.resolve() / "repo"
    for name, text in _FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / ".autolab").mkdir()
    (root / "link").symlink_to("experiments")
    (root / "alias.md").symlink_to("experiments/exp-001.md")
    subprocess.run(["git", "init", "--quiet", "--template=", str(root)], check=True)
    (root / ".git/hooks").mkdir(exist_ok=True)
    return root


def reach_of(root: Path, writable: tuple[str, ...] = (), default: bool = True) -> Reach:
    """What protects ``PROTECTED`` in *root*, but for *writable* in it."""
    entries = {str(root / path): False for path in PROTECTED} | {str(root / path): True for path in writable}
    return Reach(str(root), Zones(default, entries))
