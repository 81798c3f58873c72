"""Web orders for an ERP that fetches them itself, and its word that it has them."""

from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sync import audit, words
from sync.acknowledge import acknowledge_order
from sync.api import examples, feed, schema
from sync.api.auth import key_of
from sync.api.fields import Acknowledgement, FeedQuery
from sync.api.parsing import StrictJSONParser
from sync.api.problems import Refused
from sync.api.replay import once_per_key
from sync.models import ShopOrder


class Orders(APIView):
    @extend_schema(
        operation_id="list_orders",
        summary="Fetch new orders",
        parameters=[FeedQuery],
        responses={200: schema.OrderPage, **schema.PROBLEMS},
        examples=[examples.ORDER_PAGE_EXAMPLE],
        tags=["orders"],
    )
    def get(self, request: Request) -> Response:
        """Orders in the sequence in which they came, each once for a kept cursor.

        Keep `next_cursor` and send it with the next call, whatever that returns; go on at
        once while `more` is true. An order released late still comes. Begin without a
        cursor to see everything that waits.
        """
        query = FeedQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        try:
            cursor = feed.Cursor.read(asked["cursor"])
        except feed.BadCursor:
            raise Refused(
                HTTPStatus.BAD_REQUEST,
                "bad_cursor",
                "This cursor is not one of ours. Begin without a cursor.",
            ) from None
        page = feed.page(_orders(request), cursor, state=asked["state"], limit=asked["limit"])
        return Response(
            {
                "orders": [_shown(order) for order in page.orders],
                "next_cursor": page.cursor.text(),
                "more": page.more,
            }
        )


class OneOrder(APIView):
    @extend_schema(
        operation_id="get_order",
        summary="Read one order",
        responses={200: schema.OrderAnswer, **schema.PROBLEMS},
        examples=[examples.ORDER_EXAMPLE],
        tags=["orders"],
    )
    def get(self, request: Request, reference: str) -> Response:
        return Response(_shown(_named(request, reference)))


class AcknowledgeOrder(APIView):
    parser_classes = [StrictJSONParser]

    @extend_schema(
        operation_id="acknowledge_order",
        summary="Say that your ERP has an order",
        request=Acknowledgement,
        responses={200: schema.Acknowledged, **schema.PROBLEMS},
        parameters=[schema.IDEMPOTENCY_KEY],
        examples=[examples.ACK_EXAMPLE, examples.ACKNOWLEDGED_EXAMPLE],
        tags=["orders"],
    )
    @once_per_key
    def post(self, request: Request, reference: str) -> Response:
        """Repeatable: the same number again changes nothing; another number is a 409.

        With `erp_total` the answer states whether both sides mean the same money. A
        difference does not undo the acknowledgement; staff see it and settle it.
        """
        form = Acknowledgement(data=request.data)
        form.is_valid(raise_exception=True)
        order = _named(request, reference)
        number, total = form.validated_data["erp_number"], form.validated_data.get("erp_total")
        result = acknowledge_order(order, erp_number=number, erp_total=total)
        order.refresh_from_db()
        if result == "conflict":
            raise _conflict(order, number)
        if result == "accepted":
            key = key_of(request)
            audit.note(
                None,
                "acknowledged",
                f"{order.name} = {number}",
                channel=order.channel,
                api_key=str(key),
            )
        answer = {
            "reference": order.reference,
            "result": result,
            "erp_number": order.erp_number,
            "state": order.state,
            "money": _money(order, total),
        }
        return Response(answer)


def _orders(request: Request) -> QuerySet[ShopOrder]:
    """Everything this key may see: the orders of its own company's stores."""
    company = key_of(request).connection.company
    return ShopOrder.objects.filter(channel__company=company).select_related("channel")


def _named(request: Request, reference: str) -> ShopOrder:
    # PostgreSQL takes no NUL, and nothing has one in its name.
    return get_object_or_404(_orders(request), reference=reference.replace("\0", "\ufffd"))


def _conflict(order: ShopOrder, number: str) -> Refused:
    if order.erp_number:
        text = f"This order was acknowledged with another number: {order.erp_number}."
    else:
        text = f"The number {number} already belongs to another order of this store."
    return Refused(HTTPStatus.CONFLICT, "other_number", text, erp_number=order.erp_number)


def _shown(order: ShopOrder) -> dict[str, Any]:
    return {
        "id": order.pk,
        "channel": order.channel.name,
        "state": order.state,
        "reason": words.said(order.reason),
        "erp_number": order.erp_number,
        **order.document,
    }


def _money(order: ShopOrder, erp_total: Decimal | None) -> dict[str, Any]:
    difference = None if erp_total is None else erp_total - order.total
    return {
        "currency": order.currency,
        "shop_total": str(order.total),
        "erp_total": None if erp_total is None else str(erp_total),
        "difference": None if difference is None else str(difference),
        "equal": None if difference is None else difference == 0,
    }
