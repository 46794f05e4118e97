"""The runner as it is sent: one file, the standard library of Python 3.11 and nothing else."""

from __future__ import annotations

import ast
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile

import pytest

from autolab_core.cloud.packing import BOOTSTRAP, FILES, bootstrap_words, packed_runner
from autolab_core.cloud.runner import protect
from autolab_core.vocab.guard import GuardLevel
from tests.architecture.house import ROOT
from tests.cloud.metadata import service
from tests.cloud.servers import CREDENTIALS, REGION

PACKED = [f"autolab_core/{name}" for name in FILES]


def imports_of(path: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = str(node.module)
            names = {f"{module}.{alias.name}" for alias in node.names}
            found |= {name if (ROOT / f"{name.replace('.', '/')}.py").exists() else module for name in names}
    return found


@pytest.mark.parametrize("path", [*PACKED, f"autolab_core/{BOOTSTRAP}"])
def test_it_imports_the_standard_library_and_what_is_sent_along(path):
    sent = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in PACKED}
    foreign = {
        name for name in imports_of(path) if name.split(".")[0] not in sys.stdlib_module_names and name not in sent
    }

    assert foreign == set()


def test_every_module_of_the_runner_is_sent():
    folder = ROOT / "autolab_core/cloud/runner"
    lying_here = {f"cloud/runner/{path.name}" for path in folder.glob("*.py")} - {BOOTSTRAP}

    assert lying_here == {name for name in FILES if name.startswith("cloud/runner/")}


def test_the_same_sources_make_the_same_bytes():
    data, sha256 = packed_runner()
    packed_runner.cache_clear()

    assert packed_runner() == (data, sha256)
    assert hashlib.sha256(data).hexdigest() == sha256
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}


def test_it_runs_alone(tmp_path):
    (tmp_path / "runner").write_bytes(packed_runner()[0])
    words = [sys.executable, "-I", "-S", str(tmp_path / "runner"), "no-run", f"folder://{tmp_path}/store"]
    ended = subprocess.run(words, cwd=tmp_path, env={}, capture_output=True, check=False)

    assert ended.returncode == 74, ended.stderr
    assert b"the run no-run cannot be begun: there is no object 'runs/no-run/run.json'" in ended.stderr


def test_its_words_are_those_of_the_guard():
    assert (protect.MOUNT, protect.LANDLOCK, protect.NOTHING) == (
        GuardLevel.MOUNT,
        GuardLevel.LANDLOCK,
        GuardLevel.NONE,
    )


def test_the_first_words_of_a_job_fit_into_what_a_job_may_have():
    words = bootstrap_words("python3", "0" * 64, "a" * 90, "s3://" + "b" * 200)

    assert sum(len(word) for word in words) < 6000  # AWS Batch takes 8192 bytes of overrides
    assert "AWS_SECRET" in words[2]
    assert CREDENTIALS["AWS_SECRET_ACCESS_KEY"] not in "".join(words)


@pytest.mark.xdist_group("s3")
def test_a_job_fetches_the_runner_and_holds_it_to_its_hash(s3_server, tmp_path):
    import boto3  # noqa: F401 - what the server's client needs

    bucket = s3_server.bucket(f"bootstrap-{os.urandom(4).hex()}")
    data, sha256 = packed_runner()
    s3_server.client().put_object(Bucket=bucket, Key=f"a/b/runners/{sha256}", Body=data)
    s3_server.client().put_object(Bucket=bucket, Key=f"a/b/runners/{'0' * 64}", Body=data)
    address = f"s3://{bucket}/a/b?region={REGION}&endpoint={s3_server.url}"

    def start(wanted: str) -> subprocess.CompletedProcess[bytes]:
        words = bootstrap_words(sys.executable, wanted, "no-run", address)
        return subprocess.run(words, env={**CREDENTIALS}, capture_output=True, check=False, cwd=tmp_path)

    right, wrong = start(sha256), start("0" * 64)

    assert b"the run no-run cannot be begun: there is no object" in right.stderr
    assert wrong.returncode == 1
    assert b"is not the one that was staged" in wrong.stderr


@pytest.mark.xdist_group("s3")
def test_the_keys_of_a_machine_are_asked_for_through_no_proxy(s3_server, tmp_path):
    import boto3  # noqa: F401 - what the server's client needs

    bucket = s3_server.bucket(f"bootstrap-{os.urandom(4).hex()}")
    data, sha256 = packed_runner()
    s3_server.client().put_object(Bucket=bucket, Key=f"runners/{sha256}", Body=data)
    address = f"s3://{bucket}?region={REGION}&endpoint={s3_server.url.replace('127.0.0.1', 'localhost')}"
    keys = {name: CREDENTIALS[f"AWS_{word}"] for name, word in
            (("AccessKeyId", "ACCESS_KEY_ID"), ("SecretAccessKey", "SECRET_ACCESS_KEY"))}  # fmt: skip
    with service() as metadata:
        metadata.files["iam/security-credentials/"] = b"worker"
        metadata.files["iam/security-credentials/worker"] = json.dumps(keys).encode()
        ended = subprocess.run(
            bootstrap_words(sys.executable, sha256, "no-run", address),
            env={
                "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.url,
                "http_proxy": "http://127.0.0.1:9",
                "no_proxy": "localhost",
            },
            capture_output=True,
            check=False,
            cwd=tmp_path,
            timeout=60,
        )

    assert b"the run no-run cannot be begun: there is no object" in ended.stderr
