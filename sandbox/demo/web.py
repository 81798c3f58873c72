"""HTTP as the demo needs it: on this machine only, with one client for all."""

import httpx2

# Made once: each new client reads the system's certificates, which costs more than a call.
client = httpx2.Client(timeout=30, follow_redirects=False)


def answers(url: str) -> bool:
    """Say whether somebody serves this address by now."""
    try:
        return client.get(url).status_code < 500
    except httpx2.HTTPError:
        return False
