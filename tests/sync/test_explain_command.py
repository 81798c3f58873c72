import json
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django.utils.translation import override

from mapping.models import Channel
from sync.models import Attempt, KitComponent, OutboxCommand, StockPosition
from tests.sync.makers import make_channel, make_message
from tests.sync.shelves import CENTRAL, decide, make_demand, make_figure, make_place, make_position

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel() -> Channel:
    channel = make_channel(stock_buffer=2)
    make_place(channel)
    return channel


def told(channel: Channel, sku: str, *options: str) -> str:
    out = StringIO()
    store = channel.shop.domain
    with override("es"):
        call_command(
            "explain", "variant", sku, "available", "--store", store, *options, stdout=out
        )
    return out.getvalue()


def write(channel: Channel, row: StockPosition) -> Attempt:
    now = timezone.now()
    cause = make_message(channel, topic="erp/stock")
    command = OutboxCommand.objects.create(
        channel=channel, lane="x", kind="stock", key=row.location, cause=cause,
        status="done", arguments={"positions": [row.pk], "quantities": [12]},
    )  # fmt: skip
    StockPosition.objects.filter(pk=row.pk).update(published_at=now)
    return Attempt.objects.create(
        channel=channel, command=command, system="shopify", operation="set_quantities",
        is_write=True, outcome="ok", milliseconds=5, started_at=now,
        idempotency_key="key-1", request_id="request-1",
    )  # fmt: skip


def test_it_says_the_number_its_sources_and_its_last_write(channel: Channel) -> None:
    make_figure(channel, "A", "18", reserved="3")
    row = make_position(channel, "A", mirror=12)
    make_demand(channel, row, 1, "#1007")
    decide(row)
    write(channel, row)

    lines = told(channel, "A").splitlines()

    assert lines[0] == (
        "Almacén CENTRAL: 18 físico − 3 reservado − 1 web pendiente − 2 colchón = 12"
    )
    assert "ERP, almacén CENTRAL" in lines[1]
    assert "#1007" in lines[3]
    assert "request-1" in lines[-1]
    assert "key-1" in lines[-1]
    assert "Stock del ERP" in lines[-1]


def test_a_program_gets_the_same_as_json(channel: Channel) -> None:
    make_figure(channel, "A", "18")
    row = make_position(channel, "A")
    decide(row)
    call = write(channel, row)

    (found,) = json.loads(told(channel, "A", "--json"))

    assert found["target"] == sum(part["units"] for part in found["parts"]) == 16
    assert found["last_write"]["request_id"] == call.request_id
    assert found["parts"][0]["as_of"]
    assert found["owner"] == "erp"


def test_each_location_has_its_own_sentence(channel: Channel) -> None:
    other = "gid://shopify/Location/2"
    make_place(channel, warehouse="NAVE", location=other)
    make_figure(channel, "A", "4")
    make_figure(channel, "A", "9", warehouse="NAVE")
    decide(make_position(channel, "A"), make_position(channel, "A", location=other))

    text = told(channel, "A")

    assert "Almacén CENTRAL: 4 físico − 2 colchón = 2" in text
    assert "Almacén NAVE: 9 físico − 2 colchón = 7" in text


def test_a_kit_lists_its_components(channel: Channel) -> None:
    erp = channel.company.erpconnection
    KitComponent.objects.create(connection=erp, kit="K", sku="A", quantity=Decimal(2))
    make_figure(channel, "A", "9")
    decide(make_position(channel, "K"))

    assert "A: quedan 7, 2 en cada uno, da para 3" in told(channel, "K")


def test_an_item_nobody_knows_is_a_clear_error(channel: Channel) -> None:
    with pytest.raises(CommandError, match="NOPE") as raised:
        told(channel, "NOPE")

    assert raised.value.returncode == 2


def test_another_store_is_not_told(channel: Channel) -> None:
    make_figure(channel, "A", "9")
    decide(make_position(channel, "A"))

    with pytest.raises(CommandError):
        told(make_channel(), "A")


def test_the_last_place_is_named_by_its_id_where_it_has_no_name(channel: Channel) -> None:
    make_position(channel, "A", location="gid://shopify/Location/9", stocked="gift_card")

    assert told(channel, "A").startswith("gid://shopify/Location/9: ")
    assert CENTRAL not in told(channel, "A")
