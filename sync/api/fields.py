"""The shapes of what an ERP sends us, checked field by field."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from mapping.documents import Money, Price, StockLevel

MOST_ROWS = 1000
# Clocks differ a little; a figure from further ahead would block all later ones.
CLOCK_TOLERANCE = timedelta(minutes=5)
# An empty date of some ERPs is the year 1 or 1899; it is no time at which a figure was true.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class Moment(serializers.DateTimeField):
    """A time with its zone. Without one, two systems read two different times."""

    default_error_messages = {
        "naive": _("State the time zone, as in 2026-11-24T08:31:00+01:00."),
        "ancient": _("No figure of today is that old."),
        "future": _("This time is more than five minutes in the future."),
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("naive")
        return value

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ss+hh:mm")
        try:
            moment: datetime = super().to_internal_value(value)
        except (OverflowError, ValueError):
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ss+hh:mm")
        if not EARLIEST < moment <= timezone.now() + CLOCK_TOLERANCE:
            self.fail("future" if moment > EARLIEST else "ancient")
        return moment


class Number(serializers.DecimalField):
    """A number, or its text. Neither true nor "" nor "1,5" is one."""

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, str | Decimal):
            self.fail("invalid")
        value: Decimal = super().to_internal_value(data)
        return value


class Flag(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Text(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


def _quantity(**options: Any) -> Number:
    return Number(max_digits=14, decimal_places=3, **options)


class Strict(serializers.Serializer[Any]):
    """Refuses names it does not know: a misspelt `reserved` must not count as 0."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError(
                {str(name)[:80]: [_("There is no such field.")] for name in unknown}
            )
        return super().to_internal_value(data)


class StockLevelRow(Strict):
    sku = Text(max_length=120)
    warehouse = Text(max_length=80)
    on_hand = _quantity(help_text="What lies there, whoever it is for.")
    reserved = _quantity(required=False, help_text="Of it, promised to customers.")
    blocked = _quantity(required=False, help_text="Of it, not for sale (faulty, in transit).")
    incoming = _quantity(required=False, help_text="Ordered from suppliers; not counted.")
    as_of = Moment(help_text="When the figures were true, with time zone.")


class PriceRow(Strict):
    sku = Text(max_length=120)
    product_code = Text(required=False, default="", allow_blank=True, max_length=120)
    price_list = Text(max_length=80)
    amount = Number(max_digits=14, decimal_places=6, min_value=Decimal(0))
    currency = serializers.RegexField(r"^[A-Z]{3}\Z", help_text="ISO 4217, as in EUR.")
    tax_included = Flag()
    min_quantity = Number(
        max_digits=14,
        decimal_places=3,
        required=False,
        default=Decimal(1),
        min_value=Decimal("0.001"),
    )


class StockPush(Strict):
    levels = StockLevelRow(many=True, allow_empty=False, max_length=MOST_ROWS)  # type: ignore[call-arg]  # for the list

    def validate_levels(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return _once(rows, "sku", "warehouse")


class PricePush(Strict):
    prices = PriceRow(many=True, allow_empty=False, max_length=MOST_ROWS)  # type: ignore[call-arg]  # for the list

    def validate_prices(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return _once(rows, "sku", "price_list", "min_quantity")


class Acknowledgement(Strict):
    erp_number = Text(max_length=80, help_text="The number your ERP gave the order.")
    erp_total = Number(
        max_digits=14,
        decimal_places=2,
        required=False,
        allow_null=True,
        help_text="Your ERP's total with tax: the proof that both sides mean the same money.",
    )


class FeedQuery(serializers.Serializer[Any]):
    cursor = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=3500,
        help_text="`next_cursor` of the last answer; leave it out to begin.",
    )
    limit = serializers.IntegerField(required=False, default=50, min_value=1, max_value=200)
    state = serializers.ChoiceField(
        required=False,
        default="waiting",
        choices=["waiting", "in_erp", "held", "all"],
        help_text="`waiting` (default): handed over and not acknowledged yet.",
    )


def stock_level(row: dict[str, Any]) -> StockLevel:
    return StockLevel(**row)


def price(row: dict[str, Any]) -> Price:
    named = dict(row)
    money = Money(amount=named.pop("amount"), currency=named.pop("currency"))
    return Price(amount=money, **named)


def _once(rows: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    """Refuse a record that stands twice in one call: which of the two would be right?"""
    seen: set[tuple[Any, ...]] = set()
    errors: list[dict[str, Any]] = []
    for row in rows:
        identity = tuple(row.get(name) for name in names)
        errors.append(
            {names[0]: [_("This record stands twice in the call.")]} if identity in seen else {}
        )
        seen.add(identity)
    if any(errors):
        raise serializers.ValidationError(errors)
    return rows
