"""What is said to Slurm: the same whatever the user's environment, and nothing that could mean something else."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolab_core.schedulers.slurm import argv
from autolab_core.schedulers.slurm.call import Call, Site, portable
from autolab_core.vocab.errors import UsageError

EAST = Site("east", message_timeout=60)
QUESTIONS = [
    argv.squeue(["1", "2_3"]),
    argv.squeue_named(["tok"]),
    argv.sacct(["1"]),
    argv.sacct_named(["tok"], datetime(2026, 11, 22, tzinfo=UTC)),
    argv.scontrol_job("1"),
    argv.scontrol_config(),
    argv.scancel(["1"]),
    argv.version("squeue"),
]
DOCUMENTS = [argv.squeue_json(), argv.sacct_json(["1"])]
SUBMISSION = argv.sbatch("/r/run_slurm.sbatch", name="tok", folder="/r")
SPOILT = {
    "SQUEUE_FORMAT": "%i",
    "SQUEUE_STATES": "PD",
    "SACCT_FORMAT": "JobID",
    "SBATCH_PARTITION": "x",
    "SLURM_TIME_FORMAT": "relative",
    "SLURM_CLUSTERS": "other",
    "SLURM_JOB_ID": "7",
    "SLURM_NTASKS": "7",
    "SINFO_FORMAT": "x",
    "TZ": "Asia/Tokyo",
    "LC_ALL": "de_DE.UTF-8",
}
KEPT = {"PATH": "/bin", "SLURM_CONF": "/etc/slurm.conf", "SLURM_JWT": "x", "HOME": "/root"}


@pytest.mark.parametrize("call", [*QUESTIONS, *DOCUMENTS], ids=lambda call: call.argv[0])
def test_the_environment_of_a_question_says_nothing_but_what_is_said_here(call):
    environment = call.environment(SPOILT | KEPT)

    assert environment == KEPT | dict(call.settings)
    assert environment["TZ"] == "UTC0"
    assert call.timeout > 0


def test_times_are_asked_for_in_seconds_but_not_in_documents():
    assert {call.settings.get("SLURM_TIME_FORMAT") for call in QUESTIONS} == {"%s"}
    assert {call.settings.get("SLURM_TIME_FORMAT") for call in DOCUMENTS} == {None}


def test_a_submission_gives_the_job_the_users_own_language_and_zone_and_nothing_of_slurms():
    environment = SUBMISSION.environment(SPOILT | KEPT)

    assert environment == KEPT | {"TZ": "Asia/Tokyo", "LC_ALL": "de_DE.UTF-8"}


def test_what_is_submitted_is_a_file_under_a_name_that_finds_it():
    assert SUBMISSION.argv == (
        "sbatch",
        "--parsable",
        "--job-name=tok",
        "--comment=tok",
        "--chdir=/r",
        "--export=ALL",
        "--no-requeue",
        "--",
        "/r/run_slurm.sbatch",
    )
    assert "--requeue" in argv.sbatch("s", name="tok", folder="/a b/é", requeue=True).argv


@pytest.mark.parametrize("call", [argv.squeue(["1"]), argv.squeue_named(["tok"])], ids=["ids", "names"])
def test_the_queue_is_asked_for_jobs_in_every_state_and_for_fields_that_are_not_cut(call):
    assert call.argv[:3] == ("squeue", "--noheader", "--states=all")
    assert call.argv[3] == "--Format=" + ",".join(f"{name}:0{argv.SEPARATOR}" for name in argv.QUEUE_FIELDS)


def test_every_attempt_of_a_job_is_asked_for():
    assert all("--duplicates" in call.argv for call in QUESTIONS if call.argv[0] == "sacct")


def test_the_accounting_is_asked_for_what_people_know_first():
    formats = [word for word in argv.sacct(["1"]).argv if word.startswith("--format=")]

    assert formats[0].startswith("--format=JobID,State,ExitCode,Elapsed,MaxRSS,")
    assert "--parsable2" in argv.sacct(["1"]).argv


def test_a_beginning_is_said_in_the_zone_that_the_question_is_asked_in():
    tokyo = datetime(2026, 11, 22, 9, 0, 0, 5, tzinfo=timezone(timedelta(hours=9)))

    assert argv.sacct_named(["tok"], tokyo).argv[-1] == "--starttime=2026-11-22T00:00:00"


def test_another_cluster_is_named_in_every_command_and_its_time_out_counts():
    calls = [
        argv.sbatch("s", name="tok", folder="/r", site=EAST),
        argv.squeue(["1"], site=EAST),
        argv.squeue_named(["tok"], site=EAST),
        argv.squeue_json(site=EAST),
        argv.sacct(["1"], site=EAST),
        argv.sacct_json(["1"], site=EAST),
        argv.scontrol_job("1", site=EAST),
        argv.scontrol_config(site=EAST),
        argv.scancel(["1"], site=EAST),
    ]

    assert all("--clusters=east" in call.argv for call in calls)
    assert argv.squeue(["1"], site=EAST).timeout > 120


@pytest.mark.parametrize(
    "ask",
    [
        lambda word: argv.squeue([word]),
        lambda word: argv.squeue_named([word]),
        lambda word: argv.sacct(["1", word]),
        argv.scontrol_job,
        lambda word: argv.scancel([word]),
        lambda word: argv.scancel(["1"], name=word),
        lambda word: argv.sbatch("s", name=word, folder="/r"),
        lambda word: argv.squeue(["1"], site=Site(word)),
    ],
)
@pytest.mark.parametrize("word", ["", "a b", "a,b", "--all", "a\nb", "1;c", "é", "a\x00", "'", "$(id)", "%j"])
def test_a_word_that_would_mean_something_else_is_refused_by_name(ask, word):
    with pytest.raises(UsageError, match="cannot be said to Slurm"):
        ask(word)


@pytest.mark.parametrize("ask", [argv.squeue, argv.squeue_named, argv.sacct, argv.scancel, argv.sacct_json])
def test_no_ids_is_not_every_job(ask):
    with pytest.raises(UsageError, match="no job"):
        ask([])


@given(st.lists(st.integers(1, 10**10).map(str), max_size=5000))
def test_ids_are_asked_for_in_groups_that_lose_none(ids):
    groups = list(argv.chunks(ids))

    assert [each for group in groups for each in group] == ids
    assert all(0 < len(group) <= 1000 and len(",".join(group)) <= 60_000 for group in groups)


def test_long_ids_make_smaller_groups():
    groups = list(argv.chunks(["7" * 1000] * 100))

    assert [len(group) for group in groups] == [59, 41]


@given(st.lists(st.integers(1, 99).map(str), max_size=50))
def test_what_was_refused_is_halved_until_single_ids_are_left(ids):
    parts = argv.halves(ids)

    assert [each for part in parts for each in part] == (ids if len(ids) > 1 else [])
    assert all(len(part) < len(ids) and part for part in parts)


def test_on_another_machine_the_environment_is_cleaned_there():
    call = portable(argv.squeue(["1"]))

    assert call.argv[0] == "env"
    assert call.argv[-len(argv.squeue(["1"]).argv) :] == argv.squeue(["1"]).argv
    assert {"SQUEUE_FORMAT", "SLURM_CLUSTERS"} <= set(call.argv)
    assert "SLURM_TIME_FORMAT=%s" in call.argv
    assert not [word for word in portable(SUBMISSION).argv if word.startswith(("TZ=", "SLURM_TIME"))]


def test_env_understands_how_the_environment_is_cleaned_there(tmp_path):
    (tmp_path / "squeue").symlink_to("/usr/bin/env")  # tells the environment that it is given
    call = portable(Call(("squeue",), 5.0, argv.squeue(["1"]).settings))
    path = f"{tmp_path}:/usr/bin:/bin"
    done = subprocess.run(call.argv, env=SPOILT | {"PATH": path}, capture_output=True, text=True, check=True)

    variables = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert not {"SQUEUE_FORMAT", "SQUEUE_STATES", "SLURM_CLUSTERS"} & set(variables)
    assert (variables["TZ"], variables["SLURM_TIME_FORMAT"]) == ("UTC0", "%s")


def test_a_submission_on_another_machine_loses_what_would_change_it_there():
    assert {"SBATCH_PARTITION", "SBATCH_EXPORT", "SBATCH_REQUEUE"} <= set(portable(SUBMISSION).argv)
