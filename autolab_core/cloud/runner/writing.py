"""Documents and times as the runner writes them."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

__all__ = ["as_bytes", "digest", "now", "seconds_until"]


def now() -> str:
    """The time, as RFC 3339 in UTC."""
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def seconds_until(text: str) -> float:
    """How long it is until the time *text* (RFC 3339, in UTC); below 0 when it has passed. Raises ValueError."""
    return (datetime.fromisoformat(text.replace("Z", "+00:00")) - datetime.now(UTC)).total_seconds()


def as_bytes(data: Any) -> bytes:
    """*data* as a JSON document."""
    return json.dumps(data, indent=1, ensure_ascii=True, allow_nan=False).encode("ascii") + b"\n"


def digest(data: bytes) -> str:
    """The SHA-256 of *data* in hex."""
    return hashlib.sha256(data).hexdigest()
