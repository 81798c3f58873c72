"""What is ours on a product is read, however much of other apps is there before it."""

from dataclasses import replace

import pytest

from mapping.decide.catalogue import MetafieldTarget
from shopify_app import commands, documents, own_fields, products, reads
from shopify_app.client import ShopifyClient
from shopify_app.commands import MetafieldItem, MetafieldsSet
from shopify_app.own_fields import OwnFields
from tests.shopify_app.sandbox import Store

TEXT = "single_line_text_field"
OWN = OwnFields(product=("erp.material",), variant=("erp.peso",))


def put(client: ShopifyClient, owner: str, namespace: str, *keys: str) -> None:
    items = [
        MetafieldItem(owner=owner, namespace=namespace, key=key, value=key, type=TEXT)
        for key in keys
    ]
    for start in range(0, len(items), 25):
        write = MetafieldsSet(items=tuple(items[start : start + 25]))
        assert commands.send(write, client, key="k").carried_out


def numbered(count: int) -> list[str]:
    return [f"key{number:03}" for number in range(count)]


def read_three_ways(
    client: ShopifyClient, gid: str, own: OwnFields
) -> list[reads.ShownProduct | None]:
    paged, _cursor = products.pages(client, own)
    in_bulk = products.bulk_products(client, pause=lambda _seconds: None)
    return [products.shown_product(client, gid, own), *paged, *in_bulk]


def names(shown: reads.ShownProduct | None, namespace: str) -> tuple[set[str], set[str]]:
    assert shown is not None
    fields = shown.product.metafields, shown.product.variants[0].metafields
    product, variant = (
        {each.key for each in some if each.namespace == namespace} for some in fields
    )
    return product, variant


def test_ours_are_read_behind_sixty_of_other_apps(
    client: ShopifyClient, product: reads.ShownProduct
) -> None:
    variant = product.variants[0].id
    for owner in (product.id, variant):
        put(client, owner, "reviews", *numbered(60))
    put(client, product.id, "erp", "material")
    put(client, variant, "erp", "peso")

    alone, paged, in_bulk = read_three_ways(client, product.id, OWN)

    for shown in (alone, paged, in_bulk):
        assert names(shown, "erp") == ({"material"}, {"peso"})
    assert names(alone, "reviews") == names(paged, "reviews") == (set(), set())
    assert alone == paged


def test_more_of_ours_than_one_read_tells_are_read_in_several(
    client: ShopifyClient, store: Store, product: reads.ShownProduct
) -> None:
    many, fewer = numbered(120), numbered(70)
    put(client, product.id, "erp", *many)
    put(client, product.variants[0].id, "erp", *fewer)
    own = OwnFields(
        product=tuple(f"erp.{key}" for key in many), variant=tuple(f"erp.{key}" for key in fewer)
    )

    for shown in read_three_ways(client, product.id, own):
        assert names(shown, "erp") == (set(many), set(fewer))


def test_a_product_that_changes_between_its_parts_is_read_again() -> None:
    def node(updated: str, key: str) -> dict[str, object]:
        field = {"namespace": "erp", "key": key, "type": TEXT, "value": "x"}
        return {
            "updatedAt": updated,
            "metafields": {"nodes": [field]},
            "variants": {"nodes": [{"metafields": {"nodes": [field]}}]},
        }

    first = node("1", "a")

    assert not own_fields.join([node("1", "a"), node("2", "b")])
    assert own_fields.join([first, node("1", "b")])
    assert [each.key for each in own_fields.told(first)] == ["a", "b"]


@pytest.mark.parametrize("name", ["product", "products"])
def test_the_documents_ask_for_as_many_as_a_part_names(name: str) -> None:
    text = documents.load(name).text

    assert f"metafields(first: {own_fields.PRODUCT_FIELDS}, keys: $own)" in text
    assert f"metafields(first: {own_fields.VARIANT_FIELDS}, keys: $variantOwn)" in text


def test_names_are_told_apart_by_what_they_are_on() -> None:
    on_product = MetafieldTarget(namespace="erp", key="material", type=TEXT)
    on_variant = MetafieldTarget(namespace="erp", key="peso", type=TEXT, on_variant=True)

    assert OwnFields.of([on_variant, on_product]) == OWN
    assert OwnFields.of([on_product, replace(on_product, type="json")]).product == (
        "erp.material",
    )


def test_all_is_never_asked_for() -> None:
    (part,) = own_fields.NONE.parts()

    assert all(len(keys) == 1 for keys in part.values())


def test_a_key_is_told_with_and_without_its_namespace() -> None:
    told = [
        {"namespace": "erp", "key": key, "type": TEXT, "value": "x"}
        for key in ("material", "erp.material", "erp.erp.x")
    ]

    keys = [each.key for each in own_fields.told({"metafields": {"nodes": told}})]

    assert keys == ["material", "material", "erp.x"]
