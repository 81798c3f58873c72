"""A product goes out and comes back as the same product, once, however often it is sent."""

from dataclasses import replace
from decimal import Decimal

import pytest

from mapping.decide.catalogue import Metafield, StoreProduct, StoreVariant, decide_catalogue
from shopify_app import commands, definitions, product_input, reads
from shopify_app.client import ShopifyClient
from shopify_app.commands import ProductSet, VariantsCreate
from shopify_app.definitions import Definition
from shopify_app.own_fields import OwnFields
from tests.shopify_app.sandbox import Store

MATERIAL = Metafield(
    namespace="erp", key="material", type="single_line_text_field", value="algodón"
)
OWN = OwnFields(product=("erp.material",))
SHIRT = StoreProduct(
    title="Camisa",
    status="ACTIVE",
    options=("Talla", "Color"),
    description_html="<p>De algodón</p>",
    vendor="Tejidos del Sur",
    product_type="Ropa",
    tags=("verano",),
    metafields=(MATERIAL,),
    variants=tuple(
        StoreVariant(
            sku=f"CAM-{size}-{colour}",
            option_values=(size, colour),
            price=Decimal("29.90"),
            compare_at=Decimal("39.90"),
            barcode="8412345678905",
            weight_grams=Decimal(250),
        )
        for size in ("M", "L")
        for colour in ("Blanco", "Azul")
    ),
)
SOAP = StoreProduct(
    title="Jabón",
    status="DRAFT",
    options=(),
    variants=(StoreVariant(sku="JABON", price=Decimal("3.00"), barcode=""),),
)


@pytest.fixture(autouse=True)
def _known_metafields(client: ShopifyClient) -> None:
    wanted = [Definition(namespace="erp", key="material", type="single_line_text_field")]
    definitions.ensure(client, wanted)
    definitions.ensure(client, wanted)


def create(client: ShopifyClient, code: str, product: StoreProduct) -> str:
    command = ProductSet(
        identifier=product_input.identifier(code), input=product_input.create(code, product)
    )
    result = commands.send(command, client, key="k")
    assert result.rejected == ()
    found = product_input.ids(result.data)
    assert found is not None
    assert set(found.items) == {each.sku for each in product.variants}
    return found.product


@pytest.mark.parametrize("product", [SHIRT, SOAP], ids=["options", "no options"])
def test_a_product_comes_back_as_it_went_out(client: ShopifyClient, product: StoreProduct) -> None:
    shown = reads.product(client, create(client, "P-1", product), OWN)

    assert shown is not None
    assert not decide_catalogue(product, shown)


def test_a_creation_repeated_finds_what_the_first_try_made(
    client: ShopifyClient, store: Store
) -> None:
    first = create(client, "P-1", SHIRT)
    again = create(client, "P-1", SHIRT)
    other = create(client, "P-2", SOAP)

    assert again == first
    assert other != first
    assert len(store.look("state?parts=products")["products"]) == 2


def test_a_variant_is_added_and_the_others_stay(client: ShopifyClient) -> None:
    gid = create(client, "P-1", SHIRT)
    large = replace(SHIRT.variants[0], sku="CAM-XL-Blanco", option_values=("XL", "Blanco"))
    wanted = replace(SHIRT, variants=(*SHIRT.variants, large))

    result = commands.send(
        VariantsCreate(
            product_id=gid, variants=(product_input.new_variant(large, SHIRT.options),)
        ),
        client,
        key="k",
    )

    made = product_input.ids(result.data)
    assert made is not None
    assert list(made.variants) == ["CAM-XL-Blanco"]
    shown = reads.product(client, gid, OWN)
    assert shown is not None
    assert len(shown.variants) == 5
    assert not decide_catalogue(wanted, shown)


def test_changing_one_field_leaves_the_lists_alone(client: ShopifyClient) -> None:
    gid = create(client, "P-1", SHIRT)
    renamed = replace(SHIRT, title="Camisa de lino")

    commands.send(
        ProductSet(identifier={"id": gid}, input=product_input.fields(renamed, ["title"])),
        client,
        key="k",
    )

    shown = reads.product(client, gid, OWN)
    assert shown is not None
    assert shown.tags == ("verano",)
    assert len(shown.variants) == 4
    assert not decide_catalogue(renamed, shown)
