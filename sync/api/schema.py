"""What the API's description says about answers, with examples that work as they stand."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
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
    errors = ProblemError(many=True, required=False)  # type: ignore[assignment]  # a field here


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
