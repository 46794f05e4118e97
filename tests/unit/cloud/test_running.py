"""Sending a run: once, whoever is killed where; in the protocol's order; and what is said of it."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from autolab_core.cloud import running
from autolab_core.cloud.ending import terminate
from autolab_core.cloud.engines.base import Capabilities
from autolab_core.cloud.job import job_of
from autolab_core.cloud.records import CloudRecords
from autolab_core.cloud.running import Submission, submit
from autolab_core.cloud.storage.folder import FolderStorage
from autolab_core.cloud.stored import read_manifest, read_run
from autolab_core.vocab.cloud import CloudPhase
from autolab_core.vocab.errors import AbortTriggered, EngineRejected, EngineUnreachable, ExperimentRefused, UsageError
from autolab_core.vocab.experiment import Phase, PhaseEnd
from tests.unit.cloud import samples
from tests.unit.cloud.dying import killed_at
from tests.unit.experiment.samples import baseline, metrics, open_, sanity, state_of


def jobs(lab) -> list[str]:
    return sorted(path.stem for path in lab.engine.folder.glob("*.json"))


def test_the_baseline_comes_first(new_lab):
    lab = new_lab(proven=False)

    with pytest.raises(ExperimentRefused, match="the phase treatment may not begin") as refused:
        lab.submit()
    assert refused.value.exit_code == 1
    assert not lab.engine.folder.exists()
    assert list(lab.storage.list("")) == []


def test_a_baseline_that_did_not_reproduce_is_none(new_lab):
    lab = new_lab(proven=False)
    with open_(lab.root) as recorder:
        sanity(recorder)
        baseline(recorder, loss=0.9)

    with pytest.raises(ExperimentRefused, match="the baseline did not reproduce"):
        lab.submit()


def test_somebody_may_force_it_and_that_is_on_record_and_the_numbers_wait(new_lab):
    lab = new_lab(proven=False)
    how = Submission(forced={"who": "ann", "why": "the machine is only free today"})
    lab.run(how)
    early = lab.pull()

    assert early.merged is not None
    assert (early.merged.merged, early.merged.end) == (False, "")
    assert "sanity comes before it" in early.merged.why
    assert "forced by ann, because the machine is only free today" in str(state_of(lab.root).notes[0]["text"])

    with open_(lab.root) as recorder:
        sanity(recorder)
        baseline(recorder)
    late = lab.pull()
    assert late.merged is not None
    assert late.merged.end == PhaseEnd.FINISHED
    assert "forced by ann" in metrics(lab.root)["notes"]


def test_the_phase_is_begun_at_the_commit_that_is_sent_and_left_open(lab):
    intent = lab.submit()
    attempt = state_of(lab.root).current
    lab.engine.wait(intent.run_id)

    assert attempt is not None
    assert (attempt.phase, attempt.paused) == (Phase.TREATMENT, True)
    assert dict(attempt.commit) == dict(intent.commit)


def test_the_same_command_finds_its_run(lab):
    first = lab.submit()
    second = lab.submit()
    lab.engine.wait(first.run_id)

    assert second == first
    assert jobs(lab) == [first.run_id]


def test_another_run_of_the_spec_is_refused_with_the_id_of_the_active_one(new_lab):
    lab = new_lab("import time\ntime.sleep(60)\n")
    first = lab.submit()
    with pytest.raises(UsageError, match=rf"the run {first.run_id} of .* is active"):
        lab.submit(max_hours=0.06)
    again = lab.submit(Submission(again=True), max_hours=0.06)
    for run_id in jobs(lab):
        lab.engine.kill(run_id)

    assert again.run_id != first.run_id


def test_a_run_that_has_ended_is_not_active(lab):
    lab.run()
    lab.pull()

    with pytest.raises(ExperimentRefused, match="the experiment has ended"):
        lab.submit()


def test_a_failed_run_ends_its_attempt_and_the_next_one_is_another(new_lab):
    lab = new_lab("import sys\nsys.exit(3)\n")
    lab.run()
    pulled = lab.pull()
    assert pulled.merged is not None
    assert pulled.merged.end == PhaseEnd.BROKEN

    (lab.root / samples.SCRIPT).write_text(samples.RUN)
    samples.git(lab.root, "commit", "-q", "-am", "mended")
    intent, code = lab.run()
    again = lab.pull()

    assert code == 0
    assert again.merged is not None
    assert again.merged.end == PhaseEnd.FINISHED
    assert dict(state_of(lab.root).of(Phase.TREATMENT)[-1].commit) == dict(intent.commit)
    assert "treatment attempt 1 broke off; a command ended with exit code 3" in metrics(lab.root)["notes"]


def test_ids_sort_as_their_runs_were_begun(lab):
    at = datetime(2026, 2, 1, 12, tzinfo=UTC)
    begun = [at, at + timedelta(microseconds=20), at + timedelta(seconds=0.5), at + timedelta(seconds=0.999999)]
    ids = [running._intent(lab.root, samples.request(), "e", "s", Submission(), each).run_id for each in begun]

    assert ids == sorted(ids)
    assert {each[:16] for each in ids} == {"20260201T120000Z"}


def test_a_number_that_meets_an_abort_criterion_ends_the_experiment(new_lab):
    lab = new_lab('print(\'{"seed": 0, "loss": 1000.0}\')\n')
    lab.run()
    with pytest.raises(AbortTriggered, match="measured 1000"):
        lab.pull()

    assert metrics(lab.root)["abort_triggered"] is True
    assert lab.pull().merged is not None


def test_the_metrics_that_a_command_wrote_itself_are_read(new_lab):
    lab = new_lab(
        "import json\n"
        'rows = [{"seed": s, "loss": 0.3 + s / 100, "speed": 10.0 + s} for s in (0, 1, 2)]\n'
        'own = {"per_seed": rows, "treatment": {"size": 64}, "sanity_checks": {"first_loss": 2.3}}\n'
        f'open("{samples.RESULTS}/metrics.json", "w").write(json.dumps(own))\n'
    )
    lab.run()
    pulled = lab.pull()

    assert pulled.merged is not None
    assert pulled.merged.end == PhaseEnd.FINISHED
    assert metrics(lab.root)["treatment"] == {"loss": 0.31, "speed": 11.0, "size": 64}
    assert lab.pull().files == 1  # its own file is in the place of the command's, and that is no difference


def test_a_lost_answer_makes_no_second_job(new_lab):
    lab = new_lab(lose_replies=True)
    intent, code = lab.run()

    assert code == 0
    assert jobs(lab) == [intent.run_id]


def test_an_engine_that_is_away_leaves_a_run_that_goes_on(lab):
    class Away(samples.ProcessEngine):
        def submit(self, job):
            raise EngineUnreachable("no answer")

    with pytest.raises(EngineUnreachable):
        attrs.evolve(lab, engine=Away(lab.engine.folder)).submit()
    intent, code = lab.run()

    assert code == 0
    assert [each.run_id for each in CloudRecords(lab.root).every()] == [intent.run_id]


def test_what_an_engine_refuses_is_given_up(lab):
    class No(samples.ProcessEngine):
        def submit(self, job):
            raise EngineRejected("there is no such queue")

    with pytest.raises(EngineRejected):
        attrs.evolve(lab, engine=No(lab.engine.folder)).submit()

    assert "there is no such queue" in lab.look().standing.line
    assert lab.run()[1] == 0


def test_an_engine_without_a_limit_of_its_own_is_refused(lab):
    class Endless(samples.ProcessEngine):
        def capabilities(self) -> Capabilities:
            return attrs.evolve(super().capabilities(), own_limit=False)

    with pytest.raises(UsageError, match="does not end a job at its time limit"):
        attrs.evolve(lab, engine=Endless(lab.engine.folder)).submit()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gpus": 1}, "it has 0 GPUs at most, and 1 are asked for"),
        ({"image": "x"}, "it runs no images"),
        ({"max_hours": 0}, "--max-hours 0 is refused"),
        ({"max_hours": float("inf")}, "--max-hours inf is refused"),
        ({"command": " "}, "the command is empty"),
        ({"command": None}, "name one command"),
        ({"output_dir": "../out"}, "leaves the repository"),
        ({"data_dirs": ("/data",)}, "--data-dirs '/data' is refused"),
        ({"environment": ("NOT_SET_ANYWHERE",)}, "NOT_SET_ANYWHERE, which is not set here"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(lab, changes, message):
    with pytest.raises(UsageError, match=message):
        lab.submit(**changes)
    assert list(CloudRecords(lab.root).every()) == []
    assert list(lab.storage.list("")) == []


def test_code_that_was_changed_before_it_was_sent_is_another_run(lab):
    def broken(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        submit(lab.root, samples.request(), lab.engine, lab.storage, Submission(), progress=broken)
    (lab.root / samples.SCRIPT).write_text(f"{samples.RUN}\n")
    with pytest.raises(UsageError, match="the code was changed since the run"):
        lab.submit()
    intent, code = lab.run()

    assert code == 0
    assert intent.commit["dirty"] is True


EFFECTS = (
    (CloudRecords, "save"),
    (FolderStorage, "put_if_absent"),
    (FolderStorage, "put"),
    (samples.ProcessEngine, "submit"),
    (running, "hand_over"),
)


@pytest.mark.parametrize("when", ["after", pytest.param("before", marks=pytest.mark.long)])
def test_a_client_killed_anywhere_leaves_at_most_one_job_and_the_same_command_goes_on(lab, when):
    place = 1
    while killed_at(lab.submit, EFFECTS, place, when):
        assert len(jobs(lab)) <= 1
        place += 1
    intent = lab.submit()

    assert place > 3
    assert jobs(lab) == [intent.run_id]
    assert lab.engine.wait(intent.run_id) == 0
    assert [each.run_id for each in CloudRecords(lab.root).every()] == [intent.run_id]
    assert lab.pull().merged is not None


def test_a_run_that_ended_well_is_found_until_it_is_pulled(lab):
    first, _ = lab.run()

    assert lab.submit() == first
    assert jobs(lab) == [first.run_id]


def test_a_container_sees_its_own_run_to_write_and_the_rest_to_read(lab):
    intent, _ = lab.run()
    run = read_run(lab.storage, intent.run_id)
    assert run is not None
    can = attrs.evolve(lab.engine.capabilities(), images=True)
    job = job_of(run, lab.storage.address, can)
    writable = [mount.target for mount in job.mounts if not mount.read_only]

    assert writable == [f"/autolab/storage/runs/{intent.run_id}"]
    assert f"/autolab/work/repo/{samples.SPEC}" in [mount.target for mount in job.mounts if mount.read_only]
    assert all(os.path.exists(mount.source) for mount in job.mounts)
    assert job.argv[-2:] == (intent.run_id, "folder:///autolab/storage")
    assert job.limit.seconds > run.max_seconds + 600


def test_terminating_a_run_is_known_and_saves_what_there_is(new_lab):
    lab = new_lab(f"import time\nopen('{samples.RESULTS}/a', 'w').close()\ntime.sleep(60)\n")
    intent = lab.submit()
    while (found := read_manifest(lab.storage, intent.run_id, attempt=1)) is None or not found[0].files:
        time.sleep(0.05)
    known, _ = terminate(lab.root, intent.run_id, lambda name: lab.engine, lambda address: lab.storage)
    lab.engine.wait(intent.run_id)
    standing = lab.look().standing

    assert known.terminated_at is not None
    assert (standing.phase, standing.exit_code) == (CloudPhase.ENDED, 143)
    assert lab.pull().files == 1
