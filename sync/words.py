"""What the screens call things. Staff never read a topic, a code or an operation."""

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mapping.reasons import say

Text = Promise | str

SUBJECTS: dict[str, Text] = {
    "shopify/order": _("Order of the store"),
    "shopify/level": _("Stock level of the store"),
    "shopify/app": _("Notice about the store"),
    "shopify/products": _("Product of the store"),
    "erp/product": _("Product of the ERP"),
    "erp/price_pushed": _("Prices sent by the ERP"),
    "erp/stock": _("Stock of the ERP"),
    "erp/stock_pushed": _("Stock sent by the ERP"),
    "erp/shipment": _("Shipment of the ERP"),
    "person/stock": _("Asked for by a person"),
    "person/mass_change": _("A mass change was approved"),
}

WRITES: dict[str, Text] = {
    "stock": _("Stock"),
    "catalogue": _("Product"),
    "publish": _("Publication"),
    "fulfilment": _("Shipment"),
}

# What happened and what to do, for each kind of reason a row may wait for a person.
REASONS: dict[str, tuple[Text, Text]] = {
    "shopify_access": (
        _("Shopify does not let us in"),
        _("Open the app once from the Shopify admin, or enter a new access."),
    ),
    "shopify_refused": (
        _("Shopify refused it"),
        _("Correct what the reason names, then try again."),
    ),
    "erp_setup": (
        _("The connection to the ERP is not set up well"),
        _("Check the ERP connection, then try again."),
    ),
    "erp_refused": (
        _("The ERP refused it"),
        _("Correct what the reason names in the ERP or in the order, then try again."),
    ),
    "gave_up": (
        _("It kept failing for days"),
        _("Check that both sides answer, then try again."),
    ),
    "error": (
        _("Something went wrong here"),
        _("Try again. If it comes back, tell whoever looks after Puente."),
    ),
    "no_lines": (_("The order has no lines"), _("Look at the order in the store.")),
    "no_sku": (
        _("A line has no reference (SKU)"),
        _("Give the item its reference in the store, then try again."),
    ),
    "sum_differs": (
        _("The lines of the order do not add up to its total"),
        _("Look at the order in the store; then try again."),
    ),
    "money": (
        _("The store and the ERP do not have the same total"),
        _("Correct the order in the ERP, then try again."),
    ),
    "cancel_by_hand": (
        _("Cancelled in the store and already in the ERP"),
        _("Cancel it in the ERP by hand."),
    ),
    "nothing_to_fulfil": (
        _("The store does not expect this shipment"),
        _("Compare the shipment with the order in the store."),
    ),
    "catalogue": (
        _("The product cannot be published as it is"),
        _("Correct it in the ERP; it is then sent by itself."),
    ),
    "doubtful_link": (
        _("Nobody can say which product of the store it is"),
        _("Make the SKUs in the store unique, then connect the store again."),
    ),
    "data_request": (
        _("A customer asks for their data"),
        _("Answer within 30 days."),
    ),
    "topic_not_used": (_("Nothing depends on this notice"), ""),
}

SYSTEMS: dict[str, Text] = {"shopify": "Shopify", "sql": "ERP", "tryton": "ERP", "push": "ERP"}

OUTCOMES: dict[str, Text] = {
    "ok": _("well"),
    "refused": _("refused"),
    "unavailable": _("no answer, nothing written"),
    "unknown": _("answer lost"),
}

# Written here once, so that they stand in the catalogue; the audit stores the key.
ACTIONS: dict[str, Text] = {
    "acknowledged": _("acknowledged an order"),
    "approve": _("approved a correction"),
    "reject": _("rejected a correction"),
    "dismiss": _("left a difference as it is"),
    "release": _("had a position looked at again"),
    "approve_mass_change": _("approved a mass change"),
    "reject_mass_change": _("rejected a mass change"),
    "replay": _("tried again"),
    "send_order": _("sent an order again"),
    "run_now": _("started a scheduled job"),
    "issue_key": _("issued an API key"),
    "revoke_key": _("revoked an API key"),
    "check_connection": _("checked a connection"),
    "change_secret": _("changed an access"),
    "uninstalled": _("the app was removed from the store"),
    "redacted": _("personal data was erased"),
}


def subject(topic: str) -> Text:
    return SUBJECTS.get(topic, topic)


def write(kind: str) -> Text:
    return WRITES.get(kind, kind)


def reason(code: str, fallback: str = "") -> Text:
    """Return what happened, in a few words."""
    return REASONS[code][0] if code in REASONS else said(fallback) or code


def advice(code: str) -> Text:
    return REASONS[code][1] if code in REASONS else ""


def said(stored: str) -> str:
    """Return a stored reason as a sentence in the reader's language."""
    return say(stored, gettext)
