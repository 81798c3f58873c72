"""Read configuration from the environment, and say plainly what is wrong with it.

Every variable NAME may be given as NAME_FILE instead: the path of a file that holds the value,
as container platforms hand out secrets.
"""

import os
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str | None = None) -> str:
    """Return a variable's value, or fail at start-up if it is required and absent."""
    value = _value(name)
    if value is not None:
        return value
    if default is None:
        raise ImproperlyConfigured(f"Set {name} (or {name}_FILE, a file that holds it).")
    return default


def flag(name: str, *, default: bool) -> bool:
    value = text(name, "true" if default else "false")
    if value not in {"true", "false"}:
        raise ImproperlyConfigured(f"{name} must be 'true' or 'false', not {value!r}.")
    return value == "true"


def number(name: str, default: int) -> int:
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated variable as a list without blanks."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(url: str) -> dict[str, Any]:
    """Turn a database URL into Django's terms; only PostgreSQL will do."""
    if not url.startswith(("postgresql://", "postgres://")):
        # The URL itself stays out of the message: it holds a password.
        raise ImproperlyConfigured("DATABASE_URL must look like postgresql://user:pass@host/name.")
    settings: dict[str, Any] = environ.Env.db_url_config(url)
    options = settings.setdefault("OPTIONS", {})
    # A socket's directory can only be given as an option of the URL. As HOST, `dbshell`
    # and the test runner see it too.
    settings["HOST"] = options.pop("host", settings["HOST"])
    return settings


def email(url: str) -> dict[str, Any]:
    """Turn a mail server's URL into Django's terms; without one, no mail is sent."""
    try:
        found: dict[str, Any] = environ.Env.email_url_config(url or "dummymail://")
    except (ImproperlyConfigured, ValueError):
        # The URL itself stays out of the message: it holds a password.
        raise ImproperlyConfigured(
            "EMAIL_URL must look like smtp+tls://user:password@host:587."
        ) from None
    return {name: found.get(name) or default for name, default in _MAIL.items()}


_MAIL: dict[str, Any] = {
    "EMAIL_BACKEND": "",
    "EMAIL_HOST": "localhost",
    "EMAIL_PORT": 25,
    "EMAIL_HOST_USER": "",
    "EMAIL_HOST_PASSWORD": "",
    "EMAIL_USE_TLS": False,
    "EMAIL_USE_SSL": False,
    "EMAIL_FILE_PATH": None,
}


def _value(name: str) -> str | None:
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return os.environ.get(name)
    if name in os.environ:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE, not both.")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error}") from None
