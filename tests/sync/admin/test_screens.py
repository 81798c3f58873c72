from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from erp_connectors.models import ApiKey, ErpConnection
from mapping.models import Channel, StockRule, WarehouseMapping
from shopify_app.models import RateBudget
from sync.models import (
    Attempt,
    AuditEntry,
    Divergence,
    InboxMessage,
    MassChange,
    OutboxCommand,
    Recurring,
    ShopOrder,
    Status,
    StockCorrection,
    StockPosition,
    SyncJob,
)
from tests.sync.makers import make_channel, make_message, make_order

OURS = {"sync", "mapping", "shopify_app", "erp_connectors"}
# Words of programmers, which no screen of staff may show.
FORBIDDEN = ("webhook", "payload", "idempoten", "outbox", "inbox", "dead letter")


def fill(channel: Channel, count: int) -> None:
    """Give every list `count` rows that show something of other tables."""
    WarehouseMapping.objects.get_or_create(
        channel=channel, warehouse="C", location="gid://L/1", defaults={"location_name": "Centro"}
    )
    for number in range(count):
        order = make_order(channel)
        message = make_message(
            channel, status=Status.PARKED, key=order.shopify_id, reason_code="erp_refused"
        )
        command = OutboxCommand.objects.create(
            channel=channel, lane=message.lane, kind="stock", key="gid://L/1", cause=message,
            status=Status.PARKED, reason_code="shopify_refused", reason="no",
        )  # fmt: skip
        Attempt.objects.create(
            channel=channel, message=message, command=command, system="shopify",
            operation="order_full", outcome="ok", milliseconds=5, started_at=timezone.now(),
        )  # fmt: skip
        sku = f"{message.pk}-{number}"
        StockPosition.objects.create(
            channel=channel, sku=sku, item=sku, location="gid://L/1", mirror=3, target=4
        )
        difference = Divergence.objects.create(
            channel=channel, field="variant.available", key=f"{sku}@gid://L/1",
            expected="4", found="3",
        )  # fmt: skip
        StockCorrection.objects.create(divergence=difference, before=3, after=4)
        StockRule.objects.create(channel=channel, scope="item", key=sku, buffer_units=1)
        MassChange.objects.create(
            channel=channel, location="gid://L/1", to_zero=number,
            status=MassChange.Status.PASSED,
        )  # fmt: skip
        SyncJob.objects.create(channel=channel, kind=SyncJob.Kind.STOCK)
        AuditEntry.objects.create(channel=channel, action="replay", subject=sku)


LISTS = [
    *(InboxMessage, OutboxCommand, Attempt, ShopOrder, StockPosition),
    *(Divergence, SyncJob, AuditEntry, MassChange, StockRule),
]


@pytest.mark.parametrize("model", LISTS)
def test_a_longer_list_costs_no_more_questions(
    channel: Channel, staff: Client, model: Any
) -> None:
    opts = model._meta
    url = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
    fill(channel, 5)
    staff.get(url)
    with CaptureQueriesContext(connection) as few:
        staff.get(url)
    fill(channel, 45)

    with CaptureQueriesContext(connection) as many:
        page = staff.get(url)

    assert page.status_code == 200
    assert len(many) <= len(few) + 1, [query["sql"][:200] for query in many]


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_list_and_page_opens_in_words_of_staff(
    channel: Channel, staff: Client, language: str
) -> None:
    fill(channel, 2)
    Recurring.objects.create(kind=Recurring.Kind.TIDY, seconds=5)
    RateBudget.objects.create(shop=channel.shop)
    ApiKey.issue(channel.company.erpconnection, "test")
    headers = {"Accept-Language": language}

    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        page = staff.get(reverse(f"{name}_changelist"), headers=headers)
        assert page.status_code == 200, name
        row = model._default_manager.first()
        if row is not None and model._meta.app_label in OURS:
            page = staff.get(reverse(f"{name}_change", args=[row.pk]), headers=headers)
            assert page.status_code == 200, name
        shown = text_of(page.content.decode())
        assert not [word for word in FORBIDDEN if word in shown], name
    assert staff.get("/admin/", headers=headers).status_code == 200


