"""Where notices may go. An operator types the address; our network is behind us."""

import base64
import ipaddress
import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_noop as _

from erp_connectors.errors import ErpMisconfigured, ErpUnavailable
from erp_connectors.network import SOCKET, PinnedHost, PinnedUrl, pin_url
from sync.notices.errors import NotDelivered

_LONGEST = 2000
_NO_ADDRESS = _(
    "This is no web address that may be called. It begins with https://, holds no user or"
    " password, and leads into no private network unless ERP_ALLOWED_NETWORKS has it."
)
_NOT_KNOWN = _("The host of this address is not known.")
_NOT_SECRET = _("Only addresses that begin with https:// may be called.")
_NO_EMAIL = _("This is no e-mail address.")


def check_address(url: str) -> PinnedUrl:
    """Look an address up and return it if it may be called now, or raise NotDelivered.

    To be asked before every call: a name that led to the internet yesterday may lead
    into our own network today.
    """
    if len(url) > _LONGEST:
        raise NotDelivered(_NO_ADDRESS)
    try:
        found = pin_url(url)
    except ErpUnavailable:
        raise NotDelivered(_NOT_KNOWN) from None
    except ErpMisconfigured:
        raise NotDelivered(_NO_ADDRESS) from None
    if found.scheme != "https" and not _is_allowed(found.pinned):
        raise NotDelivered(_NOT_SECRET)
    return found


def check_email(address: str) -> str:
    """Return an address that mail can be sent to, or raise NotDelivered."""
    try:
        validate_email(address)
    except ValidationError:
        raise NotDelivered(_NO_EMAIL) from None
    return address


def new_signing_key() -> str:
    """Return a key to sign calls with, in the form that Standard Webhooks gives it."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _is_allowed(pinned: PinnedHost) -> bool:
    address = ipaddress.ip_address(pinned.ip)
    networks = [entry for entry in settings.ERP_ALLOWED_NETWORKS if entry != SOCKET]
    return any(address in ipaddress.ip_network(each, strict=False) for each in networks)
