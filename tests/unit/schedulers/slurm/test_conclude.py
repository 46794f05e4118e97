"""What a real Slurm said makes one conclusion, for every recorded case; and what no evidence can make of a job."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.models.job import Answer, JobHandle, JobObservation
from autolab_core.models.resources import Duration
from autolab_core.schedulers.markers import ExitMarker, SignalMarker, StartMarker
from autolab_core.schedulers.slurm.answers import LINES_MAX, Shares
from autolab_core.schedulers.slurm.argv import SEPARATOR
from autolab_core.schedulers.slurm.conclude import conclude, conclusion
from autolab_core.schedulers.slurm.evidence import MARKER, Heard, Silence, SlurmEvidence, gather
from autolab_core.schedulers.slurm.job_ids import parse_id
from autolab_core.schedulers.slurm.parse.rows import ExitStatus, JobRow
from autolab_core.schedulers.slurm.parse.squeue import parse_squeue
from autolab_core.schedulers.slurm.states import TABLE, read_state
from autolab_core.vocab.jobs import ENDED_JOB_STATES, JobState
from autolab_core.vocab.times import format_utc

FOLDER = Path(__file__).parents[3] / "recorded/slurm/slurm-wlm-22.05.8"
LATER = datetime(2027, 1, 1, tzinfo=UTC)
S = JobState


def answer(case: str, step: str) -> Answer:
    data = json.loads((FOLDER / case / f"{step}.json").read_text())
    return Answer(tuple(data["argv"]), data["exit_code"], data["stdout"], data["stderr"], "2026-11-22T00:00:00Z")


def look(case: str, prefix: str, *, programs=("squeue", "sacct"), task: str = "", token: str = "") -> JobObservation:
    """The conclusion about one recorded case; the job's id and name are those of its first row."""
    said = [
        answer(case, f"{prefix}{program}")
        for program in programs
        if (FOLDER / case / f"{prefix}{program}.json").exists()
    ]
    first = next(line for each in said for line in each.stdout.splitlines() if not line.startswith("JobID"))
    fields = first.split(SEPARATOR)
    identifier = parse_id(fields[0])._replace(task=task) if task else parse_id(fields[0])
    token = token or (fields[5] if len(fields) == 17 else fields[6])
    cut = [Shares(each).of(identifier.job) for each in said]
    return conclude(gather(token, identifier, cut, asked_at=LATER))


# Case and prefix, array task; the conclusion with both sources, and with sacct alone: its exit codes have 7 bits.
RECORDED = [
    ("completed", "", "", S.COMPLETED, "COMPLETED", 0, 0),
    ("failed_step", "", "", S.COMPLETED, "COMPLETED", 0, 0),
    *[
        ("failed", f"exit_{n}.", "", S.FAILED, "FAILED", n, None)
        for n in (1, 2, 3, 126, 127, 128, 129, 137, 143, 200, 255)
    ],
    *[("killed_by_signal", f"{name}.", "", S.FAILED, "FAILED", None, None) for name in ("KILL", "TERM", "SEGV", "HUP")],
    ("killed_by_signal", "child.", "", S.FAILED, "FAILED", 137, None),
    ("output_cannot_be_opened", "", "", S.FAILED, "FAILED", None, None),
    ("timeout", "", "", S.TIMEOUT, "TIMEOUT", None, None),
    ("out_of_memory", "job.", "", S.FAILED, "OUT_OF_MEMORY", None, None),
    ("out_of_memory", "step.", "", S.COMPLETED, "COMPLETED", 0, 0),
    ("cancelled_pending", "", "", S.CANCELLED, "CANCELLED", None, None),
    ("cancelled_running", "", "", S.CANCELLED, "CANCELLED", None, None),
    ("node_fail", "", "", S.FAILED, "NODE_FAIL", None, None),
    ("preempted_cancel", "", "", S.FAILED, "PREEMPTED", None, None),
    ("boot_fail", "", "", S.FAILED, "BOOT_FAIL", None, None),
    ("deadline", "", "", S.FAILED, "DEADLINE", None, None),
    ("dependency_never_satisfied", "cancelled.", "", S.CANCELLED, "CANCELLED", None, None),
    ("array_all_ok", "", "2", S.COMPLETED, "COMPLETED", 0, 0),
    ("array_partial", "", "1", S.FAILED, "FAILED", 4, None),
    ("array_partial", "", "2", S.COMPLETED, "COMPLETED", 0, 0),
    ("array_throttled", "cancelled.", "3", S.CANCELLED, "CANCELLED", None, None),
    ("heterogeneous", "", "", S.COMPLETED, "COMPLETED", 0, 0),
]
WAITING = [
    ("cancelled_running", "running.", S.RUNNING, "RUNNING"),
    ("pending", "", S.PENDING, "PENDING"),
    ("held", "", S.PENDING, "PENDING"),
    ("dependency_never_satisfied", "", S.PENDING, "PENDING"),
    ("requeued", "", S.PENDING, "PENDING"),
    ("requeued", "held.", S.PENDING, "PENDING"),
    ("special_exit", "", S.PENDING, "SPECIAL_EXIT"),
    ("node_fail_requeue", "", S.PENDING, "PENDING"),
    ("preempted_requeue", "", S.PENDING, "PENDING"),
    ("suspended", "", S.RUNNING, "SUSPENDED"),
]


