"""The fake Slurm and a real one are put through the same; what our parsers read of their answers is the same.

Ids, times, nodes and users differ between any two clusters and are left out. The real one decides what is right.
"""

from __future__ import annotations

import subprocess
import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from autolab_core.schedulers.slurm import argv
from autolab_core.schedulers.slurm.errors import classify, submission
from autolab_core.schedulers.slurm.parse.document import parse_sacct_json, parse_squeue_json
from autolab_core.schedulers.slurm.parse.sacct import parse_sacct
from autolab_core.schedulers.slurm.parse.scontrol import parse_config, parse_jobs, parse_version
from autolab_core.schedulers.slurm.parse.squeue import parse_squeue
from autolab_core.testing import FaultySlurm

# Of a job without a limit Slurm says UNLIMITED or 365 days, depending on which of its schedulers looked at it first.
HEADER = "#SBATCH --output=/dev/null\n#SBATCH --time=00:30:00\n"
JOBS = {
    "completes": ("sleep 1", ()),
    "fails": ("exit 3", ()),
    "fails_above_128": ("exit 137", ()),
    "killed": ("kill -TERM $$", ()),
    "running": ("sleep 100", ()),
    "held": ("true", ("--hold",)),
    "cancelled": ("sleep 100", ()),
    "cancelled_held": ("true", ("--hold",)),
    "array": ("exit $((SLURM_ARRAY_TASK_ID % 2 * 4))", ("--array=1-3",)),
    "array_held": ("true", ("--array=1-3", "--hold")),
}
LASTING = {"running": "RUNNING", "held": "PENDING", "array_held": "PENDING"}
GONE = ("999998", "999999")


class Bench:
    """One cluster, with a job of each kind in its final state."""

    def __init__(self, environment, work):
        self.environment, self.work = environment, work
        self.mark = uuid.uuid4().hex[:8]
        self.fates = {}
        self.ids = {}
        for name, (body, options) in JOBS.items():
            (work / f"{name}.sh").write_text(f"#!/bin/bash\n{HEADER}{body}\n")
            self.submit(name, options)
        self.wait("cancelled", "RUNNING")
        for name in ("cancelled", "cancelled_held"):
            self.run(argv.scancel([self.ids[name]], name=self.name(name)))
        for name in JOBS:
            self.wait(name, *([LASTING[name]] if name in LASTING else []))

    def name(self, kind):
        return f"{kind}-{self.mark}"

    def run(self, call):
        return subprocess.run(
            call.argv,
            env=call.environment(self.environment),
            cwd=self.work,
            capture_output=True,
            check=False,
            timeout=60,
        )

    def submit(self, kind, options):
        call = argv.sbatch(f"{kind}.sh", name=self.name(kind), folder=str(self.work))
        done = self.run(call._replace(argv=(*call.argv[:-2], *options, *call.argv[-2:])))
        told = submission(done.returncode, done.stdout, done.stderr)
        self.fates[kind] = told.fate
        self.ids[kind] = told.id.job

    def rows(self, *kinds):
        return parse_squeue(self.run(argv.squeue([self.ids[kind] for kind in kinds])).stdout)

    def wait(self, kind, state=None):
        deadline = time.monotonic() + 40
        while not (rows := self.rows(kind)) or not all(self.is_there(row, state) for row in rows):
            assert time.monotonic() < deadline, (kind, state, rows)
            time.sleep(0.05)

    @staticmethod
    def is_there(row, state):
        return row.state.base == state if state else bool(row.state.base) and row.ended is not None

    def settle(self):
        """Wait until the accounting knows of every job what slurmctld knows."""
        deadline = time.monotonic() + 40
        while not self.settled():
            assert time.monotonic() < deadline
            time.sleep(0.2)

    def settled(self):
        rows = parse_sacct(self.run(argv.sacct(list(self.ids.values()))).stdout)
        return {row.name for row in rows} == {self.name(kind) for kind in JOBS} and all(
            row.ended or row.name.startswith(tuple(LASTING)) for row in rows
        )

    # --- what is read

    def plain(self, row):
        """What two clusters must agree on; the id with its number taken out."""
        tail = str(row.id).removeprefix(row.id.job)
        kind = row.name.removesuffix(f"-{self.mark}")
        return (
            f"{kind}{tail}",
            row.state.base,
            str(row.exit),
            row.reason,
            # Slurm gives a job that was cancelled while it waited its end for a start, or none: both were seen.
            kind == "cancelled_held" or row.started is not None,
            row.ended is not None,
            row.limit,
            row.partition,
            row.restarts,
            tuple((step.id.step, step.name, step.state.base, str(step.exit)) for step in row.steps),
        )

    def read(self, parse, call):
        done = self.run(call)
        complaint = classify(done.returncode, done.stderr).complaint
        rows = sorted(map(self.plain, parse(done.stdout))) if done.returncode == 0 else []
        return done.returncode, complaint, rows


