"""Deliver what is due: each notice by one worker, tried until it arrives or for three days."""

import json
import time
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_noop as _
from django.utils.translation import override
from standardwebhooks import Webhook

from mapping.reasons import pack
from sync import failures
from sync.models import AlertDestination, AlertNotice
from sync.notices import message as messages
from sync.notices import shapes
from sync.notices.errors import NotDelivered
from sync.notices.message import Message, shortened
from sync.notices.places import check_email
from sync.notices.post import Patience, post

Kind = AlertDestination.Kind
Status = AlertNotice.Status
# A worker that dies while it delivers gives the notice back after this: longer than any
# call may last.
LEASE = timedelta(minutes=2)
# One round makes room for other work, and is over before the worker's own limit.
ROUND_SECONDS = 20
# The first try, and one after each pause: three days.
_MOST_TRIES = len(failures.DELAYS) + 1
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"


def deliver_due(*, now: datetime | None = None, patience: Patience | None = None) -> int:
    """Deliver what is due, and return how much was tried.

    A destination that fails is left alone for the rest of the round, so that one that
    does not answer keeps nobody else from hearing.
    """
    end = time.monotonic() + ROUND_SECONDS
    failed: set[int] = set()
    tried = 0
    while time.monotonic() < end:
        notice = _claim(now or timezone.now(), spared=failed)
        if notice is None:
            break
        tried += 1
        if not _deliver(notice, now=now, patience=patience):
            failed.add(notice.destination_id)
    return tried


def send_test(
    destination: AlertDestination,
    *,
    now: datetime | None = None,
    patience: Patience | None = None,
) -> None:
    """Send a test, and remember what came of it. Raises NotDelivered."""
    moment = now or timezone.now()
    try:
        _send(
            destination,
            messages.of_test(destination, now=moment),
            message_id=f"test_{destination.pk}_{moment.timestamp():.0f}",
            now=moment,
            patience=patience,
        )
    except NotDelivered as error:
        _note(destination, last_error=pack([error.reason]))
        raise
    _note(destination, last_error="", last_ok_at=moment)


def has_mail_server() -> bool:
    """Whether EMAIL_URL names a mail server; without one no mail can leave."""
    return bool(settings.EMAIL_BACKEND != NO_MAIL)


@transaction.atomic
def _claim(now: datetime, *, spared: Collection[int]) -> AlertNotice | None:
    """Take the next notice that is due; the try counts from here, come what may."""
    unsaid = AlertNotice.objects.filter(
        alert=OuterRef("alert"),
        destination=OuterRef("destination"),
        event=AlertNotice.Event.OPENED,
        status=Status.WAITING,
    )
    row = (
        AlertNotice.objects.select_for_update(skip_locked=True, of=["self"])
        .select_related("alert__channel", "destination__company")
        # Read when it is used: one that cannot be decrypted must not stop the others.
        .defer("destination__secrets")
        .filter(status=Status.WAITING, run_after__lte=now)
        .exclude(destination__in=spared)
        # Nobody hears that it is over before they heard of it.
        .exclude(Exists(unsaid), event=AlertNotice.Event.CLOSED)
        .order_by("run_after", "pk")
        .first()
    )
    if row is not None:
        row.attempts += 1
        row.run_after = now + LEASE
        row.save(update_fields=["attempts", "run_after"])
    return row


def _deliver(notice: AlertNotice, *, now: datetime | None, patience: Patience | None) -> bool:
    destination = notice.destination
    try:
        if not destination.enabled:
            raise NotDelivered(_OFF)
        if notice.attempts > _MOST_TRIES:
            raise NotDelivered(_DIED)
        _send(
            destination,
            messages.of_notice(notice),
            message_id=f"notice_{notice.pk}",
            now=now or timezone.now(),
            patience=patience,
        )
    except NotDelivered as error:
        _failed(notice, error, now=now or timezone.now())
        return False
    moment = now or timezone.now()
    _settle(notice, status=Status.SENT, sent_at=moment, error="")
    _note(destination, last_ok_at=moment, last_error="")
    return True


def _failed(notice: AlertNotice, error: NotDelivered, *, now: datetime) -> None:
    said = pack([error.reason])
    _note(notice.destination, last_error=said)
    if notice.attempts >= _MOST_TRIES or not notice.destination.enabled:
        _settle(notice, status=Status.GAVE_UP, error=said)
        return
    wait = max(failures.DELAYS[notice.attempts - 1], error.retry_after or timedelta())
    _settle(notice, run_after=now + wait, error=said)


def _settle(notice: AlertNotice, **changes: object) -> None:
    # Whoever took it over after we were too slow has counted another try.
    AlertNotice.objects.filter(
        pk=notice.pk, status=Status.WAITING, attempts=notice.attempts
    ).update(**changes)


def _note(destination: AlertDestination, **changes: object) -> None:
    AlertDestination.objects.filter(pk=destination.pk).update(**changes)


_OFF = _("This destination is switched off.")
_DIED = _("The worker stopped whenever this was to be sent.")
_UNREADABLE = _("The stored address cannot be decrypted: its key is not in ENCRYPTION_KEYS.")
_NO_TARGET = _("No address is stored. Enter it again.")
_NO_KEY = _("There is no key to sign with. Make a new one.")
_NO_SERVER = _("No mail server is set up here (EMAIL_URL), so no e-mail can be sent.")
_REFUSED = _("The mail server did not take it: %(error)s")


def _send(
    destination: AlertDestination,
    message: Message,
    *,
    message_id: str,
    now: datetime,
    patience: Patience | None,
) -> None:
    try:
        secrets = destination.secrets
    except ImproperlyConfigured:
        raise NotDelivered(_UNREADABLE) from None
    target = secrets.get("target", "")
    if not target:
        raise NotDelivered(_NO_TARGET)
    if destination.kind == Kind.WEBHOOK:
        _send_signed(target, secrets.get("signing", ""), message, message_id, now, patience)
        return
    # People read it: in the language of the house, whoever's browser asked for a test.
    with override(settings.LANGUAGE_CODE):
        if destination.kind == Kind.EMAIL:
            _send_mail(target, message)
            return
        shaped = _SHAPES[Kind(destination.kind)](message)
    post(target, _json(shaped), {}, patience=patience)


def _send_signed(
    url: str, key: str, message: Message, message_id: str, now: datetime, patience: Patience | None
) -> None:
    """Post with a signature of id, moment and body; a repeat has the same id."""
    if not key:
        raise NotDelivered(_NO_KEY)
    body = _json(shapes.signed_call(message))
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(key).sign(message_id, now, body.decode()),
    }
    post(url, body, headers, patience=patience)


def _send_mail(address: str, message: Message) -> None:
    if not has_mail_server():
        raise NotDelivered(_NO_SERVER)
    subject, text = shapes.email(message)
    mail = EmailMessage(
        subject, text, to=[check_email(address)], headers={"Auto-Submitted": "auto-generated"}
    )
    try:
        mail.send()
    except (SMTPException, OSError) as error:
        raise NotDelivered(_REFUSED, error=shortened(" ".join(str(error).split()), 200)) from None


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


_SHAPES: dict[Kind, Callable[[Message], object]] = {
    Kind.SLACK: shapes.slack,
    Kind.TEAMS: shapes.teams,
}
