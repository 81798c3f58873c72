"""One channel at a glance: is it working, and does the store agree with the ERP."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Min, Q, Sum
from django.db.models.functions import TruncHour
from django.utils import timezone

from erp_connectors.models import ErpConnection
from mapping.models import Channel
from shopify_app.models import RateBudget, Shop
from sync import alarms, latency, work_items
from sync.alarms import OpenAlert
from sync.latency import Delay
from sync.models import (
    Divergence,
    InboxMessage,
    LatencyBucket,
    MassChange,
    OutboxCommand,
    Recurring,
    ShopOrder,
    Status,
    StockPosition,
    SyncJob,
)

# Without an answer for this long, a side that is asked all the time is not well.
SILENCE = timedelta(minutes=10)
HOURS = 24
# Of what a full comparison counts, what was not as it should be.
_FOUND = (
    *("differ", "unlinked", "orders_found", "orders_not_in_store", "orders_not_in_erp"),
    *("shipments_found", "shipped_by_hand", "products_differ", "products_missing"),
)
CHART_HEIGHT = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """How one side of a channel is doing. `level` is ok, attention, trouble or unknown."""

    title: str
    level: str
    answered_at: datetime | None
    notice_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One hour of the chart, in the units of its view box."""

    x: int
    y: int
    height: int
    count: int
    hour: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """How much of a channel's stock is as it should be, and what the rest may cost."""

    positions: int
    in_step: int
    differences: int
    put_off: int
    units_at_risk: int
    money_at_risk: Decimal
    held: list[MassChange]
    delay: Delay | None
    compared: SyncJob | None

    @property
    def found(self) -> int:
        """Return how many things the last full comparison found that were not as they should."""
        counts = self.compared.counts if self.compared else {}
        return sum(counts.get(name, 0) for name in _FOUND)

    @property
    def share(self) -> float:
        """Return the percent in step. Only all of them are 100."""
        if self.in_step == self.positions:
            return 100.0
        return min(100 * self.in_step / self.positions, 99.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One channel at a glance."""

    channel: Channel
    store: Side
    erp: Side
    waiting: int
    set_aside: int
    oldest: datetime | None
    orders_shop: int
    orders_erp: int
    stock: Stock
    alerts: list[OpenAlert]
    points: int | None
    points_share: int
    bars: list[Bar]

    @property
    def orders_match(self) -> bool:
        return self.orders_shop == self.orders_erp

    @property
    def events(self) -> int:
        return sum(bar.count for bar in self.bars)


def card(channel: Channel, *, now: datetime | None = None) -> Card:
    """Read one channel's figures. A handful of indexed questions, none over all history."""
    now = now or timezone.now()
    counts = _counts(channel)
    in_shop, in_erp = _orders_today(channel, now)
    budget = getattr(_shop(channel), "ratebudget", None)
    return Card(
        channel=channel,
        store=store_side(channel, now),
        erp=erp_side(channel, now),
        waiting=counts["waiting"],
        set_aside=counts["set_aside"],
        oldest=counts["oldest"],
        orders_shop=in_shop,
        orders_erp=in_erp,
        stock=_stock(channel, now),
        alerts=alarms.open_alerts(channel),
        points=round(_refilled(budget, now)) if budget else None,
        points_share=round(100 * _refilled(budget, now) / budget.maximum) if budget else 0,
        bars=_bars(channel, now),
    )


def _stock(channel: Channel, now: datetime) -> Stock:
    settled = Q(dirty=False, sent=None, held=False, mass_change=None, set_aside="")
    numbers = StockPosition.objects.filter(channel=channel, stocked="").aggregate(
        every=Count("pk"), right=Count("pk", filter=settled & Q(mirror=F("target")))
    )
    waits = work_items.waits(now)
    risk = Divergence.objects.filter(channel=channel, status=Divergence.Status.OPEN).aggregate(
        waiting=Count("pk", filter=waits),
        put_off=Count("pk", filter=work_items.is_put_off(now)),
        # Put off, it costs as much as before.
        units=Sum("units_at_risk", default=0),
        money=Sum("money_at_risk", default=Decimal(0)),
    )
    over = SyncJob.objects.filter(channel=channel, kind=SyncJob.Kind.NIGHTLY)
    return Stock(
        positions=numbers["every"],
        in_step=numbers["right"],
        differences=risk["waiting"],
        put_off=risk["put_off"],
        units_at_risk=risk["units"],
        money_at_risk=risk["money"],
        held=list(MassChange.objects.filter(channel=channel, status=MassChange.Status.HELD)),
        delay=latency.delay(channel, LatencyBucket.Stream.STOCK, now=now),
        compared=over.exclude(status=SyncJob.Status.RUNNING).order_by("-pk").first(),
    )


def store_side(channel: Channel, now: datetime) -> Side:
    shop = _shop(channel)
    if shop is None:
        return Side(title="", level="unknown", answered_at=None)
    wrong = bool(shop.uninstalled_at) or bool(shop.last_error)
    return Side(
        title=shop.domain,
        level="trouble" if wrong else _level(shop.last_ok_at, now),
        answered_at=shop.last_ok_at,
        notice_at=shop.last_webhook_at,
        error=shop.last_error,
    )


def erp_side(channel: Channel, now: datetime) -> Side:
    erp = ErpConnection.objects.filter(company=channel.company_id).first()
    if erp is None:
        return Side(title="", level="unknown", answered_at=None)
    # A poll that works is an answer, also where the connection itself was not written to.
    polls = Recurring.objects.filter(connection=erp)
    polled = polls.aggregate(last=Max("last_ok_at"))["last"]
    answered = max((each for each in (erp.last_ok_at, polled) if each), default=None)
    error = erp.last_error or next(
        iter(polls.filter(failures__gte=3).values_list("last_error", flat=True)), ""
    )
    level = "trouble" if error else _level(answered, now)
    if erp.kind == "push":
        # It calls us when it has news: silence at night means nothing.
        level = "trouble" if error else "ok"
    return Side(title=erp.kind, level=level, answered_at=answered, error=error)


def _shop(channel: Channel) -> Shop | None:
    return getattr(channel, "shop", None)


def _level(answered: datetime | None, now: datetime) -> str:
    if answered is None:
        return "unknown"
    return "ok" if answered > now - SILENCE else "attention"


def _counts(channel: Channel) -> dict[str, Any]:
    waiting = set_aside = 0
    oldest: datetime | None = None
    for model in (InboxMessage, OutboxCommand):
        rows = model._default_manager.filter(channel=channel).order_by()
        waiting_rows = rows.filter(status__in=[Status.WAITING, Status.RUNNING])
        found = waiting_rows.aggregate(count=Count("pk"), oldest=Min("created_at"))
        waiting += found["count"]
        oldest = min((each for each in (oldest, found["oldest"]) if each), default=None)
        set_aside += rows.filter(status=Status.PARKED).count()
    return {"waiting": waiting, "set_aside": set_aside, "oldest": oldest}


def _orders_today(channel: Channel, now: datetime) -> tuple[int, int]:
    """Return how many of today's orders should be in the ERP, and how many are."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    today = ShopOrder.objects.filter(channel=channel, placed_at__gte=midnight).order_by()
    today = today.exclude(state=ShopOrder.State.NOT_NEEDED)
    # Cancelled before it reached the ERP, an order has no business there.
    today = today.exclude(state=ShopOrder.State.CANCELLED, erp_number="")
    found = today.aggregate(shop=Count("pk"), erp=Count("pk", filter=~Q(erp_number="")))
    return found["shop"], found["erp"]


def _refilled(budget: RateBudget, now: datetime) -> float:
    passed = max(0.0, (now - budget.updated_at).total_seconds())
    return min(budget.maximum, budget.available + budget.restore_rate * passed)


def _bars(channel: Channel, now: datetime) -> list[Bar]:
    """Count the last day's messages by the hour, as bars of a small chart."""
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    rows = InboxMessage.objects.filter(channel=channel).order_by()
    # There is no index on time: the last row of the day before marks where to begin.
    before = rows.filter(created_at__lt=first).order_by("-id").values_list("id", flat=True)
    recent = rows.filter(pk__gt=before.first() or 0, created_at__gte=first)
    hours = recent.annotate(hour=TruncHour("created_at")).values_list("hour")
    counts = dict(hours.annotate(count=Count("pk")))
    most = max(counts.values(), default=0)
    found = []
    for number in range(HOURS):
        hour = first + timedelta(hours=number)
        count = counts.get(hour, 0)
        height = max(2, round(CHART_HEIGHT * count / most)) if count else 1
        found.append(
            Bar(x=number * 10, y=CHART_HEIGHT - height, height=height, count=count, hour=hour)
        )
    return found
