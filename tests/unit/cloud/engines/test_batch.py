"""What is asked of AWS Batch, and what its answers mean: what moto does not act out."""

from __future__ import annotations

import attrs
import pytest

from autolab_core.cloud.engines.base import EngineJob, Mount
from autolab_core.cloud.engines.batch import request, states, waiting
from autolab_core.cloud.engines.batch.adapter import BatchEngine
from autolab_core.cloud.engines.batch.settings import BatchSettings
from autolab_core.models.resources import Duration, Memory
from autolab_core.vocab.engines import EngineState
from autolab_core.vocab.errors import EngineRejected, EngineUnknown, EngineUnreachable
from autolab_core.vocab.states import Severity

SETTINGS = BatchSettings("q", region="eu-west-1", image="i", execution_role="arn:aws:iam::1:role/e")
JOB = EngineJob("r1", ("x",), Duration(3600), memory=Memory(2**30 + 1), cpus=2, gpus=1)


def failed(reason: str = "", status: str = "", **more: object) -> dict[str, object]:
    return {"status": "FAILED", "statusReason": status, "container": {"reason": reason}, **more}


def test_a_job_has_its_limit_and_is_tried_again_only_when_its_machine_was_taken():
    words = request.submission(JOB, SETTINGS, "d")

    assert words["timeout"] == {"attemptDurationSeconds": 3600}
    assert words["retryStrategy"]["evaluateOnExit"] == [
        {"onStatusReason": "Host EC2*", "action": "RETRY"},
        {"onReason": "*", "action": "EXIT"},
    ]
    assert words["containerOverrides"]["resourceRequirements"] == [
        {"type": "VCPU", "value": "2"},
        {"type": "MEMORY", "value": "1025"},
        {"type": "GPU", "value": "1"},
    ]


def test_a_limit_below_a_minute_is_a_minute():
    assert request.submission(attrs.evolve(JOB, limit=Duration(5)), SETTINGS, "d")["timeout"] == {
        "attemptDurationSeconds": 60
    }


def test_no_value_of_a_secret_is_asked_for_only_where_it_is():
    settings = attrs.evolve(SETTINGS, secrets={"TOKEN": "arn:aws:secretsmanager:x"})

    words = request.definition(attrs.evolve(JOB, secrets=("TOKEN",)), settings)

    assert words["containerProperties"]["secrets"] == [{"name": "TOKEN", "valueFrom": "arn:aws:secretsmanager:x"}]


def test_the_same_definition_has_the_same_name_and_another_one_another():
    one, same = request.definition(JOB, SETTINGS), request.definition(attrs.evolve(JOB, run_id="r2"), SETTINGS)
    other = request.definition(attrs.evolve(JOB, image="j"), SETTINGS)

    assert one == same
    assert other["jobDefinitionName"] != one["jobDefinitionName"]


@pytest.mark.parametrize(
    ("change", "settings", "words"),
    [
        ({}, {"image": None}, "needs an image"),
        ({}, {"platform": "FARGATE", "execution_role": None}, "execution_role"),
        ({"secrets": ("TOKEN",)}, {}, "TOKEN is not known"),
        ({"secrets": ("T",)}, {"secrets": {"T": "a"}, "execution_role": None}, "execution_role"),
    ],
)
def test_what_is_missing_is_named(change, settings, words):
    with pytest.raises(EngineRejected, match=words):
        request.definition(attrs.evolve(JOB, **change), attrs.evolve(SETTINGS, **settings))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"run_id": "a.b"}, "letters, digits"),
        ({"mounts": (Mount("/a", "/b"),)}, "bucket"),
        ({"limit": Duration(None)}, "time limit"),
    ],
)
def test_what_aws_batch_cannot_do_is_refused(change, words):
    with pytest.raises(EngineRejected, match=words):
        request.submission(attrs.evolve(JOB, **change), SETTINGS, "d")


@pytest.mark.parametrize("change", [{"image": "mine"}, {"secrets": ("TOKEN",)}])
def test_what_a_job_definition_fixes_is_not_asked_for_beside_it(change):
    with pytest.raises(EngineRejected, match=r"settings\.job_definition"):
        request.check_named(attrs.evolve(JOB, **change), "d")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("SUBMITTED", EngineState.QUEUED),
        ("RUNNABLE", EngineState.QUEUED),
        ("STARTING", EngineState.STARTING),
        ("RUNNING", EngineState.RUNNING),
        ("SUCCEEDED", EngineState.ENDED),
        ("FAILED", EngineState.ENDED),
        ("HIBERNATING", EngineState.UNKNOWN),
    ],
)
def test_each_word_of_the_service_is_one_of_ours(word, state):
    seen = states.observation({"status": word})

    assert (seen.state, seen.native_state) == (state, word)
    assert seen.exit_code == (0 if word == "SUCCEEDED" else None)


