"""Products as the store just showed them: put right, and written down, where they differ."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Sum

from mapping import links
from mapping.decide.catalogue import StoreProduct, decide_catalogue
from mapping.documents import load
from mapping.links import Kind
from mapping.models import Channel
from mapping.ownership import PRICE
from shopify_app import products as shop_products
from shopify_app.client import ShopifyClient
from shopify_app.products import ShownProduct
from sync import catalogue_ledger, divergences, outbox
from sync.flows import catalogue
from sync.models import Divergence, InboxMessage, OutboxCommand, Priority, Status, StockPosition
from sync.reconcile import product_fields
from sync.reconcile.product_fields import Difference
from sync.reconcile.rounds import Round

_MOVES = [Status.WAITING, Status.RUNNING]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """What differs of a product: all of it, and what of it we had written otherwise."""

    differ: Sequence[Difference] = ()
    surprises: Sequence[Difference] = ()


def compare(
    round_: Round, found: Sequence[ShownProduct], *, read_again: ShopifyClient | None = None
) -> dict[str, int]:
    """Decide products as their flow does; queue a write for those that are not as they should.

    A product whose change is under way is left to it. `read_again`: what was found may be
    old, so a product that differs is read once more before anything is said of it.
    """
    channel = round_.channel
    own = catalogue_ledger.own_fields(channel)
    codes = links.erp_keys(channel, Kind.PRODUCT, [each.id for each in found])
    busy = _under_way(channel, codes.values())
    ours = {codes[each.id]: each for each in found if each.id in codes}
    open_ = _open(channel, ours)
    total = Counter(products=0, products_differ=0)
    for code, shown in ours.items():
        if code in busy:
            continue
        judged = _judge(channel, code, shown.product)
        if judged.differ and read_again:
            fresh = shop_products.product(read_again, shown.id, own)
            judged = _judge(channel, code, fresh) if fresh else _Judged()
        total["products"] += 1
        total["products_differ"] += _settle(round_, code, judged)
        keys = {code, *(variant.sku for variant in shown.variants)}
        still = {(each.field, each.key) for each in judged.surprises}
        for field, key in {pair for pair in open_ if pair[1] in keys} - still:
            divergences.close(channel, field=field, key=key)
    return dict(total)


def _under_way(channel: Channel, codes: Iterable[str]) -> set[str]:
    keys = list(codes)
    told = InboxMessage.objects.filter(
        channel=channel, topic="erp/product", key__in=keys, status__in=_MOVES
    )
    # What the store refused is a person's now: to ask again would be refused again.
    asked = OutboxCommand.objects.filter(
        channel=channel,
        kind=catalogue.COMMAND,
        key__in=keys,
        status__in=[*_MOVES, Status.PARKED],
    )
    return {*told.values_list("key", flat=True), *asked.values_list("key", flat=True)}


def _open(channel: Channel, ours: dict[str, ShownProduct]) -> set[tuple[str, str]]:
    keys = {*ours, *(variant.sku for each in ours.values() for variant in each.variants)}
    rows = Divergence.objects.filter(
        channel=channel,
        field__in=divergences.SHOWN,
        key__in=keys,
        status=Divergence.Status.OPEN,
    )
    return set(rows.values_list("field", "key"))


def _judge(channel: Channel, code: str, shown: StoreProduct) -> _Judged:
    plan = catalogue_ledger.decide(channel, code, shown=shown)
    if plan is None or plan.problems or not plan.decision:
        return _Judged()
    differ = product_fields.differences(code, plan.decision, wanted=plan.wanted, shown=shown)
    written = load(StoreProduct, plan.state.written) if plan.state.written else None
    if written is None:
        return _Judged(differ=differ)
    # What we had not written either is a change of the ERP under way, and no surprise.
    ahead = product_fields.differences(
        code, decide_catalogue(plan.wanted, written), wanted=plan.wanted, shown=written
    )
    ours = {(each.field, each.key) for each in ahead}
    return _Judged(
        differ=differ, surprises=[each for each in differ if (each.field, each.key) not in ours]
    )


def _settle(round_: Round, code: str, judged: _Judged) -> bool:
    """Write down the surprises and queue the write. False: it is right, or was left so."""
    channel = round_.channel
    left = _dismissed(channel, judged.surprises)
    for each in judged.surprises:
        if each not in left:
            _open_difference(channel, each)
    if not [each for each in judged.differ if each not in left]:
        return False
    outbox.put(
        channel,
        kind=catalogue.COMMAND,
        key=code,
        lane=f"product/{code}",
        # What we wrote last is not what the store shows.
        arguments={"read": True},
        priority=Priority.NORMAL,
        job=round_.job,
    )
    return True


def _dismissed(channel: Channel, surprises: Sequence[Difference]) -> list[Difference]:
    """Return those that a person has seen, just as they are, and left."""
    if not surprises:
        return []
    rows = Divergence.objects.filter(
        channel=channel,
        key__in=[each.key for each in surprises],
        status=Divergence.Status.DISMISSED,
    )
    known = set(rows.values_list("field", "key", "expected", "found"))
    return [
        each for each in surprises if (each.field, each.key, each.expected, each.found) in known
    ]


def _open_difference(channel: Channel, each: Difference) -> None:
    on_sale = 0
    if each.field == PRICE:
        rows = StockPosition.objects.filter(channel=channel, sku=each.key, mirror__gt=0)
        on_sale = rows.aggregate(units=Sum("mirror"))["units"] or 0
    divergences.open_difference(
        channel,
        field=each.field,
        key=each.key,
        expected=each.expected,
        found=each.found,
        cause=Divergence.Cause.HAND_EDIT,
        units=on_sale,
        price=each.money,
    )
