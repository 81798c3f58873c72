"""Variables of every shape that we send, for the checks: built by the code that sends them."""

from decimal import Decimal
from typing import Any

from shopify_app import documents, product_input
from shopify_app.own_fields import OwnFields
from shopify_app.writes import (
    Activate,
    Command,
    CreateFulfilment,
    MetafieldItem,
    MetafieldsSet,
    ProductSet,
    Publish,
    QuantityRow,
    SetQuantities,
    VariantPrice,
    VariantsCreate,
    VariantsUpdate,
)

ITEM = "gid://shopify/InventoryItem/1"
PLACE = "gid://shopify/Location/1"
ORDER = "gid://shopify/Order/1"
PRODUCT = "gid://shopify/Product/1"
VARIANT = "gid://shopify/ProductVariant/1"
PUBLICATION = "gid://shopify/Publication/1"
(OWN,) = OwnFields(product=("erp.material",)).parts()

PRODUCT_INPUT: dict[str, Any] = {
    "title": "Taza",
    "status": "ACTIVE",
    "tags": ["menaje"],
    "productOptions": [{"name": "Color", "values": [{"name": "Rojo"}, {"name": "Azul"}]}],
    "metafields": [
        {"namespace": "erp", "key": "material", "type": "number_integer", "value": "1"}
    ],
    "variants": [
        {
            "sku": f"TAZA-{colour}",
            "price": "12.50",
            "optionValues": [{"optionName": "Color", "name": colour}],
            "inventoryItem": {"tracked": True},
        }
        for colour in ("Rojo", "Azul")
    ],
}

COMMANDS: tuple[Command, ...] = (
    ProductSet(input=PRODUCT_INPUT),
    ProductSet(input={"title": "Taza"}, identifier={"id": PRODUCT}),
    VariantsUpdate(
        product_id=PRODUCT,
        variants=(
            VariantPrice(id=VARIANT, price=Decimal("9.95"), compare_at_price=Decimal("12.50")),
            VariantPrice(id=VARIANT, price=Decimal("9.95")),
            VariantPrice(id=VARIANT, price=Decimal(9), keep_compare_at=True, barcode="841"),
        ),
    ),
    VariantsCreate(
        product_id=PRODUCT,
        variants=(
            {
                "price": "12.50",
                "optionValues": [{"optionName": "Color", "name": "Verde"}],
                "inventoryItem": {"sku": "TAZA-Verde", "tracked": True},
            },
        ),
    ),
    MetafieldsSet(
        items=(
            MetafieldItem(
                owner=PRODUCT, namespace="erp", key="a", value="1", type="number_integer"
            ),
            MetafieldItem(owner=PRODUCT, namespace="erp", key="b", value="x"),
        )
    ),
    Publish(publication=PUBLICATION, product_ids=(PRODUCT,)),
    SetQuantities(
        location=PLACE,
        rows=(
            QuantityRow(item=ITEM, quantity=3, change_from=4),
            QuantityRow(item=ITEM, quantity=3, change_from=None),
        ),
        reference="gid://puente/OutboxCommand/1",
    ),
    SetQuantities(location=PLACE, rows=(QuantityRow(item=ITEM, quantity=3, change_from=0),)),
    Activate(item=ITEM, location=PLACE),
    CreateFulfilment(
        order=ORDER,
        by_fulfilment_order={
            "gid://shopify/FulfillmentOrder/1": (("gid://shopify/FulfillmentOrderLineItem/1", 2),)
        },
        tracking_number="ES123",
        company="Correos",
        url="https://www.correos.es/ES123",
        notify=True,
    ),
    CreateFulfilment(
        order=ORDER,
        by_fulfilment_order={"gid://shopify/FulfillmentOrder/1": ()},
        tracking_number="A",
        more_tracking_numbers=("B",),
    ),
)

_OTHERS: dict[str, list[dict[str, Any]]] = {
    "bulk_cancel": [{"id": "gid://shopify/BulkOperation/1"}],
    "bulk_run": [
        {"query": documents.bulk_text(name), "grouped": False} for name in documents.bulk_names()
    ],
    "bulk_state": [{"id": "gid://shopify/BulkOperation/1"}],
    "fulfilment_lines": [{"id": "gid://shopify/Fulfillment/1", "after": "x"}],
    "fulfilment_order_lines": [{"id": "gid://shopify/FulfillmentOrder/1", "after": "x"}],
    "items": [{"items": [ITEM]}],
    "levels": [{"items": [ITEM], "location": PLACE}],
    "location_levels": [{"location": PLACE, "after": None}],
    "metafield_definitions": [{"owner": "PRODUCT", "after": None}],
    "metafield_definition_create": [
        {
            "definition": {
                "name": "Material",
                "namespace": "erp",
                "key": "material",
                "type": "single_line_text_field",
                "ownerType": "PRODUCT",
            }
        }
    ],
    "order": [{"id": ORDER, "lines": 50, "after": None}],
    "order_fulfilment": [{"id": ORDER, "after": None}],
    "order_lines": [{"id": ORDER, "lines": 250, "after": "x"}],
    "orders_exist": [{"orders": [ORDER]}],
    "products_exist": [{"products": [PRODUCT]}],
    "orders_updated": [{"filter": "updated_at:>='2026-11-24T10:00:00Z'", "after": None}],
    "product": [{"id": PRODUCT, "variants": 50, "after": None, **OWN}],
    "product_by_code": [{"identifier": product_input.identifier("P-1")}],
    "products": [{"after": None, **OWN}],
    "shop": [{}],
    "variants_by_sku": [{"filter": 'sku:"A" OR sku:"B"', "after": None}],
    "webhook_subscription_create": [{"topic": "ORDERS_CREATE", "uri": "https://puente.example/"}],
    "webhook_subscription_update": [
        {"id": "gid://shopify/WebhookSubscription/1", "uri": "https://puente.example/"}
    ],
    "webhook_subscriptions": [{"after": None}],
}

VARIABLES: dict[str, list[dict[str, Any]]] = _OTHERS | {
    operation: [
        each.variables() | ({"key": "0190"} if each.keyed else {})
        for each in COMMANDS
        if each.operation == operation
    ]
    for operation in {command.operation for command in COMMANDS}
}
