"""Who am I, and does it work: the two questions of somebody who connects an ERP."""

from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mapping.models import Channel, WarehouseMapping
from shopify_app.models import Shop
from sync.api import schema
from sync.api.auth import key_of
from sync.api.fields import MOST_ROWS
from sync.models import Divergence, InboxMessage, OutboxCommand, ShopOrder, Status


class Me(APIView):
    @extend_schema(
        operation_id="me",
        summary="What this key is for",
        responses={200: schema.MeAnswer, **schema.PROBLEMS},
        tags=["connection"],
    )
    def get(self, request: Request) -> Response:
        """The company, its stores and the names of warehouses and price lists we use."""
        key = key_of(request)
        company = key.connection.company
        channels = Channel.objects.filter(company=company).order_by("pk")
        mapped = WarehouseMapping.objects.filter(channel__company=company)
        return Response(
            {
                "company": company.name,
                "connection": key.connection.kind,
                "key": {"name": key.name, "prefix": key.prefix, "expires_at": key.expires_at},
                "channels": [
                    {
                        "name": channel.name,
                        "mode": channel.mode,
                        "currency": channel.currency,
                        "price_list": channel.price_list,
                    }
                    for channel in channels
                ],
                "warehouses": sorted(set(mapped.values_list("warehouse", flat=True))),
                "limits": {"rows_per_call": MOST_ROWS, "calls_per_minute": 600},
            }
        )


class Health(APIView):
    @extend_schema(
        operation_id="health",
        summary="Whether your company's data moves",
        responses={200: schema.HealthAnswer, **schema.PROBLEMS},
        tags=["connection"],
    )
    def get(self, request: Request) -> Response:
        """One line a store: what waits, what was set aside, and when it last answered."""
        connection = key_of(request).connection
        channels = list(Channel.objects.filter(company=connection.company).order_by("pk"))
        lines = [_line(channel) for channel in channels]
        troubled = any(line["set_aside"] or line["late"] for line in lines)
        return Response({"status": "attention" if troubled else "ok", "channels": lines})


def _line(channel: Channel) -> dict[str, Any]:
    shop = Shop.objects.filter(channel=channel).first()
    waiting, set_aside = 0, 0
    for model in (InboxMessage, OutboxCommand):
        rows = model._default_manager.filter(channel=channel).order_by()
        counts = dict(rows.values_list("status").annotate(rows=Count("pk")))
        waiting += counts.get(Status.WAITING, 0) + counts.get(Status.RUNNING, 0)
        set_aside += counts.get(Status.PARKED, 0)
    late_since = timezone.now() - timedelta(minutes=5)
    late = InboxMessage.objects.filter(
        channel=channel, status=Status.WAITING, run_after__lt=late_since
    ).exists()
    return {
        "name": channel.name,
        "mode": channel.mode,
        "store_answered_at": shop.last_ok_at if shop else None,
        "waiting": waiting,
        "set_aside": set_aside,
        "late": late,
        "orders_to_fetch": ShopOrder.objects.filter(
            channel=channel, state=ShopOrder.State.HANDED_OVER
        ).count(),
        "open_differences": Divergence.objects.filter(
            channel=channel, status=Divergence.Status.OPEN
        ).count(),
    }
