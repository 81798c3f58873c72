import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from mapping import links
from mapping.documents import Price, StockLevel, load
from mapping.models import Channel, RecordLink
from sync.api.parsing import LARGEST_BODY
from sync.models import InboxMessage
from tests.sync.api.client import Partner

LEVEL: dict[str, Any] = {
    "sku": "BOT-38",
    "warehouse": "CENTRAL",
    "on_hand": 18,
    "as_of": "2026-01-24T08:31:00+01:00",
}
PRICE: dict[str, Any] = {
    "sku": "BOT-38",
    "price_list": "PVP",
    "amount": "89.95",
    "currency": "EUR",
    "tax_included": True,
}


def level(**changes: Any) -> dict[str, Any]:
    return {"levels": [{**LEVEL, **changes}]}


def price(**changes: Any) -> dict[str, Any]:
    return {"prices": [{**PRICE, **changes}]}


def test_levels_become_one_message_with_exact_figures(channel: Channel, partner: Partner) -> None:
    body = '{"levels": [{"sku": "A", "warehouse": "W", "on_hand": 2.1, "reserved": "0.7", '
    body += '"as_of": "2026-01-24T08:31:00Z"}]}'

    response = partner.post("stock/levels", body)

    message = InboxMessage.objects.get()
    (stored,) = message.payload["levels"]
    assert response.status_code == 202
    assert response.json() == {
        "message": message.message_id,
        "accepted": 1,
        "not_linked": ["A"],
    }
    assert load(StockLevel, stored).free == Decimal("1.4")


def test_an_item_the_store_sells_is_not_reported(channel: Channel, partner: Partner) -> None:
    links.attach(channel, RecordLink.Kind.VARIANT, {"BOT-38": "gid://shopify/ProductVariant/1"})

    assert partner.post("stock/levels", level()).json()["not_linked"] == []


def test_prices_become_one_message(channel: Channel, partner: Partner) -> None:
    response = partner.post("prices", price(min_quantity=6))

    message = InboxMessage.objects.get()
    stored = load(Price, message.payload["prices"][0])
    assert response.status_code == 202
    assert (stored.amount.amount, stored.min_quantity) == (Decimal("89.95"), Decimal(6))


@pytest.mark.parametrize(
    ("_case", "change", "pointer"),
    [
        ("no SKU", {"sku": ""}, "/levels/0/sku"),
        ("a number as SKU", {"sku": 7}, "/levels/0/sku"),
        ("a NUL", {"sku": "a\0"}, "/levels/0/sku"),
        ("half a character", {"sku": "\ud800"}, "/levels/0/sku"),
        ("too long", {"warehouse": "x" * 81}, "/levels/0/warehouse"),
        ("true is no number", {"on_hand": True}, "/levels/0/on_hand"),
        ("nothing is not 0", {"on_hand": None}, "/levels/0/on_hand"),
        ("a decimal comma", {"on_hand": "1,5"}, "/levels/0/on_hand"),
        ("not a number", {"on_hand": "NaN"}, "/levels/0/on_hand"),
        ("endless", {"on_hand": "Infinity"}, "/levels/0/on_hand"),
        ("enormous", {"on_hand": "1e400"}, "/levels/0/on_hand"),
        ("too fine", {"on_hand": "1.0001"}, "/levels/0/on_hand"),
        ("a list", {"on_hand": [1]}, "/levels/0/on_hand"),
        ("a time without zone", {"as_of": "2026-01-24T08:31:00"}, "/levels/0/as_of"),
        ("a date only", {"as_of": "2026-01-24"}, "/levels/0/as_of"),
        ("before time began", {"as_of": "0001-01-01T00:00:00+14:00"}, "/levels/0/as_of"),
        ("a misspelt name", {"reservado": 3}, "/levels/0/reservado"),
    ],
)
def test_a_bad_level_is_named_and_nothing_is_stored(
    channel: Channel, partner: Partner, _case: str, change: dict[str, Any], pointer: str
) -> None:
    body = {"levels": [{**LEVEL, **change}, {**LEVEL, "sku": "GOOD"}]}

    response = partner.post("stock/levels", json.dumps(body))

    problem = response.json()
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    assert pointer in [each["pointer"] for each in problem["errors"]]
    assert all(each["detail"] for each in problem["errors"])
    assert not InboxMessage.objects.exists()


