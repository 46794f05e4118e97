"""Where the files of an experiment lie that has a spec: its results, its record, and its runs in the cloud.

As ``layout``, of which this is a part: paths are POSIX, relative to the repository's root, and nothing is opened.
"""

from __future__ import annotations

from typing import Final

from autolab_core.io.layout import EXPERIMENTS, RESULTS, Paths, RunPaths
from autolab_core.vocab.ids import check_id

__all__ = [
    "CLOUD_LOCKS",
    "CLOUD_ON_SLURM",
    "CLOUD_RECORDS",
    "EXPERIMENT_RECORDS",
    "ExperimentPaths",
    "cloud_lock",
    "cloud_on_slurm",
    "cloud_patch",
    "cloud_record",
    "experiment_number",
    "experiment_results",
    "experiment_spec",
    "finished_results",
]

# What was put on record of each experiment while it was carried out.
EXPERIMENT_RECORDS: Final = ".autolab/experiments"
# What is known here of each run in the cloud, and who is at work on one.
CLOUD_RECORDS: Final = ".autolab/cloud"
CLOUD_LOCKS: Final = ".autolab/locks/cloud"
# The scripts and logs of those of them that are jobs of Slurm.
CLOUD_ON_SLURM: Final = ".autolab/cloud/slurm"


def experiment_spec(number: int, name: str) -> str:
    """The spec of the experiment *number* (from 1), which is called *name*."""
    return f"{EXPERIMENTS}/exp-{number:03d}-{name}.md"


def experiment_number(name: str) -> int | None:
    """The number in *name*, of a spec or a folder of results (``exp-012-name.md``, ``exp-012``); None without one."""
    start, _, rest = name.removesuffix(".md").partition("-")
    number, hyphen, what = rest.partition("-")
    good = start == "exp" and number.isascii() and number.isdigit() and 3 <= len(number) <= 9 and (what or not hyphen)
    return int(number) if good else None


def experiment_results(spec: str) -> str:
    """Where the experiment of *spec* writes its results: ``results/`` and the spec's own name without its suffix."""
    return f"{RESULTS}/{spec.rpartition('/')[2].rpartition('.')[0] or spec.rpartition('/')[2]}"


def finished_results(name: str) -> str:
    """The file that an experiment's results folder *name* (``exp-001``) holds once the experiment is finished."""
    return f"{RESULTS}/{name}/metrics.json"


def cloud_record(run_id: str) -> str:
    """What is known here of the run *run_id* in the cloud. Raises UsageError when that is not a safe id."""
    return f"{CLOUD_RECORDS}/{check_id('run id', run_id)}.json"


def cloud_patch(run_id: str) -> str:
    """What leads from the commit of the run *run_id* to the code that was sent. Raises UsageError when that is not a
    safe id."""
    return f"{CLOUD_RECORDS}/{check_id('run id', run_id)}.patch"


def cloud_on_slurm(run_id: str) -> RunPaths:
    """The files of the job of Slurm that carries out the run *run_id*. Raises UsageError when that is not a safe id."""
    return RunPaths(f"{CLOUD_ON_SLURM}/{check_id('run id', run_id)}")


def cloud_lock(run_id: str) -> str:
    """Held by whoever submits or pulls the run *run_id*. Raises UsageError when that is not a safe id."""
    return f"{CLOUD_LOCKS}/{check_id('run id', run_id)}.lock"


class ExperimentPaths(Paths):
    """The files of one experiment. ``folder`` is where its results go; its record lies outside, below ``.autolab``.

    *folder*: where the results lie that others wrote of it, if not where ours go.
    """

    __slots__ = ("id", "spec")

    def __init__(self, spec: str, folder: str | None = None) -> None:
        usual = experiment_results(spec)
        super().__init__(folder or usual)
        self.spec: Final = spec
        self.id: Final = usual.rpartition("/")[2]

    @property
    def metrics(self) -> str:
        return f"{self.folder}/metrics.json"

    @property
    def config(self) -> str:
        return f"{self.folder}/config.json"

    @property
    def record(self) -> str:
        """The folder of its record: no command of the experiment may write it."""
        return f"{EXPERIMENT_RECORDS}/{self.id}"

    @property
    def journal(self) -> str:
        return f"{self.record}/journal.jsonl"

    @property
    def lock(self) -> str:
        """Held by the process that carries it out. Its name is one that repositories do not keep."""
        return f"{self.record}/run.lock"

    @property
    def logs(self) -> str:
        """Where the output of its commands goes."""
        return f"{self.record}/logs"
