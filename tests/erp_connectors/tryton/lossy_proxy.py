"""A network between us and Tryton that loses an answer when told to."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import httpx2


class LossyProxy:
    """Hands calls to Tryton; the answer to a call that holds `losing` never arrives."""

    def __init__(self, target: str) -> None:
        self._http = httpx2.Client(base_url=target, timeout=30)
        self.losing = ""
        self.refusing = ""
        self.lost = 0
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                proxy.pass_on(self)

            def log_message(self, *_arguments: object) -> None:
                """Keep the tests' output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        if self.refusing and self.refusing in body.decode():
            request.send_error(503)
            return
        headers = {name: request.headers[name] for name in ("Content-Type", "Authorization")
                   if name in request.headers}  # fmt: skip
        answer = self._http.post(request.path, content=body, headers=headers)
        if self.losing and self.losing in body.decode():
            self.losing = ""
            self.lost += 1
            # Tryton has done the work; the caller sees the line go dead.
            request.close_connection = True
            request.connection.close()
            return
        request.send_response(answer.status_code)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(answer.content)))
        request.end_headers()
        request.wfile.write(answer.content)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._http.close()
