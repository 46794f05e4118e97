"""What an AWS account needs for AWS Batch: roles, a compute environment and a queue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs

from tests.cloud.servers import REGION, Moto

__all__ = ["Account", "make_account"]

QUEUE = "autolab"
_TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


@attrs.frozen
class Account:
    """``environment`` makes boto3 ask it. ``job_role`` is what runs may do; ``bucket`` is there, and empty."""

    environment: Mapping[str, str]
    queue: str
    job_role: str
    bucket: str = "autolab-runs"
    region: str = REGION

    def client(self, service: str) -> Any:
        """A client of boto3 for this account, whatever the environment says."""
        import boto3

        return boto3.session.Session().client(
            service,
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            region_name=REGION,
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
        )


def make_account(moto: Moto) -> Account:
    """A managed queue would start machines; an unmanaged one leaves them to us, and so to podman."""
    account = Account(moto.client_environment, QUEUE, "")
    roles = {
        name: account.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=_TRUST)["Role"]["Arn"]
        for name in ("autolab-service", "autolab-job")
    }
    place = {"LocationConstraint": account.region}
    account.client("s3").create_bucket(Bucket=account.bucket, CreateBucketConfiguration=place)
    batch = account.client("batch")
    environment = batch.create_compute_environment(
        computeEnvironmentName=QUEUE, type="UNMANAGED", state="ENABLED", serviceRole=roles["autolab-service"]
    )["computeEnvironmentArn"]
    order = [{"order": 1, "computeEnvironment": environment}]
    batch.create_job_queue(jobQueueName=QUEUE, state="ENABLED", priority=1, computeEnvironmentOrder=order)
    return attrs.evolve(account, job_role=roles["autolab-job"])
