"""A group, with each command killed at each of its effects: one array, every task found again, the same end."""

from __future__ import annotations

import pytest

from autolab_core.vocab.states import RunStatus, Stage
from tests.integration.slurm.schedules import PEOPLE, World, prepared
from tests.unit.repositories import FOLDER, PATH, new_repository, replace

COUNT = 3
ARGS = "args: {steps: 1000, seeds: [0, 1, 2]}"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    root = tmp_path_factory.mktemp("template") / "repository"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", PATH)
        repository = new_repository(root)
    prepared(repository)
    replace(repository, f"{FOLDER}/design.yaml", ARGS, 'args: {steps: 1000, seed: "{seed}"}')
    return root


@pytest.fixture
def world(template, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", PATH)
    return World.made(template, tmp_path / "whole")


def group(world):
    """The manifests of the only group and of its replicates, in their order."""
    runs = world.runs()
    [name] = [name for name, manifest in runs.items() if manifest.replicates]
    return runs[name], [runs[each.run_id] for each in runs[name].replicates]


def check_one_array(world):
    arrays = {job.id.partition("_")[0] for job in world.slurm.jobs()}
    above, parts = group(world)
    assert arrays == {above.job_id}
    assert len(world.slurm.jobs()) == COUNT
    assert [each.job_id for each in parts] == [f"{above.job_id}_{index}" for index in range(COUNT)]
    assert not list(world.repository.root.rglob("*.tmp"))


def finish(world, *failing):
    for job in world.alive():
        world.finish(job, code=1 if job.task in failing else 0)
    world.wait(60)


def go_on(world, until):
    for _ in range(12):
        result = world.next()
        if until(result):
            return result
        world.wait(60)
    raise AssertionError(f"no end: {world.state}, {world.said[-3:]}")


def launched(world):
    world.launch()
    assert world.state.stage is Stage.SLURM_MONITOR


def ended(world, *failing):
    launched(world)
    finish(world, *failing)


def looked_at(world, *failing):
    ended(world, *failing)
    world.monitor()
    assert world.state.stage is Stage.EXTRACT_RESULTS


def each_kill(template, folder, prepare, command, total):
    """A world for each effect of *command*, before it, that was *prepare*d and then killed there."""
    for number in range(1, total + 1):
        world = World.made(template, folder / f"kill-{number}")
        prepare(world)
        command(world, at=number)
        yield number, world


def count_of(world, prepare, command):
    """How many effects *command* has in *world*, once that is *prepare*d."""
    prepare(world)
    command(world)
    return world.effects


def test_a_launch_that_is_killed_anywhere_leaves_one_array(template, world, tmp_path):
    total = count_of(world, lambda world: None, World.launch)

    for number, broken in each_kill(template, tmp_path, lambda world: None, World.launch, total):
        go_on(broken, lambda result, broken=broken: broken.state.stage is Stage.SLURM_MONITOR)
        check_one_array(broken)
        finish(broken)
        go_on(broken, lambda result, broken=broken: broken.state.stage in PEOPLE)
        above, parts = group(broken)
        assert {above.status, *(each.status for each in parts)} == {RunStatus.COMPLETED}, number


def test_a_monitor_that_is_killed_anywhere_sees_the_same_end(template, world, tmp_path):
    def prepare(world):
        ended(world, 1)

    total = count_of(world, prepare, World.monitor)

    for number, broken in each_kill(template, tmp_path, prepare, World.monitor, total):
        go_on(broken, lambda result, broken=broken: broken.state.stage is Stage.EXTRACT_RESULTS)
        above, parts = group(broken)
        assert above.status is RunStatus.PARTIAL, number
        assert [each.status for each in parts] == [RunStatus.SYNCED, RunStatus.FAILED, RunStatus.SYNCED], number


def test_an_extraction_that_is_killed_anywhere_reads_the_same(template, world, tmp_path):
    def prepare(world):
        looked_at(world, 1)

    total = count_of(world, prepare, World.extract)

    for number, broken in each_kill(template, tmp_path, prepare, World.extract, total):
        result = broken.next() if broken.state.stage is Stage.EXTRACT_RESULTS else broken.said[-1]
        above, parts = group(broken)
        assert broken.state.stage is Stage.LAUNCH, (number, result)
        assert above.status is RunStatus.PARTIAL, number
        assert [each.status for each in parts] == [RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.COMPLETED], number
        paths = broken.repository.iteration("iter_a").run(above.run_id)
        assert len(broken.repository.metrics(paths).per_run_metrics) == 4, number


def test_a_cancellation_that_is_killed_anywhere_can_be_made_again(template, world, tmp_path):
    total = count_of(world, launched, World.cancel)

    for number, broken in each_kill(template, tmp_path, launched, World.cancel, total):
        broken.cancel()
        go_on(broken, lambda result, broken=broken: broken.state.stage is not Stage.SLURM_MONITOR)
        above, parts = group(broken)
        assert {above.status, *(each.status for each in parts)} == {RunStatus.FAILED}, number
        assert not broken.alive()
