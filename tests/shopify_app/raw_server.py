"""A server that answers exactly the bytes a test scripts, whole or broken, over real sockets."""

import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import parse_headers
from io import BytesIO
from typing import Any

Step = Callable[[socket.socket], None]

BUCKET = {"maximumAvailable": 2000.0, "currentlyAvailable": 1900, "restoreRate": 100.0}


def respond(status: int, body: bytes, **headers: str) -> Step:
    """Answer whole. `Retry_After` becomes Retry-After."""

    def step(connection: socket.socket) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return step


def answer(body: Any, status: int = 200, **headers: str) -> Step:
    return respond(status, json.dumps(body).encode(), Content_Type="application/json", **headers)


def data(content: dict[str, Any], *, actual: int = 1) -> Step:
    cost = {"requestedQueryCost": 13, "actualQueryCost": actual, "throttleStatus": BUCKET}
    return answer({"data": content, "extensions": {"cost": cost}}, X_Request_ID="req-1")


def throttled(*, currently: float = 1000) -> Step:
    status = BUCKET | {"currentlyAvailable": currently}
    cost = {"requestedQueryCost": 13, "actualQueryCost": None, "throttleStatus": status}
    error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
    return answer({"errors": [error], "extensions": {"cost": cost}})


def truncated(connection: socket.socket) -> None:
    """Promise more bytes than come."""
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"data": {"inven')


def reset(connection: socket.socket) -> None:
    """Take the request and drop the line."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def hang(connection: socket.socket) -> None:
    """Take the request and say nothing."""
    time.sleep(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def variables(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)["variables"]
        return found


@dataclass
class RawServer:
    """Plays its `script` step by step, one connection each; then the `otherwise` step."""

    script: list[Step] = field(default_factory=list)
    otherwise: Step = field(default=lambda _: None)
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._acceptor.join()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=[connection], daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            if (request := _read(connection)) is None:
                return
            with self._lock:
                self.requests.append(request)
                step = self.script.pop(0) if self.script else self.otherwise
            try:
                step(connection)
            except OSError:
                return


def _read(connection: socket.socket) -> Request | None:
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        received += chunk
    head, body = received.split(b"\r\n\r\n", 1)
    first, rest = head.split(b"\r\n", 1)
    headers = {k.lower(): v for k, v in parse_headers(BytesIO(rest + b"\r\n\r\n")).items()}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return Request(path=first.decode().split(" ")[1], headers=headers, body=body)
