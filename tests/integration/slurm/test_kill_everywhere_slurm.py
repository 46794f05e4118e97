"""``kill -9`` of launch, monitor and the rest at every effect, where the run is a job of Slurm's: one job, its truth.

Three times over: on the fake cluster within this process, at every command and every file that is put in place; on the
fake one with real processes, at every effect there is; on a real cluster with the same processes. ``make test`` takes
all of the first and a sample of the others, ``make test-long`` takes all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from autolab_core.testing import FaultySlurm
from tests.integration.slurm.schedules import World, prepared
from tests.integration.slurm.test_launch_real import KILLED, Site, sites
from tests.unit.repositories import PATH, new_repository

PARTS = 6
SAMPLE = 5
# As many runs as are taken to their end side by side; most of that is waiting.
BATCH = 12


# --- within this process: every command of Slurm's, every file that is put in its place, before it and after it


def started(world: World) -> None:
    world.launch()
    (job,) = world.alive()
    world.start(job)


def ended(world: World, code: int = 0) -> None:
    started(world)
    world.finish(world.alive()[0], code)


def monitored(world: World) -> None:
    ended(world)
    world.monitor()


def cut_short(world: World) -> None:
    """There is a job, and the launch that submitted it never heard of it."""
    world.launch(at="sbatch", after=True)


MOMENTS: dict[str, tuple[Callable[[World], object], Callable[..., object], int]] = {
    # What comes first, what is killed, and how many effects it has at least.
    "launch": (lambda world: None, World.launch, 12),
    "launch again": (cut_short, World.launch, 4),
    "monitor of a running job": (started, World.monitor, 3),
    "monitor of a job that ended": (ended, World.monitor, 5),
    "monitor of a job that failed": (partial(ended, code=3), World.monitor, 5),
    "extract": (monitored, World.extract, 3),
    "cancel": (started, World.cancel, 5),
}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    repository = new_repository(tmp_path_factory.mktemp("template") / "repository")
    prepared(repository)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", PATH)
        yield repository.root


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_command_killed_at_any_step_leaves_one_job_and_an_end(template, tmp_path, moment, after):
    prepare, command, least = MOMENTS[moment]
    at = 0
    while True:
        at += 1
        world = World.made(template, tmp_path / str(at))
        prepare(world)
        if command(world, at=at, after=after) is not None:
            break  # it came to its end before that
        try:
            world.check()
            world.settle()
        except AssertionError as error:
            raise AssertionError(f"killed {'after' if after else 'before'} effect {at}: {error}") from error
    assert at - 1 >= least


# --- real processes, killed at any effect


class FakeSite(Site):
    """A site on the fake cluster, whose jobs are processes too."""

    @property
    def env(self) -> dict[str, str]:
        path = os.pathsep.join((str(self.lab.bin), str(self.cluster.programs), os.environ["PATH"]))
        return {"PATH": path, "AUTOLAB_SLURM_INTERVAL": "0"}

    def jobs(self) -> list[str]:
        return [job.id for job in self.cluster.jobs() if job.folder == str(self.lab.root)]

    def named(self, token: str) -> list[str]:
        return [job.id for job in self.cluster.jobs(token)]

    def ended(self) -> str:
        (job,) = self.cluster.jobs()
        until = time.monotonic() + 30
        while not self.cluster.job(job.id).over:
            assert time.monotonic() < until
            time.sleep(0.05)
        return self.cluster.job(job.id).state


class RealSite(Site):
    def named(self, token: str) -> list[str]:
        return self.cluster.must("squeue", "-h", "-t", "all", f"--name={token}", "-o", "%A").split()


def check_truth(site: FakeSite | RealSite, *, own: bool) -> None:
    """One job, which ran once and is the manifest's; the run is complete and proven, its record whole."""
    manifest, state = site.lab.manifest(), site.lab.state()
    assert site.named(manifest["submission"]["token"]) == [manifest["job_id"]]
    assert not own or site.jobs() == [manifest["job_id"]]
    assert site.lab.starts() == site.lab.run_ids() == [manifest["run_id"]]
    assert (manifest["status"], manifest["failure"], state["pending_run_id"]) == ("completed", None, "")
    assert manifest["verifier_snapshot"]["passed"]
    rows = [tuple(line.split(" | ")[5:8]) for line in site.ledger()]  # status, Slurm's word, sync
    assert (rows[-1][0], len(rows)) == ("completed", len(set(rows))), rows
    assert site.do("ledger", "verify").code == 0
    replayed = site.do("monitor", "--replay", site.lab.run.name)
    assert replayed.code == 0, replayed


