"""What the contract's tests need of an ERP, and how they look at it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from erp_connectors.contract import Entity, ErpConnector, Page
from mapping.documents import ErpOrderStub, Order, StockLevel
from tests.erp_connectors.orders import PLACED_AT, Sold, make_order

UNKNOWN_CODE = "NO-SUCH-THING"


class ErpUnderTest(Protocol):
    """One real ERP with something in it, as its own staff see it, and a connector to it."""

    connector: ErpConnector
    # A product that is sold, two of its items, and the warehouse that web orders leave from.
    product_code: str
    skus: tuple[str, str]
    warehouse: str
    price_list: str
    # A tax rate in percent that the ERP has for these items.
    tax_rate: str
    # A kit, if this ERP has them: its product, its item, and what one of it is made of.
    kit: tuple[str, str, dict[str, int]]

    def set_stock(self, sku: str, warehouse: str, quantity: Decimal) -> None:
        """Count, as staff would: `quantity` differs from what was there."""

    def ship(self, reference: str, *, carrier: str, tracking: str) -> None:
        """Send the whole order."""

    def count_orders(self, reference: str) -> int:
        """Return how many orders the ERP holds for a web order, cancelled ones included."""

    def lose_next_answer(self) -> None:
        """Let the next write reach the ERP and take effect, but lose its answer."""

    def forbidden_writes(self) -> list[Callable[[], object]]:
        """Return writes that the connector's account must not be able to make."""


def order(erp: ErpUnderTest, *sold: Sold) -> Order:
    lines = sold or (Sold(sku=erp.skus[0], rate=erp.tax_rate),)
    return make_order(*lines, warehouse=erp.warehouse)


def level(erp: ErpUnderTest, sku: str) -> StockLevel:
    levels = erp.connector.read_stock([sku])
    return next(level for level in levels if level.warehouse == erp.warehouse)


def listed(connector: ErpConnector, *, limit: int = 500) -> list[ErpOrderStub]:
    """Return all web orders of a time in which a test has pushed some."""
    pages_of = pages(
        lambda cursor, limit: connector.list_orders(before(), cursor, limit=limit), "", limit=limit
    )
    return [stub for page in pages_of for stub in page.records]


def before() -> datetime:
    """Return a moment before every order of these tests, by the shop's clock and the ERP's."""
    return min(datetime.now(UTC), PLACED_AT) - timedelta(hours=1)


def after() -> datetime:
    return max(datetime.now(UTC), PLACED_AT) + timedelta(days=1)


def pull(connector: ErpConnector, entity: Entity) -> Callable[..., Page[Any]]:
    pulls: dict[Entity, Callable[..., Page[Any]]] = {
        Entity.PRODUCTS: connector.pull_products,
        Entity.PRICES: connector.pull_prices,
        Entity.STOCK: connector.pull_stock,
    }
    return pulls[entity]


def _key(record: Any) -> tuple[str, ...]:
    names = ("id", "code", "sku", "warehouse", "price_list", "min_quantity")
    return tuple(str(getattr(record, name, "")) for name in names)


def keys(records: tuple[Any, ...]) -> set[tuple[str, ...]]:
    return {_key(record) for record in records}


def pages(pull: Callable[..., Page[Any]], cursor: str, *, limit: int = 500) -> Iterator[Page[Any]]:
    """Return the pages from a cursor to the end."""
    for _ in range(2000):
        page = pull(cursor, limit=limit)
        yield page
        if not page.more:
            return
        cursor = page.cursor
    raise AssertionError("the pages never end")


def everything(pull: Callable[..., Page[Any]], *, limit: int) -> set[tuple[str, ...]]:
    return {_key(record) for page in pages(pull, "", limit=limit) for record in page.records}


def end(pull: Callable[..., Page[Any]]) -> str:
    """Return the cursor after everything there is."""
    *_, last = pages(pull, "")
    return last.cursor
