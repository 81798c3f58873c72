"""Products and prices: what the ERP owns is set back and reported, the rest is left alone."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from mapping import links
from mapping.links import Kind
from shopify_app import commands
from sync import calls
from sync.models import Divergence, OutboxCommand
from tests.end_to_end.world import SqlErp, StoreServer, World
from tests.sync.reconcile.rounds import compare, only_compare, open_differences, writes


def write(world: World[SqlErp], command: commands.Command) -> None:
    """Change something in the store as its staff would: nobody tells us."""
    with calls.store(world.channel) as client:
        commands.send(command, client, key=str(uuid4()))


def first_product(world: World[SqlErp]) -> tuple[str, str, dict[str, Any]]:
    """Return the code and the id of a product, and what the store shows of it."""
    product = min(world.shop.state()["products"], key=lambda each: str(each["title"]))
    code = links.erp_keys(world.channel, Kind.PRODUCT, [product["gid"]])[product["gid"]]
    return code, product["gid"], product


@pytest.mark.parametrize("bulk_from", [10_000, 1])
def test_a_price_changed_by_hand_is_set_back_and_what_is_not_ours_stays(
    world: World[SqlErp], settings: Any, bulk_from: int
) -> None:
    settings.SYNC_BULK_FROM = bulk_from
    world.load()
    code, gid, before = first_product(world)
    variant = before["variants"][0]
    price = commands.VariantPrice(id=variant["gid"], price=Decimal("1.23"), keep_compare_at=True)
    write(world, commands.VariantsUpdate(product_id=gid, variants=(price,)))
    changed = {"title": "Oferta", "descriptionHtml": "<p>Nuestra</p>", "tags": ["rebajas"]}
    write(world, commands.ProductSet(identifier={"id": gid}, input=changed))
    start = world.shop.mark()

    counts = only_compare(world.channel, "catalogue")
    assert counts["products_differ"] == 1
    assert open_differences(world) == {("product.title", code), ("variant.price", variant["sku"])}
    row = Divergence.objects.get(field="variant.price")
    assert (row.expected, row.found) == (variant["price"], "1.23")
    assert row.money_at_risk >= Decimal(variant["price"]) - Decimal("1.23")
    # Another one at the same time asks for nothing more.
    only_compare(world.channel, "prices")
    world.work()

    assert len(writes(world, start)) == 2
    after = first_product(world)[2]
    assert after["title"] == before["title"]
    assert after["variants"][0]["price"] == variant["price"]
    assert (after["description_html"], after["tags"]) == ("<p>Nuestra</p>", ["rebajas"])
    assert open_differences(world) == set()

    start = world.shop.mark()
    assert compare(world, "catalogue", full=True)["products_differ"] == 0
    assert writes(world, start) == []


def test_a_product_deleted_in_the_store_is_reported_and_not_made_again(
    world: World[SqlErp], store_server: StoreServer
) -> None:
    world.load()
    code, _gid, product = first_product(world)
    products = f"{store_server.url}/control/shops/{world.shop.domain}/products"
    httpx2.delete(products, params={"handle": product["handle"]}).raise_for_status()
    start = world.shop.mark()
    counts = compare(world, full=True)

    assert counts["products_missing"] == 1
    assert open_differences(world) == {("product.missing_in_store", code)}
    assert writes(world, start) == []
    assert not OutboxCommand.objects.filter(status="parked").exists()


@pytest.mark.parametrize("bulk_from", [10_000, 1])
def test_sixty_metafields_of_other_apps_before_ours_change_nothing(
    world: World[SqlErp], settings: Any, bulk_from: int
) -> None:
    settings.SYNC_BULK_FROM = bulk_from
    world.load()
    _code, gid, before = first_product(world)
    kinds = {"true": "boolean", "false": "boolean", before["metafields"]["puente.code"]: "id"}
    others = {f"reviews.key{number:02}": "4.8" for number in range(60)}
    fields = [
        {"namespace": name.split(".")[0], "key": name.split(".")[1], "value": value}
        | {"type": kinds.get(value, "single_line_text_field")}
        for name, value in (others | before["metafields"]).items()
    ]
    # Ours are taken away and come again, behind the others.
    for some in (fields[:60], fields):
        write(world, commands.ProductSet(identifier={"id": gid}, input={"metafields": some}))
    shown = list(first_product(world)[2]["metafields"])
    assert shown[:60] == list(others)
    assert len(shown) == 60 + len(before["metafields"])
    start = world.shop.mark()

    counts = compare(world, "catalogue", full=True)

    assert (counts["products"], counts["products_differ"]) == (6, 0)
    assert writes(world, start) == []
    asked = world.shop.get("log", since=start, kind="api", limit=1000)["entries"]
    reads = [each["operation"] for each in asked if each["operation"].startswith("Product")]
    assert reads == [*([] if bulk_from == 1 else ["Products"]), "ProductsExist"]
