"""Logged-in sessions, kept for the life of the process.

Tryton takes up to a second to check a password, and locks out who logs in too often.
"""

import hashlib
import threading
from dataclasses import dataclass, field
from typing import Any

from erp_connectors.tryton.settings import TrytonSettings

_kept: dict[tuple[str, ...], "Session"] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session's token and what the user's calls carry along: company, language, groups.

    `fields` remembers which fields the models have; modules change only with a restart.
    """

    authorization: str = field(repr=False)
    context: dict[str, Any]
    fields: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)


def kept(settings: TrytonSettings) -> Session | None:
    """Return the session an earlier connector of this process opened, if any."""
    with _lock:
        return _kept.get(_key(settings))


def keep(settings: TrytonSettings, session: Session) -> None:
    with _lock:
        _kept[_key(settings)] = session


def forget(settings: TrytonSettings, session: Session | None) -> None:
    """Drop a session that Tryton no longer knows, unless it was renewed meanwhile."""
    with _lock:
        if _kept.get(_key(settings)) is session:
            _kept.pop(_key(settings), None)


def _key(settings: TrytonSettings) -> tuple[str, ...]:
    # A changed password must not go on with the old session.
    secret = hashlib.sha256(settings.password.encode()).hexdigest()
    return settings.url, settings.database, settings.user, secret
