"""Every operation document runs completely, or is told plainly that it is not modelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from . import bulk
from .shop import ADDRESS, OPERATIONS, TestShop, operation

NOT_MODELLED: dict[str, dict[str, Any]] = {
    "catalogs": {},
    "company_create": {"input": {"company": {"name": "Bar Pepe"}}},
    "events": {"q": "action:destroy"},
    "price_list_add": {"id": "gid://shopify/PriceList/1", "prices": []},
    "price_list_by_product": {"id": "gid://shopify/PriceList/1", "add": [], "del": []},
    "product_operation": {"id": "gid://shopify/ProductSetOperation/1"},
}


def _webhook(shop: TestShop) -> dict[str, Any]:
    return {"topic": "ORDERS_CREATE", "sub": {"uri": "https://puente.example/shopify/webhooks"}}


def _order_id(shop: TestShop) -> dict[str, Any]:
    placed = shop.order(
        ("CAM-S", 2),
        ("CAM-M", 1),
        discount={"code": "VERANO", "percentage": "10"},
        shipping={"price": "4.95"},
        customer={"first_name": "Ana", "email": "ana@example.com"},
        address=ADDRESS,
        nif="12345678Z",
    )
    refund = {"lines": [{"line_id": placed["lines"][1]["id"], "quantity": 1}], "shipping": "1.00"}
    shop.control("POST", f"/orders/{placed['id']}/refund", refund)
    shop.control("POST", f"/orders/{placed['id']}/fulfil", {"tracking": {"number": "X1"}})
    return {"id": placed["gid"]}


def _fulfil(shop: TestShop) -> dict[str, Any]:
    wanted = shop.order(("CAM-S", 1))["fulfillment_orders"][0]["gid"]
    return {"f": {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": wanted}]}}


def _track(shop: TestShop) -> dict[str, Any]:
    made = shop.run("fulfillment_create", **_fulfil(shop))["fulfillment"]
    return {"id": made["id"], "t": {"company": "SEUR", "numbers": ["A", "B"]}, "n": False}


def _refund(shop: TestShop) -> dict[str, Any]:
    placed = shop.order(("CAM-S", 1))
    paid = {"orderId": placed["gid"], "kind": "REFUND", "gateway": "shopify_payments"}
    row = {"lineItemId": placed["lines"][0]["gid"], "quantity": 1, "restockType": "CANCEL"}
    data = {"orderId": placed["gid"], "refundLineItems": [row]}
    return {"input": data | {"transactions": [paid | {"amount": "19.95"}]}, "key": "refund-1"}


def _stock_row(shop: TestShop) -> dict[str, Any]:
    return {"inventoryItemId": shop.item(), "locationId": shop.location()}


MODELLED: dict[str, Callable[[TestShop], dict[str, Any]]] = {
    "bulk_mutation": lambda s: {
        "m": operation("tags_add"),
        "p": bulk.upload(s, b"{}"),
        "c": "puente-0001",
    },
    "bulk_query": lambda s: {"q": bulk.STOCK},
    "bulk_status": lambda s: {"id": bulk.begin(s, bulk.STOCK)},
    "customer_set": lambda s: {
        "identifier": {"email": "ana@example.com"},
        "input": {"email": "ana@example.com", "firstName": "Ana", "addresses": []},
    },
    "fulfillment_create": _fulfil,
    "fulfillment_tracking": _track,
    "inventory_activate": lambda s: {
        "item": s.item(),
        "loc": s.location(1),
        "available": 3,
        "key": "activate-1",
    },
    "inventory_adjust": lambda s: {
        "input": {
            "name": "available",
            "reason": "correction",
            "changes": [_stock_row(s) | {"delta": -1, "changeFromQuantity": None}],
        },
        "key": "adjust-1",
    },
    "inventory_read": lambda s: {"ids": [s.item(0), s.item(1)]},
    "inventory_set": lambda s: {
        "input": {
            "name": "on_hand",
            "reason": "correction",
            "referenceDocumentUri": "gid://puente/Sync/1",
            "quantities": [_stock_row(s) | {"quantity": 4, "changeFromQuantity": 10}],
        },
        "key": "set-1",
    },
    "metafields_set": lambda s: {
        "metafields": [
            {
                "ownerId": s.product["id"],
                "namespace": "erp",
                "key": "familia",
                "type": "single_line_text_field",
                "value": "Textil",
            }
        ]
    },
    "order_cancel": lambda s: {
        "id": s.order(("CAM-S", 1))["gid"],
        "reason": "CUSTOMER",
        "restock": True,
        "m": {"originalPaymentMethodsRefund": True},
        "note": None,
    },
    "order_create": lambda s: {
        "order": {"lineItems": [{"variantId": s.variant(), "quantity": 1}], "email": "a@b.es"},
        "options": {"inventoryBehaviour": "DECREMENT_OBEYING_POLICY"},
    },
    "order_fulfillment": _order_id,
    "order_full": _order_id,
    "order_refunds_returns": _order_id,
    "order_update": lambda s: {
        "input": {
            "id": s.order(("CAM-S", 1))["gid"],
            "note": "Dejar en portería",
            "tags": ["web"],
            "localizedFields": [{"key": "TAX_CREDENTIAL_ES", "value": "12345678Z"}],
        }
    },
    "orders_reconcile": lambda s: {"q": "updated_at:>='2026-01-01T00:00:00Z' status:any"},
    "product_set": lambda s: {
        "identifier": {"handle": "gorra"},
        "input": {"title": "Gorra", "handle": "gorra"},
        "sync": True,
    },
    "products_reconcile": lambda s: {"q": "updated_at:>'2026-01-01' status:active"},
    "publications": lambda s: {},
    "publish": lambda s: {
        "id": s.product["id"],
        "input": [{"publicationId": s.facts["publications"][0]["gid"]}],
    },
    "refund_create": _refund,
    "shop_install": lambda s: {},
    "staged_upload": lambda s: {
        "input": [
            {
                "resource": "BULK_MUTATION_VARIABLES",
                "filename": "variables.jsonl",
                "mimeType": "text/jsonl",
                "httpMethod": "POST",
            }
        ]
    },
    "tags_add": lambda s: {"id": s.product["id"], "tags": ["verano"]},
    "variants_bulk_create": lambda s: {
        "productId": s.product["id"],
        "variants": [{"optionValues": [{"optionName": "Talla", "name": "L"}], "price": "21"}],
        "strategy": "DEFAULT",
    },
    "variants_bulk_update": lambda s: {
        "productId": s.product["id"],
        "variants": [{"id": s.variant(), "price": "18.00", "compareAtPrice": "20.00"}],
    },
    "variants_by_sku": lambda s: {"q": "sku:CAM-S"},
    "webhook_create": _webhook,
    "webhooks_list": lambda s: {"after": None},
}


def test_every_document_is_spoken_for() -> None:
    names = {path.stem for path in OPERATIONS.glob("*.graphql")}

    assert names == set(MODELLED) | set(NOT_MODELLED)


@pytest.mark.parametrize("name", sorted(MODELLED))
def test_a_modelled_document_runs_without_any_error(shop: TestShop, name: str) -> None:
    data = shop.ask(operation(name), **MODELLED[name](shop))

    for payload in data.values():
        assert payload
        if isinstance(payload, dict):
            assert payload.get("userErrors", []) == []
            assert payload.get("orderCancelUserErrors", []) == []


@pytest.mark.parametrize("name", sorted(NOT_MODELLED))
def test_what_is_not_modelled_says_so_instead_of_inventing(shop: TestShop, name: str) -> None:
    answer = shop.answer(operation(name), NOT_MODELLED[name])

    assert answer["errors"][0]["extensions"]["code"] == "SANDBOX_NOT_MODELLED"
    assert "is not modelled" in answer["errors"][0]["message"]


def test_a_field_that_is_not_modelled_is_an_error_too(shop: TestShop) -> None:
    query = "query($id: ID!) { product(id: $id) { title sellingPlanGroupsCount { count } } }"

    answer = shop.answer(query, {"id": shop.product["id"]})

    message = "sandbox: Product.sellingPlanGroupsCount is not modelled"
    assert answer["errors"][0]["message"] == message
    assert answer["data"]["product"]["title"] == "Camiseta"