@pytest.mark.parametrize(("case", "prefix", "task", "state", "native", "code", "code_of_sacct"), RECORDED)
def test_how_a_job_ended_is_concluded_from_what_was_recorded(case, prefix, task, state, native, code, code_of_sacct):
    both = look(case, prefix, task=task)
    account = look(case, prefix, task=task, programs=("sacct",))

    assert (both.state, both.native_state, both.exit_code) == (state, native, code)
    # A job that may start again is not over because the accounting says that one attempt is.
    known = native not in {"NODE_FAIL", "PREEMPTED", "BOOT_FAIL"}
    assert (account.state, account.exit_code) == ((state, code_of_sacct) if known else (S.UNKNOWN, None))


@pytest.mark.parametrize(("case", "prefix", "state", "native"), WAITING)
def test_a_job_that_has_not_ended_is_not_said_to_have(case, prefix, state, native):
    seen = look(case, prefix)

    assert (seen.state, seen.native_state, seen.exit_code, seen.ended_at) == (state, native, None, None)


@pytest.mark.parametrize("case", ["requeued", "node_fail_requeue", "preempted_requeue"])
def test_attempts_are_counted(case):
    assert look(case, "").attempt == 2
    assert look("completed", "").attempt == 1


@pytest.mark.parametrize(
    ("case", "prefix", "word"),
    [
        ("held", "", "scontrol release"),
        ("requeued", "held.", "scontrol release"),
        ("dependency_never_satisfied", "", "never starts"),
        ("pending", "", None),
        ("requeued", "", None),
    ],
)
def test_a_job_that_waits_for_ever_is_stuck_and_says_what_to_do(case, prefix, word):
    stuck = look(case, prefix).stuck

    assert (stuck is None) if word is None else word in (stuck or "")


def test_a_job_that_runs_is_not_stuck_whatever_the_reason_beside_it():
    held = {"reason": "JobHeldUser"}

    assert told(queue=heard(row("RUNNING", **held))).stuck is None
    assert told(queue=heard(row("PENDING", **held))).stuck


def test_a_step_that_ran_out_of_memory_is_noted_although_the_job_completed():
    seen = look("out_of_memory", "step.")

    assert [note for note in seen.notes if "ran out of memory" in note]
    assert [note for note in look("failed_step", "").notes if "FAILED (5:0)" in note]


def test_an_output_that_cannot_be_opened_is_named():
    assert "never ran" in look("output_cannot_be_opened", "").reason


def test_usage_comes_from_the_rows():
    usage = look("completed", "").usage

    assert (usage.elapsed, usage.max_rss, usage.memory) == (2, 4747264, 100 * 2**20)
    assert look("timeout", "").usage.limit == 60


