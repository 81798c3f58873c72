"""Catalogue: products, variants, attributes and prices go from the ERP to the store."""

from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from mapping import links
from mapping.decide.catalogue import StoreProduct, StoreVariant
from mapping.documents import Price, dump, load
from mapping.links import Kind
from mapping.models import Channel
from mapping.reasons import Reason, gettext_noop
from shopify_app import commands, own_fields, product_input, products, writes
from shopify_app.client import ShopifyClient
from sync import calls, catalogue_ledger, divergences, outbox, queue, stock_ledger
from sync.failures import NotNeeded, SetAside
from sync.flows import lost_answers, publishing
from sync.models import InboxMessage, OutboxCommand, Priority
from sync.stock_ledger import Followed

COMMAND = "catalogue"
DOUBTFUL = gettext_noop("The store has %(product)s more than once, or mixed with others.")


def take_change(message: InboxMessage) -> None:
    """Read a product and its prices again, and queue the write they call for."""
    channel, code = message.channel, message.key
    erp = channel.company.erpconnection
    queue.supersede(message)
    as_of = timezone.now()
    with calls.erp(erp, channel=channel, row=message) as connector:
        products = connector.read_products([code])
        skus = [variant.sku for product in products for variant in product.variants]
        lists = [each for each in (channel.price_list, channel.compare_at_price_list) if each]
        prices = [price for name in lists for price in connector.read_prices(skus, name)]
    catalogue_ledger.accept(erp, products=products, prices=prices, as_of=as_of)
    request_write(message, code)


def take_pushed_prices(message: InboxMessage) -> None:
    """Take over prices that the ERP sent us of its own accord."""
    prices = [load(Price, each) for each in message.payload["prices"]]
    erp = message.channel.company.erpconnection
    catalogue_ledger.accept(erp, products=(), prices=prices, as_of=message.created_at)
    codes = catalogue_ledger.codes_of(erp, {price.sku for price in prices})
    for code in sorted(set(codes.values())):
        request_write(message, code)


def request_write(message: InboxMessage, code: str) -> None:
    """Queue the write a product calls for, or set it aside with the reasons against it."""
    plan = catalogue_ledger.decide(message.channel, code, shown=None)
    if plan is None:
        raise NotNeeded(gettext_noop("The ERP does not give this product."))
    linked = links.shopify_id(message.channel, Kind.PRODUCT, code) is not None
    if not linked and divergences.is_open(
        message.channel, field=divergences.PRODUCT_LINK, key=code
    ):
        raise SetAside("doubtful_link", Reason(DOUBTFUL, {"product": code}))
    if not linked and not plan.document.active:
        raise NotNeeded(gettext_noop("The product is not for sale on the web."))
    if plan.problems:
        raise SetAside("catalogue", *plan.problems)
    if plan.decision:
        outbox.put(
            message.channel,
            kind=COMMAND,
            key=code,
            lane=f"product/{code}",
            priority=Priority(message.priority),
            cause=message,
            job=message.job,
        )


def send(row: OutboxCommand) -> None:
    """Bring one product of the store up to date, with the fewest writes."""
    channel, code = row.channel, row.key
    with calls.store(channel, row) as client:
        if row.request is not None:
            _repeat_step(row, client)
        gid = links.shopify_id(channel, Kind.PRODUCT, code)
        plan = catalogue_ledger.decide(channel, code, shown=_shown(row, gid, client))
        if plan is None or not plan.decision:
            return
        if plan.problems:
            raise SetAside("catalogue", *plan.problems)
        if gid is None:
            _create(row, client, plan)
        else:
            _update(row, client, plan, gid)
            skus = (each.sku for each in plan.wanted.variants)
            divergences.settle_product(channel, [code, *skus])


def _shown(row: OutboxCommand, gid: str | None, client: ShopifyClient) -> StoreProduct | None:
    """Read a product that was linked and not written by us, or that a comparison found
    changed: only the store knows it.
    """
    is_written = catalogue_ledger.is_written(row.channel, row.key)
    if gid is None or (is_written and "read" not in row.arguments):
        return None
    return products.product(client, gid, catalogue_ledger.own_fields(row.channel))


def _create(row: OutboxCommand, client: ShopifyClient, plan: catalogue_ledger.Plan) -> None:
    step = commands.ProductSet(
        identifier=product_input.identifier(row.key),
        # A new product starts with the ERP's text; from then on the text is its owner's.
        input=product_input.create(
            row.key, replace(plan.wanted, description_html=plan.document.description_html)
        ),
    )
    _step(row, client, step, shown=plan.wanted)


def _update(
    row: OutboxCommand, client: ShopifyClient, plan: catalogue_ledger.Plan, gid: str
) -> None:
    """Write what changed, one kind of change at a time, each remembered as it succeeds."""
    decision, wanted = plan.decision, plan.wanted
    shown = plan.known
    if decision.fields:
        changed = {name: getattr(wanted, name) for name in decision.fields}
        shown = replace(shown, **changed)
        step = commands.ProductSet(
            identifier={"id": gid}, input=product_input.fields(wanted, decision.fields)
        )
        _step(row, client, step, shown=shown)
    if decision.new_variants:
        shown = replace(shown, variants=(*shown.variants, *decision.new_variants))
        new = tuple(
            product_input.new_variant(each, wanted.options) for each in decision.new_variants
        )
        _step(row, client, commands.VariantsCreate(product_id=gid, variants=new), shown=shown)
    if decision.changed_variants:
        shown = _with_variants(shown, decision.changed_variants)
        _step(row, client, _prices(row.channel, gid, decision.changed_variants), shown=shown)
    _metafields(row, client, plan, gid, shown)


