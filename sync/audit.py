"""Write down what people do."""

from typing import Any

from django.contrib.auth.models import User

from mapping.models import Channel
from sync.models import AuditEntry


def note(
    actor: User | None,
    action: str,
    subject: str,
    *,
    channel: Channel | None = None,
    **details: Any,
) -> AuditEntry:
    """Record one action. Call it in the transaction that carries the action out."""
    return AuditEntry.objects.create(
        actor=actor, action=action, subject=subject[:200], channel=channel, details=details
    )
