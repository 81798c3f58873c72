"""What the ERP's list lacks is gone only where the list says that it is whole."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import pytest
from django.utils import timezone

from erp_connectors import registry
from erp_connectors.contract import Page
from erp_connectors.errors import ErpUnavailable
from mapping.documents import StockLevel
from mapping.models import Channel, WarehouseMapping
from sync.models import ErpStock, OutboxCommand, StockPosition
from sync.reconcile import figures, rounds
from tests.sync.makers import make_channel

pytestmark = pytest.mark.django_db
PLACE = "gid://shopify/Location/1"


class ShelfErp:
    """An ERP with a shelf that it lists two items at a time."""

    shelf: dict[str, int] = {}
    lists: list[str] = []
    whole = True
    fails_at = -1

    def __init__(self, *_args: object) -> None:
        pass

    def pull_stock(self, cursor: str, *, limit: int = 500) -> Page[StockLevel]:
        place = int(cursor or 0)
        if place == ShelfErp.fails_at:
            raise ErpUnavailable("no answer")
        skus = ShelfErp.lists[place : place + 2]
        more = place + 2 < len(ShelfErp.lists)
        return Page(
            records=tuple(_level(sku) for sku in skus),
            cursor=str(place + 2),
            as_of=timezone.now(),
            more=more,
            complete=ShelfErp.whole and not more,
        )

    def read_stock(self, skus: Sequence[str]) -> list[StockLevel]:
        return [_level(sku) for sku in skus if sku in ShelfErp.shelf]

    def close(self) -> None:
        pass


def _level(sku: str) -> StockLevel:
    return StockLevel(
        sku=sku,
        warehouse="CENTRAL",
        on_hand=Decimal(ShelfErp.shelf[sku]),
        as_of=timezone.now(),
    )


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Channel:
    """A store that shows five of each of five items, as the ERP has them."""
    monkeypatch.setitem(registry.CONNECTORS, "shelf", ShelfErp)
    ShelfErp.shelf = dict.fromkeys("ABCDE", 5)
    ShelfErp.lists, ShelfErp.whole, ShelfErp.fails_at = list("ABCDE"), True, -1
    channel = make_channel()
    channel.company.erpconnection.kind = "shelf"
    channel.company.erpconnection.save()
    WarehouseMapping.objects.create(channel=channel, warehouse="CENTRAL", location=PLACE)
    for sku in "ABCDE":
        StockPosition.objects.create(
            channel=channel, sku=sku, item=f"item {sku}", location=PLACE, mirror=5, dirty=False
        )
    compare(channel)
    StockPosition.objects.update(dirty=False)
    OutboxCommand.objects.all().delete()
    return channel


def compare(channel: Channel, cursor: str = "") -> list[rounds.Page]:
    return list(pages(channel, cursor))


def pages(channel: Channel, cursor: str = "") -> Iterator[rounds.Page]:
    return figures.figures(rounds.Round(channel=channel, began=timezone.now()), cursor)


def counted() -> dict[str, int]:
    return {row.sku: int(row.on_hand) for row in ErpStock.objects.all()}


def to_be_decided() -> list[str]:
    rows = StockPosition.objects.filter(dirty=True).order_by("sku")
    return list(rows.values_list("sku", flat=True))


def test_a_second_look_at_the_same_list_has_nothing_to_decide(channel: Channel) -> None:
    compare(channel)

    assert counted() == dict.fromkeys("ABCDE", 5)
    assert to_be_decided() == []
    assert not OutboxCommand.objects.exists()


def test_what_a_whole_list_lacks_is_gone_and_decided_like_any_change(channel: Channel) -> None:
    del ShelfErp.shelf["C"]
    ShelfErp.lists.remove("C")
    last = compare(channel)[-1]

    assert counted() == {"A": 5, "B": 5, "C": 0, "D": 5, "E": 5}
    assert last.counts == {"figures_gone": 1}
    assert to_be_decided() == ["C"]


def test_what_a_list_lacks_that_is_not_whole_means_nothing(channel: Channel) -> None:
    del ShelfErp.shelf["C"]
    ShelfErp.lists.remove("C")
    ShelfErp.whole = False
    compare(channel)

    assert counted() == dict.fromkeys("ABCDE", 5)
    assert to_be_decided() == []


def test_a_page_that_fails_ends_the_look_before_anything_is_gone(channel: Channel) -> None:
    del ShelfErp.shelf["A"]
    ShelfErp.lists.remove("A")
    ShelfErp.fails_at = 2
    with pytest.raises(ErpUnavailable):
        compare(channel)

    assert counted() == dict.fromkeys("ABCDE", 5)


def test_what_slipped_through_the_list_is_asked_for_by_name(channel: Channel) -> None:
    ShelfErp.lists.remove("C")
    ShelfErp.shelf["C"] = 7
    compare(channel)

    assert counted()["C"] == 7


def test_an_empty_list_is_not_believed(channel: Channel) -> None:
    ShelfErp.lists, ShelfErp.shelf = [], {}
    compare(channel)

    assert counted() == dict.fromkeys("ABCDE", 5)


def test_it_goes_on_after_any_page(channel: Channel) -> None:
    del ShelfErp.shelf["A"]
    ShelfErp.lists.remove("A")
    round_ = rounds.Round(channel=channel, began=timezone.now())
    cursor = ""
    for _ in range(10):
        page = next(figures.figures(round_, cursor), None)
        if page is None:
            break
        cursor = page.cursor

    assert counted() == {"A": 0, "B": 5, "C": 5, "D": 5, "E": 5}
    assert to_be_decided() == ["A"]
