"""Examples for the description of the API. They work as they stand; a test sends them."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

STOCK_EXAMPLE = OpenApiExample(
    "Two warehouses",
    request_only=True,
    value={
        "levels": [
            {
                "sku": "BOT-1001-38-NEG",
                "warehouse": "CENTRAL",
                "on_hand": 18,
                "reserved": 3,
                "as_of": "2026-11-24T08:31:00+01:00",
            },
            {
                "sku": "BOT-1001-38-NEG",
                "warehouse": "TIENDA",
                "on_hand": "2",
                "as_of": "2026-11-24T08:31:00+01:00",
            },
        ]
    },
)
PRICE_EXAMPLE = OpenApiExample(
    "A retail price with IVA",
    request_only=True,
    value={
        "prices": [
            {
                "sku": "BOT-1001-38-NEG",
                "product_code": "BOT-1001",
                "price_list": "PVP",
                "amount": "89.95",
                "currency": "EUR",
                "tax_included": True,
            }
        ]
    },
)
ACCEPTED_EXAMPLE = OpenApiExample(
    "Accepted",
    response_only=True,
    status_codes=["202"],
    value={
        "message": "api/4b0c6a1e-2f0c-4a51-8d0e-6a53a3f1c2aa",
        "accepted": 2,
        "not_linked": [],
    },
)
ACK_EXAMPLE = OpenApiExample(
    "With the ERP's total",
    request_only=True,
    value={"erp_number": "P26-000317", "erp_total": "94.90"},
)
ACKNOWLEDGED_EXAMPLE = OpenApiExample(
    "Equal to the cent",
    response_only=True,
    status_codes=["200"],
    value={
        "reference": "puente-demo.myshopify.com/5001",
        "result": "accepted",
        "erp_number": "P26-000317",
        "state": "in_erp",
        "money": {
            "currency": "EUR",
            "shop_total": "94.90",
            "erp_total": "94.90",
            "difference": "0.00",
            "equal": True,
        },
    },
)


def _both(amount: str) -> dict[str, Any]:
    money = {"amount": amount, "currency": "EUR"}
    return {"shop": money, "presentment": money}


_ORDER: dict[str, Any] = {
    "id": 317,
    "reference": "puente-demo.myshopify.com/5001",
    "name": "#1001",
    "channel": "Tienda demo",
    "state": "handed_over",
    "reason": "",
    "erp_number": "",
    "placed_at": "2026-11-24T08:31:00Z",
    "updated_at": "2026-11-24T08:31:02Z",
    "currency": "EUR",
    "prices_include_tax": True,
    "lines": [
        {
            "id": "gid://shopify/LineItem/7001",
            "sku": "BOT-1001-38-NEG",
            "title": "Botín de piel",
            "quantity": 1,
            "unit_price": _both("89.95"),
            "discount": _both("0.00"),
            "total": _both("89.95"),
            "taxes": [{"title": "IVA", "rate": "21", "amount": _both("15.61")}],
        }
    ],
    "shipping": [
        {
            "title": "Envío 24/48 h",
            "total": _both("4.95"),
            "taxes": [{"title": "IVA", "rate": "21", "amount": _both("0.86")}],
        }
    ],
    "total": _both("94.90"),
    "tax_total": _both("16.47"),
    "discount_total": _both("0.00"),
    "customer": {
        "id": "gid://shopify/Customer/91",
        "name": "Lucía Ejemplo",
        "email": "lucia@example.com",
        "phone": "+34600000000",
    },
    "bill_to": None,
    "ship_to": {
        "name": "Lucía Ejemplo",
        "company": "",
        "line1": "Calle Mayor 1, 2.º B",
        "line2": "",
        "zip": "03202",
        "city": "Elche",
        "province_code": "A",
        "country_code": "ES",
        "phone": "+34600000000",
    },
    "tax_id": "",
    "warehouse": "CENTRAL",
    "financial_status": "PAID",
    "gateways": ["shopify_payments"],
    "note": "",
    "cancelled_at": None,
}
ORDER_EXAMPLE = OpenApiExample("An order", response_only=True, status_codes=["200"], value=_ORDER)
ORDER_PAGE_EXAMPLE = OpenApiExample(
    "One new order",
    response_only=True,
    status_codes=["200"],
    value={"orders": [_ORDER], "next_cursor": "WzMxN10", "more": False},
)
