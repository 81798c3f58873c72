"""What the API's description says about answers, with examples that work as they stand."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers


class BearerKey(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "sync.api.auth.ApiKeyAuthentication"
    name = "API key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "pte_…"}


class ProblemError(serializers.Serializer[Any]):
    pointer = serializers.CharField(help_text="JSON pointer to the field, as /levels/3/on_hand.")
    detail = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """RFC 9457. `code` is stable; `detail` is a sentence for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    errors = ProblemError(many=True, required=False)


class PushAnswer(serializers.Serializer[Any]):
    message = serializers.CharField(help_text="Staff find the call under this id.")
    accepted = serializers.IntegerField()
    not_linked = serializers.ListField(
        child=serializers.CharField(), help_text="SKUs that no store sells yet."
    )


class Amount(serializers.Serializer[Any]):
    amount = serializers.CharField(help_text="Exact, as text: 49.95")
    currency = serializers.CharField()


class AmountPair(serializers.Serializer[Any]):
    shop = Amount(help_text="In the store's currency: book this one.")
    presentment = Amount(help_text="As the buyer saw it.")


class TaxLineShape(serializers.Serializer[Any]):
    title = serializers.CharField()
    rate = serializers.CharField(help_text="In percent: 21")
    amount = AmountPair()


class OrderLineShape(serializers.Serializer[Any]):
    id = serializers.CharField()
    sku = serializers.CharField()
    title = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = AmountPair()
    discount = AmountPair()
    total = AmountPair()
    taxes = TaxLineShape(many=True)


class ShippingShape(serializers.Serializer[Any]):
    title = serializers.CharField()
    total = AmountPair()
    taxes = TaxLineShape(many=True)


class AddressShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    company = serializers.CharField()
    line1 = serializers.CharField()
    line2 = serializers.CharField()
    zip = serializers.CharField()
    city = serializers.CharField()
    province_code = serializers.CharField()
    country_code = serializers.CharField()
    phone = serializers.CharField()


class CustomerShape(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()


class OrderAnswer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    reference = serializers.CharField(help_text="Keep it in a unique field of your ERP.")
    name = serializers.CharField()
    channel = serializers.CharField()
    state = serializers.CharField()
    reason = serializers.CharField()
    erp_number = serializers.CharField()
    placed_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    currency = serializers.CharField()
    prices_include_tax = serializers.BooleanField()
    lines = OrderLineShape(many=True)
    shipping = ShippingShape(many=True)
    total = AmountPair()
    tax_total = AmountPair()
    discount_total = AmountPair()
    customer = CustomerShape(allow_null=True)
    bill_to = AddressShape(allow_null=True)
    ship_to = AddressShape(allow_null=True)
    tax_id = serializers.CharField(help_text="NIF or VAT number, if the buyer gave one.")
    warehouse = serializers.CharField(help_text="Your warehouse that is to send it.")
    financial_status = serializers.CharField()
    gateways = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField()
    cancelled_at = serializers.DateTimeField(allow_null=True)


class OrderPage(serializers.Serializer[Any]):
    orders = OrderAnswer(many=True)
    next_cursor = serializers.CharField()
    more = serializers.BooleanField()


class MoneyProof(serializers.Serializer[Any]):
    currency = serializers.CharField()
    shop_total = serializers.CharField()
    erp_total = serializers.CharField(allow_null=True)
    difference = serializers.CharField(allow_null=True)
    equal = serializers.BooleanField(allow_null=True)


class Acknowledged(serializers.Serializer[Any]):
    reference = serializers.CharField()
    result = serializers.ChoiceField(choices=["accepted", "already"])
    erp_number = serializers.CharField()
    state = serializers.CharField()
    money = MoneyProof()


class MeAnswer(serializers.Serializer[Any]):
    company = serializers.CharField()
    connection = serializers.CharField()
    key = serializers.DictField()
    channels = serializers.ListField(child=serializers.DictField())
    warehouses = serializers.ListField(child=serializers.CharField())
    limits = serializers.DictField()


class HealthAnswer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["ok", "attention"])
    channels = serializers.ListField(child=serializers.DictField())


_REFUSALS = {
    400: "The body is not JSON as it should be, or the cursor or key is malformed.",
    401: "The API key is missing, wrong or expired.",
    404: "There is no such order in your company's stores.",
    409: "Another call says otherwise, or the same call is still at work.",
    422: "Fields are not right; `errors` names each. Nothing was stored.",
    429: "Too many calls; `Retry-After` says how many seconds to wait.",
}
PROBLEMS = {
    (status, "application/problem+json"): OpenApiResponse(Problem, description=text)
    for status, text in _REFUSALS.items()
}
ACCEPTED: dict[Any, Any] = {202: PushAnswer, **PROBLEMS}
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Any text of yours, new for each new call. Repeat a call whose answer you "
    "did not get with the same key: it takes effect once, and you get the first answer.",
)
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
