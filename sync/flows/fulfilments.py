"""Fulfilments: what the ERP has shipped, the store shows with its tracking, once."""

from django.db import transaction

from mapping import links
from mapping.decide.fulfilments import Allocation, already_recorded, plan_fulfilment
from mapping.documents import Shipment, ShipmentLine, dump, load
from mapping.documents.fulfilment import FulfilmentState
from mapping.links import Kind
from mapping.models import RecordLink
from mapping.reasons import Reason, gettext_noop
from shopify_app import commands, reads
from shopify_app.client import ShopifyClient
from sync import calls, outbox, queue
from sync.failures import NotNeeded, NotYet, SetAside
from sync.models import InboxMessage, OutboxCommand, Priority, ShopOrder

COMMAND = "fulfilment"
NOT_EXPECTED = gettext_noop("The store does not expect a shipment of %(goods)s.")


def take_shipment(message: InboxMessage) -> None:
    """Queue the fulfilment that a shipment of the ERP calls for."""
    shipment = load(Shipment, message.payload)
    order = ShopOrder.objects.filter(
        channel=message.channel, reference=shipment.order_reference
    ).first()
    if order is None:
        raise NotNeeded(gettext_noop("The shipment is not for an order of this store."))
    if order.state in {ShopOrder.State.RECEIVED, ShopOrder.State.UNKNOWN}:
        raise NotYet(gettext_noop("The order is still on its way to the ERP."))
    outbox.put(
        message.channel,
        kind=COMMAND,
        key=shipment.id,
        lane=f"fulfilment/{order.shopify_id}",
        arguments={"shipment": dump(shipment), "order": order.shopify_id},
        priority=Priority.ORDERS,
        cause=message,
        job=message.job,
    )


def send(row: OutboxCommand) -> None:
    """Record a shipment's parcels in the store, one write per location."""
    shipment = load(Shipment, row.arguments["shipment"])
    if "recorded" not in row.arguments and row.request is None and _is_recorded(row):
        raise NotNeeded(gettext_noop("The store shows this shipment already."))
    with calls.store(row.channel, row) as client:
        state = reads.fulfilment_state(client, row.arguments["order"])
        if row.request is not None and _adopt(row, shipment, state):
            state = reads.fulfilment_state(client, row.arguments["order"])
        plan = plan_fulfilment(_rest(shipment, row), state)
        for group in plan.groups:
            _record(row, client, shipment, group)
    if plan.missing:
        goods = ", ".join(f"{count} × {sku}" for sku, count in plan.missing)
        raise SetAside("nothing_to_fulfil", Reason(NOT_EXPECTED, {"goods": goods}))


def _rest(shipment: Shipment, row: OutboxCommand) -> Shipment:
    """Return the shipment without the units that earlier writes of it recorded."""
    recorded: dict[str, int] = dict(row.arguments.get("recorded", {}))
    lines = []
    for line in shipment.lines:
        key = line.line_id or line.sku
        spent = min(recorded.get(key, 0), line.quantity)
        recorded[key] = recorded.get(key, 0) - spent
        if line.quantity > spent:
            lines.append(
                ShipmentLine(sku=line.sku, quantity=line.quantity - spent, line_id=line.line_id)
            )
    return Shipment(
        id=shipment.id,
        order_reference=shipment.order_reference,
        lines=tuple(lines),
        shipped_at=shipment.shipped_at,
        warehouse=shipment.warehouse,
        tracking=shipment.tracking,
    )


def _is_recorded(row: OutboxCommand) -> bool:
    """Return whether an earlier command recorded this shipment; it answers for the rest."""
    links_of_it = RecordLink.objects.filter(
        channel=row.channel, kind=Kind.SHIPMENT, erp_key__startswith=f"{row.key}@"
    )
    return links_of_it.exists()


def _record(
    row: OutboxCommand,
    client: ShopifyClient,
    shipment: Shipment,
    group: tuple[Allocation, ...],
) -> None:
    by_order: dict[str, tuple[tuple[str, int], ...]] = {}
    for each in group:
        lines = by_order.get(each.fulfilment_order, ())
        by_order[each.fulfilment_order] = (*lines, (each.line, each.take))
    tracking = shipment.tracking[0] if shipment.tracking else None
    row.arguments = {**row.arguments, "group": dump(group)}
    outbox.commit_request(
        row,
        commands.CreateFulfilment(
            order=row.arguments["order"],
            by_fulfilment_order=by_order,
            tracking_number=tracking.number if tracking else "",
            more_tracking_numbers=tuple(each.number for each in shipment.tracking[1:]),
            company=tracking.company if tracking else "",
            url=tracking.url if tracking else "",
        ),
    )
    result = outbox.call(row, client)
    if result.rejected:
        queue.settle(row)
        raise SetAside.because_they_said(
            "shopify_refused", [each.message for each in result.rejected]
        )
    _book(row, shipment, result.data["fulfillment"]["id"])


def _adopt(row: OutboxCommand, shipment: Shipment, state: FulfilmentState) -> bool:
    """Find out what became of a write whose answer was lost. The store has no key for it."""
    group = load(tuple[Allocation, ...], row.arguments["group"])
    claimed = RecordLink.objects.filter(channel=row.channel, kind=Kind.SHIPMENT)
    found = already_recorded(
        tuple((each.line_item, each.take) for each in group),
        state,
        numbers=frozenset(each.number for each in shipment.tracking),
        claimed=frozenset(claimed.values_list("shopify_id", flat=True)),
    )
    if found is None:
        queue.settle(row)
        return False
    _book(row, shipment, found.id)
    return True


@transaction.atomic
def _book(row: OutboxCommand, shipment: Shipment, fulfilment: str) -> None:
    group = load(tuple[Allocation, ...], row.arguments["group"])
    recorded = dict(row.arguments.get("recorded", {}))
    by_line = {line.line_id for line in shipment.lines if line.line_id}
    for each in group:
        key = each.line_item if each.line_item in by_line else each.sku
        recorded[key] = recorded.get(key, 0) + each.take
    place = group[0].location
    places = [*row.arguments.get("places", []), place]
    row.arguments = {**row.arguments, "recorded": recorded, "places": places}
    OutboxCommand.objects.filter(pk=row.pk).update(arguments=row.arguments)
    # Units held back at first leave the same place later, as a fulfilment of their own.
    part = "" if places.count(place) == 1 else f"#{places.count(place)}"
    links.attach(row.channel, Kind.SHIPMENT, {f"{shipment.id}@{place}{part}": fulfilment})
    queue.settle(row)
