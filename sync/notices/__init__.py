"""Tell people of alarms, wherever they asked to be told."""

from sync.notices.delivery import deliver_due, has_mail_server, send_test
from sync.notices.errors import NotDelivered
from sync.notices.places import check_address, check_email, new_signing_key

__all__ = [
    "NotDelivered",
    "check_address",
    "check_email",
    "deliver_due",
    "has_mail_server",
    "new_signing_key",
    "send_test",
]
