"""The adapter over a runner whose answers are made: what is asked, what is believed, what is refused."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

import attrs
import pytest

from autolab_core.exec.command import Command, CommandResult
from autolab_core.io.layout import RunPaths
from autolab_core.models.job import CancelOutcome, JobHandle, JobSpec
from autolab_core.schedulers.slurm.adapter import SlurmScheduler
from autolab_core.schedulers.slurm.argv import ACCOUNTING_FIELDS, SEPARATOR
from autolab_core.schedulers.slurm.conclude import conclusion
from autolab_core.vocab.errors import QueryFailed, RunnerError, SubmitRejected, SubmitUnknown
from autolab_core.vocab.jobs import JobState

RUN = RunPaths("experiments/a/runs/1")
JOB = JobSpec(RUN.folder, RUN.batch_script)
HEADER = SEPARATOR.join(ACCOUNTING_FIELDS) + "\n"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DOWN = (1, "", "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n")
DISABLED = (1, "", "Slurm accounting storage is disabled\n")
NO_ID = (1, "", "slurm_load_jobs error: Invalid job id specified\n")


def queue(
    identifier: str, state: str, name: str = "t", *, status: int = 0, user: str = "me", restarts: str = "0"
) -> str:
    fields = (identifier, identifier, state, str(status), "None", name, "1795325249", "", "1795325250", "1795325300",
              "5:00", restarts, "n1", "debug", user, "c1")  # fmt: skip
    return SEPARATOR.join((*fields, "\n"))


def account(identifier: str, state: str, name: str = "t", *, code: str = "0:0") -> str:
    known = {"JobID": identifier, "State": state, "ExitCode": code, "JobName": name, "User": "me", "Cluster": "c1"}
    return SEPARATOR.join(known.get(field, "") for field in ACCOUNTING_FIELDS) + "\n"


@attrs.define
class Fake:
    """A runner that answers by program: an exit code, stdout and stderr, a function of the words, or an exception."""

    answers: dict[str, object] = attrs.field(factory=dict)
    asked: list[Command] = attrs.field(factory=list)

    def run(self, command: Command) -> CommandResult:
        self.asked.append(command)
        program = command.argv[0]
        answer = self.answers.get(program, (0, HEADER if program == "sacct" else "", ""))
        if program == "pgrep":
            answer = self.answers.get(program, (1, "", ""))
        if callable(answer):
            answer = answer(command.argv)
        if isinstance(answer, Exception):
            raise answer
        code, stdout, stderr = answer
        return CommandResult(command.argv, code, stdout.encode(), stderr.encode())

    def programs(self) -> list[str]:
        return [command.argv[0] for command in self.asked]


@pytest.fixture
def made(tmp_path):
    """``made(squeue=…, sacct=…)`` gives a scheduler and its runner."""

    def make(**answers):
        runner = Fake(dict(answers))
        options = {"interval": 0, "environ": {"PATH": "/bin", "SQUEUE_FORMAT": "%i"}, "now": lambda: NOW}
        return SlurmScheduler(tmp_path, runner, **options), runner

    return make


def handle(job_id: str | None = "7", **more) -> JobHandle:
    return JobHandle("t", RUN.folder, job_id=job_id, **more)


def look(scheduler, one=None):
    one = one or handle()
    return scheduler.observe([one])[one]


# --- submitting


def test_what_is_submitted_is_the_file_under_its_token_in_a_cleaned_environment(made, tmp_path):
    scheduler, runner = made(sbatch=(0, "7\n", ""))

    found = scheduler.submit(JOB, "t")

    said = runner.asked[-1]
    assert (found.job_id, found.token, found.cluster) == ("7", "t", None)
    assert said.argv[-2:] == ("--", str(tmp_path / RUN.batch_script))
    assert {"--job-name=t", "--no-requeue", "--parsable"} <= set(said.argv)
    assert "SQUEUE_FORMAT" not in said.env


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((1, "", "sbatch: error: Batch job submission failed: Invalid partition name specified\n"), SubmitRejected),
        (
            (1, "", "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation\n"),
            SubmitUnknown,
        ),
        ((1, "", "sbatch: error: Batch job submission failed: Something new\n"), SubmitUnknown),
        ((0, "", ""), SubmitUnknown),
        ((-9, "", ""), SubmitUnknown),
        (RunnerError("sbatch: no answer within 150 s", transient=True), SubmitUnknown),
    ],
)
def test_only_what_slurm_refused_is_rejected(made, answer, error):
    scheduler, _ = made(sbatch=answer)

    with pytest.raises(error):
        scheduler.submit(JOB, "t")


def test_nothing_is_submitted_while_it_is_not_known_whether_it_was_before(made, tmp_path):
    for answer in (DOWN, (0, queue("7", "RUNNING"), "")):
        scheduler, runner = made(squeue=answer)
        with pytest.raises(SubmitUnknown):
            scheduler.submit(JOB, "t")
        assert "sbatch" not in runner.programs()
    (tmp_path / RUN.start_marker).write_text("{}")
    scheduler, runner = made()
    with pytest.raises(SubmitUnknown, match="started before"):
        scheduler.submit(JOB, "t")
    assert runner.asked == []


# --- finding


def test_a_job_is_found_in_the_queue_or_in_the_accounting(made):
    in_queue, _ = made(squeue=(0, queue("7", "PENDING"), ""))
    in_accounting, _ = made(sacct=(0, HEADER + account("8", "COMPLETED"), ""))

    assert in_queue.find(JOB, "t").job_id == "7"
    assert in_accounting.find(JOB, "t").job_id == "8"


def test_none_is_said_only_when_both_can_be_believed(made, tmp_path):
    assert made()[0].find(JOB, "t") is None
    assert made(sacct=DISABLED)[0].find(JOB, "t") is None
    for answers in ({"squeue": DOWN}, {"squeue": (0, "garbage", "")}, {"sacct": (0, "", "")},
                    {"sacct": (1, "", "sacct: error: Problem talking to the database: Connection refused")},
                    {"squeue": RunnerError("squeue: no answer within 30 s", transient=True)},
                    {"pgrep": (0, "4711\n", "")}):  # fmt: skip
        with pytest.raises(QueryFailed):
            made(**answers)[0].find(JOB, "t")
    (tmp_path / RUN.logs).mkdir(parents=True)
    (tmp_path / RUN.start_marker).write_text("{}")
    with pytest.raises(QueryFailed, match="has begun"):
        made()[0].find(JOB, "t")


def test_a_job_that_arrives_while_it_is_looked_for_is_found(made):
    rows = iter([(0, "", ""), (0, queue("7", "PENDING"), "")])
    scheduler, _ = made(squeue=lambda _words: next(rows))

    assert scheduler.find(JOB, "t").job_id == "7"


def test_two_jobs_of_one_name_are_an_error_whoever_they_seem_to_belong_to(made):
    scheduler, _ = made(squeue=(0, queue("7", "RUNNING") + queue("9", "PENDING", user="you"), ""))
    with pytest.raises(QueryFailed, match="7 and 9"):
        scheduler.find(JOB, "t")


# --- looking


def test_one_squeue_and_one_sacct_for_each_cluster(made):
    scheduler, runner = made(squeue=(0, queue("7", "RUNNING") + queue("8", "COMPLETED"), ""))
    here = [handle(), handle("8"), handle("9")]
    there = [handle("7", cluster="far"), handle("5;far")]

    seen = scheduler.observe([*here, *there])

    assert runner.programs() == ["squeue", "sacct", "squeue", "sacct"]
    assert [seen[each].state for each in here] == [JobState.RUNNING, JobState.COMPLETED, JobState.ABSENT]
    asked = {word for command in runner.asked for word in command.argv if word.startswith(("--jobs", "--clusters"))}
    assert asked == {"--jobs=7,8,9", "--jobs=8,9", "--clusters=far", "--jobs=5,7", "--jobs=5"}


def test_a_settled_job_is_not_looked_up_in_the_accounting(made):
    scheduler, runner = made(squeue=(0, queue("7", "RUNNING"), ""))

    assert look(scheduler).state is JobState.RUNNING
    assert "sacct" not in runner.programs()


def test_the_cluster_is_asked_about_itself_once_and_never_as_a_third_command(made):
    config = "Configuration data as of now\nAccountingStorageType   = accounting_storage/none\nClusterName = c1\n"
    scheduler, runner = made(squeue=(0, queue("7", "RUNNING"), ""), scontrol=(0, config, ""))
    for _ in range(3):
        look(scheduler)
    runner.answers["squeue"] = NO_ID

    gone = look(scheduler)

    assert runner.programs() == ["squeue", "scontrol", *["squeue"] * 3]
    assert "keeps no accounting" in gone.reason


def test_only_a_refused_question_is_asked_in_halves(made):
    def refuse(words):
        ids = next(word for word in words if word.startswith("--jobs=")).removeprefix("--jobs=").split(",")
        return (
            (1, "", "squeue: error: Invalid job id: 8")
            if "8" in ids
            else (0, "".join(queue(i, "RUNNING") for i in ids), "")
        )

    scheduler, runner = made(squeue=refuse)
    handles = [handle(str(number)) for number in (6, 7, 8, 9)]

    seen = scheduler.observe(handles)

    assert [seen[each].state for each in handles] == [*[JobState.RUNNING] * 2, JobState.ABSENT, JobState.RUNNING]
    scheduler, runner = made(squeue=DOWN)
    scheduler.observe(handles)
    assert runner.programs().count("squeue") == 1


def test_ids_that_do_not_fit_one_command_are_asked_in_turn_until_slurm_does_not_answer(made):
    handles = [handle(str(number)) for number in range(1, 2500)]
    scheduler, runner = made()
    scheduler.observe(handles)
    assert runner.programs() == ["squeue"] * 3 + ["sacct"] * 3

    scheduler, runner = made(squeue=DOWN, sacct=DISABLED)
    seen = scheduler.observe(handles)
    assert runner.programs() == ["squeue", "sacct"]
    assert {each.state for each in seen.values()} == {JobState.UNKNOWN}


@pytest.mark.parametrize(
    "answer",
    [DOWN, (0, "\x00\xff", ""), (0, queue("7", "RUNNING")[:-4], ""), (-9, "", ""), (0, "", DOWN[2]),
     RunnerError("squeue: no answer within 30 s", transient=True), (0, "1\n" * 1000, "")],
)  # fmt: skip
def test_an_answer_that_is_none_leaves_everything_open(made, answer):
    scheduler, _ = made(squeue=answer, sacct=answer)

    seen = look(scheduler)

    assert seen.state is JobState.UNKNOWN
    assert seen.reason


def test_bad_ids_get_an_answer_too(made):
    scheduler, runner = made()

    seen = scheduler.observe([handle("7; rm -rf /"), handle(None), handle("")])

    assert {each.state for each in seen.values()} == {JobState.UNKNOWN}
    assert runner.asked == []


def test_the_answers_that_are_kept_are_this_jobs_own_and_its_files(made, tmp_path):
    (tmp_path / RUN.logs).mkdir(parents=True)
    (tmp_path / RUN.exit_marker).write_text(
        json.dumps({"token": "t", "exit_code": 3, "finished_at": "2026-11-22T11:00:00Z"})
    )
    scheduler, _ = made(
        squeue=(0, queue("8", "RUNNING", "u"), ""), sacct=(0, HEADER + account("8", "RUNNING", "u"), "")
    )

    seen = look(scheduler)

    assert (seen.state, seen.exit_code) == (JobState.FAILED, 3)
    assert [answer.argv[0] for answer in seen.answers] == ["squeue", "read", "sacct"]
    assert not [answer for answer in seen.answers if "8" in answer.stdout.partition(SEPARATOR)[0]]


@pytest.mark.parametrize("known", [False, True])
def test_what_was_kept_concludes_the_same_again(made, tmp_path, known):
    config = "AccountingStorageType   = accounting_storage/none\nClusterName = c1\nMinJobAge = 300 sec\nSecret = x\n"
    scheduler, runner = made(squeue=(0, queue("7", "RUNNING"), ""), scontrol=(0, config, ""))
    if known:
        look(scheduler)
    runner.answers["squeue"] = NO_ID

    seen = look(scheduler)

    assert conclusion(handle(), seen.answers, datetime(2030, 1, 1, tzinfo=UTC)) == seen
    assert ("300 s" in seen.reason) is known
    assert not [answer for answer in seen.answers if "Secret" in answer.stdout]


def test_a_marker_that_is_a_link_or_a_folder_is_noted(made, tmp_path):
    (tmp_path / RUN.exit_marker).mkdir(parents=True)
    (tmp_path / RUN.start_marker).symlink_to("/dev/zero")
    scheduler, _ = made(squeue=(0, queue("7", "RUNNING"), ""))

    seen = look(scheduler)

    assert seen.state is JobState.RUNNING
    assert len(seen.notes) == 2


def test_on_another_machine_env_cleans_the_environment(tmp_path):
    runner = Fake({"env": (0, queue("7", "RUNNING"), "")})
    scheduler = SlurmScheduler(tmp_path, runner, interval=0, environ={}, elsewhere=True)

    assert look(scheduler).state is JobState.RUNNING
    assert runner.asked[0].env is None
    assert {"squeue", "SQUEUE_FORMAT", "SLURM_TIME_FORMAT=%s"} <= set(runner.asked[0].argv)


# --- cancelling


def test_the_request_is_on_disk_and_the_name_is_said_with_the_id(made, tmp_path):
    state = ["RUNNING"]

    def cancel(words):
        assert json.loads((tmp_path / RUN.cancel_request).read_text()) == {"token": "t", "reason": "enough"}
        state[0] = "CANCELLED"
        return 0, "", ""

    scheduler, runner = made(squeue=lambda _words: (0, queue("7", state[0]), ""), scancel=cancel)

    outcome = scheduler.cancel(handle(), reason="enough")

    said = next(command.argv for command in runner.asked if command.argv[0] == "scancel")
    assert outcome is CancelOutcome.KILLED
    assert said == ("scancel", "--name=t", "7")
    assert look(scheduler).reason == "cancelled: enough"


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({"squeue": (0, queue("7", "COMPLETED"), "")}, CancelOutcome.ALREADY_ENDED),
        ({"squeue": (0, queue("7", "RUNNING", "other"), "")}, CancelOutcome.NOT_FOUND),
        ({"squeue": NO_ID}, CancelOutcome.NOT_FOUND),
        ({"squeue": DOWN, "sacct": DISABLED}, CancelOutcome.STILL_RUNNING),
    ],
)
def test_what_does_not_run_under_this_name_is_not_cancelled(made, answers, outcome):
    scheduler, runner = made(**answers)

    assert scheduler.cancel(handle(), reason="x") is outcome
    assert "scancel" not in runner.programs()


def test_a_job_of_somebody_else_cannot_be_cancelled_and_that_is_said(made):
    denied = (1, "", "scancel: error: Kill job error on job id 7: Access/permission denied\n")
    scheduler, _ = made(squeue=(0, queue("7", "RUNNING"), ""), scancel=denied)

    with pytest.raises(QueryFailed, match="permission denied"):
        scheduler.cancel(handle(), reason="x")


# --- sharing answers


@pytest.fixture
def sharing(tmp_path):
    """``sharing()`` gives a scheduler with its own runner, all with one cache, as processes of one user have."""
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}

    def make(**more):
        runner = Fake({"squeue": (0, queue("7", "RUNNING"), "")})
        return SlurmScheduler(tmp_path, runner, interval=60, environ={**environ, **more}, now=lambda: NOW), runner

    return make


def squeues(scheduler, runner, *ids: str) -> int:
    before = runner.programs().count("squeue")
    scheduler.observe([handle(each) for each in ids])
    return runner.programs().count("squeue") - before


def test_a_new_answer_is_shared_for_the_jobs_that_were_asked_about(sharing):
    first, second = sharing(), sharing()

    assert squeues(*first, "7", "8") == 1
    assert squeues(*second, "8") == 0
    assert look(second[0]).state is JobState.RUNNING
    assert squeues(*second, "9") == 1


def test_another_cluster_or_configuration_has_answers_of_its_own(sharing):
    assert squeues(*sharing(), "7") == 1
    assert squeues(*sharing(SLURM_CONF="/other"), "7") == 1
    assert squeues(*sharing(), "7;far") == 1


def test_submitting_finding_and_cancelling_never_read_what_was_shared(sharing):
    scheduler, runner = sharing()
    look(scheduler)
    runner.answers["squeue"] = (0, queue("7", "COMPLETED"), "")

    assert scheduler.cancel(handle(), reason="x") is CancelOutcome.ALREADY_ENDED
    runner.answers["squeue"] = (0, "", "")
    assert scheduler.find(JOB, "t") is None


@pytest.mark.parametrize(
    "damage",
    [
        b"", b"{", b"[]", b"\xff", b'{"at": "x", "ids": [], "answers": []}',
        b'{"at": 1e400, "ids": ["7"], "answers": []}', b"[" * 100_000,
        b'{"at": 0, "ids": ["7"], "answers": [{"argv": 5}]}',
    ],
)  # fmt: skip
def test_a_damaged_answer_is_as_good_as_none(sharing, tmp_path, damage):
    first = sharing()
    look(first[0])
    files = list((tmp_path / "cache/autolab/slurm").glob("*.squeue.json"))
    assert len(files) == 1
    files[0].write_bytes(damage)

    assert squeues(*first, "7") == 1


@pytest.mark.parametrize("shift", [-61, 5])
def test_an_answer_that_is_old_or_from_the_future_is_not_used(sharing, tmp_path, shift):
    first = sharing()
    look(first[0])
    file = next((tmp_path / "cache/autolab/slurm").glob("*.squeue.json"))
    kept = json.loads(file.read_text())
    file.write_text(json.dumps({**kept, "at": kept["at"] + shift}))

    assert squeues(*first, "7") == 1


def test_the_folder_is_private_and_one_that_others_may_write_to_is_not_used(sharing, tmp_path):
    look(sharing()[0])
    folder = tmp_path / "cache/autolab/slurm"
    assert folder.stat().st_mode & 0o777 == 0o700

    folder.chmod(0o777)
    assert squeues(*sharing(), "7") == 1
    assert squeues(*sharing(), "7") == 1


def test_a_link_in_place_of_the_folder_or_no_home_at_all_only_mean_that_nothing_is_shared(tmp_path):
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "cache/autolab").mkdir(parents=True, mode=0o700)
    (tmp_path / "cache/autolab/slurm").symlink_to(tmp_path / "real")
    for environ in ({"XDG_CACHE_HOME": str(tmp_path / "cache")}, {}, {"HOME": "/proc/nothing"}):
        runner = Fake({"squeue": (0, queue("7", "RUNNING"), "")})
        scheduler = SlurmScheduler(tmp_path, runner, interval=60, environ=environ)
        assert look(scheduler).state is JobState.RUNNING
    assert os.listdir(tmp_path / "real") == []


# --- which cluster it is


LONG_AGO = "2026-11-22T01:00:00Z"
CONFIG = (0, "ClusterName             = c1\nMinJobAge               = 300 sec\n", "")
OTHER = (0, "ClusterName             = c2\nMinJobAge               = 300 sec\n", "")


def test_a_job_of_this_cluster_has_its_name_on_record_and_is_asked_about_without_it(made):
    scheduler, runner = made(sbatch=(0, "7\n", ""), scontrol=CONFIG)

    found = scheduler.submit(JOB, "t")
    runner.answers["squeue"] = (0, queue("7", "RUNNING"), "")
    seen = look(scheduler, found)

    assert (found.cluster, found.own) == ("c1", True)
    assert seen.state is JobState.RUNNING
    assert not [word for command in runner.asked for word in command.argv if word.startswith("--clusters")]
    assert runner.programs().count("scontrol") == 1


def test_the_cluster_is_asked_for_its_name_before_there_is_a_job(made):
    """Between the submission and its record nothing is waited for."""
    scheduler, runner = made(sbatch=(0, "7\n", ""), scontrol=CONFIG)

    scheduler.submit(JOB, "t")

    assert runner.programs()[-1] == "sbatch"


def test_a_job_that_is_found_again_has_the_name_too(made):
    scheduler, _ = made(scontrol=CONFIG, squeue=(0, queue("7", "PENDING"), ""))

    found = scheduler.find(JOB, "t")

    assert (found.cluster, found.own) == ("c1", True)


def test_a_job_of_another_cluster_is_asked_about_by_its_name(made):
    scheduler, runner = made(scontrol=CONFIG, squeue=(0, queue("7", "RUNNING"), ""))

    look(scheduler, handle(cluster="c2"))

    assert "--clusters=c2" in runner.asked[0].argv


def test_on_a_machine_of_another_cluster_a_job_that_is_not_listed_is_not_missing(made):
    scheduler, _ = made(scontrol=OTHER, squeue=NO_ID)

    seen = look(scheduler, handle(cluster="c1", own=True, submitted_at=LONG_AGO))

    assert (seen.state, seen.answers) == (JobState.UNKNOWN, ())
    assert "a job of cluster c1, and this machine asks c2" in seen.reason


def test_on_its_own_cluster_a_job_that_is_not_listed_is_missing(made):
    scheduler, _ = made(scontrol=CONFIG, squeue=NO_ID)

    assert look(scheduler, handle(cluster="c1", own=True, submitted_at=LONG_AGO)).state is JobState.ABSENT
