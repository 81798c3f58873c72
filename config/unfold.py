"""How the admin looks and what its side bar offers."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _item(title: Any, icon: str, name: str, badge: str = "") -> dict[str, Any]:
    item = {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{name}")}
    return item | {"badge": badge} if badge else item


SETTINGS: dict[str, Any] = {
    "SITE_TITLE": "Puente",
    "SITE_HEADER": "Puente",
    "SITE_SUBHEADER": _("Your ERP and your stores, in step"),
    "SITE_SYMBOL": "sync_alt",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda _request: static("puente/favicon.svg"),
        }
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "sync.dashboard.fill",
    "SHOW_LANGUAGES": True,
    "STYLES": [lambda _request: static("puente/admin.css")],
    "SIDEBAR": {
        "show_search": True,
        "navigation": [
            {
                "title": _("Today"),
                "items": [
                    _item(_("Overview"), "dashboard", "index"),
                    _item(
                        _("Alarms"),
                        "notifications_active",
                        "sync_alert_changelist",
                        "sync.admin.alerts.open_alarms",
                    ),
                    _item(
                        _("Differences"),
                        "balance",
                        "sync_divergence_changelist",
                        "sync.dashboard.open_divergences",
                    ),
                    _item(
                        _("Mass changes"),
                        "front_hand",
                        "sync_masschange_changelist",
                        "sync.dashboard.held_mass_changes",
                    ),
                    _item(_("Orders"), "shopping_bag", "sync_shoporder_changelist"),
                    _item(_("Stock"), "inventory_2", "sync_stockposition_changelist"),
                ],
            },
            {
                "title": _("What happened"),
                "items": [
                    _item(
                        _("Received"),
                        "move_to_inbox",
                        "sync_inboxmessage_changelist",
                        "sync.dashboard.parked_messages",
                    ),
                    _item(
                        _("To send"),
                        "outbox",
                        "sync_outboxcommand_changelist",
                        "sync.dashboard.parked_commands",
                    ),
                    _item(_("Calls"), "call_made", "sync_attempt_changelist"),
                    _item(_("Runs"), "play_circle", "sync_syncjob_changelist"),
                    _item(_("Scheduled jobs"), "schedule", "sync_recurring_changelist"),
                    _item(_("Who did what"), "history", "sync_auditentry_changelist"),
                ],
            },
            {
                "title": _("Set-up"),
                "items": [
                    _item(_("Channels"), "storefront", "mapping_channel_changelist"),
                    _item(_("Shopify stores"), "link", "shopify_app_shop_changelist"),
                    _item(_("ERP connections"), "dns", "erp_connectors_erpconnection_changelist"),
                    _item(_("API keys"), "key", "erp_connectors_apikey_changelist"),
                    _item(_("Sources of truth"), "rule", "mapping_fieldrule_changelist"),
                    _item(_("Attributes"), "category", "mapping_attributemapping_changelist"),
                    _item(_("Warehouses"), "warehouse", "mapping_warehousemapping_changelist"),
                    _item(_("Alarm destinations"), "send", "sync_alertdestination_changelist"),
                    _item(_("Stock rules"), "tune", "mapping_stockrule_changelist"),
                    _item(_("Users"), "person", "auth_user_changelist"),
                ],
            },
        ],
    },
}