@pytest.mark.parametrize("prefix", ["exit_128.", "exit_137."])
def test_an_exit_code_of_7_bits_is_noted_and_not_believed(prefix):
    seen = look("failed", prefix, programs=("sacct",))

    assert seen.exit_code is None
    assert [note for note in seen.notes if "7 bits" in note]


def test_an_id_that_was_given_again_is_another_job():
    """state_lost: job 33 ended with 3; slurmctld lost its state and gave the id to a job named ``another``."""
    before = look("state_lost", "again.", token="state_lost-before.sbatch")
    never = look("state_lost", "again.", token="somebody")

    assert (before.state, before.native_state) == (S.FAILED, "FAILED")
    assert (never.state, never.job_id) == (S.ABSENT, "33")
    assert [note for note in never.notes if "another" in note]


def test_a_job_that_slurmctld_forgot_is_known_to_the_accounting():
    seen = look("purged", "")

    assert (seen.state, seen.exit_code) == (S.FAILED, None)


@pytest.mark.parametrize("case", ["controller_down", "controller_hung", "munge_down", "not_configured"])
def test_a_scheduler_that_does_not_answer_changes_nothing(case):
    identifier = parse_id("999999")
    said = [answer(case, "squeue"), answer(case, "sacct")]

    seen = conclude(gather("t", identifier, [Shares(each).of("999999") for each in said], asked_at=LATER))

    assert seen.state is S.UNKNOWN
    assert seen.reason
    assert seen.notes


# --- made evidence

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ID = parse_id("7")
GONE = Heard(silence=Silence.NOT_LISTED)
DOWN = Heard(silence=Silence.UNREACHABLE, said="Unable to contact slurm controller")


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def row(state: str, **more) -> JobRow:
    return JobRow(ID, read_state(state), name=more.pop("name", "t"), **more)


def heard(*rows: JobRow) -> Heard:
    return Heard(rows, None)


def told(**more) -> JobObservation:
    return conclude(SlurmEvidence("t", ID, NOW, **more))


def marker(code: int, seconds: float = 0) -> ExitMarker:
    return ExitMarker("t", code, format_utc(ago(seconds)))


def test_a_job_that_is_gone_is_asked_about_again_before_it_is_called_absent():
    fresh = told(queue=GONE, accounting=GONE, submitted_at=ago(5))
    late = told(queue=GONE, accounting=GONE, submitted_at=ago(500))

    assert fresh.state is S.UNKNOWN
    assert "asked again later" in fresh.reason
    assert late.state is S.ABSENT


def test_an_exit_marker_alone_counts_once_both_have_been_silent_for_long():
    assert told(queue=GONE, accounting=GONE, exit=marker(0, 5)).state is S.UNKNOWN
    assert told(queue=GONE, accounting=GONE, exit=marker(0, 500)).state is S.COMPLETED
    failed = told(queue=DOWN, accounting=DOWN, exit=marker(3, 500))
    assert (failed.state, failed.exit_code) == (S.FAILED, 3)


def test_an_exit_marker_of_a_job_that_was_told_to_stop_waits_for_slurmctld():
    stopped = {"exit": marker(143, 500), "signal": SignalMarker("t", "TERM", format_utc(ago(510)))}

    assert told(queue=DOWN, accounting=DOWN, **stopped).state is S.UNKNOWN
    assert told(queue=GONE, accounting=GONE, **stopped).state is S.FAILED


def test_another_jobs_markers_prove_nothing():
    foreign = ExitMarker("other", 0, format_utc(ago(500)))

    seen = told(queue=GONE, accounting=GONE, exit=foreign)

    assert seen.state is S.ABSENT
    assert "another token" in seen.notes[0]


def test_a_row_of_slurmctld_goes_before_the_accounting_that_lags():
    running = told(queue=heard(row("RUNNING")), accounting=heard(row("PENDING")))
    unnamed = told(queue=heard(row("RUNNING")), accounting=heard(row("PENDING", name="allocation")))

    assert (running.state, unnamed.state) == (S.RUNNING, S.RUNNING)
    assert [note for note in unnamed.notes if "not heard" in note]