@pytest.mark.parametrize(
    ("_case", "change", "pointer"),
    [
        ("below zero", {"amount": "-1"}, "/prices/0/amount"),
        ("no currency", {"currency": "euro"}, "/prices/0/currency"),
        ("neither yes nor no", {"tax_included": "yes"}, "/prices/0/tax_included"),
        ("from no unit up", {"min_quantity": 0}, "/prices/0/min_quantity"),
    ],
)
def test_a_bad_price_is_named(
    partner: Partner, _case: str, change: dict[str, Any], pointer: str
) -> None:
    problem = partner.post("prices", price(**change)).json()

    assert [each["pointer"] for each in problem["errors"]] == [pointer]


def test_a_figure_from_the_future_is_refused(partner: Partner) -> None:
    ahead = (timezone.now() + timedelta(minutes=6)).isoformat()
    nearly = (timezone.now() + timedelta(minutes=4)).isoformat()

    assert partner.post("stock/levels", level(as_of=ahead)).status_code == 422
    assert partner.post("stock/levels", level(as_of=nearly)).status_code == 202


def test_the_same_record_twice_in_a_call_is_refused(partner: Partner) -> None:
    response = partner.post("stock/levels", {"levels": [LEVEL, {**LEVEL, "on_hand": 1}]})

    assert [each["pointer"] for each in response.json()["errors"]] == ["/levels/1/sku"]


def test_a_thousand_rows_are_taken_and_one_more_is_not(partner: Partner) -> None:
    rows = [{**LEVEL, "sku": f"S{number}"} for number in range(1001)]

    assert partner.post("stock/levels", {"levels": rows}).status_code == 422
    assert partner.post("stock/levels", {"levels": rows[:1000]}).status_code == 202


@pytest.mark.parametrize("body", [{}, [], "x", 3, None, {"levels": []}, {"levels": {}}])
def test_a_call_of_another_shape_is_refused(partner: Partner, body: Any) -> None:
    assert partner.post("stock/levels", json.dumps(body)).status_code == 422


@pytest.mark.parametrize(
    ("_case", "body", "word"),
    [
        ("not JSON", b"{", "line 1"),
        ("nothing at all after a name", b'{"a":}', "line 1"),
        ("not UTF-8", b'{"levels": "\xff"}', "UTF-8"),
        ("NaN", b'{"levels": NaN}', "NaN"),
        ("minus infinity", b'{"levels": -Infinity}', "Infinity"),
        ("a name twice", b'{"levels": [], "levels": []}', "twice"),
        ("very deep", b"[" * 100_000, "deeper"),
        ("too deep", b"[" * 30 + b"]" * 30, "deeper"),
        ("a number without end", b'{"levels": ' + b"9" * 5000 + b"}", "too long"),
        ("a vast exponent", b'{"levels": 1e999999999999999999999}', "too long"),
        ("a byte order mark", b'\xef\xbb\xbf{"levels": []}', "JSON"),
    ],
)
def test_a_body_that_is_not_good_json_is_a_clear_400(
    partner: Partner, _case: str, body: bytes, word: str
) -> None:
    response = partner.post("stock/levels", body)

    assert response.status_code == 400
    assert word in response.json()["detail"]


def test_a_body_above_the_limit_is_a_413(partner: Partner) -> None:
    response = partner.post("stock/levels", b" " * (LARGEST_BODY + 1))

    assert response.status_code == 413


def test_only_plain_json_is_taken(partner: Partner) -> None:
    form = partner.post("stock/levels", "a=1", content_type="application/x-www-form-urlencoded")
    packed = partner.post("stock/levels", b"\x1f\x8b", **{"Content-Encoding": "gzip"})

    assert (form.status_code, packed.status_code) == (415, 415)


def test_a_company_without_a_store_is_told_so(channel: Channel, partner: Partner) -> None:
    channel.shop.delete()
    channel.delete()

    response = partner.post("stock/levels", level())

    assert (response.status_code, response.json()["code"]) == (409, "no_store")
