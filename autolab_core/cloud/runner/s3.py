"""S3 with the standard library alone: what a runner needs of it, signed as version 4 asks for.

Source: "Authenticating Requests (AWS Signature Version 4)" in the API reference of Amazon S3.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import os
import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlsplit

from autolab_core.cloud.runner.credentials import Credentials, Keys
from autolab_core.cloud.runner.stores import Missing, StoreFault

__all__ = ["S3Store", "signed"]

_BLOCK: Final = 1 << 20
_SECONDS: Final = 60
# One request may carry 5 GiB; parts keep what has to be sent again small.
_PART: Final = 256 << 20
_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_NOTHING: Final = hashlib.sha256(b"").hexdigest()
_TAKEN: Final = (409, 412)


class _Slice:
    """A part of a file, to be sent as a body of known length."""

    def __init__(self, path: str, start: int, length: int) -> None:
        self._file, self._left = open(path, "rb"), length  # noqa: SIM115 - close() closes it
        self._file.seek(start)

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(block)
        return block

    def close(self) -> None:
        self._file.close()


class S3Store:
    """The keys below *prefix* of *bucket*. *endpoint* is another server's URL; its buckets are in the path. A file of
    more than *part_bytes* goes in parts."""

    def __init__(
        self, bucket: str, prefix: str, region: str | None, endpoint: str | None, part_bytes: int = _PART
    ) -> None:
        self._region = region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
        self._prefix = f"{prefix}/" if prefix else ""
        self._credentials = Credentials()
        self._part_bytes = part_bytes
        if endpoint is None:
            self._secure, self._host, self._base = True, f"{bucket}.s3.{self._region}.amazonaws.com", ""
        else:
            parts = urlsplit(endpoint)
            self._secure, self._host = parts.scheme != "http", parts.netloc
            self._base = f"{parts.path.rstrip('/')}/{bucket}"

    def put_if_absent(self, key: str, data: bytes | str, sha256: str) -> bool:
        """Write the object once."""
        if isinstance(data, str) and os.path.getsize(data) > self._part_bytes:
            if self.head(key) == os.path.getsize(data):
                return False
            self._in_parts(key, data)
            return True
        return self._put(key, data, sha256, {"If-None-Match": "*"})

    def put(self, key: str, data: bytes | str, sha256: str) -> None:
        """Write the object, in the place of one that is there."""
        if isinstance(data, str) and os.path.getsize(data) > self._part_bytes:
            self._in_parts(key, data)
        else:
            self._put(key, data, sha256, {})

    def get(self, key: str) -> bytes:
        """The object's bytes."""
        with _Exchange(self, "GET", key) as answer:
            return self._read(key, answer)

    def get_to(self, key: str, path: str) -> None:
        """Write the object's bytes to the file *path*."""
        with _Exchange(self, "GET", key) as answer, open(path, "wb") as file:
            try:
                shutil.copyfileobj(answer, file, _BLOCK)
            except (OSError, http.client.HTTPException) as error:
                raise StoreFault(f"{key!r} cannot be read: {error}", transient=True) from error
            if answer.length:
                raise StoreFault(f"{key!r} cannot be read: the connection ended early", transient=True)

    def head(self, key: str) -> int | None:
        """The object's size; None where there is none."""
        try:
            with _Exchange(self, "HEAD", key) as answer:
                return int(answer.headers.get("Content-Length", "0"))
        except Missing:
            return None

    def open(
        self,
        method: str,
        key: str,
        query: str = "",
        body: bytes | _Slice | None = None,
        headers: Mapping[str, str] | None = None,
        sha256: str = _NOTHING,
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """Ask once; the connection, and the answer that is to be read from it. Raises StoreFault."""
        path = f"{self._base}/{quote(self._prefix + key, safe='/~')}"
        asked = signed(
            method, self._host, path, query, {**(headers or {})}, sha256, self._credentials.keys(), self._region
        )
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, timeout=_SECONDS)
        try:
            connection.request(method, f"{path}?{query}" if query else path, body=body, headers=asked)
            return connection, connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise StoreFault(
                f"{self._host} cannot be reached: {str(error) or type(error).__name__}", transient=True
            ) from error

    def _put(self, key: str, data: bytes | str, sha256: str, headers: Mapping[str, str]) -> bool:
        if isinstance(data, bytes):
            body: bytes | _Slice = data
            length = len(data)
        else:
            length = os.path.getsize(data)
            body = _Slice(data, 0, length)
        try:
            checksum = base64.b64encode(bytes.fromhex(sha256)).decode("ascii")
            sized = {**headers, "Content-Length": str(length), "x-amz-checksum-sha256": checksum}
            with _Exchange(self, "PUT", key, body=body, headers=sized, sha256=sha256, well=_TAKEN) as answer:
                return answer.status not in _TAKEN
        finally:
            if isinstance(body, _Slice):
                body.close()

    def _in_parts(self, key: str, path: str) -> None:
        """Send the file *path* part by part; what was begun and failed is taken back."""
        with _Exchange(self, "POST", key, query="uploads=") as answer:
            found = re.search(rb"<UploadId>([^<]+)</UploadId>", self._read(key, answer))
        if found is None:
            raise StoreFault(f"{key!r} cannot be written: the storage gave no name to the upload", transient=True)
        name = quote(found[1].decode("ascii"), safe="~")
        size = os.path.getsize(path)
        try:
            tags = []
            for number, start in enumerate(range(0, size, self._part_bytes), 1):
                tags.append((number, self._part(key, path, start, min(self._part_bytes, size - start), number, name)))
            listed = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{tag}</ETag></Part>" for n, tag in tags)
            body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
            digest = hashlib.sha256(body).hexdigest()
            with _Exchange(self, "POST", key, query=f"uploadId={name}", body=body, sha256=digest) as answer:
                if b"<Error>" in self._read(key, answer):
                    raise StoreFault(f"{key!r} cannot be written: its parts were not put together", transient=True)
        except BaseException:
            connection, answer = self.open("DELETE", key, f"uploadId={name}")
            answer.read()
            connection.close()
            raise

    def _part(self, key: str, path: str, start: int, length: int, number: int, name: str) -> str:
        digest, piece = hashlib.sha256(), _Slice(path, start, length)
        while block := piece.read(_BLOCK):
            digest.update(block)
        piece.close()
        body = _Slice(path, start, length)
        query = f"partNumber={number}&uploadId={name}"
        sized = {"Content-Length": str(length)}
        try:
            with _Exchange(
                self, "PUT", key, query=query, body=body, headers=sized, sha256=digest.hexdigest()
            ) as answer:
                return str(answer.headers.get("ETag", ""))
        finally:
            body.close()

    @staticmethod
    def _read(key: str, answer: http.client.HTTPResponse) -> bytes:
        try:
            return answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise StoreFault(f"{key!r} cannot be read: {error}", transient=True) from error


