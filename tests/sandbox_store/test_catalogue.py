"""Products: what is sent replaces, what is left out stays."""

from __future__ import annotations

from typing import Any

import pytest

from .shop import TestShop, product_input, variant_input


def product(shop: TestShop) -> dict[str, Any]:
    found: dict[str, Any] = shop.control("GET", "/state?parts=products")["products"][0]
    return found


def skus(shop: TestShop) -> list[str]:
    return [variant["sku"] for variant in product(shop)["variants"]]


def test_variants_left_out_of_the_list_are_deleted(shop: TestShop) -> None:
    options = [{"name": "Talla", "values": [{"name": "M"}]}]

    shop.set_product(productOptions=options, variants=[variant_input("M", shop.location())])

    assert skus(shop) == ["CAM-M"]


def test_a_variant_keeps_its_id_and_its_stock_when_its_size_stays(shop: TestShop) -> None:
    row = {"optionValues": [{"optionName": "Talla", "name": "S"}], "price": "25.00"}
    options = [{"name": "Talla", "values": [{"name": "S"}]}]

    made = shop.set_product(productOptions=options, variants=[row])["product"]

    assert made["variants"]["nodes"][0]["id"] == shop.variant(0)
    assert made["variants"]["nodes"][0]["price"] == "25.00"
    assert made["variants"]["nodes"][0]["sku"] == "CAM-S"
    assert shop.levels()["available"] == 10


def test_a_field_left_out_is_untouched(shop: TestShop) -> None:
    shop.set_product(tags=["verano", "algodón"], vendor="Textiles Gil")

    shop.run(
        "product_set",
        identifier={"handle": "camiseta"},
        input={"handle": "camiseta", "title": "Camiseta básica"},
        sync=True,
    )

    held = product(shop)
    assert (held["title"], held["vendor"]) == ("Camiseta básica", "Textiles Gil")
    assert held["tags"] == ["algodón", "verano"]
    assert skus(shop) == ["CAM-S", "CAM-M"]


def test_metafields_left_out_of_the_list_are_deleted(shop: TestShop) -> None:
    field = {"namespace": "erp", "type": "single_line_text_field", "value": "x"}
    shop.set_product(metafields=[field | {"key": "familia"}, field | {"key": "tejido"}])

    shop.set_product(metafields=[field | {"key": "tejido"}])

    assert product(shop)["metafields"] == {"erp.tejido": "x"}


def test_the_same_input_twice_changes_nothing_the_second_time(shop: TestShop) -> None:
    before = product(shop)["updated_at"]

    shop.set_product()

    assert product(shop)["updated_at"] == before


def test_stock_of_an_existing_variant_is_refused_where_it_is_not_stocked(shop: TestShop) -> None:
    only = [{"name": "Talla", "values": [{"name": "S"}]}]
    rows = [variant_input("S", shop.location(1))]

    refused = shop.set_product(variants=rows, productOptions=only)

    field = ["input", "variants", "0", "inventoryQuantities", "0", "locationId"]
    assert refused["userErrors"][0]["field"] == field
    assert skus(shop) == ["CAM-S", "CAM-M"]


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"variants": None}, "VARIANTS_INPUT_MISSING", "Variants input is required"),
        ({"productOptions": None}, "PRODUCT_OPTIONS_INPUT_MISSING", "options input is required"),
        ({"handle": "otro"}, "INPUT_MISMATCH", "does not match"),
        ({"handle": None}, "MISSING_FIELD_REQUIRED", "is required"),
        ({"title": "x" * 256}, None, "Title is too long"),
        (
            {"metafields": [{"key": "color", "type": "color", "value": "rojo"}]},
            "INVALID_METAFIELD",
            "must be a valid color",
        ),
    ],
)
def test_a_bad_product_is_refused_whole(
    shop: TestShop, changes: dict[str, Any], code: str | None, words: str
) -> None:
    data = {k: v for k, v in (product_input(shop.location()) | changes).items() if v is not None}

    refused = shop.run("product_set", identifier={"handle": "camiseta"}, input=data, sync=True)

    assert refused["product"] is None
    assert refused["userErrors"][0]["code"] == code
    assert words in refused["userErrors"][0]["message"]
    assert product(shop)["title"] == "Camiseta"


def test_two_variants_of_the_same_choice_are_refused(shop: TestShop) -> None:
    twice = [variant_input("S", shop.location()), variant_input("S", shop.location())]

    refused = shop.set_product(variants=twice)

    assert refused["userErrors"][0]["message"] == "The variant 'S' already exists."


def test_a_generated_handle_that_is_taken_gets_a_number(shop: TestShop) -> None:
    made = shop.run("product_set", identifier=None, input={"title": "Camiseta"}, sync=True)

    assert made["product"]["handle"] == "camiseta-1"


