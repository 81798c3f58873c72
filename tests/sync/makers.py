"""Rows to test with. Each call makes new ones."""

import itertools
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from erp_connectors.models import ApiKey, ErpConnection
from mapping.documents import (
    Address,
    Customer,
    Money,
    MoneyBag,
    Order,
    OrderLine,
    ShippingLine,
    dump,
)
from mapping.models import Channel, Company
from shopify_app.models import Shop
from sync.models import InboxMessage, ShopOrder, Status

_numbers = itertools.count(1)
SECRET = "a-test-secret-as-long-as-shopifys-are"


def make_channel(**options: Any) -> Channel:
    """A store of a company that has an ERP."""
    number = next(_numbers)
    company = options.pop("company", None) or Company.objects.create(name=f"Company {number}")
    ErpConnection.objects.get_or_create(company=company, defaults={"kind": "push"})
    channel = Channel.objects.create(company=company, name=f"Tienda {number}", **options)
    shop = Shop(
        channel=channel,
        domain=f"shop-{number}.myshopify.com",
        name=f"Tienda {number}",
        grant=Shop.Grant.STATIC,
    )
    shop.credentials = {"access_token": f"shpat_{number}"}
    shop.save()
    return channel


def make_key(channel: Channel) -> str:
    """The text of a new API key for the channel's ERP."""
    return ApiKey.issue(channel.company.erpconnection, "test")[1]


def make_document(reference: str, name: str, *, total: str = "94.90") -> Order:
    """A small order: one pair of boots and its shipping, IVA included."""
    boots, shipping = Decimal(total) - Decimal("4.95"), Decimal("4.95")
    now = timezone.now()
    return Order(
        reference=reference,
        shopify_id=f"gid://shopify/Order/{reference.rpartition('/')[2]}",
        name=name,
        placed_at=now,
        updated_at=now,
        currency="EUR",
        presentment_currency="EUR",
        prices_include_tax=True,
        lines=(
            OrderLine(
                id="gid://shopify/LineItem/1",
                sku="BOT-1001-38-NEG",
                title="Botín de piel",
                quantity=1,
                unit_price=euros(boots),
                discount=euros(Decimal(0)),
                total=euros(boots),
            ),
        ),
        shipping=(ShippingLine(title="Envío 24/48 h", total=euros(shipping)),),
        total=euros(Decimal(total)),
        tax_total=euros(Decimal("16.47")),
        discount_total=euros(Decimal(0)),
        customer=Customer(name="Lucía Ejemplo", email="lucia@example.com"),
        ship_to=Address(name="Lucía Ejemplo", zip="03202", city="Elche", country_code="ES"),
    )


def euros(amount: Decimal) -> MoneyBag:
    money = Money(amount=amount, currency="EUR")
    return MoneyBag(shop=money, presentment=money)


def make_order(channel: Channel, **options: Any) -> ShopOrder:
    number = next(_numbers)
    moment: datetime = options.pop("placed_at", timezone.now())
    reference = f"{channel.shop.domain}/{number}"
    name = options.pop("name", f"#{1000 + number}")
    values: dict[str, Any] = {
        "shopify_id": f"gid://shopify/Order/{number}",
        "reference": reference,
        "name": name,
        "state": ShopOrder.State.HANDED_OVER,
        "document": dump(make_document(reference, name)),
        "shop_updated_at": moment,
        "placed_at": moment,
        "total": Decimal("94.90"),
        "currency": "EUR",
    }
    return ShopOrder.objects.create(channel=channel, **(values | options))


def make_message(channel: Channel, **options: Any) -> InboxMessage:
    number = next(_numbers)
    values: dict[str, Any] = {
        "message_id": f"message-{number}",
        "topic": "shopify/order",
        "key": f"gid://shopify/Order/{number}",
        "payload": {},
        "lane": f"{channel.pk}/test/{number}",
        "status": Status.WAITING,
        "created_at": timezone.now() - timedelta(minutes=number),
    }
    return InboxMessage.objects.create(channel=channel, **(values | options))
