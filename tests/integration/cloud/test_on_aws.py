"""A run on AWS Batch with its storage in S3: moto's control plane, real containers of podman, a real S3 server.

The container has its credentials from its role, as on AWS, and everything else from the storage.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator

import attrs
import pytest

from autolab_core.cloud.engines.base import EngineJob
from autolab_core.cloud.engines.batch.adapter import BatchEngine
from autolab_core.cloud.engines.batch.settings import BatchSettings
from autolab_core.cloud.storage.opening import open_storage
from autolab_core.models.job import CancelOutcome
from autolab_core.models.resources import Duration
from autolab_core.vocab.cloud import CloudPhase
from autolab_core.vocab.engines import EngineState
from autolab_core.vocab.errors import EngineUnknown, EngineUnreachable
from tests.cloud.role import role
from tests.cloud.servers import CREDENTIALS, REGION
from tests.integration.cloud.place import Place, end
from tests.unit.cloud import samples


@pytest.fixture
def definition(aws_account, podman_image) -> Iterator[str]:
    """A job definition whose jobs have a role: they are told where to ask for its credentials."""
    name = f"role-{secrets.token_hex(4)}"
    with role() as address:
        aws_account.client("batch").register_job_definition(
            jobDefinitionName=name,
            type="container",
            containerProperties={
                "image": podman_image,
                "command": ["true"],
                "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}],
                "environment": [{"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": address}],
            },
        )
        yield name


@pytest.fixture
def place(aws_account, s3_server, definition, tmp_path) -> Iterator[Place]:
    bucket = s3_server.bucket(f"autolab-{secrets.token_hex(6)}")
    settings = BatchSettings(aws_account.queue, region=REGION, job_definition=definition, bucket=bucket)
    storage = open_storage(f"s3://{bucket}/lab?region={REGION}&endpoint={s3_server.url}")
    place = Place(samples.proven(samples.repository(tmp_path / "repository")), BatchEngine(settings), storage)
    yield place
    end(place)


def test_a_run_goes_there_and_comes_home_and_nothing_shows_a_secret(place, aws_account):
    intent = place.submit()
    seen = place.over()

    assert (seen.standing.phase, seen.standing.exit_code) == (CloudPhase.ENDED, 0), place.told(seen)
    pulled = place.pull()
    assert pulled.merged is not None
    assert pulled.merged.merged
    assert json.loads((place.results / "seen.json").read_text())["argv"] == ["--full", "a b"]
    batch = aws_account.client("batch")
    shown = [
        batch.describe_jobs(jobs=[intent.handle])["jobs"],
        batch.describe_job_definitions()["jobDefinitions"],
        place.engine.logs(place.engine.list()[0].handle).lines,
        [place.storage.get(each.key) for each in place.storage.list("") if not each.key.endswith((".bin", ".pyz"))],
    ]
    assert CREDENTIALS["AWS_SECRET_ACCESS_KEY"] not in str(shown)
    assert CREDENTIALS["AWS_SECRET_ACCESS_KEY"].encode() not in b"".join(
        path.read_bytes() for path in place.results.rglob("*") if path.is_file()
    )


def test_a_reply_that_is_lost_is_no_second_job(place, monkeypatch):
    """boto3's own retries would send the same job twice: it is sent once, and then looked for."""
    import botocore.httpsession
    from botocore.exceptions import ReadTimeoutError

    send, lost = botocore.httpsession.URLLib3Session.send, []

    def lose(session, request):
        answer = send(session, request)
        if request.url.endswith("/submitjob"):
            lost.append(request)
            raise ReadTimeoutError(endpoint_url=request.url)
        return answer

    monkeypatch.setattr(botocore.httpsession.URLLib3Session, "send", lose)

    intent = place.submit()

    assert len(lost) == 1
    assert [run.handle.engine_id for run in place.engine.list() if run.handle.run_id == intent.run_id] == [
        intent.handle
    ]


def test_a_queue_that_is_disabled_says_so(place, aws_account):
    queue = f"closed-{secrets.token_hex(4)}"
    batch = aws_account.client("batch")
    there = batch.describe_compute_environments()["computeEnvironments"][0]["computeEnvironmentArn"]
    order = [{"order": 1, "computeEnvironment": there}]
    batch.create_job_queue(jobQueueName=queue, state="DISABLED", priority=1, computeEnvironmentOrder=order)
    settings = attrs.evolve(place.engine.settings, queue=queue)

    said = [found.message for found in BatchEngine(settings).check()]
    elsewhere = attrs.evolve(settings, queue="nowhere")
    missing = [found.message for found in BatchEngine(elsewhere).check()]

    assert f"the job queue {queue} is disabled: enable it" in said
    asked = "there is no job queue 'nowhere' in this account and region: make it, or name another one (settings.queue)"
    assert asked in missing
    with pytest.raises(
        EngineUnreachable, match=r"the jobs of nowhere .`cloud-run check` looks at it.: .* does not exist"
    ):
        BatchEngine(elsewhere).find("r1")


def test_what_is_not_there_is_named(place):
    settings = attrs.evolve(
        place.engine.settings, job_definition="nothing", job_role="arn:aws:iam::1:role/nobody", bucket="autolab-nowhere"
    )

    said = "\n".join(f"{found.message} ({found.hint})" for found in BatchEngine(settings).check())

    assert "there is no active job definition 'nothing' (register it, or write settings.image" in said
    assert "there is no role arn:aws:iam::1:role/nobody (make it, or write another one's ARN there)" in said
    assert "the bucket autolab-nowhere cannot be reached: " in said


def test_a_name_that_is_taken_is_not_submitted_again_and_a_job_can_be_terminated(place):
    place.storage.probe()
    intent = place.submit(command="sleep 300")
    handle = place.engine.find(intent.run_id)
    assert handle is not None

    with pytest.raises(EngineUnknown, match="was submitted before: it is job"):
        place.engine.submit(EngineJob(intent.run_id, ("true",), Duration(60)))
    place.until(lambda seen: seen.standing.phase is CloudPhase.RUNNING)

    assert place.engine.terminate(handle, reason="enough") is CancelOutcome.STILL_RUNNING

    while (seen := place.engine.describe([handle])[handle]).state is not EngineState.ENDED:
        time.sleep(0.2)
    assert "enough" in seen.reason


SLOW = f"""\
import time
for step in range(60):
    print(step, flush=True)
    time.sleep(0.5)
{samples.RUN}
"""


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_storage_that_is_away_for_a_while_costs_no_run(place, s3_server):
    samples.git(place.root, "checkout", "-q", "-b", "slow")
    (place.root / samples.SCRIPT).write_text(SLOW)
    samples.git(place.root, "commit", "-q", "-am", "slow")
    place.submit(max_hours=0.1)
    place.until(lambda seen: seen.standing.phase is CloudPhase.RUNNING)

    s3_server.stop()
    time.sleep(20)
    s3_server.start()
    seen = place.over()

    assert seen.standing.exit_code == 0, place.told(seen)
    place.pull()
    assert (place.results / "large.bin").stat().st_size == 256 * 8192
