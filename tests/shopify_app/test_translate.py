"""An order as Shopify tells it becomes the order that we mean, to the cent."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.decide.orders import check_order
from mapping.documents import Customer, Money, MoneyBag, Order
from shopify_app.translate import order_from_node

SHOP = "puente-demo.myshopify.com"
PLACE, OTHER_PLACE = "gid://shopify/Location/1", "gid://shopify/Location/2"


def bag(amount: str, presentment: str = "") -> dict[str, Any]:
    """The same amount twice, or the buyer's own amount in dollars."""
    shown = {"amount": presentment, "currencyCode": "USD"}
    own = {"amount": amount, "currencyCode": "EUR"}
    return {"shopMoney": own, "presentmentMoney": shown if presentment else own}


def tax(amount: str, rate: float | None = 0.21, percent: float | None = 21.0) -> dict[str, Any]:
    return {"title": "IVA", "rate": rate, "ratePercentage": percent, "priceSet": bag(amount)}


def line(**changes: Any) -> dict[str, Any]:
    return {
        "id": "gid://shopify/LineItem/1",
        "sku": "TAZA-R",
        "name": "Taza - Rojo",
        "quantity": 3,
        "currentQuantity": 3,
        "unfulfilledQuantity": 3,
        "requiresShipping": True,
        "isGiftCard": False,
        "originalUnitPriceSet": bag("10.00"),
        "discountAllocations": [],
        "taxLines": [tax("5.21")],
        "variant": {"inventoryItem": {"id": "gid://shopify/InventoryItem/1"}},
    } | changes


def address(**changes: Any) -> dict[str, Any]:
    return {
        "name": "María José Núñez",
        "company": None,
        "address1": "Calle Mayor 1",
        "address2": None,
        "zip": "08001",
        "city": "Barcelona",
        "provinceCode": "B",
        "countryCodeV2": "ES",
        "phone": None,
    } | changes


def node(**changes: Any) -> dict[str, Any]:
    return {
        "id": "gid://shopify/Order/5001",
        "name": "#1001",
        "createdAt": "2026-11-24T10:00:00Z",
        "updatedAt": "2026-11-24T10:05:00Z",
        "processedAt": "2026-11-24T10:00:00Z",
        "cancelledAt": None,
        "test": False,
        "taxesIncluded": True,
        "currencyCode": "EUR",
        "presentmentCurrencyCode": "EUR",
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "note": None,
        "tags": ["web"],
        "email": "maria@example.com",
        "phone": None,
        "paymentGatewayNames": ["shopify_payments"],
        "customAttributes": [],
        "customer": None,
        "purchasingEntity": None,
        "billingAddress": address(),
        "shippingAddress": address(),
        "localizedFields": {"nodes": []},
        "currentTotalPriceSet": bag("34.95"),
        "currentTotalTaxSet": bag("6.07"),
        "currentTotalDiscountsSet": bag("0.00"),
        "shippingLines": {
            "nodes": [
                {
                    "title": "Estándar",
                    "code": "standard",
                    "discountedPriceSet": bag("4.95"),
                    "currentDiscountedPriceSet": bag("4.95"),
                    "taxLines": [tax("0.86")],
                }
            ]
        },
        "fulfillmentOrders": {
            "nodes": [{"status": "OPEN", "assignedLocation": {"location": {"id": PLACE}}}]
        },
        "lineItems": {"nodes": [line()]},
    } | changes


def translated(**changes: Any) -> Order:
    return order_from_node(node(**changes), SHOP)


def euros(amount: str) -> MoneyBag:
    money = Money(amount=Decimal(amount), currency="EUR")
    return MoneyBag(shop=money, presentment=money)


def test_an_order_keeps_what_was_sold_and_adds_up() -> None:
    order = translated()

    assert order.reference == f"{SHOP}/5001"
    assert order.placed_at == datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert order.lines[0].total == euros("30.00")
    assert order.lines[0].taxes[0].rate == Decimal(21)
    assert order.shipping[0].total == euros("4.95")
    assert order.customer == Customer(email="maria@example.com")
    assert order.location == PLACE
    assert check_order(order) == ()


def test_shop_and_buyers_money_stay_apart() -> None:
    order = translated(lineItems={"nodes": [line(originalUnitPriceSet=bag("10.00", "11.50"))]})

    assert order.lines[0].total.shop == Money(amount=Decimal("30.00"), currency="EUR")
    assert order.lines[0].total.presentment == Money(amount=Decimal("34.50"), currency="USD")


def test_every_discount_of_a_line_is_taken_off_it() -> None:
    allocations = [{"allocatedAmountSet": bag("3.00")}, {"allocatedAmountSet": bag("1.50")}]

    order = translated(lineItems={"nodes": [line(discountAllocations=allocations)]})

    assert order.lines[0].discount == euros("4.50")
    assert order.lines[0].total == euros("25.50")


def test_what_an_edit_removed_takes_its_discount_and_tax_with_it() -> None:
    # Shopify leaves discounts and taxes at the quantity first sold: 6.00 off 3 units.
    edited = line(currentQuantity=1, discountAllocations=[{"allocatedAmountSet": bag("6.00")}])

    order = translated(lineItems={"nodes": [edited, line(currentQuantity=0)]})

    (kept,) = order.lines
    assert (kept.quantity, kept.discount, kept.total) == (1, euros("2.00"), euros("8.00"))
    assert kept.taxes[0].amount == euros("1.74")


