"""Products, prices and metafields against Shopify's real schema."""

from decimal import Decimal

from shopify_app import commands, reads
from shopify_app.client import ShopifyClient
from shopify_app.commands import (
    MetafieldItem,
    MetafieldsSet,
    ProductSet,
    Publish,
    VariantPrice,
    VariantsUpdate,
)
from shopify_app.own_fields import OwnFields
from tests.shopify_app.sandbox import Store
from tests.shopify_app.sandbox_shop import mugs

OWN = OwnFields(product=("erp.material",), variant=("erp.material",))


def test_a_product_is_read_back_as_it_was_written(
    client: ShopifyClient, product: reads.ShownProduct
) -> None:
    assert product.product.title == "Taza"
    assert product.product.options == ("Color",)
    assert [each.sku for each in product.product.variants] == ["TAZA-Rojo", "TAZA-Azul"]
    assert product.product.variants[0].price == Decimal("12.50")


def test_a_product_write_answers_with_every_variants_ids(client: ShopifyClient) -> None:
    made = commands.send(ProductSet(input=mugs(*[f"c{n}" for n in range(40)])), client, key="p")

    variants = made.data["product"]["variants"]["nodes"]

    assert len(variants) == 40
    assert all(each["inventoryItem"]["id"] for each in variants)


def test_a_product_without_options_is_read_without(client: ShopifyClient) -> None:
    bare = {
        "title": "Jabón",
        "productOptions": [{"name": "Title", "values": [{"name": "Default Title"}]}],
        "variants": [
            {
                "sku": "JABON",
                "price": "3.00",
                "optionValues": [{"optionName": "Title", "name": "Default Title"}],
            }
        ],
    }
    made = commands.send(ProductSet(input=bare), client, key="p")

    shown = reads.product(client, made.data["product"]["id"], OWN)

    assert shown is not None
    assert (shown.options, shown.variants[0].option_values) == ((), ())


def test_a_product_that_is_not_there_is_none(client: ShopifyClient) -> None:
    assert reads.product(client, "gid://shopify/Product/1", OWN) is None


def test_variants_are_found_by_their_exact_sku(
    client: ShopifyClient, product: reads.ShownProduct
) -> None:
    found = reads.find_products_by_skus(client, ["TAZA-Rojo", "taza-azul", "NADA", 'A"B\\C'])

    assert set(found) == {"TAZA-Rojo"}
    assert found["TAZA-Rojo"][0].product == product.id


def test_one_refused_price_does_not_stop_the_others(
    client: ShopifyClient, product: reads.ShownProduct
) -> None:
    red, blue = product.variants
    update = VariantsUpdate(
        product_id=product.id,
        variants=(
            VariantPrice(id=red.id, price=Decimal("-1")),
            VariantPrice(id=blue.id, price=Decimal("9.95"), compare_at_price=Decimal("12.50")),
        ),
    )

    result = commands.send(update, client, key="k")

    assert [row.index for row in result.rejected] == [0]
    shown = reads.product(client, product.id, OWN)
    assert shown is not None
    assert [each.price for each in shown.variants] == [Decimal("12.50"), Decimal("9.95")]
    assert shown.variants[1].compare_at == Decimal("12.50")


def test_metafields_are_written_and_read(
    client: ShopifyClient, product: reads.ShownProduct
) -> None:
    kind = "single_line_text_field"
    items = tuple(
        MetafieldItem(owner=owner, namespace="erp", key="material", value="loza", type=kind)
        for owner in (product.id, product.variants[1].id)
    )

    assert commands.send(MetafieldsSet(items=items), client, key="k").carried_out

    shown = reads.product(client, product.id, OWN)
    assert shown is not None
    assert [each.value for each in shown.metafields] == ["loza"]
    assert [len(each.metafields) for each in shown.variants] == [0, 1]


def test_products_are_published_in_one_call(
    client: ShopifyClient, store: Store, product: reads.ShownProduct
) -> None:
    publish = Publish(publication=store.publication, product_ids=(product.id,))

    assert commands.send(publish, client, key="k").carried_out
    assert commands.send(publish, client, key="k").carried_out

    (shown,) = store.look("state?parts=products")["products"]
    assert "Online Store" in shown["published"]
