"""Stock and prices that an ERP sends us, in batches: all of a batch, or nothing of it."""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mapping import links
from mapping.documents import Price, StockLevel, dump
from mapping.models import Channel, RecordLink
from sync import inbox
from sync.api import examples, fields, schema
from sync.api.auth import key_of
from sync.api.fields import PricePush, StockPush
from sync.api.parsing import StrictJSONParser
from sync.api.problems import Refused
from sync.api.replay import once_per_key
from sync.models import Priority


class PushView(ABC, APIView):
    """Shared by both: check every row, then hand all of them to the workers."""

    parser_classes = [StrictJSONParser]
    serializer_class: type[serializers.Serializer[Any]]
    field: str
    topic: str
    priority: Priority

    @abstractmethod
    def document(self, row: dict[str, Any]) -> StockLevel | Price:
        """Return what a row that was checked says."""

    def accept(self, request: Request) -> Response:
        form = self.serializer_class(data=request.data)
        form.is_valid(raise_exception=True)
        documents = [self.document(row) for row in form.validated_data[self.field]]
        channels = _channels(request)
        message_id = f"api/{uuid.uuid4()}"
        for channel in channels:
            self._hand_over(channel, message_id, documents)
        answer = {
            "message": message_id,
            "accepted": len(documents),
            "not_linked": _not_linked(channels, {each.sku for each in documents}),
        }
        return Response(answer, status=HTTPStatus.ACCEPTED)

    def _hand_over(self, channel: Channel, message_id: str, documents: Sequence[Any]) -> None:
        inbox.receive(
            channel,
            message_id=message_id,
            topic=self.topic,
            # A lane of its own: the figures carry their time, so order does not matter.
            key=message_id,
            payload={self.field: [dump(each) for each in documents]},
            priority=self.priority,
        )


class StockLevels(PushView):
    serializer_class = StockPush
    field = "levels"
    topic = "erp/stock_pushed"
    priority = Priority.STOCK

    def document(self, row: dict[str, Any]) -> StockLevel:
        return fields.stock_level(row)

    @extend_schema(
        operation_id="push_stock_levels",
        summary="Send stock levels",
        request=StockPush,
        responses=schema.ACCEPTED,
        parameters=[schema.IDEMPOTENCY_KEY],
        examples=[examples.STOCK_EXAMPLE, examples.ACCEPTED_EXAMPLE],
        tags=["stock and prices"],
    )
    @once_per_key
    def post(self, request: Request) -> Response:
        """Up to 1,000 levels a call. An older `as_of` never replaces a newer one.

        `not_linked` lists what no store sells yet: it is kept and used once it does.
        """
        return self.accept(request)


class Prices(PushView):
    serializer_class = PricePush
    field = "prices"
    topic = "erp/price_pushed"
    priority = Priority.NORMAL

    def document(self, row: dict[str, Any]) -> Price:
        return fields.price(row)

    @extend_schema(
        operation_id="push_prices",
        summary="Send prices",
        request=PricePush,
        responses=schema.ACCEPTED,
        parameters=[schema.IDEMPOTENCY_KEY],
        examples=[examples.PRICE_EXAMPLE, examples.ACCEPTED_EXAMPLE],
        tags=["stock and prices"],
    )
    @once_per_key
    def post(self, request: Request) -> Response:
        """Up to 1,000 prices a call, of any of the ERP's price lists."""
        return self.accept(request)


def _channels(request: Request) -> list[Channel]:
    channels = list(Channel.objects.filter(company=key_of(request).connection.company))
    if not channels:
        raise Refused(
            HTTPStatus.CONFLICT, "no_store", "No store is connected to this company yet."
        )
    return channels


def _not_linked(channels: list[Channel], skus: set[str]) -> list[str]:
    known: set[str] = set()
    for channel in channels:
        known |= set(links.shopify_ids(channel, RecordLink.Kind.VARIANT, skus))
    return sorted(skus - known)
