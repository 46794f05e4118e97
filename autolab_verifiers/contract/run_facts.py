"""What rules ask of a run's two documents, looked up once a run. A value of the wrong type is never a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from autolab_core.vocab.ids import id_problem
from autolab_core.vocab.states import HostMode, MetricsStatus, RunStatus, SyncStatus
from autolab_verifiers.contract.findings import Skip
from autolab_verifiers.contract.values import members, text_at

if TYPE_CHECKING:
    from autolab_core.io.tree import Tree

__all__ = ["ManifestFacts", "MetricsFacts", "run_status"]

_RUN: Final = members(RunStatus)
_SYNC: Final = members(SyncStatus)
_HOST: Final = members(HostMode)
_METRICS: Final = members(MetricsStatus)
_NOTHING: Final[dict[str, Any]] = {}
_NO_ROWS: Final[list[Any]] = []


def run_status(word: object) -> RunStatus | None:
    """*word* as a run's status; None when it is no canonical word."""
    return _RUN.get(word) if isinstance(word, str) else None


class ManifestFacts:
    """A manifest of any shape. A section that is no mapping is empty, a word that is none of ours None."""

    __slots__ = (
        *("_status", "allocation", "data", "failure", "host_mode", "path", "replicate"),
        *("slurm", "submission", "sync", "sync_status", "times"),
    )

    def __init__(self, path: str, data: dict[str, Any], tree: Tree) -> None:
        self.path = path
        self.data = data
        # Asked of the tree, which keeps it for RH016 when the manifest itself is forgotten.
        self._status = run_status(tree.value(path, "status"))
        mode = data.get("host_mode")
        self.host_mode = _HOST.get(mode) if isinstance(mode, str) else None
        #: The run happens on Slurm (``host_mode``, or ``launch_mode`` in its absence).
        self.slurm: bool = (data.get("launch_mode") if mode is None else mode) == HostMode.SLURM
        self.sync = self._section("artifact_sync_to_local")
        word = self.sync.get("status")
        #: The canonical word; synonyms of other tools are None.
        self.sync_status = _SYNC.get(word) if isinstance(word, str) else None
        self.submission = self._section("submission")
        #: The allocation of Slurm's that the run was started in: it is a process there, with no job of its own.
        self.allocation = text_at(self.submission, "/allocation")
        self.failure = self._section("failure")
        self.times = self._section("timestamps")
        #: What the run is a replicate of; empty for most runs.
        self.replicate = self._section("replicate")

    def _section(self, key: str) -> dict[str, Any]:
        section = self.data.get(key)
        return section if isinstance(section, dict) else _NOTHING

    @property
    def probed(self) -> HostMode | None:
        """Where the host probes say that the run happens; None when one of the two has no exit code."""
        host = self.data.get("host")
        host = host if isinstance(host, dict) else _NOTHING
        sinfo, squeue = host.get("sinfo"), host.get("squeue")
        if not isinstance(sinfo, dict) or not isinstance(squeue, dict):
            return None
        if "exit_code" not in sinfo or "exit_code" not in squeue:
            return None
        codes = (sinfo["exit_code"], squeue["exit_code"])
        good = codes == (0, 0) and {int}.issuperset(map(type, codes))  # not False, which is equal to 0
        return HostMode.SLURM if good else HostMode.LOCAL

    @property
    def has_own_job(self) -> bool:
        """True for a run on Slurm that is a job of its own, of which Slurm knows how it ended."""
        return self.slurm and self.allocation is None

    @property
    def group(self) -> str | None:
        """The group that started this run as one of its replicates; None when there is none, or it is no id."""
        group = text_at(self.replicate, "/group")
        return group if group is not None and id_problem(group) is None else None

    @property
    def word(self) -> RunStatus | None:
        """The run's status; None when it is no canonical word."""
        return self._status

    @property
    def status(self) -> RunStatus:
        """The run's status. Raises Skip when it is no canonical word: RH002 says so, and nothing follows from it."""
        if self._status is None:
            raise Skip("the run's status is not a canonical word (RH002)")
        return self._status

    def time(self, name: str) -> Any:
        """``timestamps.<name>``, or the top-level key of other tools; None when neither is there."""
        ours = self.times.get(name)
        return self.data.get(name) if ours is None else ours

    def time_pointer(self, name: str) -> str:
        """Where ``time`` found it, or would have."""
        there = self.times.get(name) is None and self.data.get(name) is not None
        return f"/{name}" if there else f"/timestamps/{name}"


class MetricsFacts:
    """Metrics of any shape. A list that is none is empty."""

    __slots__ = ("data", "is_completed", "path", "per_run", "primary", "results", "rows", "status")

    def __init__(self, path: str, data: dict[str, Any]) -> None:
        self.path = path
        self.data = data
        word = data.get("status")
        self.status = _METRICS.get(word) if isinstance(word, str) else None
        self.is_completed = self.status is MetricsStatus.COMPLETED
        primary = data.get("primary_metric")
        self.primary = primary if isinstance(primary, dict) else _NOTHING
        #: Key of the metrics to its rows, as they are listed.
        self.results = {key: self._list(key) for key in ("baseline_results", "variant_results")}
        self.per_run = self._list("per_run_metrics")
        #: Name of an arm to its rows of ``per_run_metrics``, in order; what is not a named mapping is left out.
        self.rows: dict[str, list[dict[str, Any]]] = {}
        for row in self.per_run:
            name = row.get("name") if isinstance(row, dict) else None
            if isinstance(name, str):
                if name in self.rows:
                    self.rows[name].append(row)
                else:
                    self.rows[name] = [row]

    @property
    def primary_name(self) -> str:
        """The name of the primary metric; empty when there is none."""
        return text_at(self.primary, "/name") or ""

    def _list(self, key: str) -> list[Any]:
        found = self.data.get(key)
        return found if isinstance(found, list) else _NO_ROWS
