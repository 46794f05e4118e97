"""What a cluster says about itself, asked at most once in a process, and never instead of a look at a job."""

from __future__ import annotations

import time
from typing import Final

import attrs

from autolab_core.models.job import Answer
from autolab_core.schedulers.slurm import argv
from autolab_core.schedulers.slurm.asking import Asker
from autolab_core.schedulers.slurm.call import HERE, Site
from autolab_core.schedulers.slurm.parse.scontrol import SiteConfig, parse_config
from autolab_core.vocab.errors import ParseError

__all__ = ["Capabilities"]

_AGAIN_SECONDS: Final = 300.0
_KEPT: Final = (
    "AccountingStorageType", "ClusterName", "KillWait", "MaxArraySize", "MessageTimeout", "MinJobAge", "SLURM_VERSION",
)  # fmt: skip


@attrs.define
class Capabilities:
    """The configurations of the clusters that were asked. One that did not answer is asked again after a while."""

    asker: Asker
    _known: dict[str | None, SiteConfig] = attrs.field(factory=dict, init=False)
    _answers: dict[str | None, Answer] = attrs.field(factory=dict, init=False)
    _failed: dict[str | None, float] = attrs.field(factory=dict, init=False)

    def known(self, cluster: str | None) -> SiteConfig:
        """What is known without asking; nothing is None in it."""
        return self._known.get(cluster, SiteConfig())

    def answer(self, cluster: str | None) -> Answer | None:
        """What *cluster* said when it was asked, those lines that count; None when it was not."""
        return self._answers.get(cluster)

    def probe(self, cluster: str | None) -> SiteConfig:
        """What is known, once *cluster* was asked. A cluster that does not answer leaves everything open."""
        if cluster in self._known:
            return self._known[cluster]
        if time.monotonic() - self._failed.get(cluster, -_AGAIN_SECONDS) < _AGAIN_SECONDS:
            return SiteConfig()
        answer = self.asker.ask(argv.scontrol_config(site=Site(cluster)))
        try:
            if answer.exit_code != 0:
                raise ParseError(answer.stderr)
            self._known[cluster] = parse_config(answer.stdout.encode())
            lines = [line for line in answer.stdout.splitlines() if line.startswith(_KEPT)]
            self._answers[cluster] = attrs.evolve(answer, stdout="".join(f"{line}\n" for line in lines[:20]))
        except ParseError:
            self._failed[cluster] = time.monotonic()
        return self.known(cluster)

    def site(self, cluster: str | None) -> Site:
        """Where to ask, with the cluster's own MessageTimeout where it is known."""
        timeout = self.known(cluster).message_timeout
        seconds = timeout.seconds if timeout is not None else None
        return Site(cluster, float(seconds)) if seconds else attrs.evolve(HERE, cluster=cluster)
