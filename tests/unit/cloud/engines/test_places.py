"""Where the storage of a back end is."""

from __future__ import annotations

import pytest

from autolab_core.cloud.engines.places import storage_address
from autolab_core.cloud.storage.base import parse_address
from autolab_core.models.policy import BackendPolicy
from autolab_core.vocab.errors import UsageError

HOME = {"HOME": "/home/a"}


def address(kind: str, **settings: object) -> str:
    return storage_address(BackendPolicy("mine", kind, settings=settings), HOME)


@pytest.mark.parametrize(
    ("kind", "settings", "expected"),
    [
        ("podman", {}, "folder:///home/a/.local/state/autolab/cloud"),
        ("podman", {"folder": "/data/x y"}, "folder:///data/x%20y"),
        ("slurm", {"folder": "/shared"}, "folder:///shared"),
        ("aws-batch", {"bucket": "b", "queue": "q"}, "s3://b"),
        ("aws-batch", {"bucket": "b", "prefix": "/lab/", "region": "r"}, "s3://b/lab?region=r"),
        ("podman", {"bucket": "b", "endpoint": "http://h:1"}, "s3://b?endpoint=http%3A%2F%2Fh%3A1"),
    ],
)
def test_a_row_says_where_its_storage_is(kind, settings, expected):
    found = address(kind, **settings)

    assert found == expected
    assert str(parse_address(found)) == found


@pytest.mark.parametrize(
    ("kind", "settings", "words"),
    [
        ("aws-batch", {"queue": "q"}, r"write settings\.bucket"),
        ("slurm", {}, r"write settings\.bucket \(S3\) or settings\.folder"),
        ("slurm", {"folder": "shared"}, "is not absolute"),
        ("podman", {"folder": "/a", "bucket": "b"}, "not both"),
    ],
)
def test_a_row_without_a_storage_says_what_to_write(kind, settings, words):
    with pytest.raises(UsageError, match=words):
        address(kind, **settings)
