"""Choose ports that are free, the same ones each time if they are."""

import contextlib
import json
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

PREFERRED = {"web": 8000, "store": 8001, "erp": 8002, "tryton": 8003}

# Descriptors, open for the life of the process: they keep another checkout's demo off our ports
# in the moment between our choice and our server's start.
_claims: list[int] = []


def choose(memory: Path, preferred: Mapping[str, int] = PREFERRED) -> dict[str, int]:
    """Return a port for each name: last time's, else the preferred one, else any."""
    remembered = _read(memory)
    chosen = {
        name: _take(remembered.get(name, wish)) or _take(wish) or _take_any()
        for name, wish in preferred.items()
    }
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.write_text(json.dumps(chosen))
    return chosen


def _read(memory: Path) -> dict[str, int]:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(memory.read_text())
        return {str(name): int(port) for name, port in dict(found).items()}
    return {}


def _take(port: int) -> int:
    """Return the port (for 0 any that is free) if nobody has it; else 0."""
    with socket.socket() as probe:
        # As servers do: a connection that was closed a moment ago is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
        found: int = probe.getsockname()[1]
    return found if _lock(found) else 0


def _take_any() -> int:
    # Another demo may be about to use the one that the system names.
    return next(port for _ in range(100) if (port := _take(0)))


def _lock(port: int) -> bool:
    """Claim the port among the demos of this machine; the claim ends with the process."""
    if sys.platform != "linux":
        return True
    with socket.socket(socket.AF_UNIX) as claim:
        try:
            # A name without a file, in the same namespace as the ports themselves.
            claim.bind(f"\0puente-port-{port}")
        except OSError:
            return False
        _claims.append(claim.detach())
    return True