def sweep(base: FakeSite | RealSite, command: str, numbers: Sequence[int], *, own: bool) -> None:
    """Kill *command* at each of *numbers* in a copy of *base*, go on, and look at the truth.

    *own*: each copy has a job of its own, which none of the others shares.
    """
    for first in range(0, len(numbers), BATCH):
        batch = {}
        for number in numbers[first : first + BATCH]:
            site = type(base)(base.lab.copy(f"kill-{number}"), base.cluster)
            killed = site.do(command, kill_at=number)
            # What is asked of a real cluster once more, or once less, moves the effects a little.
            assert killed.code == KILLED or number > 0.9 * max(numbers), (number, killed)
            batch[number] = site, killed.effects[-1]
        for number, (site, effect) in to_the_end(batch).items():
            try:
                site.lab.check_json()
                check_truth(site, own=own)
            except AssertionError as error:
                raise AssertionError(f"{command} killed at effect {number} ({effect})") from error
            site.lab.remove()


def to_the_end(batch):
    """``autolab run`` in every site until its iteration is handed over; *batch* then."""
    waiting, until = dict(batch), time.monotonic() + 90
    while waiting:
        assert time.monotonic() < until, {number: site.lab.manifest() for number, (site, _) in waiting.items()}
        for number, (site, effect) in list(waiting.items()):
            site.lab.check_json()
            answer = site.do("run", "--json")
            assert answer.code in {0, 1}, (number, effect, answer)
            if site.lab.state()["stage"] == "update_docs":
                del waiting[number]
        time.sleep(0.2)
    return batch


def launched(site: FakeSite | RealSite) -> None:
    assert site.do("launch").code == 0
    site.ended()


def effects_of(base: FakeSite | RealSite, command: str) -> tuple[str, ...]:
    """What *command* does when nobody kills it."""
    whole = type(base)(base.lab.copy("whole"), base.cluster)
    counted = whole.do(command, counted=True)
    assert counted.code == 0, counted
    return counted.effects


def sample(effects: Sequence[str]) -> list[int]:
    """Some numbers (from 1) spread over all *effects*, and those at which sbatch is started and has just been."""
    begun = [number for number, effect in enumerate(effects, 1) if "Popen" in effect and "'sbatch'" in effect]
    around = [number + offset for number in begun for offset in (0, 1)]
    size = SAMPLE - len(around)
    return sorted({*around, *(1 + round((index + 0.5) * (len(effects) - 1) / size) for index in range(size))})


COMMANDS = {"launch": lambda site: None, "monitor": launched}


@pytest.fixture
def fake(lab, tmp_path):
    site = FakeSite(lab, FaultySlurm(tmp_path / "faulty", execute=True))
    site.make()
    return site


@pytest.fixture
def real(lab, slurm):
    for site in sites(lab, slurm):
        real = RealSite(site.lab, site.cluster)
        real.make()
        yield real


@pytest.mark.parametrize("command", COMMANDS)
def test_a_process_killed_at_an_effect_leaves_one_job(fake, command):
    COMMANDS[command](fake)

    sweep(fake, command, sample(effects_of(fake, command)), own=command == "launch")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_process_killed_at_an_effect_leaves_one_job_on_a_real_cluster(real, command):
    COMMANDS[command](real)

    sweep(real, command, sample(effects_of(real, command)), own=command == "launch")


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("command", COMMANDS)
def test_a_process_killed_at_any_effect_leaves_one_job(fake, command, part):
    COMMANDS[command](fake)

    sweep(fake, command, range(1 + part, len(effects_of(fake, command)) + 1, PARTS), own=command == "launch")


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("command", COMMANDS)
def test_a_process_killed_at_any_effect_leaves_one_job_on_a_real_cluster(real, command, part):
    COMMANDS[command](real)

    sweep(real, command, range(1 + part, len(effects_of(real, command)) + 1, PARTS), own=command == "launch")
