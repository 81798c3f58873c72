"""Reads are whole or they fail: every page, of one moment, and nothing guessed."""

import os
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mapping.documents.fulfilment import FulfilmentState, OpenLine
from shopify_app import products, reads, transport
from shopify_app.client import ShopifyClient
from shopify_app.errors import ShopifyRejected, ShopifyUnavailable
from shopify_app.models import Shop
from shopify_app.own_fields import NONE
from tests.shopify_app import raw_server as wire
from tests.shopify_app.raw_server import RawServer
from tests.shopify_app.test_translate import bag, line, node

ORDER = "gid://shopify/Order/5001"
NOON = "2026-11-24T12:00:00Z"


@pytest.fixture
def client(shop: Shop, shopify: RawServer) -> ShopifyClient:
    return ShopifyClient.for_shop(shop)


def page(*nodes: dict[str, Any], after: str = "") -> dict[str, Any]:
    return {"nodes": list(nodes), "pageInfo": {"hasNextPage": bool(after), "endCursor": after}}


def first_page(**changes: Any) -> wire.Step:
    lines = page(line(id="1"), line(id="2"), after="two")
    return wire.data({"order": node(lineItems=lines, **changes)})


def second_page(updated_at: str) -> wire.Step:
    return wire.data({"order": {"updatedAt": updated_at, "lineItems": page(line(id="3"))}})


def test_an_order_comes_with_the_lines_of_every_page(
    client: ShopifyClient, shopify: RawServer
) -> None:
    shopify.script = [first_page(updatedAt=NOON), second_page(NOON)]

    order = reads.order(client, ORDER)

    assert order is not None
    assert [each.id for each in order.lines] == ["1", "2", "3"]
    assert shopify.requests[1].variables["after"] == "two"


def test_an_order_that_changes_while_it_is_read_is_read_again(
    client: ShopifyClient, shopify: RawServer
) -> None:
    later = "2026-11-24T12:00:01Z"
    shopify.script = [
        *(first_page(updatedAt=NOON), second_page(later)),
        *(first_page(updatedAt=later), second_page(later)),
    ]

    order = reads.order(client, ORDER)

    assert order is not None
    assert order.updated_at == datetime(2026, 11, 24, 12, 0, 1, tzinfo=UTC)
    assert len(order.lines) == 3


def test_an_order_that_never_rests_is_left_for_later(
    client: ShopifyClient, shopify: RawServer
) -> None:
    shopify.script = [first_page(updatedAt=NOON), second_page("2026-11-24T12:00:01Z")] * 3

    with pytest.raises(ShopifyUnavailable):
        reads.order(client, ORDER)


def test_an_order_shopify_does_not_have_is_none(client: ShopifyClient, shopify: RawServer) -> None:
    shopify.script = [wire.data({"order": None})]

    assert reads.order(client, ORDER) is None


def a_stub(updated_at: str) -> dict[str, Any]:
    return {
        "id": ORDER,
        "name": "#1",
        "updatedAt": updated_at,
        "createdAt": updated_at,
        "cancelledAt": None,
        "test": True,
        "currentTotalPriceSet": bag("10.00"),
    }


def test_a_sweep_trusts_the_orders_moment_not_the_searchs_window(
    client: ShopifyClient, shopify: RawServer
) -> None:
    stubs = page(a_stub("2026-11-24T11:59:59Z"), a_stub(NOON), after="next")
    shopify.script = [wire.data({"orders": stubs})]

    found, cursor = reads.orders_updated_since(client, datetime(2026, 11, 24, 12, tzinfo=UTC))

    assert [each.updated_at.hour for each in found] == [12]
    assert found[0].total.amount == Decimal("10.00")
    assert cursor == "next"
    assert shopify.requests[0].variables["filter"] == "updated_at:>='2026-11-24T12:00:00Z'"


def quantities(available: int) -> list[dict[str, Any]]:
    found = {"available": available, "committed": 2, "on_hand": available + 2}
    return [{"name": name, "quantity": quantity} for name, quantity in found.items()]


def test_not_stocked_is_not_the_same_as_not_known(
    client: ShopifyClient, shopify: RawServer
) -> None:
    level = {"updatedAt": NOON, "quantities": quantities(7)}
    nodes = [
        {"id": "i1", "tracked": True, "inventoryLevel": level},
        {"id": "i2", "tracked": True, "inventoryLevel": None},
        None,
    ]
    shopify.script = [wire.data({"nodes": [*nodes, {}]})]

    found = reads.levels(client, ["i1", "i2", "i3", "i4"], "l")

    assert list(found) == ["i1", "i2"]
    assert found["i2"] is None
    assert found["i1"]
    assert (found["i1"].available, found["i1"].committed, found["i1"].on_hand) == (7, 2, 9)