QUESTIONS = {
    **{f"squeue {kind}": (parse_squeue, lambda bench, kind=kind: argv.squeue([bench.ids[kind]])) for kind in JOBS},
    **{f"sacct {kind}": (parse_sacct, lambda bench, kind=kind: argv.sacct([bench.ids[kind]])) for kind in JOBS},
    **{f"scontrol {kind}": (parse_jobs, lambda bench, kind=kind: argv.scontrol_job(bench.ids[kind])) for kind in JOBS},
    **{
        f"squeue named {kind}": (parse_squeue, lambda bench, kind=kind: argv.squeue_named([bench.name(kind)]))
        for kind in JOBS
    },
    **{
        f"sacct named {kind}": (
            parse_sacct,
            lambda bench, kind=kind: argv.sacct_named([bench.name(kind)], datetime.now(UTC) - timedelta(hours=1)),
        )
        for kind in JOBS
    },
    "squeue of all": (parse_squeue, lambda bench: argv.squeue(list(bench.ids.values()))),
    "sacct of all": (parse_sacct, lambda bench: argv.sacct(list(bench.ids.values()))),
    "squeue of none": (parse_squeue, lambda bench: argv.squeue(GONE[:1])),
    "squeue of two that are gone": (parse_squeue, lambda bench: argv.squeue(GONE)),
    "squeue of one of two": (parse_squeue, lambda bench: argv.squeue([bench.ids["fails"], GONE[0]])),
    "sacct of none": (parse_sacct, lambda bench: argv.sacct(GONE)),
    "scontrol of none": (parse_jobs, lambda bench: argv.scontrol_job(GONE[0])),
    "squeue of no such name": (parse_squeue, lambda bench: argv.squeue_named(["no-such-name"])),
    "squeue of no number": (parse_squeue, lambda bench: argv.squeue(["abc"])),
    "sacct of no number": (parse_sacct, lambda bench: argv.sacct(["abc"])),
    "sacct as JSON": (parse_sacct_json, lambda bench: argv.sacct_json([bench.ids["fails"]])),
    "scancel of none": (lambda stdout: (), lambda bench: argv.scancel(GONE[:1])),
    "scancel of what has ended": (lambda stdout: (), lambda bench: argv.scancel([bench.ids["fails"]])),
}


def readings(bench):
    """Everything at once: when a test ends, a shared cluster's jobs are cancelled."""
    bench.settle()
    found = {name: bench.read(parse, call(bench)) for name, (parse, call) in QUESTIONS.items()}
    found["submissions"] = bench.fates
    return found


@pytest.fixture(scope="module")
def real(slurm):
    return readings(Bench(slurm.environment, slurm.work))


@pytest.fixture(scope="module")
def fake(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fake")
    (folder / "work").mkdir()
    return readings(Bench(FaultySlurm(folder / "slurm", execute=True).environment, folder / "work"))


@pytest.mark.parametrize("question", [*QUESTIONS, "submissions"])
def test_the_fake_is_like_the_real_one(real, fake, question):
    assert fake[question] == real[question]


def test_the_fake_is_of_the_same_version(slurm, tmp_path):
    fake = FaultySlurm(tmp_path / "slurm")
    told = [
        subprocess.run(argv.version("sinfo").argv, env=environment, capture_output=True, check=True).stdout
        for environment in (slurm.environment, fake.environment)
    ]

    assert parse_version(told[0]) == parse_version(told[1])


def test_the_fake_is_set_up_as_it_says(slurm, tmp_path):
    fake = FaultySlurm(tmp_path / "slurm", cluster="c1", min_job_age=300, message_timeout=10)
    told = [
        parse_config(subprocess.run(call.argv, env=environment, capture_output=True, check=True).stdout)
        for call in [argv.scontrol_config()]
        for environment in (slurm.environment, fake.environment)
    ]

    assert told[1] == told[0]


def test_the_fake_lists_as_json_what_it_lists_as_text(tmp_path):
    fake = FaultySlurm(tmp_path / "slurm", starts_after=None)
    (tmp_path / "job.sh").write_text("#!/bin/bash\ntrue\n")
    for options in ((), ("--array=1-3",), ("--hold",)):
        subprocess.run(("sbatch", "--time=10", *options, "job.sh"), env=fake.environment, cwd=tmp_path, check=True)
    asked = [
        subprocess.run(call.argv, env=fake.environment, capture_output=True, check=True).stdout
        for call in (argv.squeue_named(["job.sh"]), argv.squeue_json())
    ]

    def plain(row):
        return row.id, row.state, row.name, row.reason, row.submitted, row.started, row.limit

    assert list(map(plain, parse_squeue_json(asked[1]))) == list(map(plain, parse_squeue(asked[0])))