def test_accounting_that_has_only_heard_of_an_allocation_is_no_other_job():
    seen = told(queue=GONE, accounting=heard(row("FAILED", name="allocation")), submitted_at=ago(3))

    assert seen.state is S.UNKNOWN
    assert not [note for note in seen.notes if "another job" in note]


def test_what_the_accounting_says_of_a_running_job_is_no_end_once_slurmctld_forgot_it():
    seen = told(queue=GONE, accounting=heard(row("RUNNING")), submitted_at=ago(5000))

    assert seen.state is S.ABSENT
    assert "RUNNING" in seen.reason


def test_an_early_end_by_the_warning_is_a_timeout():
    limit = Duration(3600)
    failed = row("FAILED", exit=ExitStatus(143), started=ago(3600), ended=ago(60), limit=limit)
    late = SignalMarker("t", "TERM", format_utc(ago(70)))
    early = SignalMarker("t", "TERM", format_utc(ago(3000)))

    assert told(queue=heard(failed), signal=late).state is S.TIMEOUT
    assert told(queue=heard(failed), signal=early).state is S.FAILED
    assert told(queue=heard(failed)).state is S.FAILED


def test_the_exit_markers_code_goes_first_and_a_disagreement_is_noted():
    same = told(queue=GONE, accounting=heard(row("FAILED", exit=ExitStatus(9))), exit=marker(137))
    other = told(queue=heard(row("FAILED", exit=ExitStatus(3))), exit=marker(4))
    lie = told(queue=heard(row("COMPLETED", exit=ExitStatus(0))), exit=marker(4))

    assert (same.exit_code, same.notes) == (137, ())
    assert (other.exit_code, len(other.notes)) == (4, 1)
    assert (lie.state, lie.exit_code) == (S.FAILED, 4)


@pytest.mark.parametrize(("code", "state"), [(0, S.COMPLETED), (3, S.FAILED)])
@pytest.mark.parametrize("source", ["queue", "accounting"])
def test_a_second_start_that_the_script_refused_is_not_how_the_run_ended(source, code, state):
    refused = row("FAILED", exit=ExitStatus(75), started=ago(60), ended=ago(59))
    seen = told(**{"queue": GONE, source: heard(refused)}, exit=marker(code, 100))

    assert (seen.state, seen.exit_code) == (state, code)
    assert [note for note in seen.notes if "Slurm started it again" in note]
    assert told(queue=heard(refused)).state is S.FAILED
    assert told(queue=heard(refused), exit=marker(75, 59)).exit_code == 75


def test_the_markers_of_an_earlier_attempt_are_not_those_of_this_one():
    seen = told(
        queue=heard(row("CANCELLED", submitted=ago(50), ended=ago(10), restarts=1)),
        exit=marker(0, 100),
        start=StartMarker("t", 1, "n", format_utc(ago(200))),
    )

    assert (seen.state, seen.exit_code, seen.started_at, seen.attempt) == (S.CANCELLED, None, None, 2)


# --- what can never be concluded

WORDS = st.sampled_from([word.name for word in TABLE]) | st.text("ABCDEF_ ,+", max_size=12)
EXITS = st.none() | st.builds(ExitStatus, st.sampled_from([0, 1, 9, 128, 255]), st.sampled_from([0, 9, 15, 125]))
TIMES = st.none() | st.integers(0, 10_000).map(ago)
ROWS = st.builds(
    row, WORDS, name=st.sampled_from(["t", "other", "allocation"]), exit=EXITS, submitted=TIMES, started=TIMES,
    restarts=st.none() | st.integers(0, 3), limit=st.none() | st.just(Duration(3600)), reason=st.text(max_size=8),
)  # fmt: skip
SILENT = st.sampled_from(Silence).map(lambda silence: Heard(silence=silence))
SAID = SILENT | st.lists(ROWS, min_size=1, max_size=3).map(lambda rows: heard(*rows))
TOKENS = st.sampled_from(["t", "other"])
STAMPS = st.integers(0, 10_000).map(lambda seconds: format_utc(ago(seconds)))
EVIDENCE = st.builds(
    SlurmEvidence, st.just("t"), st.just(ID), st.just(NOW), SAID, SAID,
    start=st.none() | st.builds(StartMarker, TOKENS | st.none(), started_at=STAMPS),
    exit=st.none() | st.builds(ExitMarker, TOKENS, st.sampled_from([0, 1, 143]), STAMPS),
    signal=st.none() | st.builds(SignalMarker, TOKENS, st.just("TERM"), STAMPS),
    submitted_at=TIMES,
)  # fmt: skip


