"""Starting and stopping the store's process."""

from __future__ import annotations

import gc
import socket
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from . import tls, webhooks
from .app import build
from .bulk.runner import BulkRunner
from .control import Control
from .delivery import Courier
from .execution import Api
from .schema import load
from .store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    port: int = 0
    host: str = "127.0.0.1"
    state: Path | None = None
    tls_port: int | None = None
    tls_directory: Path | None = None
    retry_scale: float = 1.0


def serve(options: Options) -> None:
    """Serve until a signal says stop; then save, and leave nothing running."""
    store = Store(options.state, announce=webhooks.announce, retry_scale=options.retry_scale)
    plain = _listen(options.host, options.port)
    address = f"http://{options.host}:{plain.getsockname()[1]}"
    store.base_url = address
    courier = Courier(store)
    api = Api(store, load())
    bulk = BulkRunner(store, load(), api)
    app = build(store, api, Control(store, courier))
    # A bulk operation computes for minutes; whoever answers a call must not wait long for it.
    sys.setswitchinterval(0.001)
    # The schema is large and never freed: collections need not look at it each time.
    gc.freeze()
    config = uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=3)
    lines, secure = [f"listening on {address}"], None
    try:
        if options.tls_port is not None:
            secure = _Secure(app, options)
            lines.append(f"listening on {secure.address} (CA {secure.ca})")
        _Announced(config, lines).run(sockets=[plain])
    except KeyboardInterrupt:
        # uvicorn stops cleanly on Ctrl-C, then raises the signal again.
        pass
    finally:
        if secure is not None:
            secure.stop()
        bulk.close()
        courier.close()
        store.close()


class _Announced(uvicorn.Server):
    """Says that it listens only when it does, and when a signal would stop it cleanly."""

    def __init__(self, config: uvicorn.Config, lines: list[str]) -> None:
        super().__init__(config)
        self._lines = lines

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write("".join(f"{line}\n" for line in self._lines))
        sys.stdout.flush()


def _listen(host: str, port: int) -> socket.socket:
    # The protocol by name: only then is Nagle switched off, which costs 40 ms per answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


class _Secure:
    """A second listener for clients that speak https only, with a throw-away authority."""

    def __init__(self, app: object, options: Options) -> None:
        directory = options.tls_directory or (options.state or Path.cwd()) / "tls"
        files = tls.ensure(directory)
        listener = _listen(options.host, options.tls_port or 0)
        self.ca = files.ca
        self.address = f"https://localhost:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            app,  # type: ignore[arg-type]
            log_level="warning",
            lifespan="off",
            ssl_certfile=str(files.certificate),
            ssl_keyfile=str(files.key),
            timeout_graceful_shutdown=3,
        )
        self._server = uvicorn.Server(config)
        # Not the main thread: only the plain server listens to signals.
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)
