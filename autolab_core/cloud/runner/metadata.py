"""What a machine of EC2 says of itself, asked as IMDSv2 wants it: a token first, and with it everything else.

Source: "Use the Instance Metadata Service" in the user guide of Amazon EC2. ``AWS_EC2_METADATA_SERVICE_ENDPOINT`` names
another address and ``AWS_EC2_METADATA_DISABLED`` says that there is none, as for every SDK of AWS.
"""

from __future__ import annotations

import http.client
import os
import time
import urllib.error
import urllib.request
from typing import Final

__all__ = ["Machine", "NoMetadata", "asked"]

_ADDRESS: Final = "http://169.254.169.254"
_TOKEN_SECONDS: Final = 900
_ASK_AGAIN: Final = 600.0
_BYTES_AT_MOST: Final = 1 << 20
_UNAUTHORIZED: Final = 401
# An address of this machine alone: a proxy would ask its own machine, and see the keys that it hands on.
_PLAINLY: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class NoMetadata(Exception):
    """There is no answer; ``missing`` where the service itself says that it has nothing under that path."""

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing


class Machine:
    """The service of the machine that this process is on. *seconds*: how long it may say nothing."""

    def __init__(self, seconds: float) -> None:
        address = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or _ADDRESS
        self._address = f"{address.rstrip('/')}/latest"
        self._disabled = os.environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true"
        self._seconds = seconds
        self._token: str | None = None
        self._until = 0.0

    def get(self, path: str) -> bytes:
        """What lies at *path*, below ``meta-data``. Raises NoMetadata."""
        if self._disabled:
            raise NoMetadata("AWS_EC2_METADATA_DISABLED is set")
        if self._token is None or time.monotonic() > self._until:
            self._token, self._until = self._new_token(), time.monotonic() + _ASK_AGAIN
        headers = {"X-aws-ec2-metadata-token": self._token}
        return self._asked(urllib.request.Request(f"{self._address}/meta-data/{path}", headers=headers))

    def _new_token(self) -> str:
        headers = {"X-aws-ec2-metadata-token-ttl-seconds": str(_TOKEN_SECONDS)}
        found = self._asked(urllib.request.Request(f"{self._address}/api/token", method="PUT", headers=headers))
        return found.decode("latin-1")

    def _asked(self, request: urllib.request.Request) -> bytes:
        try:
            return asked(request, self._seconds)
        except urllib.error.HTTPError as error:
            if error.code == _UNAUTHORIZED:
                self._token = None
            raise NoMetadata(str(error), missing=error.code == http.client.NOT_FOUND) from error
        except (OSError, ValueError) as error:
            raise NoMetadata(str(error)) from error


def asked(request: urllib.request.Request, seconds: float) -> bytes:
    """The answer to *request*, which goes through no proxy. Raises OSError, and ValueError for what is no address."""
    try:
        with _PLAINLY.open(request, timeout=seconds) as answer:
            found: bytes = answer.read(_BYTES_AT_MOST)
            return found
    except urllib.error.HTTPError as error:
        error.close()  # it is the answer, too
        raise
    except http.client.HTTPException as error:
        raise OSError(f"no answer of HTTP: {error!r}") from error
