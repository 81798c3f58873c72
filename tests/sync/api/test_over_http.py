"""The API as a stranger meets it: real HTTP, and bodies that nobody would send on purpose."""

import concurrent.futures
import json
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.live_server_helper import LiveServer

from mapping.models import Channel
from sync.models import InboxMessage
from tests.sync.api.client import Partner
from tests.sync.makers import make_channel, make_key, make_order

FEW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
level_like = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("sku", "warehouse", "on_hand", "reserved", "blocked", "as_of", "x"), json_values
    ),
)


@pytest.mark.django_db(transaction=True)
def test_an_erp_sends_stock_and_takes_an_order(live_server: LiveServer) -> None:
    channel = make_channel()
    order = make_order(channel)
    headers = {"Authorization": f"Bearer {make_key(channel)}", "Idempotency-Key": "a"}
    with httpx2.Client(base_url=f"{live_server.url}/api/v1/", headers=headers) as http:
        me = http.get("me")
        pushed = http.post("stock/levels", json=_levels(18))
        replayed = http.post("stock/levels", json=_levels(18))
        (found,) = http.get("orders").json()["orders"]
        booked = http.post(
            f"orders/{found['reference']}/ack",
            json={"erp_number": "P1", "erp_total": "94.90"},
            headers={"Idempotency-Key": "b"},
        )
        rest = http.get("orders").json()["orders"]

    assert (me.status_code, pushed.status_code) == (200, 202)
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert found["reference"] == order.reference
    assert booked.json()["money"]["equal"] is True
    assert rest == []


@pytest.mark.django_db(transaction=True)
def test_the_same_call_ten_times_at_once_takes_effect_once(live_server: LiveServer) -> None:
    headers = {"Authorization": f"Bearer {make_key(make_channel())}", "Idempotency-Key": "a"}

    def send(_number: int) -> int:
        url = f"{live_server.url}/api/v1/stock/levels"
        return httpx2.post(url, json=_levels(3), headers=headers, timeout=30).status_code

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        codes = list(pool.map(send, range(10)))

    assert set(codes) <= {202, 409}
    assert 202 in codes
    assert InboxMessage.objects.count() == 1


@given(body=json_values)
@FEW
def test_no_json_makes_it_fail(channel: Channel, partner: Partner, body: Any) -> None:
    _refused_or_accepted(partner, json.dumps(body).encode())


@given(rows=st.lists(level_like, max_size=3))
@FEW
def test_no_row_makes_it_fail(channel: Channel, partner: Partner, rows: Any) -> None:
    _refused_or_accepted(partner, json.dumps({"levels": rows}).encode())


@given(body=st.binary(max_size=200))
@FEW
def test_no_bytes_make_it_fail(channel: Channel, partner: Partner, body: bytes) -> None:
    _refused_or_accepted(partner, body)


def _levels(on_hand: int) -> dict[str, Any]:
    moment = "2026-01-24T08:31:00+01:00"
    return {"levels": [{"sku": "A", "warehouse": "W", "on_hand": on_hand, "as_of": moment}]}


def _refused_or_accepted(partner: Partner, body: bytes) -> None:
    before = InboxMessage.objects.count()

    response = partner.post("stock/levels", body, **{"X-Test": "1"})

    if response.status_code == 202:
        return
    assert response.status_code in {400, 422, 429}
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["detail"]
    assert InboxMessage.objects.count() == before
