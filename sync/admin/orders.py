"""Web orders: where each one stands, and the proof that its money is right."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from sync import audit, words
from sync.admin import base
from sync.admin.calls import call_table
from sync.admin.filters import ReasonFilter
from sync.flows import orders
from sync.models import Attempt, ShopOrder

State = ShopOrder.State
COLOURS = {
    State.RECEIVED: base.MOVES,
    State.HELD: base.BAD,
    State.UNKNOWN: base.WAITS,
    State.HANDED_OVER: base.MOVES,
    State.IN_ERP: base.GOOD,
    State.CANCELLED: "",
    State.NOT_NEEDED: "",
}
VERDICTS: dict[str, Any] = {
    "equal": _("equal"),
    "rounded": _("equal with rounding"),
    "different": _("different"),
    "unproven": _("not told"),
}
VERDICT_COLOURS = {
    "equal": base.GOOD,
    "rounded": base.GOOD,
    "different": base.BAD,
    "unproven": base.WAITS,
}


class SendOrder(base.Question):
    model = ShopOrder

    def lines(self, row: ShopOrder) -> list[tuple[Any, Any]]:
        return [
            (_("Order"), row.name),
            (_("Total"), money(row.total, row.currency)),
            (_("In the ERP"), row.erp_number or _("not yet")),
            (_("What happened"), words.said(row.reason) or "—"),
        ]


@admin.register(ShopOrder)
class ShopOrderScreen(base.MachineScreen[ShopOrder]):
    list_display = ["name", "channel", "placed_at", "where", "shop_total", "erp", "proven", "why"]
    list_filter = [
        ("state", ChoicesDropdownFilter),
        ReasonFilter,
        ("channel", RelatedDropdownFilter),
    ]
    list_select_related = ["channel"]
    date_hierarchy = "placed_at"
    search_fields = ["name__exact", "erp_number__exact", "reference__exact"]
    search_help_text = _("Order (#1001), ERP number or reference")
    actions = ["send_again"]
    actions_row = ["send_one_again"]
    actions_detail = ["send_one_again"]
    fieldsets = [
        (None, {"fields": ["name", "channel", "state", "why", "advice", "placed_at"]}),
        (_("Proof of the money"), {"fields": ["proof_table"]}),
        (_("Lines"), {"fields": ["lines_table", "buyer"]}),
        (_("Calls"), {"fields": ["calls_made"]}),
        (
            _("References"),
            {
                "classes": ["tab"],
                "fields": [
                    *("reference", "shopify_id", "erp_number"),
                    *("received_at", "in_erp_at", "shop_updated_at"),
                ],
            },
        ),
    ]
    readonly_fields = [
        *("why", "advice"),
        *("proof_table", "lines_table", "buyer", "calls_made"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShopOrder]:
        rows: QuerySet[ShopOrder] = super().get_queryset(request)
        match = request.resolver_match
        if match and match.url_name and match.url_name.endswith("_changelist"):
            # The document is the big column, and a list shows nothing of it.
            return rows.defer("document")
        return rows

    @base.display(description=_("State"), ordering="state", label=COLOURS)
    def where(self, row: ShopOrder) -> Any:
        return row.state, row.get_state_display()

    @base.display(description=_("Total"), ordering="total")
    def shop_total(self, row: ShopOrder) -> str:
        return money(row.total, row.currency)

    @base.display(description=_("In the ERP"), ordering="erp_number")
    def erp(self, row: ShopOrder) -> str:
        return row.erp_number or "—"

    @base.display(description=_("Money"), label=VERDICT_COLOURS)
    def proven(self, row: ShopOrder) -> Any:
        verdict = row.proof.get("verdict", "")
        return (verdict, VERDICTS[verdict]) if verdict in VERDICTS else None

    @base.display(description=_("What happened"))
    def why(self, row: ShopOrder) -> Any:
        return words.said(row.reason) or words.reason(row.reason_code) or "—"

    @base.display(description=_("What to do"))
    def advice(self, row: ShopOrder) -> Any:
        return words.advice(row.reason_code) or "—"

    @base.display(description=_("Store and ERP"))
    def proof_table(self, row: ShopOrder) -> Any:
        proof = row.proof
        if not proof:
            return _("The ERP has not told its total yet.")
        rows = [
            (_("Total"), proof.get("shop_total", ""), proof.get("erp_total") or "—"),
            (_("Tax"), proof.get("shop_tax", ""), proof.get("erp_tax") or "—"),
            (_("Result"), "", VERDICTS.get(proof.get("verdict", ""), "—")),
        ]
        return base.table(("", _("Store"), _("ERP")), rows)

    @base.display(description=_("Lines"))
    def lines_table(self, row: ShopOrder) -> Any:
        lines = row.document.get("lines", [])
        rows = [
            (
                line.get("sku", ""),
                line.get("title", ""),
                line.get("quantity", ""),
                _both(line.get("unit_price")),
                _both(line.get("total")),
            )
            for line in lines
        ]
        rows += [
            ("", line.get("title", ""), "", "", _both(line.get("total")))
            for line in row.document.get("shipping", [])
        ]
        return base.table((_("SKU"), _("Item"), _("Units"), _("Price"), _("Total")), rows)

    @base.display(description=_("Buyer"))
    def buyer(self, row: ShopOrder) -> str:
        person = row.document.get("customer") or {}
        place = row.document.get("ship_to") or {}
        parts = [
            *(person.get("name"), person.get("email"), row.document.get("tax_id")),
            *(place.get("line1"), place.get("zip"), place.get("city"), place.get("country_code")),
        ]
        return ", ".join(part for part in parts if part) or "—"

    @base.display(description=_("Calls"))
    def calls_made(self, row: ShopOrder) -> Any:
        calls = Attempt.objects.filter(message__channel=row.channel, message__key=row.shopify_id)
        return call_table(calls.filter(message__topic=orders.TOPIC).order_by("id")[:50])

    @base.action(description=_("Send again to the ERP"), permissions=["decide"])
    def send_again(self, request: HttpRequest, rows: QuerySet[ShopOrder]) -> None:
        self.tell(request, sum(_resume(request, row) for row in rows.select_related("channel")))

    @base.action(
        description=_("Send again to the ERP"),
        permissions=["decide"],
        url_path="send-again",
        icon="send",
        dialog=base.question(
            _("Send again to the ERP"),
            _("The order is read again and looked up in the ERP: it is never entered twice."),
            _("Yes, send it"),
            SendOrder,
        ),
    )
    def send_one_again(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        row = self.get_object(request, object_id)
        self.tell(request, _resume(request, row) if row else 0)
        return self.back_to(row) if row else self.back_to_list()


def money(amount: Any, currency: str) -> str:
    sign = "€" if currency == "EUR" else currency
    return f"{number_format(amount, 2, force_grouping=True)} {sign}"


def _both(bag: dict[str, Any] | None) -> str:
    shop = (bag or {}).get("shop") or {}
    return f"{shop.get('amount', '')} {shop.get('currency', '')}".strip()


@transaction.atomic
def _resume(request: HttpRequest, row: ShopOrder) -> int:
    orders.resume(row, message_id=f"person:{row.pk}:{timezone.now().isoformat()}")
    audit.note(base.person(request), "send_order", row.name, channel=row.channel, order=row.pk)
    return 1