def test_a_product_is_found_by_its_custom_id(shop: TestShop) -> None:
    define = """mutation($d: MetafieldDefinitionInput!) {
      metafieldDefinitionCreate(definition: $d)
      { createdDefinition { id } userErrors { code } } }"""
    definition = {"namespace": "erp", "key": "ref", "name": "Ref", "type": "id"}
    shop.ask(define, d=definition | {"ownerType": "PRODUCT"})
    custom = {"customId": {"namespace": "erp", "key": "ref", "value": "A-1"}}
    field = {"namespace": "erp", "key": "ref", "type": "id", "value": "A-1"}
    made = shop.run(
        "product_set",
        identifier=custom,
        input={"title": "Gorra", "metafields": [field]},
        sync=True,
    )

    again = shop.run(
        "product_set",
        identifier=custom,
        input={"title": "Gorra roja", "metafields": [field]},
        sync=True,
    )

    assert again["product"]["id"] == made["product"]["id"]
    refused = shop.run("product_set", identifier=custom, input={"title": "Gorra"}, sync=True)
    assert refused["userErrors"][0]["code"] == "METAFIELD_MISMATCH"


def test_good_variants_are_written_although_others_are_not(shop: TestShop) -> None:
    rows = [
        {"id": shop.variant(0), "price": "18.00"},
        {"id": "gid://shopify/ProductVariant/1", "price": "18.00"},
        {"id": shop.variant(1), "inventoryQuantities": []},
    ]

    payload = shop.run("variants_bulk_update", productId=shop.product["id"], variants=rows)

    assert [error["field"] for error in payload["userErrors"]] == [
        ["variants", "1", "id"],
        ["variants", "2", "inventoryQuantities"],
    ]
    assert payload["userErrors"][1]["code"] == "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE"
    assert [variant["price"] for variant in product(shop)["variants"]] == ["18.00", "19.95"]


def test_metafields_are_written_only_over_what_was_seen(shop: TestShop) -> None:
    row = {"ownerId": shop.product["id"], "namespace": "erp", "key": "tejido"}
    row |= {"type": "single_line_text_field", "value": "lino"}
    first = shop.run("metafields_set", metafields=[row | {"compareDigest": None}])
    digest = first["metafields"][0]["compareDigest"]
    shop.run("metafields_set", metafields=[row | {"value": "lana"}])

    stale = shop.run("metafields_set", metafields=[row | {"compareDigest": digest}])

    error = stale["userErrors"][0]
    assert (error["code"], error["elementIndex"]) == ("STALE_OBJECT", 0)
    assert product(shop)["metafields"]["erp.tejido"] == "lana"


def test_a_metafield_without_definition_needs_a_type(shop: TestShop) -> None:
    row = {"ownerId": shop.product["id"], "namespace": "erp", "key": "tejido", "value": "lino"}

    refused = shop.run("metafields_set", metafields=[row])

    assert refused["userErrors"][0]["field"] == ["metafields", "0", "type"]


def test_more_than_25_metafields_at_once_are_refused(shop: TestShop) -> None:
    row = {"ownerId": shop.product["id"], "key": "color", "type": "color", "value": "#ffffff"}

    refused = shop.run("metafields_set", metafields=[row] * 26)

    assert refused["userErrors"][0]["code"] == "LESS_THAN_OR_EQUAL_TO"


def test_pages_meet_without_gap_or_overlap(shop: TestShop) -> None:
    for number in range(7):
        shop.control("POST", "/products", {"title": f"Artículo {number}"})
    query = """query($after: String) { products(first: 3, after: $after, sortKey: UPDATED_AT) {
      nodes { title } pageInfo { hasNextPage endCursor } } }"""
    titles: list[str] = []
    after, more = None, True

    while more:
        page = shop.ask(query, after=after)["products"]
        titles += [node["title"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    assert titles == ["Camiseta", *(f"Artículo {number}" for number in range(7))]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sku:CAM-S", ["CAM-S"]),
        ("sku:cam-s OR sku:CAM-M", ["CAM-S", "CAM-M"]),
        ("sku:CAM* -sku:CAM-S", ["CAM-M"]),
        ("sku:'CAM-M' product_status:active", ["CAM-M"]),
        ("(sku:NADA OR sku:CAM-M) AND vendor:*", ["CAM-M"]),
        ("updated_at:>2100-01-01", []),
        ("camiseta", ["CAM-S", "CAM-M"]),
    ],
)
def test_a_search_finds_what_it_says(shop: TestShop, query: str, found: list[str]) -> None:
    nodes = shop.run("variants_by_sku", q=query)["nodes"]

    assert [node["sku"] for node in nodes] == found


@pytest.mark.parametrize("backwards", [False, True])
def test_a_page_goes_on_although_the_row_of_its_cursor_is_gone(
    shop: TestShop, backwards: bool
) -> None:
    for number in range(4):
        shop.control("POST", "/products", {"title": f"Artículo {number}"})
    query = """query($after: String, $back: Boolean) {
      products(first: 2, after: $after, sortKey: TITLE, reverse: $back) {
        nodes { title handle } pageInfo { endCursor } } }"""
    first = shop.ask(query, after=None, back=backwards)["products"]
    shop.control("DELETE", f"/products?handle={first['nodes'][-1]['handle']}")

    second = shop.ask(query, after=first["pageInfo"]["endCursor"], back=backwards)["products"]

    expected = ["Artículo 2", "Artículo 1"] if backwards else ["Artículo 2", "Artículo 3"]
    assert [node["title"] for node in second["nodes"]] == expected