@given(EVIDENCE)
def test_no_success_without_a_clean_end_in_a_row_or_the_jobs_own_word(evidence):
    seen = conclude(evidence)

    if seen.state is S.COMPLETED:
        rows = (*evidence.queue.rows, *evidence.accounting.rows)
        clean = [each for each in rows if each.name == "t" and each.state.means is S.COMPLETED]
        own = evidence.exit is not None and evidence.exit.token == "t" and evidence.exit.exit_code == 0
        assert seen.exit_code == 0
        assert own or [each for each in clean if each.exit is not None and each.exit.clean]


@given(EVIDENCE)
def test_what_is_not_understood_never_ends_a_job(evidence):
    seen = conclude(attrs.evolve(evidence, exit=None))

    if seen.state in ENDED_JOB_STATES:
        rows = (*evidence.queue.rows, *evidence.accounting.rows)
        assert [each for each in rows if each.name == "t" and each.state.means in ENDED_JOB_STATES]
    ours = [each for each in evidence.queue.rows if each.name == "t"]
    if ours and ours[-1].state.means not in ENDED_JOB_STATES:
        assert conclude(evidence).state not in ENDED_JOB_STATES


TEXT = st.text(st.characters(codec="utf-8") | st.sampled_from(["\n", SEPARATOR, "7", ":", "t"]), max_size=200)
CELL = st.sampled_from(
    ["7", "7_1", "7.batch", "t", "COMPLETED", "0:0", "1795325250", "", "99999999999999999999", "UNLIMITED"]
)
TABLES = st.lists(st.lists(CELL, min_size=15, max_size=20).map(SEPARATOR.join)).map(
    lambda lines: "\n".join([*lines, ""])
)
STRANGE_TIMES = st.sampled_from(["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "yesterday", ""])
MARKERS = st.builds(
    lambda token, code, at: json.dumps(
        {"token": token, "exit_code": code, "signal": "TERM", "at": at, "started_at": at, "finished_at": at}
    ),
    st.sampled_from(["t", "u"]) | st.none(), st.integers() | st.none(), STRANGE_TIMES,
)  # fmt: skip
ANSWERS = st.lists(
    st.builds(
        Answer,
        st.sampled_from([("squeue",), ("sacct",), ("scontrol",), *[(MARKER, f"r/logs/{name}.json") for name in
                         ("start", "exit", "signal", "cancel")]]),
        st.sampled_from([0, 0, 0, 1, None, -9]), TEXT | TABLES | MARKERS, TEXT, STRANGE_TIMES,
    ),
    max_size=7,
)  # fmt: skip


@given(ANSWERS, st.sampled_from(["7", "7_1", None, "x"]), STRANGE_TIMES | st.none())
def test_whatever_a_command_says_there_is_a_conclusion_and_it_is_never_a_guessed_success(answers, job_id, submitted):
    handle = JobHandle("t", "r", job_id=job_id, submitted_at=submitted)

    seen = conclusion(handle, answers, NOW)

    if seen.state is S.COMPLETED:
        assert seen.exit_code == 0
    for each in answers:
        Shares(each).of("7")


# --- each job's part of an answer


def line(identifier: str, state: str = "RUNNING") -> str:
    fields = (identifier, identifier, state, "0", "None", "t", *[""] * 10)
    return SEPARATOR.join((*fields, "\n"))


def parts(text: str, *jobs: str) -> dict[str, Answer]:
    cut = Shares(Answer(("squeue", f"--jobs={','.join(jobs)}"), 0, text, "", "now"))
    return {job: cut.of(job) for job in jobs}


def test_each_job_gets_its_own_lines():
    cut = parts(line("7") + line("8_1") + line("8_[2-5]"), "7", "8", "9")

    assert cut["7"].stdout == line("7")
    assert cut["8"].stdout == line("8_1") + line("8_[2-5]")
    assert (cut["9"].stdout, cut["9"].argv) == ("", ("squeue", "--jobs=9"))


@pytest.mark.parametrize("broken", ["what is this?\n", line("8")[:-5], "8"])
def test_a_broken_line_may_have_been_about_any_job_that_is_not_listed(broken):
    cut = parts(line("7") + broken, "7", "9")

    assert cut["7"].stdout == line("7")
    seen = conclude(gather("t", parse_id("9"), [cut["9"]], asked_at=NOW))
    assert seen.state is S.UNKNOWN
    assert "cannot be read" in seen.reason


def test_a_task_gets_its_own_rows_and_those_that_stand_for_several():
    rows = [line(f"8_{task}") for task in range(100)]
    cut = parts("".join(rows) + line("8_[100-199%5]") + line("7"), "8_42", "8_150", "9_1")

    assert cut["8_42"].stdout == line("8_[100-199%5]") + rows[42]
    assert cut["8_150"].stdout == line("8_[100-199%5]")
    assert (cut["9_1"].stdout, cut["9_1"].argv) == ("", ("squeue", "--jobs=9_1"))
    seen = conclude(gather("t", parse_id("8_42"), [cut["8_42"]], asked_at=NOW))
    assert seen.state is S.RUNNING


def test_a_step_without_its_task_stays_below_the_row_that_it_stands_below():
    header = SEPARATOR.join(("JobID", "State", "JobName")) + "\n"
    rows = "8_1|RUNNING|t\n8.batch|RUNNING|batch\n8_2|RUNNING|t\n8_2.batch|RUNNING|batch\n".replace("|", SEPARATOR)
    cut = Shares(Answer(("sacct", "--jobs=8"), 0, header + rows, "", "now"))

    assert [each.partition(SEPARATOR)[0] for each in cut.of("8_1").stdout.splitlines()[1:]] == ["8_1", "8.batch"]
    assert [each.partition(SEPARATOR)[0] for each in cut.of("8_2").stdout.splitlines()[1:]] == ["8_2", "8_2.batch"]


def test_very_many_steps_are_bounded_and_what_matters_is_kept():
    header = "JobID|State|ExitCode|Elapsed|MaxRSS|JobName".replace("|", SEPARATOR) + "\n"
    job = "7|COMPLETED|0:0|00:00:10||t\n"
    steps = [f"7.{n}|{'FAILED' if n == 400 else 'COMPLETED'}|0:0|00:00:01|{n}|s\n" for n in range(500)]
    text = header + (job + "".join(steps)).replace("|", SEPARATOR)

    cut = Shares(Answer(("sacct", "--jobs=7"), 0, text, "", "now")).of("7")
    seen = conclude(gather("t", ID, [cut], asked_at=NOW))

    assert cut.stdout.count("\n") <= LINES_MAX + 1
    assert (seen.state, seen.usage.max_rss) == (S.COMPLETED, 499)
    assert [note for note in seen.notes if "7.400" in note]


def test_a_marker_that_cannot_be_read_is_noted_and_proves_nothing():
    broken = Answer((MARKER, "runs/1/logs/exit.json"), 0, "{", "", "now")

    seen = conclude(gather("t", None, [broken], asked_at=NOW))

    assert seen.state is S.UNKNOWN
    assert [note for note in seen.notes if "exit.json" in note]


def test_the_made_rows_are_read_as_squeue_writes_them():
    assert parse_squeue(line("7").encode())[0].name == "t"
