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

# What the sides can disagree about.
FIELDS: dict[str, Text] = {
    "variant.available": _("Stock"),
    "stock.unlinked": _("Item on sale that nobody follows"),
    "variant.price": _("Price"),
    "variant.compare_at_price": _("Crossed-out price"),
    "variant.barcode": _("Barcode"),
    "variant.missing_in_store": _("Variant missing in the store"),
    "product.title": _("Title"),
    "product.description": _("Description"),
    "product.vendor": _("Brand"),
    "product.type": _("Type of product"),
    "product.status": _("Whether it is on sale"),
    "product.attributes": _("Attributes"),
    "product.link": _("Product"),
    "product.missing_in_store": _("Product missing in the store"),
    "order.total": _("Order total"),
    "order.missing_in_store": _("Order that the store does not have"),
    "order.missing_in_erp": _("Order that the ERP does not have"),
    "fulfilment.missing_in_erp": _("Shipped by hand in the store"),
}

# What a run counts.
COUNTS: dict[str, Text] = {
    "levels": _("stock levels"),
    "differ": _("stock levels that differed"),
    "corrected": _("corrected by rule"),
    "ask": _("wait for an answer"),
    "unlinked": _("on sale and not followed"),
    "figures": _("figures of the ERP"),
    "figures_new": _("figures that were news"),
    "figures_gone": _("figures that the ERP no longer has"),
    "counted_again": _("counted by the store again"),
    "orders": _("orders of the store"),
    "orders_found": _("orders that were missing here"),
    "erp_orders": _("orders of the ERP"),
    "orders_not_in_store": _("orders that the store does not have"),
    "orders_not_in_erp": _("orders that the ERP does not have"),
    "shipments": _("shipments"),
    "shipments_found": _("shipments that were missing in the store"),
    "shipped_by_hand": _("shipped by hand in the store"),
    "products": _("products"),
    "products_differ": _("products that differed"),
    "products_missing": _("products missing in the store"),
    "products_new": _("products that were news"),
    "erp_products": _("products of the ERP"),
    "looked_at": _("looked at"),
    "found": _("found"),
    "points": _("points"),
    "set_aside": _("set aside"),
    "poll_products": _("products from the ERP"),
    "poll_prices": _("prices from the ERP"),
    "poll_stock": _("stock from the ERP"),
    "poll_shipments": _("shipments from the ERP"),
}

# Why the store shows another number: what it means, and what to do about it.
CAUSES: dict[str, tuple[Text, Text]] = {
    "hand_edit": (
        _("Somebody, or another app, changed the number in Shopify."),
        _("If that was right, change it in the ERP as well; if not, approve the correction."),
    ),
    "lost_notice": (
        _("Shopify sold units and its notice did not arrive."),
        _("Nothing: the order is fetched by itself, and the number follows."),
    ),
    "late_erp": (
        _("The ERP has not given a newer figure in time."),
        _("Check that the ERP answers; then the difference closes by itself."),
    ),
    "echo": (
        _("We wrote this number ourselves and never heard whether it arrived."),
        _("Nothing: both sides are read again, and it closes if they agree."),
    ),
    "unlinked": (
        _("We do not know which item of the store this is."),
        _("Give the item the same SKU on both sides."),
    ),
    "missing_in_erp": (
        _("The ERP does not have this record."),
        _("Enter it in the ERP, or take it out of the store."),
    ),
    "missing_in_store": (
        _("The store does not have this record."),
        _("Publish the item, or take it out of the ERP's web catalogue."),
    ),
    "money": (
        _("Customer and ERP do not agree on what the order costs."),
        _("Correct the order in the ERP."),
    ),
    "unclear": (
        _("Nothing that we know explains it."),
        _("Compare both sides; approve the correction if the ERP is right."),
    ),
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
    "see_difference": _("saw a difference"),
    "put_off": _("put off a difference"),
    "assign": _("assigned a difference"),
    "acknowledge_alarm": _("saw an alarm"),
    "test_destination": _("sent a test to an alarm destination"),
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


def meaning(cause: str) -> Text:
    """Return what a likely cause means, in one sentence."""
    return CAUSES[cause][0] if cause in CAUSES else ""


def remedy(cause: str) -> Text:
    return CAUSES[cause][1] if cause in CAUSES else ""


def advice(code: str) -> Text:
    return REASONS[code][1] if code in REASONS else ""


def said(stored: str) -> str:
    """Return a stored reason as a sentence in the reader's language."""
    return say(stored, gettext)