class Reader(HTMLParser):
    """Keeps what a person sees: no tags or scripts, and no names of icons."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self._open: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"br", "img", "input", "link", "meta", "hr"}:
            unseen = "material-symbols-outlined" in (dict(attrs).get("class") or "")
            self._open.append(unseen or tag in {"head", "script", "style"})

    def handle_endtag(self, _tag: str) -> None:
        if self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._open):
            self.text.append(data)


def text_of(page: str) -> str:
    reader = Reader()
    reader.feed(page)
    return "".join(reader.text).lower()


def test_the_overview_says_what_waits_and_whether_orders_match(
    channel: Channel, staff: Client
) -> None:
    make_order(channel, state=ShopOrder.State.IN_ERP, erp_number="P1")
    make_order(channel)
    for _ in range(3):
        make_message(channel, status=Status.PARKED, reason_code="no_sku", reason="x")

    page = staff.get("/admin/", headers={"Accept-Language": "es"}).content.decode()

    assert "2 en la tienda, 1 en el ERP" in page
    assert "Una línea no tiene referencia (SKU)" in page
    assert "status__exact=parked&amp;topic=shopify%2Forder&amp;reason_code=no_sku" in page


def test_a_group_leads_to_its_rows(channel: Channel, staff: Client) -> None:
    make_message(channel, status=Status.PARKED, reason_code="no_sku", key="one-of-them")
    make_message(channel, status=Status.PARKED, reason_code="money", key="another")

    page = staff.get(
        reverse("admin:sync_inboxmessage_changelist"),
        {"status__exact": "parked", "topic": "shopify/order", "reason_code": "no_sku"},
    ).content.decode()

    assert "one-of-them" in page
    assert "another" not in page


def test_the_overview_of_two_stores_does_not_mix_them(channel: Channel, staff: Client) -> None:
    make_order(make_channel())

    page = staff.get("/admin/", headers={"Accept-Language": "en"}).content.decode()

    assert "0 in the store, 0 in the ERP" in page
    assert "1 in the store, 0 in the ERP" in page


def test_nobody_writes_history_by_hand(channel: Channel, staff: Client) -> None:
    message = make_message(channel)
    name = "admin:sync_inboxmessage"

    assert staff.get(reverse(f"{name}_add")).status_code == 403
    assert staff.post(reverse(f"{name}_delete", args=[message.pk])).status_code == 403
    staff.post(reverse(f"{name}_change", args=[message.pk]), {"topic": "changed"})
    message.refresh_from_db()
    assert message.topic == "shopify/order"


def test_a_secret_goes_in_and_never_comes_out(channel: Channel, staff: Client) -> None:
    connection = channel.company.erpconnection
    url = reverse("admin:erp_connectors_erpconnection_change", args=[connection.pk])
    form = {"company": channel.company.pk, "kind": "sql", "settings": "{}", "poll_seconds": 2}

    staff.post(url, form | {"password": "canary-1"})
    stored = ErpConnection.objects.get(pk=connection.pk).secrets
    staff.post(url, form | {"password": ""})
    kept = ErpConnection.objects.get(pk=connection.pk).secrets
    page = staff.get(url).content.decode()

    assert stored == kept == {"password": "canary-1"}
    assert "canary-1" not in page
    assert AuditEntry.objects.filter(action="change_secret").count() == 1


def test_no_screen_shows_a_stored_token(channel: Channel, staff: Client) -> None:
    token = channel.shop.credentials["access_token"]
    url = reverse("admin:shopify_app_shop_change", args=[channel.shop.pk])

    assert token not in staff.get(url).content.decode()


def test_a_new_key_is_shown_once(channel: Channel, staff: Client) -> None:
    connection = channel.company.erpconnection
    url = reverse("admin:erp_connectors_erpconnection_change", args=[connection.pk])
    url = url.replace("/change/", "/new-key/")

    page = staff.post(url, {"name": "almacén"})

    text = page.context["text"]
    assert text in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert ApiKey.authenticate(text) is not None
    assert text not in staff.get(url).content.decode()
    assert text not in str(list(AuditEntry.objects.values()))