def test_no_items_need_no_call_and_too_many_are_refused(
    client: ShopifyClient, shopify: RawServer
) -> None:
    assert reads.levels(client, [], "l") == {}
    with pytest.raises(ValueError, match="250"):
        reads.levels(client, ["i"] * 251, "l")
    assert shopify.requests == []


def test_a_location_that_is_gone_is_no_empty_location(
    client: ShopifyClient, shopify: RawServer
) -> None:
    shopify.script = [wire.data({"location": None})]

    with pytest.raises(ShopifyRejected):
        reads.location_levels(client, "l")


def variant_of_item(*, bundle: bool = False, gift_card: bool = False) -> dict[str, Any]:
    product = {"isGiftCard": gift_card}
    return {"nodes": [{"requiresComponents": bundle, "product": product}]}


def test_it_is_told_why_the_stock_of_an_item_cannot_be_set(
    client: ShopifyClient, shopify: RawServer
) -> None:
    nodes = [
        {"id": "normal", "tracked": True, "variants": variant_of_item()},
        {"id": "untracked", "tracked": False, "variants": variant_of_item()},
        {"id": "bundle", "tracked": False, "variants": variant_of_item(bundle=True)},
        {"id": "card", "tracked": False, "variants": variant_of_item(gift_card=True)},
        {"id": "nobody's", "tracked": True, "variants": None},
        *(None, {}),
    ]
    shopify.script = [wire.data({"nodes": nodes})]

    found = reads.how_stocked(client, ["a"])

    assert found == {
        "normal": "",
        "untracked": "untracked",
        "bundle": "bundle",
        "card": "gift_card",
        "nobody's": "",
    }


def test_orders_are_looked_for_250_at_a_time(client: ShopifyClient, shopify: RawServer) -> None:
    gids = [f"gid://shopify/Order/{number}" for number in range(251)]
    shopify.script = [
        wire.data({"nodes": [{"id": gids[0]}, None, {}]}),
        wire.data({"nodes": [{"id": gids[250]}]}),
    ]

    assert reads.order_exists(client, gids) == {gids[0], gids[250]}
    assert [len(each.variables["orders"]) for each in shopify.requests] == [250, 1]


def open_line(name: str) -> dict[str, Any]:
    return {"id": name, "sku": None, "remainingQuantity": 1, "lineItem": {"id": f"item-{name}"}}


def fulfilment_order(name: str, lines: dict[str, Any]) -> dict[str, Any]:
    place = {"location": {"id": "l"}}
    return {"id": name, "status": "OPEN", "assignedLocation": place, "lineItems": lines}


def test_the_state_of_an_order_follows_pages_within_pages(
    client: ShopifyClient, shopify: RawServer
) -> None:
    sent_lines = page({"quantity": 2, "lineItem": {"id": "item-a"}}, after="s2")
    sent = {
        "id": "f1",
        "status": "SUCCESS",
        "trackingInfo": [{"number": "ES1"}, {"number": None}],
        "fulfillmentLineItems": sent_lines,
    }
    orders_1 = page(fulfilment_order("fo1", page(open_line("a"), after="a2")), after="fo2")
    orders_2 = page(fulfilment_order("fo2", page(open_line("c"))))
    shopify.script = [
        wire.data({"order": {"fulfillmentOrders": orders_1, "fulfillments": [sent]}}),
        wire.data({"fulfillmentOrder": {"lineItems": page(open_line("b"))}}),
        wire.data({"order": {"fulfillmentOrders": orders_2, "fulfillments": [sent]}}),
        wire.data(
            {
                "fulfillment": {
                    "fulfillmentLineItems": page({"quantity": None, "lineItem": {"id": "item-b"}})
                }
            }
        ),
    ]

    state = reads.fulfilment_state(client, ORDER)

    assert isinstance(state, FulfilmentState)
    assert [[each.id for each in order.lines] for order in state.orders] == [["a", "b"], ["c"]]
    assert state.orders[0].lines[0] == OpenLine(id="a", line_item="item-a", sku="", remaining=1)
    assert state.recorded[0].tracking_numbers == ("ES1",)
    assert state.recorded[0].lines == (("item-a", 2), ("item-b", 0))


def test_a_fulfilment_order_that_goes_away_is_no_shorter_order(
    client: ShopifyClient, shopify: RawServer
) -> None:
    orders = page(fulfilment_order("fo1", page(open_line("a"), after="a2")))
    shopify.script = [
        wire.data({"order": {"fulfillmentOrders": orders, "fulfillments": []}}),
        wire.data({"fulfillmentOrder": None}),
    ]

    with pytest.raises(ShopifyUnavailable):
        reads.fulfilment_state(client, ORDER)


