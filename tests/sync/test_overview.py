"""What the overview, the embedded page and the metrics say of a channel's stock."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from mapping.models import Channel
from mapping.reasons import Reason, pack
from sync import dashboard, latency
from sync.models import Alert, Divergence, LatencyBucket, MassChange, SyncJob
from sync.overview import card
from tests.sync.makers import SECRET, make_channel
from tests.sync.shelves import CENTRAL, make_position
from tests.sync.views.test_embedded import load, token

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel() -> Channel:
    return make_channel()


def make_difference(channel: Channel, sku: str, **options: object) -> Divergence:
    values: dict[str, object] = {
        "field": "variant.available", "key": f"{sku}@{CENTRAL}", "expected": "1",
        "found": "3", "units_at_risk": 2, "money_at_risk": Decimal("20.50"),
    }  # fmt: skip
    return Divergence.objects.create(channel=channel, **(values | options))


def fill(channel: Channel) -> None:
    """Three of four numbers in step, two differences, one of them put off, and the rest."""
    now = timezone.now()
    for sku, target in (("A", 5), ("B", 5), ("C", 5), ("D", 9)):
        make_position(channel, sku, target=target)
    make_position(channel, "GIFT", stocked="gift_card", mirror=None)
    make_difference(channel, "A")
    make_difference(channel, "B", snoozed_until=now + timedelta(hours=1))
    make_difference(channel, "C", status=Divergence.Status.HEALED)
    MassChange.objects.create(channel=channel, location=CENTRAL, to_zero=30)
    Alert.objects.create(
        channel=channel, kind=Alert.Kind.OVERSOLD, severity=0,
        sentence=pack([Reason("Nothing to sell.")]),
    )  # fmt: skip
    latency.note(
        channel, LatencyBucket.Stream.STOCK, [now - timedelta(milliseconds=400)] * 20, at=now
    )
    SyncJob.objects.create(
        channel=channel, kind=SyncJob.Kind.NIGHTLY, status="done", finished_at=now,
        counts={"levels": 900, "differ": 5, "products_differ": 2},
    )  # fmt: skip


def test_a_card_says_how_much_is_in_step_and_what_the_rest_may_cost(channel: Channel) -> None:
    fill(channel)
    fill(make_channel())

    stock = card(channel).stock

    assert (stock.positions, stock.in_step, stock.share) == (4, 3, 75.0)
    assert (stock.differences, stock.put_off) == (1, 1)
    assert (stock.units_at_risk, stock.money_at_risk) == (4, Decimal("41.00"))
    assert len(stock.held) == 1
    assert stock.delay is not None
    assert stock.delay.p95 <= 0.5


def test_almost_all_is_never_called_all(channel: Channel) -> None:
    stock = card(channel).stock

    assert stock.share == 100.0
    assert card(channel).stock.__class__(
        positions=100_000, in_step=99_999, differences=0, put_off=0, units_at_risk=0,
        money_at_risk=Decimal(0), held=[], delay=None, compared=None,
    ).share == 99.9  # fmt: skip


def test_the_overview_says_it_in_spanish(channel: Channel, admin_client: Client) -> None:
    fill(channel)

    page = admin_client.get("/admin/", headers={"Accept-Language": "es"}).content.decode()

    assert "75 %" in page
    assert "y 1 aplazadas" in page
    assert "4 unidades" in page
    assert "41,00 EUR" in page
    assert "7 diferencias" in page
    assert "/admin/sync/alert/" in page
    assert (
        f"/admin/sync/masschange/?status__exact=held&amp;channel__id__exact={channel.pk}" in page
    )


def test_the_badges_do_not_call_for_what_is_put_off(channel: Channel) -> None:
    fill(channel)

    assert dashboard.open_divergences(HttpRequest()) == "1"
    assert dashboard.held_mass_changes(HttpRequest()) == "1"


def test_a_bigger_store_costs_no_more_questions(channel: Channel) -> None:
    fill(channel)
    card(channel)
    with CaptureQueriesContext(connection) as few:
        card(channel)
    for number in range(30):
        make_position(channel, f"S{number}")
        make_difference(channel, f"S{number}")

    with CaptureQueriesContext(connection) as many:
        card(channel)

    assert len(many) == len(few)


def test_the_page_in_shopify_says_it_of_its_own_store(
    channel: Channel, settings: Settings
) -> None:
    settings.SHOPIFY_CLIENT_ID, settings.SHOPIFY_CLIENT_SECRETS = "client-id", [SECRET]
    settings.APP_URL = "https://puente.example"
    fill(channel)
    fill(make_channel())

    domain = channel.shop.domain
    page = load(domain, id_token=token(domain)).content.decode()

    assert "75 %" in page
    assert page.count("A mass change is held") == 1
    assert page.count("Nothing to sell.") == 1


def test_an_operator_can_graph_it(channel: Channel, client: Client) -> None:
    fill(channel)
    name = channel.name

    lines = client.get("/metrics").content.decode().splitlines()

    assert f'puente_divergences_open{{cause="unclear",channel="{name}"}} 2.0' in lines
    assert f'puente_units_at_risk{{channel="{name}"}} 4.0' in lines
    assert f'puente_mass_changes_held{{channel="{name}"}} 1.0' in lines
    assert f'puente_alerts_open{{channel="{name}",kind="oversold"}} 1.0' in lines
    bar = f'puente_recent_change_seconds_bucket{{channel="{name}",le='
    bars = [line for line in lines if line.startswith(bar)]
    assert bars[0].endswith(" 0.0")
    assert bars[-1].endswith(" 20.0")
    assert '"+Inf"' in bars[-1]
