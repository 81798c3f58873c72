"""One thing to tell: an alarm that opened or is over, or a test."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from sync import words
from sync.models import Alert, AlertDestination, AlertNotice

_LONGEST_TITLE = 140
_LONGEST_TEXT = 2500
_TITLES = {
    "opened": gettext_lazy("Alarm in %(channel)s: %(what)s"),
    "closed": gettext_lazy("Over in %(channel)s: %(what)s"),
    "test": gettext_lazy("Test from %(channel)s: alarms arrive here"),
}
_TEST = gettext_noop("Somebody asked for this test. Nothing is wrong.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is told, before it takes the shape of the place it goes to.

    `about` is the kind of the alarm; `sentence` is a packed reason.
    """

    event: str
    about: str
    what: words.Text
    channel: str
    is_critical: bool
    sentence: str
    since: datetime
    happened_at: datetime
    link: str

    def title(self) -> str:
        """Say on one line which channel and what, in the active language."""
        said = _TITLES[self.event] % {"channel": self.channel, "what": self.what}
        return shortened(" ".join(said.split()), _LONGEST_TITLE)

    def text(self) -> str:
        """Say what happened, what it means and what to do, in the active language."""
        said = words.said(self.sentence)
        if self.event == AlertNotice.Event.CLOSED:
            said = gettext("This is over: %(what)s") % {"what": said}
        return shortened(said, _LONGEST_TEXT)

    def clock(self) -> str:
        local = timezone.localtime(self.since, timezone.get_default_timezone())
        return local.strftime("%d/%m/%Y %H:%M")


def of_notice(notice: AlertNotice) -> Message:
    alert = notice.alert
    over = notice.event == AlertNotice.Event.CLOSED and alert.closed_at is not None
    return Message(
        event=notice.event,
        about=alert.kind,
        what=dict(Alert.Kind.choices).get(alert.kind, alert.kind),
        channel=str(alert.channel),
        is_critical=alert.severity == Alert.Severity.CRITICAL,
        sentence=alert.sentence,
        since=alert.first_at,
        happened_at=alert.closed_at if over and alert.closed_at else alert.first_at,
        link=settings.APP_URL + reverse("admin:sync_alert_change", args=[alert.pk]),
    )


def of_test(destination: AlertDestination, *, now: datetime) -> Message:
    return Message(
        event="test",
        about="test",
        what="",
        channel=str(destination.company),
        is_critical=False,
        sentence=_TEST,
        since=now,
        happened_at=now,
        link=settings.APP_URL + reverse("admin:sync_alertdestination_changelist"),
    )


def shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
