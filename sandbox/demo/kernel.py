"""Tie processes together, so that none is left over however its parent ends."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
# Loaded here and not where it is used: a forked child should do as little as possible.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with(parent: int) -> None:
    """Have this process sent SIGTERM when its parent dies, even by kill -9."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        # It died before we could ask.
        os.kill(os.getpid(), signal.SIGTERM)
