"""A product is created and the answer lost: what others put on it meanwhile stays."""

from decimal import Decimal
from typing import Any

import pytest

from mapping import links
from mapping.links import Kind
from shopify_app import commands
from shopify_app.commands import MetafieldItem, MetafieldsSet, ProductSet, VariantsUpdate
from sync import calls, worker
from sync.models import OutboxCommand, Recurring
from tests.end_to_end.world import SqlErp, World
from tests.sync.reconcile.rounds import compare, open_differences, writes

TEXT = "single_line_text_field"


@pytest.fixture
def articles() -> int:
    return 2


def first_try(world: World[SqlErp], kind: str, **more: Any) -> OutboxCommand:
    """Send products until one gets no answer; return its write."""
    world.shop.post("faults", {"kind": kind, "match": "ProductSet", "count": 1} | more)
    Recurring.objects.filter(kind__startswith="poll").update(next_due="2000-01-01T00:00Z")
    tried = OutboxCommand.objects.filter(kind="catalogue", request__isnull=False)
    while not tried.exists():
        assert worker.run_next()
    lost = tried.get()
    assert lost.status == "waiting"
    assert links.shopify_id(world.channel, Kind.PRODUCT, lost.key) is None
    return lost


def made_for(world: World[SqlErp], code: str) -> list[dict[str, Any]]:
    products = world.shop.state()["products"]
    return [each for each in products if each["metafields"].get("puente.code") == code]


def send(world: World[SqlErp], *writes: commands.Command) -> None:
    with calls.store(world.channel) as client:
        for number, write in enumerate(writes):
            assert commands.send(write, client, key=f"others-{number}").carried_out


def test_what_others_put_on_a_product_outlives_the_repeat_of_its_creation(
    world: World[SqlErp],
) -> None:
    lost = first_try(world, "applied_then_timeout")
    (before,) = made_for(world, lost.key)
    gid, variant = before["gid"], before["variants"][0]
    note = {"namespace": "reviews", "key": "note", "value": "4.8", "type": TEXT}
    ours = {"namespace": "erp", "key": "temporada", "value": "nunca", "type": TEXT}
    wrong = commands.VariantPrice(id=variant["gid"], price=Decimal("1.23"), keep_compare_at=True)
    send(
        world,
        MetafieldsSet(items=tuple(MetafieldItem(owner=gid, **each) for each in (note, ours))),
        MetafieldsSet(items=(MetafieldItem(owner=variant["gid"], **note),)),
        ProductSet(identifier={"id": gid}, input={"tags": [*before["tags"], "destacado"]}),
        VariantsUpdate(product_id=gid, variants=(wrong,)),
    )
    start = world.shop.mark()
    world.load()

    (after,) = made_for(world, lost.key)
    assert after["gid"] == gid == links.shopify_id(world.channel, Kind.PRODUCT, lost.key)
    assert after["metafields"] == before["metafields"] | {"reviews.note": "4.8"}
    assert after["variants"][0]["metafields"]["reviews.note"] == "4.8"
    assert after["tags"] == sorted([*before["tags"], "destacado"])
    assert [each["price"] for each in after["variants"]] == [
        each["price"] for each in before["variants"]
    ]
    # Two ordinary writes put right what differed; what was created is the other article.
    sent = writes(world, start)
    kinds = ("ProductSet", "VariantsUpdate", "MetafieldsSet")
    assert [sent.count(each) for each in kinds] == [1, 1, 1]
    skus = {each["sku"] for each in after["variants"]}
    assert links.shopify_ids(world.channel, Kind.INVENTORY_ITEM, skus).keys() == skus
    assert "Online Store" in after["published"]

    start = world.shop.mark()
    assert compare(world, full=True)["products_differ"] == 0
    assert writes(world, start) == []
    assert open_differences(world) == set()


def test_a_creation_that_never_arrived_is_sent_again(world: World[SqlErp]) -> None:
    lost = first_try(world, "http_error", status=502)
    assert made_for(world, lost.key) == []
    world.load()

    (made,) = made_for(world, lost.key)
    assert made["gid"] == links.shopify_id(world.channel, Kind.PRODUCT, lost.key)
    assert len(world.shop.state()["products"]) == 2
