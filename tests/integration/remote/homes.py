"""A run's folder on a host behind ssh, and the empty one at home that it is brought into."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from autolab_core.exec.ssh import SshRunner
from autolab_core.io.checksums import parse
from autolab_core.io.layout import RunPaths
from autolab_core.models.manifest import ArtifactSync
from autolab_core.transfer.base import FarFolder
from autolab_core.transfer.home import Homecoming, bring_home

PATHS = RunPaths("experiments/plan/iter_001/runs/r1")
ODD = ("a\nb", "it's", 'say "hi"', "back\\slash", "sp ace ", "-n", "*?[x]", "ümläut", "\udcff\udcfe", "tab\t", "$HOME")


class Place:
    """``far`` is the folder there, ``run`` the one here; both below *folder*, unless what is *here* lies elsewhere."""

    def __init__(self, folder: Path, runner: SshRunner, here: Path | None = None) -> None:
        self.runner = runner
        self.far, self.root = folder / "far" / "r1", here or folder / "here"
        self.run, self.staging = self.root / "run", self.root / "staging"
        for each in (self.far / "logs", self.run / "logs"):
            each.mkdir(parents=True)
        (self.run / "run_manifest.json").write_text("ours")
        (self.run / "logs/scheduler.jsonl").write_text("answers")
        (self.far / "run_manifest.json").write_text("not ours")
        self.put("logs/exit.json", b"{}")
        self.put("outputs/w.bin", os.urandom(5000))
        self.put("outputs/empty", b"")

    def put(self, name: str, content: bytes) -> Path:
        path = self.far / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def home(self, **more: Any) -> Homecoming:
        far = FarFolder(self.runner, str(self.far))
        return Homecoming(far, PATHS, self.run, self.staging, **{"sleep": lambda _: None, **more})

    def bring(self, **more: Any) -> ArtifactSync:
        return bring_home(self.home(**more))

    def state(self) -> dict[str, str]:
        """Everything in the run's folder here: name to hash, or to where a link leads."""
        return contents(self.run)

    def check_home(self) -> None:
        """The run's folder holds what lies there, what was ours, and lists that are true."""
        here, there = self.state(), contents(self.far)
        del there["run_manifest.json"]
        lists = ("remote.sha256", "artifacts.sha256")
        ours = {name: here.pop(name) for name in (*lists, "run_manifest.json", "logs/scheduler.jsonl")}
        assert here == there
        assert ours["run_manifest.json"] == hashlib.sha256(b"ours").hexdigest()
        files = {name: each for name, each in there.items() if not each.startswith("->")}
        assert dict(parse((self.run / "remote.sha256").read_bytes(), "remote.sha256")) == files
        own = dict(parse((self.run / "artifacts.sha256").read_bytes(), "artifacts.sha256"))
        assert own == files | {"remote.sha256": ours["remote.sha256"]}
        assert not self.staging.exists()


def contents(folder: Path) -> dict[str, str]:
    found = {}
    for above, folders, names in os.walk(folder):
        for name in (*names, *(each for each in folders if os.path.islink(os.path.join(above, each)))):
            path = os.path.join(above, name)
            link = os.path.islink(path)
            value = f"->{os.readlink(path)}" if link else hashlib.sha256(Path(path).read_bytes()).hexdigest()
            found[os.path.relpath(path, folder)] = value
    return found