class _Exchange:
    """One question and its answer; what is no success becomes a StoreFault. *well*: codes that are an answer, too."""

    def __init__(
        self,
        store: S3Store,
        method: str,
        key: str,
        *,
        query: str = "",
        body: bytes | _Slice | None = None,
        headers: Mapping[str, str] | None = None,
        sha256: str = _NOTHING,
        well: tuple[int, ...] = (),
    ) -> None:
        self._key, self._well = key, well
        self._connection, self._answer = store.open(method, key, query, body, headers, sha256)

    def __enter__(self) -> http.client.HTTPResponse:
        status = self._answer.status
        if status < 300 or status in self._well:
            return self._answer
        try:
            said = self._answer.read(4096)
        except (OSError, http.client.HTTPException):
            said = b""
        self._connection.close()
        if status == 404:
            raise Missing(f"there is no object {self._key!r}")
        code = re.search(rb"<Code>([^<]+)</Code>", said)
        word = code[1].decode("ascii", "replace") if code else f"status {status}"
        raise StoreFault(f"{self._key!r}: the storage said {word}", transient=status >= 500 or status == 429)

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def signed(
    method: str,
    host: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    sha256: str,
    keys: Keys,
    region: str,
    at: datetime | None = None,
) -> dict[str, str]:
    """The headers of a request, signed. *path* and *query* are as they stand in the request, encoded; the parts of
    *query* are in order. *sha256*: of the body."""
    when = (at or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    every = {**headers, "Host": host, "x-amz-content-sha256": sha256, "x-amz-date": when}
    if keys.token:
        every["x-amz-security-token"] = keys.token
    lower = {name.lower(): value.strip() for name, value in every.items() if name.lower() != "content-length"}
    names = ";".join(sorted(lower))
    lines = "".join(f"{name}:{lower[name]}\n" for name in sorted(lower))
    asked = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{sha256}"
    scope = f"{when[:8]}/{region}/s3/aws4_request"
    text = f"{_ALGORITHM}\n{when}\n{scope}\n{hashlib.sha256(asked.encode()).hexdigest()}"
    key = f"AWS4{keys.secret}".encode()
    for piece in (*scope.split("/"), text):
        key = hmac.new(key, piece.encode(), hashlib.sha256).digest()
    every["Authorization"] = (
        f"{_ALGORITHM} Credential={keys.access}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
    )
    return every
