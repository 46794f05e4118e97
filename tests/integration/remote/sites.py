"""A repository here, and a cluster that is reached through an sshd alone: what launches over ssh are tested with."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs

from autolab_verifiers.engine.verify import verify
from tests.cluster.cluster import Cluster
from tests.integration.crash.lab import Answer, Lab
from tests.remote.broken_link import BrokenLink
from tests.remote.machine import SameMachine
from tests.remote.server import ALIAS, SshServer

__all__ = ["LONG", "OUTPUT", "Site", "sites", "twin_of"]

LONG = "sleep 300"
OUTPUT = 'mkdir -p "$AUTOLAB_RUN_DIR/outputs"; echo 1 >"$AUTOLAB_RUN_DIR/outputs/it\'s one"; echo hello'


@attrs.define
class Site:
    """A repository of this host, and a cluster that is reached through *server* alone."""

    lab: Lab
    machine: SameMachine
    cluster: Cluster
    server: SshServer
    far: Path
    link: BrokenLink

    @property
    def activation(self) -> str:
        """What a login shell there has to load: the cluster's commands are configured by it."""
        conf = self.cluster.environment["SLURM_CONF"]
        return f"echo 'modules loaded'\nexport SLURM_CONF='{conf}' STARTS='{self._starts}'\n"

    @property
    def _starts(self) -> Path:
        """The lab's file of starts, which jobs over there can write."""
        return self.machine.shared / f"{self.far.parent.name}.{self.lab.root.name}.starts"

    def make(self, body: str = "", profile: str = "", **options: str) -> Site:
        self.lab.make(body, **({"location": "location: slurm, "} | options))
        self.write_profile(profile)
        self.commit()
        return self

    def write_profile(self, more: str = "") -> None:
        ours = self.lab.outside / "starts.log"
        ours.unlink(missing_ok=True)
        ours.symlink_to(self._starts)
        self._starts.touch()
        self._starts.chmod(0o666)
        lines = "".join(f"        {line}\n" for line in self.activation.splitlines())
        self.lab.write(
            ".autolab/remote_profiles.yaml",
            f"default: there\nprofiles:\n  there:\n    host: {ALIAS}\n    root: {json.dumps(str(self.far))}\n"
            f"    ssh_config: {json.dumps(self.server.config)}\n    poll_seconds: 1\n"
            f"    activation: |\n{lines}{more}",
        )

    def commit(self) -> None:
        for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "as it is")):
            subprocess.run(("git", *words), cwd=self.lab.root, check=True, capture_output=True)

    def do(self, *argv: str, kill_at: int | None = None, counted: bool = False) -> Answer:
        return self.lab.fork(*argv, kill_at=kill_at, counted=counted)

    def launch(self) -> Answer:
        return self.do("launch", "--remote", "there", "--json")

    @property
    def tree(self) -> Path:
        """Where the run lies on the far side, as it is seen from here."""
        return self.machine.seen(self.lab.manifest()["remote"]["work_tree"])

    def jobs(self) -> list[str]:
        rows = self.cluster.must("squeue", "-h", "-t", "all", "-O", "JobID:0|,WorkDir:0").splitlines()
        pairs = (row.split("|", 1) for row in rows)
        return [job.strip() for job, folder in pairs if folder.strip().startswith(str(self.far))]

    def ended(self) -> str:
        [job] = self.jobs()
        return self.cluster.wait_state(job)

    def look_until(self, *stages: str) -> list[tuple[str, str]]:
        """`autolab run` until the state is at one of *stages*; what was concluded on the way."""
        outcomes = []
        for _ in range(120):
            if self.lab.state()["stage"] in stages:
                return outcomes
            answer = self.do("run", "--json")
            outcomes.append((answer.json["stage"], answer.json["outcome"], answer.json["summary"]))
            if answer.json["outcome"] == "stay":
                time.sleep(0.5)
        raise AssertionError(outcomes[-3:])

    def check_complete(self) -> None:
        manifest = self.lab.manifest()
        assert (manifest["status"], manifest["failure"]) == ("completed", None), manifest
        assert manifest["artifact_sync_to_local"]["status"] == "ok"
        assert self.lab.starts() == [manifest["run_id"]]
        assert [manifest["job_id"]] == self.jobs()
        report = verify(str(self.lab.root), stage="extract_results", iteration_id="iter_001", run_id=manifest["run_id"])
        assert report.passed, report.message


def twin_of(site: Site, name: str) -> Site:
    """The same repository in another place, which is sent to another place."""
    twin = attrs.evolve(site, lab=site.lab.copy(name), far=site.far.with_name(f"far of {name}."))
    twin.write_profile()
    twin.commit()
    return twin


def sites(
    lab: Lab, machine: SameMachine, cluster: Cluster, make_ssh_host: Callable[..., SshServer], folder: Path
) -> Iterator[Site]:
    """The site of one test, whose name *folder* has; nothing of it is left there."""
    link = BrokenLink(machine.shared / f"{folder.name}.link")
    server = make_ssh_host(login=link.login, machine=machine)
    yield Site(lab, machine, cluster, server, machine.home / folder.name / "far side", link)
    cluster.mend()
    shutil.rmtree(machine.seen(machine.home / folder.name), ignore_errors=True)
