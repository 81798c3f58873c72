"""The figures that an operator graphs and alarms on, read from the tables when asked."""

import hmac
import ipaddress
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from shopify_app.models import RateBudget
from sync import latency
from sync.models import (
    Alert,
    Attempt,
    Divergence,
    InboxMessage,
    LatencyBucket,
    MassChange,
    OutboxCommand,
    QueuedRow,
    Status,
)

WINDOW = timedelta(minutes=5)
BUCKETS_MS = (50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000)
_OPEN = (Status.WAITING, Status.RUNNING, Status.PARKED)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer to whoever holds METRICS_TOKEN or, without one, to this machine only."""
    if not _allowed(request):
        return HttpResponse(status=403)
    registry = CollectorRegistry()
    registry.register(Figures())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _allowed(request: HttpRequest) -> bool:
    if token := settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").encode(errors="backslashreplace")
        return hmac.compare_digest(given, f"Bearer {token}".encode())
    # A proxy on this machine would make the whole world look local.
    if {"Forwarded", "X-Forwarded-For"} & set(request.headers):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


class Figures(Collector):
    """Gauges over the tables: several web processes give the same answer."""

    def collect(self) -> Iterable[Metric]:
        now = timezone.now()
        yield from _queues(now)
        yield from _divergences()
        yield _held()
        yield _alerts()
        yield _delays(now - WINDOW)
        yield _points_left()
        yield from _calls(now - WINDOW)


def _queues(now: datetime) -> Iterator[Metric]:
    depth = GaugeMetricFamily(
        "puente_queue_rows", "Rows of a queue by status", labels=["queue", "channel", "status"]
    )
    age = GaugeMetricFamily(
        "puente_queue_oldest_seconds",
        "How long the oldest due row has been waiting",
        labels=["queue", "kind"],
    )
    for queue, model, kind in (
        ("inbox", InboxMessage, "topic"),
        ("outbox", OutboxCommand, "kind"),
    ):
        rows = model._default_manager.filter(status__in=_OPEN).order_by()
        counts = rows.values_list("channel__name", "status").annotate(rows=Count("pk"))
        for channel, status, number in counts:
            depth.add_metric([queue, channel, status], number)
        for name, oldest in _oldest(model, kind, now):
            age.add_metric([queue, name], (now - oldest).total_seconds())
    yield depth
    yield age


def _oldest(model: type[QueuedRow], kind: str, now: datetime) -> Iterable[tuple[str, datetime]]:
    due = model._default_manager.filter(status=Status.WAITING, run_after__lte=now).order_by()
    return due.values_list(kind).annotate(oldest=Min("run_after"))


def _divergences() -> Iterator[Metric]:
    number = GaugeMetricFamily(
        "puente_divergences_open",
        "Fields on which the sides disagree",
        labels=["channel", "cause"],
    )
    risk = GaugeMetricFamily(
        "puente_units_at_risk",
        "Units offered that are not there, or the reverse",
        labels=["channel"],
    )
    units: Counter[str] = Counter()
    rows = Divergence.objects.filter(status=Divergence.Status.OPEN).order_by()
    by_cause = rows.values_list("channel__name", "cause")
    for channel, cause, count, at_risk in by_cause.annotate(
        rows=Count("pk"), units=Sum("units_at_risk")
    ):
        number.add_metric([channel, cause], count)
        units[channel] += at_risk
    for channel, at_risk in units.items():
        risk.add_metric([channel], at_risk)
    yield number
    yield risk


def _held() -> Metric:
    family = GaugeMetricFamily(
        "puente_mass_changes_held", "Mass changes that wait for a person", labels=["channel"]
    )
    rows = MassChange.objects.filter(status=MassChange.Status.HELD).order_by()
    for channel, number in rows.values_list("channel__name").annotate(rows=Count("pk")):
        family.add_metric([channel], number)
    return family


def _alerts() -> Metric:
    family = GaugeMetricFamily(
        "puente_alerts_open", "Alarms that are not over", labels=["channel", "kind"]
    )
    rows = Alert.objects.filter(status=Alert.Status.OPEN).order_by()
    for channel, kind, number in rows.values_list("channel__name", "kind").annotate(
        rows=Count("pk")
    ):
        family.add_metric([channel, kind], number)
    return family


def _delays(since: datetime) -> Metric:
    """Changes of the last minutes; of their sum nothing is kept, only how they spread."""
    family = HistogramMetricFamily(
        "puente_recent_change_seconds",
        "From the change in the ERP to the store, and back for orders",
        labels=["channel", "stream"],
    )
    found: dict[tuple[str, str], Counter[int]] = {}
    rows = LatencyBucket.objects.filter(minute__gte=since).order_by()
    for channel, stream, edge, number in rows.values_list(
        "channel__name", "stream", "up_to"
    ).annotate(number=Sum("count")):
        found.setdefault((channel, stream), Counter())[edge] += number
    for labels, bars in found.items():
        below, buckets = 0, []
        for edge in latency.EDGES:
            below += bars[edge]
            buckets.append((f"{edge / 1000:g}", float(below)))
        family.add_metric(list(labels), [*buckets, ("+Inf", float(below))], None)
    return family


def _points_left() -> Metric:
    family = GaugeMetricFamily(
        "puente_shopify_points_left", "Points a store's budget still holds", labels=["shop"]
    )
    for budget in RateBudget.objects.select_related("shop"):
        family.add_metric([budget.shop.domain], budget.available)
    return family


def _calls(since: datetime) -> Iterator[Metric]:
    calls = GaugeMetricFamily(
        "puente_recent_calls", "Calls of the last five minutes", labels=["system", "outcome"]
    )
    points = GaugeMetricFamily(
        "puente_recent_points", "Points spent in the last five minutes", labels=["channel"]
    )
    recent = Attempt.objects.filter(started_at__gte=since).order_by()
    for system, outcome, number in recent.values_list("system", "outcome").annotate(
        rows=Count("pk")
    ):
        calls.add_metric([system, outcome], number)
    spent = recent.filter(cost__isnull=False, channel__isnull=False)
    for channel, total in spent.values_list("channel__name").annotate(points=Sum("cost")):
        points.add_metric([channel], float(total))
    yield calls
    yield points
    yield _latency(since)


def _latency(since: datetime) -> Metric:
    family = HistogramMetricFamily(
        "puente_recent_call_seconds", "How long those calls took", labels=["system"]
    )
    counts = [Count("pk", filter=Q(milliseconds__lte=limit)) for limit in BUCKETS_MS]
    recent = Attempt.objects.filter(started_at__gte=since).order_by()
    named = {f"b{number}": count for number, count in enumerate(counts)}
    rows = recent.values("system").annotate(total=Sum("milliseconds"), rows=Count("pk"), **named)
    for system, total, number, *below in rows.values_list("system", "total", "rows", *named):
        buckets = [
            (f"{limit / 1000:g}", float(count))
            for limit, count in zip(BUCKETS_MS, below, strict=True)
        ]
        family.add_metric([system], [*buckets, ("+Inf", float(number))], total / 1000)
    return family
