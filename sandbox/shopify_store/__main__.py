"""`python -m sandbox.shopify_store --port 0 --state DIR [--tls-port N]`"""

from __future__ import annotations

import argparse
import signal
from pathlib import Path
from types import FrameType

from .server import Options, serve


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    parser = argparse.ArgumentParser(prog="sandbox.shopify_store", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--state", type=Path, help="folder that remembers; without it all is forgotten"
    )
    parser.add_argument(
        "--tls-port", type=int, help="a second listener, https; 0 takes a free port"
    )
    parser.add_argument("--tls-dir", type=Path, help="where the authority's files go")
    parser.add_argument("--retry-scale", type=float, default=1.0, help="stretches webhook retries")
    given = parser.parse_args()
    # Before uvicorn takes over: a stop during start-up must be clean as well.
    signal.signal(signal.SIGTERM, _stop)
    serve(
        Options(
            port=given.port,
            host=given.host,
            state=given.state,
            tls_port=given.tls_port,
            tls_directory=given.tls_dir,
            retry_scale=given.retry_scale,
        )
    )


if __name__ == "__main__":
    main()