def _prices(
    channel: Channel, gid: str, changed: tuple[StoreVariant, ...]
) -> commands.VariantsUpdate:
    ids = links.shopify_ids(channel, Kind.VARIANT, [each.sku for each in changed])
    return commands.VariantsUpdate(
        product_id=gid,
        variants=tuple(
            commands.VariantPrice(
                id=ids[each.sku],
                price=each.price,
                compare_at_price=each.compare_at,
                keep_compare_at=not each.owns_compare_at,
                barcode=each.barcode,
            )
            for each in changed
            if each.sku in ids
        ),
    )


def _with_variants(shown: StoreProduct, changed: tuple[StoreVariant, ...]) -> StoreProduct:
    news = {each.sku: each for each in changed}
    variants = tuple(
        replace(
            each,
            price=news[each.sku].price,
            compare_at=news[each.sku].compare_at,
            barcode=news[each.sku].barcode,
        )
        if each.sku in news
        else each
        for each in shown.variants
    )
    return replace(shown, variants=variants)


def _metafields(
    row: OutboxCommand,
    client: ShopifyClient,
    plan: catalogue_ledger.Plan,
    gid: str,
    shown: StoreProduct,
) -> None:
    decision = plan.decision
    skus = [sku for sku, _ in decision.variant_metafields]
    variants = links.shopify_ids(row.channel, Kind.VARIANT, skus)
    items = [product_input.metafield(gid, each) for each in decision.metafields]
    items += [
        product_input.metafield(variants[sku], each)
        for sku, each in decision.variant_metafields
        if sku in variants
    ]
    for start in range(0, len(items), writes.MOST_METAFIELDS):
        batch = tuple(items[start : start + writes.MOST_METAFIELDS])
        last = start + writes.MOST_METAFIELDS >= len(items)
        _step(
            row,
            client,
            commands.MetafieldsSet(items=batch),
            shown=plan.wanted if last else shown,
        )


def _step(
    row: OutboxCommand, client: ShopifyClient, command: commands.Command, *, shown: StoreProduct
) -> None:
    """Commit one write with what it will leave shown, send it, and book the answer."""
    row.arguments = {**row.arguments, "shown": dump(shown)}
    outbox.commit_request(row, command)
    _finish_step(row, client)


def _repeat_step(row: OutboxCommand, client: ShopifyClient) -> None:
    """Take a write whose answer was lost for carried out, or send it again."""
    done = lost_answers.carried_out(row, client)
    if done is None:
        _finish_step(row, client)
        return
    if done.shown is not None:
        row.arguments = {**row.arguments, "shown": dump(done.shown)}
    _book(row, done.ids)


def _finish_step(row: OutboxCommand, client: ShopifyClient) -> None:
    result = outbox.call(row, client)
    if result.rejected:
        queue.settle(row)
        answers = [each.message for each in result.rejected]
        raise SetAside.because_they_said("shopify_refused", answers)
    _book(row, _all_ids(row, client, product_input.ids(result.data)))


def _all_ids(
    row: OutboxCommand, client: ShopifyClient, ids: product_input.WrittenIds | None
) -> product_input.WrittenIds | None:
    """Read the ids of a big product's other variants: an answer names 250 at most."""
    wanted = len(load(StoreProduct, row.arguments["shown"]).variants)
    if ids is None or not ids.product or len(ids.variants) >= wanted:
        return ids
    shown = products.shown_product(client, ids.product, own_fields.NONE)
    found = shown.variants if shown else ()
    return product_input.WrittenIds(
        product=ids.product,
        variants={each.sku: each.id for each in found},
        items={each.sku: each.inventory_item for each in found},
        stocked={each.sku: each.stocked for each in found},
    )


@transaction.atomic
def _book(row: OutboxCommand, ids: product_input.WrittenIds | None) -> None:
    channel, code = row.channel, row.key
    if ids:
        links.attach(channel, Kind.PRODUCT, {code: ids.product} if ids.product else {})
        links.attach(channel, Kind.VARIANT, ids.variants)
        links.attach(channel, Kind.INVENTORY_ITEM, ids.items)
        followed = _followed(channel, code, ids)
        stock_ledger.open_positions(channel, followed, never_stocked=True, cause=row)
    state = catalogue_ledger.state(channel, code)
    catalogue_ledger.wrote(state, load(StoreProduct, row.arguments["shown"]))
    if not state.published:
        publishing.request(channel, job=row.job)
    queue.settle(row)


def _followed(channel: Channel, code: str, ids: product_input.WrittenIds) -> list[Followed]:
    """Return what the stock side has to know of items just made."""
    document = catalogue_ledger.product(channel.company.erpconnection, code)
    return [
        Followed(
            sku=sku,
            item=item,
            family=document.family if document else "",
            stocked=ids.stocked.get(sku, ""),
        )
        for sku, item in ids.items.items()
    ]
