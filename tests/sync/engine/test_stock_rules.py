"""Rules that hold units back from the web."""

from typing import Any

import pytest

from mapping.models import StockRule, WarehouseMapping
from sync.models import StockPosition
from tests.sync.engine.test_shared_stock import explain_parts
from tests.sync.engine.test_stock_ledger import (
    MADRID,
    SKU,
    count,
    follow,
    offered,
)
from tests.sync.makers import make_channel

pytestmark = pytest.mark.django_db


class TestRules:
    @pytest.fixture
    def row(self) -> StockPosition:
        channel = make_channel(stock_buffer=1)
        WarehouseMapping.objects.create(channel=channel, warehouse="CENTRAL", location=MADRID)
        count(channel, "25", incoming="6")
        return follow(channel, family="Zapatos")

    def _rule(self, row: StockPosition, scope: str, key: str = "", **values: Any) -> None:
        StockRule.objects.create(channel=row.channel, scope=scope, key=key, **values)

    def test_without_rules_the_channels_buffer_counts(self, row: StockPosition) -> None:
        assert offered(row) == 24

    def test_the_most_specific_rule_wins_property_by_property(self, row: StockPosition) -> None:
        self._rule(row, "channel", buffer_units=3, sells_incoming=True)
        self._rule(row, "family", "Zapatos", buffer_units=5)
        assert offered(row) == 25 + 6 - 5

        self._rule(row, "item", SKU, buffer_units=0)
        assert offered(row) == 25 + 6

    def test_the_larger_buffer_counts_and_a_percent_is_rounded_up(
        self, row: StockPosition
    ) -> None:
        self._rule(row, "channel", buffer_units=2, buffer_percent=10)

        assert offered(row) == 25 - 3

    def test_few_units_are_shown_as_none(self, row: StockPosition) -> None:
        self._rule(row, "item", SKU, zero_at_or_below=24)

        assert offered(row) == 0
        assert explain_parts(row)["withheld"] == 24