def test_the_last_attempt_says_with_which_code_a_job_ended():
    job = failed(attempts=[{"container": {"exitCode": 1}}, {"container": {"exitCode": 3}}])

    assert states.observation(job).exit_code == 3


def test_the_code_that_listing_jobs_knows_is_taken_where_describing_them_leaves_it_out():
    assert states.observation(failed(), 5).exit_code == 5


def test_out_of_memory_is_named():
    seen = states.observation(failed("OutOfMemoryError: Container killed due to memory usage", exitCode=137))

    assert seen.out_of_memory
    assert seen.reason.startswith("out of memory: ask for more with --memory")


def test_a_job_that_its_limit_ended_is_timed_out():
    seen = states.observation(
        failed(status="Job attempt duration exceeded timeout", timeout={"attemptDurationSeconds": 60})
    )

    assert seen.timed_out
    assert seen.reason.startswith("AWS Batch ended it at its time limit of 00:01:00")


@pytest.mark.parametrize(
    ("code", "stopped", "timed_out"), [(137, 60_000, True), (137, 59_000, False), (1, 90_000, False)]
)
def test_its_times_say_whether_a_killed_job_had_used_up_its_limit(code, stopped, timed_out):
    job = failed(timeout={"attemptDurationSeconds": 60}, startedAt=1000, stoppedAt=1000 + stopped)

    assert states.observation(job, code).timed_out is timed_out


@pytest.mark.parametrize(
    ("reason", "status", "words"),
    [
        (
            "CannotPullContainerError: not found",
            "Task failed to start",
            "not found; Task failed to start; name another one",
        ),
        ("", "Host EC2 (instance i-1) terminated.", "the machine was taken away"),
        ("", "", "neither why"),
    ],
)
def test_an_end_without_a_code_says_what_is_known(reason, status, words):
    assert words in states.observation(failed(reason, status)).reason


READY = {"state": "ENABLED", "status": "VALID"}
MACHINES = {"computeEnvironmentName": "e", **READY, "computeResources": {"maxvCpus": 4}}


@pytest.mark.parametrize(
    ("queue", "environments", "words"),
    [
        (None, [], "there is no job queue 'q'"),
        ({**READY, "state": "DISABLED"}, [MACHINES], "the job queue q is disabled"),
        ({**READY, "status": "INVALID", "statusReason": "no role"}, [MACHINES], "the job queue q is INVALID: no role"),
        (READY, [], "the job queue q has no compute environment"),
        (READY, [{**MACHINES, "state": "DISABLED"}], "the compute environment e is disabled"),
        (READY, [{**MACHINES, "status": "INVALID"}], "the compute environment e is INVALID: no reason given"),
        (READY, [{**MACHINES, "computeResources": {"maxvCpus": 0}}], "0 vCPUs at most"),
    ],
)
def test_a_queue_that_starts_nothing_says_why(queue, environments, words):
    found = waiting.faults(queue, environments, "q")

    assert [each for each in found if words in each]
    assert words in str(waiting.why({}, found, environments, 1.0))


def test_a_healthy_queue_has_no_fault_and_a_job_may_wait_there_a_while():
    assert waiting.faults(READY, [MACHINES], "q") == ()
    assert waiting.why({}, (), [MACHINES], waiting.LONG_SECONDS - 1) is None


@pytest.mark.parametrize(
    ("job", "waited", "words"),
    [
        ({"container": {"resourceRequirements": [{"type": "VCPU", "value": "8"}]}}, 1.0, "asks for 8 vCPUs"),
        ({"statusReason": "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - too much"}, 1.0, "MISCONFIGURATION"),
        ({}, 1200.0, "has waited 20 minutes"),
    ],
)
def test_a_job_that_will_not_start_says_why(job, waited, words):
    assert words in str(waiting.why(job, (), [MACHINES], waited))


def test_a_job_that_an_unmanaged_environment_takes_is_not_measured():
    job = {"container": {"resourceRequirements": [{"type": "VCPU", "value": "8"}]}}

    assert waiting.why(job, (), [{**READY, "computeEnvironmentName": "e"}], 1.0) is None


@pytest.fixture
def nowhere(monkeypatch):
    """AWS is a port where nothing listens."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def test_no_credentials_is_one_line(nowhere):
    engine = BatchEngine(SETTINGS)

    (found,) = engine.check()

    assert found.severity is Severity.ERROR
    assert "there are no credentials for AWS" in found.message
    with pytest.raises(EngineUnreachable, match="no credentials"):
        engine.list()


def test_no_region_is_one_line(nowhere):
    (found,) = BatchEngine(BatchSettings("q")).check()

    assert "no region is named" in found.message


def test_a_service_that_cannot_be_reached_decides_nothing(nowhere, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")

    with pytest.raises(EngineUnknown, match="was not submitted"):
        BatchEngine(SETTINGS).submit(JOB)
