from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from erp_connectors.models import ApiKey
from mapping.models import Channel
from sync.api.auth import KeyThrottle
from tests.sync.api.client import Partner
from tests.sync.makers import make_channel, make_key, make_order


@pytest.mark.parametrize(
    ("_case", "header"),
    [
        ("nothing", None),
        ("another scheme", "Basic YTpi"),
        ("no key after the word", "Bearer"),
        ("two keys", "Bearer a b"),
        ("a made-up key", "Bearer pte_00000000_wrong"),
        ("not ASCII", "Bearer pte_ñ_ñ"),
        ("a NUL", "Bearer pte_\0_x"),
        ("very long", "Bearer " + "p" * 5000),
    ],
)
@pytest.mark.django_db
def test_without_a_good_key_there_is_a_401_problem(_case: str, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}

    response = Client(raise_request_exception=False).get("/api/v1/me", headers=headers)

    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response.json()["status"] == 401


def test_an_expired_key_opens_nothing(channel: Channel, partner: Partner) -> None:
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert partner.get("me").status_code == 401


def test_a_connection_that_is_switched_off_opens_nothing(
    channel: Channel, partner: Partner
) -> None:
    connection = channel.company.erpconnection
    connection.enabled = False
    connection.save()

    assert partner.get("me").status_code == 401


def test_me_says_what_the_key_is_for(channel: Channel, partner: Partner) -> None:
    answer = partner.get("me").json()

    assert answer["company"] == channel.company.name
    assert [each["name"] for each in answer["channels"]] == [channel.name]


def test_health_speaks_of_this_company_only(channel: Channel, partner: Partner) -> None:
    other = make_channel()
    make_order(other)

    answer = partner.get("health").json()

    assert answer["status"] == "ok"
    assert [each["name"] for each in answer["channels"]] == [channel.name]
    assert answer["channels"][0]["orders_to_fetch"] == 0


def test_another_companys_order_is_as_if_it_did_not_exist(
    channel: Channel, partner: Partner
) -> None:
    theirs = make_order(make_channel())

    assert partner.get(f"orders/{theirs.reference}").status_code == 404
    answer = partner.post(f"orders/{theirs.reference}/ack", {"erp_number": "X1"})
    assert answer.status_code == 404
    theirs.refresh_from_db()
    assert theirs.erp_number == ""
    assert partner.get("orders", state="all").json()["orders"] == []


def test_an_unknown_address_is_a_404(partner: Partner) -> None:
    assert partner.get("nothing").status_code == 404


def test_a_wrong_method_is_a_405_problem(partner: Partner) -> None:
    response = partner.get("stock/levels")

    assert response.status_code == 405
    assert response["Content-Type"] == "application/problem+json"


def test_one_busy_key_does_not_slow_another_down(
    channel: Channel, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KeyThrottle, "get_rate", lambda _self: "3/min")
    other = Partner(make_key(make_channel()))

    codes = [partner.get("me").status_code for _ in range(4)]

    assert codes == [200, 200, 200, 429]
    assert int(partner.get("me")["Retry-After"]) > 0
    assert other.get("me").status_code == 200
