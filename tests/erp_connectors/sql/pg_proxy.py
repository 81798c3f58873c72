"""A line to PostgreSQL that can be cut at the worst moment."""

import socket
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Literal

from psycopg.conninfo import conninfo_to_dict

Cut = Literal["before", "after"]


class PgProxy:
    """Listens on a socket of its own; `cut` says what happens to the next COMMIT.

    "before": the line breaks and the server never hears of it. "after": the server
    commits, and its answer is lost.
    """

    def __init__(self, directory: Path, dsn: str) -> None:
        parts = conninfo_to_dict(dsn)
        self.port = str(parts.get("port") or 5432)
        self.host = str(directory)
        self.cut: Cut | None = None
        self.connections = 0
        self._target = str(parts.get("host") or "127.0.0.1")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(directory / f".s.PGSQL.{self.port}"))
        self._listener.listen()
        self._open: list[socket.socket] = []
        self._committed = threading.Event()

    def __enter__(self) -> "PgProxy":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()
        self.drop()

    def drop(self) -> None:
        """Break every line that is open now."""
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                server = self._reach_server()
                self._open += [client, server]
                for run in (self._forward, self._answer):
                    threading.Thread(target=run, args=(client, server), daemon=True).start()

    def _reach_server(self) -> socket.socket:
        if self._target.startswith("/"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(f"{self._target}/.s.PGSQL.{self.port}")
            return server
        return socket.create_connection((self._target, int(self.port)))

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if self.cut and b"COMMIT" in data:
                    self._break(client, server, data)
                    return
                server.sendall(data)
        self._end(client, server)

    def _break(self, client: socket.socket, server: socket.socket, data: bytes) -> None:
        cut, self.cut = self.cut, None
        if cut == "after":
            # The client is gone before the answer can reach it.
            client.shutdown(socket.SHUT_WR)
            server.sendall(data)
            self._committed.wait(5)
        self._end(client, server)

    def _answer(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if b"COMMIT\0" in data:
                    self._committed.set()
                client.sendall(data)
        self._end(client, server)

    @staticmethod
    def _end(client: socket.socket, server: socket.socket) -> None:
        for each in (client, server):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
