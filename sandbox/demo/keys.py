"""The demo's passwords and keys: made once for a checkout, and no other checkout's."""

import os
import secrets
from pathlib import Path

NAMES = {
    "SECRET_KEY": 50,
    "SHOPIFY_CLIENT_ID": 16,
    "SHOPIFY_CLIENT_SECRET": 24,
    "DEMO_PASSWORD": 6,
}


def load(path: Path) -> dict[str, str]:
    """Return the keys of this checkout, new ones for what is missing."""
    lines = path.read_text().splitlines() if path.exists() else []
    found = dict(line.split("=", 1) for line in lines if "=" in line)
    keys = {name: found.get(name) or secrets.token_hex(size) for name, size in NAMES.items()}
    if keys != found:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Created for the owner's eyes only, before there is anything to see.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.writelines(f"{name}={value}\n" for name, value in keys.items())
    return keys
