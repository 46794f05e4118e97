"""The metadata service of a machine of EC2, version 2: a token first, and a notice once somebody gives one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Service", "service"]

_TTL = "X-aws-ec2-metadata-token-ttl-seconds"
_TOKEN = "X-aws-ec2-metadata-token"


class Service:
    """What the service at ``url`` knows: ``files`` below ``meta-data``, the ``token`` that it takes now, and the paths
    that were ``asked`` for."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.token = "first"
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []

    def give_notice(self, action: str, time: str) -> None:
        """The machine will be taken away."""
        self.files["spot/instance-action"] = json.dumps({"action": action, "time": time}).encode()


def _answering(service: list[Service]) -> type[BaseHTTPRequestHandler]:
    class Answers(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            known = self.path == "/latest/api/token" and self.headers.get(_TTL, "").isdigit()
            self._say(200 if known else 400, service[0].token.encode() if known else b"")

        def do_GET(self) -> None:
            path = self.path.removeprefix("/latest/meta-data/")
            service[0].asked.append(path)
            if self.headers.get(_TOKEN) != service[0].token:
                self._say(401, b"")
            elif path in service[0].files:
                self._say(200, service[0].files[path])
            else:
                self._say(404, b"")

        def _say(self, code: int, body: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return None

    return Answers


@contextmanager
def service() -> Iterator[Service]:
    """A service on this machine, without a notice."""
    known: list[Service] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), _answering(known)) as server:
        known.append(Service(f"http://127.0.0.1:{server.server_port}"))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield known[0]
        server.shutdown()
