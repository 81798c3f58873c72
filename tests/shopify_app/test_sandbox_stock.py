"""Stock writes against Shopify's real schema: compared, keyed, all or nothing."""

import pytest

from shopify_app import commands, reads
from shopify_app.client import ShopifyClient
from shopify_app.commands import (
    Activate,
    QuantityRow,
    SetQuantities,
)
from shopify_app.errors import ShopifyOutcomeUnknown
from tests.shopify_app.sandbox import Store
from tests.shopify_app.sandbox_shop import show


def available(client: ShopifyClient, store: Store, item: str) -> int | None:
    level = reads.levels(client, [item], store.location)[item]
    return level.available if level else None


def test_stock_is_written_and_read_back(
    client: ShopifyClient, store: Store, product: reads.ShownProduct
) -> None:
    red, blue = (each.inventory_item for each in product.variants)
    assert commands.send(Activate(item=blue, location=store.location), client, key="a").carried_out
    show(client, store, red, 10, "k")

    found = reads.levels(client, [red, blue, "gid://shopify/InventoryItem/1"], store.location)
    rows, cursor = reads.location_levels(client, store.location)

    assert {item: level.available for item, level in found.items() if level} == {red: 10, blue: 0}
    assert {row.sku: row.level.on_hand for row in rows} == {"TAZA-Rojo": 10, "TAZA-Azul": 0}
    assert cursor is None


def test_one_stale_row_stops_the_whole_batch(
    client: ShopifyClient, store: Store, product: reads.ShownProduct
) -> None:
    red, blue = (each.inventory_item for each in product.variants)
    show(client, store, red, 10, "first")
    batch = SetQuantities(
        location=store.location,
        rows=(
            QuantityRow(item=blue, quantity=5, change_from=None),
            QuantityRow(item=red, quantity=5, change_from=9),
        ),
    )

    result = commands.send(batch, client, key="second")

    assert [(row.index, row.code) for row in result.rejected] == [(1, commands.STALE)]
    assert not result.carried_out
    assert available(client, store, red) == 10


@pytest.mark.parametrize("kind", ["applied_then_error", "truncated_json", "applied_then_timeout"])
def test_a_write_whose_answer_was_lost_is_repeated_with_its_key_and_done_once(
    client: ShopifyClient, store: Store, product: reads.ShownProduct, kind: str
) -> None:
    red = product.variants[0].inventory_item
    show(client, store, red, 10, "first")
    write = SetQuantities(
        location=store.location, rows=(QuantityRow(item=red, quantity=7, change_from=10),)
    )
    store.ask("faults", kind=kind, mutations_only=True)

    with pytest.raises(ShopifyOutcomeUnknown):
        commands.send(write, client, key="second")
    again = commands.send(write, client, key="second")

    # Without the key the repeat would be stale: the shop shows 7 by now.
    assert again.carried_out
    assert available(client, store, red) == 7
