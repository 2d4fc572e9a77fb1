"""A node behind a bad line: an HTTP server between a client and anvil that hangs up as it is told."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

ANY = "any"


class Fault(Enum):
    """What becomes of a request."""

    NONE = "answered"
    BEFORE = "the line drops before the node has it"
    AFTER = "the line drops after the node has done it"


class Proxy(ThreadingHTTPServer):
    """Forwards to a node; each request takes the next fault of its method, or none when they are used up."""

    daemon_threads = True

    def __init__(self, node: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        parts = urlsplit(node)
        self.node = (str(parts.hostname), int(parts.port or 80))
        self.faults: dict[str, deque[Fault]] = {}  # by method; those of ANY befall every request
        self.asked: Counter[str] = Counter()

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def plan(self, faults: Mapping[str, Iterable[Fault]]) -> None:
        """Forget earlier plans; faults are by method, or of ANY."""
        self.faults, self.asked = {key: deque(value) for key, value in faults.items()}, Counter()

    @contextmanager
    def healthy(self) -> Iterator[None]:
        """No faults inside."""
        planned, self.faults = self.faults, {}
        yield
        self.faults = planned

    def next_fault(self, method: str) -> Fault:
        """What befalls the next request of a method."""
        self.asked[method] += 1
        for key in (method, ANY):
            if self.faults.get(key):
                return self.faults[key].popleft()
        return Fault.NONE

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fault = self.server.next_fault(json.loads(body)["method"])
        if fault is not Fault.BEFORE:
            answer = self._forwarded(body)
        if fault is not Fault.NONE:
            self.close_connection = True
            self.connection.close()
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _forwarded(self, body: bytes) -> bytes:
        connection = http.client.HTTPConnection(*self.server.node, timeout=30)
        try:
            connection.request("POST", "/", body, {"Content-Type": "application/json"})
            return connection.getresponse().read()
        finally:
            connection.close()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def proxied(node: str) -> Iterator[Proxy]:
    """Run a proxy in front of a node for the duration of the block."""
    server = Proxy(node)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
