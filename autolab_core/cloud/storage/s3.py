"""A bucket as storage, through boto3: the account's own ways to credentials, and large files in parts.

``signature_version="s3v4"`` stands there because other servers than Amazon's are asked in older ways otherwise.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from autolab_core.cloud.storage.base import (
    Found,
    StorageAddress,
    StorageError,
    StorageMissing,
    Told,
    require_readable,
    writes_once,
)
from autolab_core.io.digest import sha256_of_bytes

__all__ = ["S3Storage"]

# Below it a file goes in one request, which can be conditional; above it in parts.
_ONE_PUT: Final = 32 << 20
_ATTEMPTS: Final = 6
_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_TAKEN: Final = frozenset({"412", "PreconditionFailed", "ConditionalRequestConflict", "409"})
_WORDS: Final = {
    "NoSuchBucket": "there is no such bucket; make it, or name another one",
    "AccessDenied": "access is denied: the credentials need s3:GetObject, s3:PutObject, s3:DeleteObject and "
    "s3:ListBucket there",
    "403": "access is denied: the credentials are not allowed to look there",
    "InvalidAccessKeyId": "the access key is not known there",
    "SignatureDoesNotMatch": "the secret key is not the one of the access key",
    "ExpiredToken": "the credentials have expired; sign in again",
    "PermanentRedirect": "the bucket is in another region; name it (region=…)",
    "301": "the bucket is in another region; name it (region=…)",
}


class S3Storage:
    """The keys below *address*. boto3 is imported when this is made; raises StorageError where it is missing."""

    def __init__(self, address: StorageAddress) -> None:
        try:
            import boto3
            from botocore.config import Config
        except ImportError:
            raise StorageError("a storage in S3 needs boto3: install autolab-verify[aws]") from None
        self._at = address
        config = Config(
            signature_version="s3v4",
            retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
            connect_timeout=10,
            read_timeout=60,
            max_pool_connections=16,
            s3={"addressing_style": "path"} if address.endpoint else {},
            # The servers of others do not know the trailing checksums that newer versions add by themselves.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        with self._asked("reached"):
            self._client: Any = boto3.session.Session().client(
                "s3", region_name=address.region, endpoint_url=address.endpoint, config=config
            )

    @property
    def address(self) -> str:
        """``s3://…``, without any secret."""
        return str(self._at)

    def put_if_absent(self, key: str, data: bytes | Path, sha256: str, sent: Told | None = None) -> bool:
        """See ``Storage``. A file that goes in parts is looked for first: its key says what it holds."""
        if isinstance(data, Path) and data.stat().st_size > _ONE_PUT:
            if self.head(key) == data.stat().st_size:
                return False
            self._upload(key, data, sent)
            return True
        try:
            self._put(key, data, sha256, IfNoneMatch="*")
        except _Taken:
            return False
        return True

    def put(self, key: str, data: bytes | Path, sha256: str) -> None:
        """See ``Storage``."""
        if isinstance(data, Path) and data.stat().st_size > _ONE_PUT:
            self._upload(key, data)
        else:
            self._put(key, data, sha256)

    def get(self, key: str) -> bytes:
        """See ``Storage``."""
        with self._asked(f"read ({key})"):
            answer = self._client.get_object(Bucket=self._at.place, Key=self._key(key))
            require_readable(key, answer["ContentLength"])
            found: bytes = answer["Body"].read()
            return found

    def get_to(self, key: str, path: Path, come: Told | None = None) -> None:
        """See ``Storage``."""
        with self._asked(f"read ({key})"):
            self._client.download_file(self._at.place, self._key(key), str(path), Callback=come)

    def list(self, prefix: str) -> Iterator[Found]:
        """See ``Storage``."""
        start = len(self._key(""))
        with self._asked(f"listed ({prefix})"):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._at.place, Prefix=self._key(prefix)):
                for each in page.get("Contents", ()):
                    yield Found(each["Key"][start:], each["Size"])

    def head(self, key: str) -> int | None:
        """See ``Storage``."""
        try:
            with self._asked(f"read ({key})"):
                size: int = self._client.head_object(Bucket=self._at.place, Key=self._key(key))["ContentLength"]
                return size
        except StorageMissing:
            return None

    def delete(self, key: str) -> None:
        """See ``Storage``."""
        with self._asked(f"removed ({key})"):
            self._client.delete_object(Bucket=self._at.place, Key=self._key(key))

    def probe(self) -> None:
        """See ``Storage``. A bucket without conditional puts would let two runners take one run."""
        try:
            with self._asked("reached"):
                self._client.head_bucket(Bucket=self._at.place)
        except StorageMissing:
            raise StorageError(f"{self.address} cannot be reached: {_WORDS['NoSuchBucket']}") from None
        except StorageError:
            pass  # the answer to such a question has no body, so a put says better what is wrong
        if not writes_once(self):
            raise StorageError(f"{self.address} does not know conditional puts (If-None-Match): use another storage")

    def _put(self, key: str, data: bytes | Path, sha256: str, **options: str) -> None:
        body = data if isinstance(data, bytes) else data.read_bytes()
        if sha256_of_bytes(body) != sha256:
            raise StorageError(f"what was to be written to {key} changed meanwhile")
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode("ascii")
        with self._asked(f"written ({key})"):
            self._client.put_object(
                Bucket=self._at.place, Key=self._key(key), Body=body, ChecksumSHA256=checksum, **options
            )

    def _upload(self, key: str, path: Path, sent: Told | None = None) -> None:
        with self._asked(f"written ({key})"):
            self._client.upload_file(str(path), self._at.place, self._key(key), Callback=sent)

    def _key(self, key: str) -> str:
        return f"{self._at.prefix}/{key}" if self._at.prefix else key

    @contextmanager
    def _asked(self, doing: str) -> Iterator[None]:
        """Turn what boto3 raises into one line. *doing*: what the storage was asked, as the end of "cannot be …"."""
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

        where = str(self._at)
        try:
            yield
        except ClientError as error:
            raise _refused(where, doing, error.response) from error
        except (NoCredentialsError, PartialCredentialsError) as error:
            hint = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in (aws sso login)"
            raise StorageError(f"{where} cannot be {doing}: no credentials were found; {hint}") from error
        except (BotoCoreError, Boto3Error, ValueError) as error:
            said = " ".join(str(error).split())
            raise StorageError(f"{where} cannot be {doing}: {said}", transient=True) from error


class _Taken(StorageError):
    """A conditional put found an object of that key."""


def _refused(where: str, doing: str, response: Any) -> StorageError:
    error = response.get("Error", {})
    code = str(error.get("Code", ""))
    if code in _MISSING:
        return StorageMissing(f"{where} cannot be {doing}: there is no such object")
    if code in _TAKEN:
        return _Taken(f"{where} cannot be {doing}: it is there already")
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    said = _WORDS.get(code) or f"{code}: {' '.join(str(error.get('Message', '')).split())}"
    return StorageError(f"{where} cannot be {doing}: {said}", transient=status >= 500 or status == 429)