def test_a_cancelled_order_has_nothing_left() -> None:
    order = translated(
        cancelledAt="2026-11-24T11:00:00Z", lineItems={"nodes": [line(currentQuantity=0)]}
    )

    assert order.lines == ()
    assert order.cancelled_at == datetime(2026, 11, 24, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rate", "percent", "expected"),
    [
        (0.21, 21.0, "21"),
        (0.1, 10.0, "10"),
        (0.052, 5.2, "5.2"),
        (0.052, None, "5.2"),
        (None, None, "0"),
        (1.0, 100.0, "100"),
    ],
)
def test_a_tax_rate_is_written_as_people_write_it(
    rate: float | None, percent: float | None, expected: str
) -> None:
    order = translated(lineItems={"nodes": [line(taxLines=[tax("1", rate, percent)])]})

    assert str(order.lines[0].taxes[0].rate) == expected


LOCALIZED = {"nodes": [{"key": "TAX_CREDENTIAL_ES", "value": " 12345678Z "}]}
COMPANY = {"location": {"taxSettings": {"taxRegistrationId": "ESB12345674"}}}
UNREGISTERED = {"location": {"taxSettings": {"taxRegistrationId": None}}}
BOTH = {"purchasingEntity": COMPANY, "localizedFields": LOCALIZED}
SHIPPING_ONLY = {"nodes": [{"key": "SHIPPING_CREDENTIAL_ES", "value": "12345678Z"}]}
PORTUGUESE = {"nodes": [{"key": "TAX_CREDENTIAL_PT", "value": "501442600"}]}


@pytest.mark.parametrize(
    ("_case", "changes", "expected"),
    [
        ("none given", {}, ""),
        ("a company's own", BOTH, "ESB12345674"),
        ("a person buys", {"purchasingEntity": {}}, ""),
        ("a company without one", {"purchasingEntity": UNREGISTERED}, ""),
        ("the checkout's field", {"localizedFields": LOCALIZED}, "12345678Z"),
        ("another country's field", {"localizedFields": PORTUGUESE}, "501442600"),
        ("a customs field is no proof", {"localizedFields": SHIPPING_ONLY}, ""),
        ("an app's attribute", {"customAttributes": [{"key": "N.I.F.", "value": "X1"}]}, "X1"),
        ("VAT number", {"customAttributes": [{"key": "vat_number", "value": "X"}]}, "X"),
        ("an empty attribute", {"customAttributes": [{"key": "NIF", "value": None}]}, ""),
        ("another attribute", {"customAttributes": [{"key": "gift", "value": "12345678Z"}]}, ""),
        ("typed as company", {"billingAddress": address(company="12345678-z")}, "12345678Z"),
        ("a real company", {"billingAddress": address(company="Casa Pepe")}, ""),
        ("no address at all", {"billingAddress": None, "shippingAddress": None}, ""),
    ],
)  # fmt: skip
def test_the_tax_number_comes_from_the_most_trusted_place(
    _case: str, changes: dict[str, Any], expected: str
) -> None:
    assert translated(**changes).tax_id == expected


def placed(*places: tuple[str, str | None]) -> dict[str, Any]:
    return {
        "nodes": [
            {"status": status, "assignedLocation": {"location": place and {"id": place}}}
            for status, place in places
        ]
    }


@pytest.mark.parametrize(
    ("_case", "orders", "expected"),
    [
        ("one place ships all", placed(("OPEN", PLACE), ("ON_HOLD", PLACE)), PLACE),
        ("two places ship", placed(("OPEN", PLACE), ("OPEN", OTHER_PLACE)), ""),
        ("moved away", placed(("CANCELLED", PLACE), ("OPEN", OTHER_PLACE)), OTHER_PLACE),
        ("part is shipped", placed(("CLOSED", PLACE), ("OPEN", OTHER_PLACE)), OTHER_PLACE),
        ("all is shipped", placed(("CLOSED", PLACE)), PLACE),
        ("the place was deleted", placed(("OPEN", None)), ""),
        ("nothing to ship", placed(), ""),
    ],
)
def test_the_order_knows_the_one_place_that_ships_it(
    _case: str, orders: dict[str, Any], expected: str
) -> None:
    assert translated(fulfillmentOrders=orders).location == expected


def test_words_shopify_may_add_tomorrow_are_kept() -> None:
    order = translated(displayFulfillmentStatus="TELEPORTED", displayFinancialStatus=None)

    assert (order.fulfilment_status, order.financial_status) == ("TELEPORTED", "")


def test_a_line_whose_product_was_deleted_is_still_a_line() -> None:
    order = translated(lineItems={"nodes": [line(variant=None, sku=None)]})

    assert (order.lines[0].sku, order.lines[0].inventory_item) == ("", "")


cents = st.decimals("0", "9999", places=2).map(str)


@given(price=cents, discount=cents, sold=st.integers(1, 50), removed=st.integers(0, 49))
def test_a_line_always_is_price_times_quantity_less_discount(
    price: str, discount: str, sold: int, removed: int
) -> None:
    now = max(sold - removed, 1)
    sent = line(
        quantity=sold,
        currentQuantity=now,
        originalUnitPriceSet=bag(price),
        discountAllocations=[{"allocatedAmountSet": bag(discount)}],
    )

    (got,) = translated(lineItems={"nodes": [sent]}).lines

    assert got.total.shop == got.unit_price.shop.times(now) - got.discount.shop
    share = Decimal(discount) * now / sold
    assert abs(got.discount.shop.amount - share) <= Decimal("0.005")