def variant(sku: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"v-{sku}",
        "sku": sku,
        "barcode": None,
        "price": "12.50",
        "compareAtPrice": None,
        "selectedOptions": [{"name": "Color", "value": sku}],
        "inventoryItem": {"id": f"i-{sku}", "tracked": True},
        "metafields": {"nodes": []},
        "requiresComponents": False,
        "product": {"id": "p", "isGiftCard": False},
    } | changes


def a_product(variants: dict[str, Any], **changes: Any) -> wire.Step:
    return wire.data({"product": product_node(variants, **changes)})


def product_node(variants: dict[str, Any], **changes: Any) -> dict[str, Any]:
    found = {
        "id": "p",
        "handle": "taza",
        "status": "ACTIVE",
        "title": "Taza",
        "descriptionHtml": "",
        "vendor": "",
        "productType": "",
        "tags": [],
        "isGiftCard": False,
        "updatedAt": NOON,
        "options": [{"name": "Color"}],
        "metafields": {"nodes": [{"namespace": "n", "key": "k", "type": "t", "value": "v"}]},
        "variants": variants,
    }
    return found | changes


def test_a_product_comes_with_all_its_variants_and_their_ids(
    client: ShopifyClient, shopify: RawServer
) -> None:
    shopify.script = [a_product(page(variant("A"), after="2")), a_product(page(variant("B")))]

    shown = reads.shown_product(client, "p", NONE)

    assert shown is not None
    assert [each.inventory_item for each in shown.variants] == ["i-A", "i-B"]
    assert [each.option_values for each in shown.product.variants] == [("A",), ("B",)]
    assert shown.product.variants[0].price == Decimal("12.50")
    assert shown.product.metafields[0].value == "v"


def test_shopifys_stand_in_for_no_options_is_no_option(
    client: ShopifyClient, shopify: RawServer
) -> None:
    only = variant("A", selectedOptions=[{"name": "Title", "value": "Default Title"}])
    shopify.script = [a_product(page(only), options=[{"name": "Title"}])]

    shown = reads.product(client, "p", NONE)

    assert shown is not None
    assert (shown.options, shown.variants[0].option_values) == ((), ())


def test_a_page_of_products_holds_each_with_all_its_variants(
    client: ShopifyClient, shopify: RawServer
) -> None:
    long = product_node(page(variant("A"), after="2"), id="long")
    shopify.script = [
        wire.data({"products": page(product_node(page(variant("S"))), long, after="next")}),
        *(a_product(page(variant("A"), after="2"), id="long"), a_product(page(variant("B")))),
    ]

    found, cursor = products.pages(client, NONE)

    assert [[each.sku for each in one.variants] for one in found] == [["S"], ["A", "B"]]
    assert cursor == "next"


def test_a_product_deleted_while_its_page_is_read_is_left_out(
    client: ShopifyClient, shopify: RawServer
) -> None:
    long = product_node(page(variant("A"), after="2"))
    shopify.script = [wire.data({"products": page(long)}), wire.data({"product": None})]

    assert products.pages(client, NONE) == ([], None)


def test_what_a_variant_is_goes_with_its_ids(client: ShopifyClient, shopify: RawServer) -> None:
    loose = {"id": "i-L", "tracked": False}
    variants = page(variant("A", requiresComponents=True), variant("L", inventoryItem=loose))
    shopify.script = [a_product(variants), a_product(variants, isGiftCard=True)]

    shown = reads.shown_product(client, "p", NONE)
    card = reads.shown_product(client, "p", NONE)

    assert shown is not None
    assert [each.stocked for each in shown.variants] == ["bundle", "untracked"]
    assert card is not None
    assert {each.stocked for each in card.variants} == {"gift_card"}


def test_a_sku_is_found_only_as_it_is_written(client: ShopifyClient, shopify: RawServer) -> None:
    hits = page(variant("A-1"), variant("a-1"), variant("A-1", id="twin"), variant('B"2'))
    shopify.script = [wire.data({"productVariants": hits})]

    found = reads.find_products_by_skus(client, ["A-1", 'B"2', "C"])

    assert [each.id for each in found["A-1"]] == ["v-A-1", "twin"]
    assert set(found) == {"A-1", 'B"2'}
    assert shopify.requests[0].variables["filter"] == 'sku:"A-1" OR sku:"B\\"2" OR sku:"C"'


def test_a_forked_child_does_not_write_on_its_parents_connections(shopify: RawServer) -> None:
    parents = transport.pooled()

    if not (child := os.fork()):
        os._exit(0 if transport.pooled() is not parents else 1)

    assert os.waitpid(child, 0)[1] == 0
    assert transport.pooled() is parents
