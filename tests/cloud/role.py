"""What gives a container its role's credentials on AWS: an address that only the container is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from autolab_core.vocab.times import format_utc
from tests.cloud.servers import CREDENTIALS

__all__ = ["role"]


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps(
            {
                "AccessKeyId": CREDENTIALS["AWS_ACCESS_KEY_ID"],
                "SecretAccessKey": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
                "Expiration": format_utc(datetime.now(UTC) + timedelta(hours=6)),
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return None


@contextmanager
def role() -> Iterator[str]:
    """The address: containers on the network of this machine find credentials there."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/role"
        server.shutdown()
