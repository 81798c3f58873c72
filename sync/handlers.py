"""Which function handles which message, and which sends which write. The whole routing."""

from collections.abc import Callable

from sync.flows import (
    catalogue,
    fulfilments,
    levels,
    orders,
    people,
    publishing,
    shops,
    stock,
)
from sync.models import InboxMessage, OutboxCommand

HANDLERS: dict[str, Callable[[InboxMessage], None]] = {
    "shopify/order": orders.take_order,
    "shopify/level": levels.take_level,
    "shopify/app": shops.take_notice,
    "erp/product": catalogue.take_change,
    "erp/price_pushed": catalogue.take_pushed_prices,
    "erp/stock": stock.take_changes,
    "erp/stock_pushed": stock.take_pushed,
    "erp/shipment": fulfilments.take_shipment,
    "person/stock": people.correct_stock,
    "person/mass_change": people.let_mass_change_go,
}

SENDERS: dict[str, Callable[[OutboxCommand], None]] = {
    catalogue.COMMAND: catalogue.send,
    publishing.COMMAND: publishing.send,
    "stock": stock.send,
    fulfilments.COMMAND: fulfilments.send,
}


def handle(message: InboxMessage) -> None:
    HANDLERS[message.topic](message)


def send(row: OutboxCommand) -> None:
    SENDERS[row.kind](row)
