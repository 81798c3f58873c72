"""One thing that a look at a channel found wrong."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from mapping.reasons import Reason, say
from sync.models import Alert

Kind = Alert.Kind
Severity = Alert.Severity
_LONGEST_QUOTE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong with a channel now. `key` tells alarms of one kind apart.

    `reasons` say what happened, what it means and what to do, in this order.
    """

    kind: Alert.Kind
    severity: Alert.Severity
    reasons: tuple[Reason, ...]
    key: str = ""


def clock(moment: datetime) -> str:
    """Return a moment as the merchant's clock showed it, the same in every language."""
    return timezone.localtime(moment, timezone.get_default_timezone()).strftime("%d/%m %H:%M")


def quote(text: str) -> str:
    """Return what a system said, on one line, not too long, to stand within a sentence."""
    said = " ".join(say(text).split()).rstrip(".") or "—"
    return said if len(said) <= _LONGEST_QUOTE else f"{said[: _LONGEST_QUOTE - 1]}…"
