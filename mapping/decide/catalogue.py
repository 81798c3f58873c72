"""What a product should look like in the shop, and which writes get it there. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from mapping import ownership
from mapping.documents.catalogue import AttributeKind, AttributeValue, Price, Product, Variant
from mapping.ownership import Owner, owner_of
from mapping.reasons import Reason, gettext_noop


@dataclass(frozen=True, slots=True, kw_only=True)
class Metafield:
    namespace: str
    key: str
    type: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreVariant:
    """A variant as the shop shows it. `price` None: not ours to set.

    `compare_at` None means that no crossed-out price is shown, and says nothing if
    the channel does not own it (`owns_compare_at` False).
    """

    sku: str
    option_values: tuple[str, ...] = ()
    price: Decimal | None = None
    compare_at: Decimal | None = None
    owns_compare_at: bool = False
    barcode: str | None = None
    tracked: bool = True
    weight_grams: Decimal | None = None
    metafields: tuple[Metafield, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreProduct:
    """A product as the shop shows it. None in a field means that it is not ours to set."""

    title: str | None
    status: str | None
    options: tuple[str, ...]
    variants: tuple[StoreVariant, ...]
    description_html: str | None = None
    vendor: str | None = None
    product_type: str | None = None
    tags: tuple[str, ...] = ()
    metafields: tuple[Metafield, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MetafieldTarget:
    """Where one attribute goes: the pure half of an AttributeMapping."""

    namespace: str
    key: str
    type: str
    on_variant: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueRules:
    """The channel's rules as plain values."""

    currency: str
    owners: Mapping[str, Owner] = field(default_factory=dict)
    attributes: Mapping[str, MetafieldTarget] = field(default_factory=dict)
    adopted: bool = False

    def erp_owns(self, name: str) -> bool:
        return owner_of(name, self.owners, adopted=self.adopted) is Owner.ERP


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    product: StoreProduct
    problems: tuple[Reason, ...]


# Text that the shop's types spell otherwise than we do.
_BOOLEAN = {"true": "true", "false": "false"}


def project(
    product: Product,
    rules: CatalogueRules,
    *,
    prices: Mapping[str, Price],
    compare_at: Mapping[str, Price] | None,
) -> Projection:
    """Return how the shop should show a product, with every reason not to show it so.

    `compare_at` None: the channel maps no list for it, so it is not ours to write.
    """
    live = [variant for variant in product.variants if variant.active]
    problems = [*_shape_problems(product, live), *_price_problems(live, rules, prices)]
    owns = rules.erp_owns
    shown = StoreProduct(
        title=product.title if owns(ownership.TITLE) else None,
        status=_status(product) if owns(ownership.STATUS) else None,
        options=product.options,
        description_html=product.description_html if owns(ownership.DESCRIPTION) else None,
        vendor=product.vendor if owns(ownership.VENDOR) else None,
        product_type=product.family if owns(ownership.TYPE) else None,
        tags=product.tags,
        metafields=_metafields(product.attributes, rules, on_variant=False),
        variants=tuple(_variant(each, rules, prices, compare_at) for each in live),
    )
    return Projection(product=shown, problems=tuple(problems))


def _status(product: Product) -> str:
    return "ACTIVE" if product.active else "DRAFT"


def _variant(
    variant: Variant,
    rules: CatalogueRules,
    prices: Mapping[str, Price],
    compare_at: Mapping[str, Price] | None,
) -> StoreVariant:
    price = prices.get(variant.sku) if rules.erp_owns(ownership.PRICE) else None
    owns_crossed = compare_at is not None and rules.erp_owns(ownership.COMPARE_AT)
    crossed = (compare_at or {}).get(variant.sku) if owns_crossed else None
    # A crossed-out price that is not higher would advertise a discount there is not.
    shows = price and crossed and crossed.amount.amount > price.amount.amount
    return StoreVariant(
        sku=variant.sku,
        option_values=variant.option_values,
        price=price.amount.rounded().amount if price else None,
        compare_at=crossed.amount.rounded().amount if shows and crossed else None,
        owns_compare_at=owns_crossed,
        # An ERP without a barcode does not say that there is none.
        barcode=(variant.barcode or None) if rules.erp_owns(ownership.BARCODE) else None,
        tracked=variant.tracked,
        weight_grams=variant.weight_grams,
        metafields=_metafields(variant.attributes, rules, on_variant=True),
    )


def _metafields(
    attributes: Iterable[AttributeValue], rules: CatalogueRules, *, on_variant: bool
) -> tuple[Metafield, ...]:
    if not rules.erp_owns(ownership.ATTRIBUTES):
        return ()
    mapped = (
        (rules.attributes[each.code], each)
        for each in attributes
        if each.code in rules.attributes and each.value != ""
    )
    return tuple(
        Metafield(namespace=target.namespace, key=target.key, type=target.type, value=_text(value))
        for target, value in mapped
        if target.on_variant == on_variant
    )


def _text(value: AttributeValue) -> str:
    if value.kind is AttributeKind.BOOLEAN:
        return _BOOLEAN[value.value]
    return value.value


def _shape_problems(product: Product, live: list[Variant]) -> list[Reason]:
    """Invariants 15 and 19, and the limits of the shop."""
    title, values = product.title.strip(), {"product": product.code}
    skus = [variant.sku.strip() for variant in live]
    checks = (
        (not title, gettext_noop("The product %(product)s has no title.")),
        (
            len(title) > 255,
            gettext_noop("The title of %(product)s is longer than 255 characters."),
        ),
        (
            product.active and not live,
            gettext_noop("The product %(product)s has no variants for sale."),
        ),
        (len(product.options) > 3, gettext_noop("%(product)s has more than 3 options.")),
        (
            not all(skus) or len(set(skus)) != len(skus),
            gettext_noop("%(product)s has empty or repeated SKUs."),
        ),
    )
    found = [Reason(sentence, values) for wrong, sentence in checks if wrong]
    return found + _option_problems(product, [variant.option_values for variant in live])


def _option_problems(product: Product, combinations: list[tuple[str, ...]]) -> list[Reason]:
    values = {"product": product.code}
    if any(len(each) != len(product.options) for each in combinations):
        sentence = gettext_noop("A variant of %(product)s lacks the value of an option.")
        return [Reason(sentence, values)]
    found = []
    if len(set(combinations)) != len(combinations):
        sentence = gettext_noop("Two variants of %(product)s have the same options.")
        found.append(Reason(sentence, values))
    for place, name in enumerate(product.options):
        if len({each[place] for each in combinations}) > 100:
            sentence = gettext_noop(
                "The option %(option)s of %(product)s has more than 100 values."
            )
            found.append(Reason(sentence, values | {"option": name}))
    return found


def _price_problems(
    live: list[Variant], rules: CatalogueRules, prices: Mapping[str, Price]
) -> list[Reason]:
    """Invariant 22: a price of zero, or none, is never published."""
    if not rules.erp_owns(ownership.PRICE):
        return []
    found = []
    for variant in live:
        price = prices.get(variant.sku)
        if price is None or price.amount.amount <= 0:
            sentence = gettext_noop("%(sku)s has no price on the channel's price list.")
            found.append(Reason(sentence, {"sku": variant.sku}))
        elif price.amount.currency != rules.currency:
            sentence = gettext_noop("The price of %(sku)s is in %(currency)s.")
            values = {"sku": variant.sku, "currency": price.amount.currency}
            found.append(Reason(sentence, values))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueDecision:
    """What to write. Everything empty means the shop is as it should be."""

    create: bool = False
    fields: tuple[str, ...] = ()
    new_variants: tuple[StoreVariant, ...] = ()
    changed_variants: tuple[StoreVariant, ...] = ()
    metafields: tuple[Metafield, ...] = ()
    variant_metafields: tuple[tuple[str, Metafield], ...] = ()

    def __bool__(self) -> bool:
        return bool(
            self.create
            or self.fields
            or self.new_variants
            or self.changed_variants
            or self.metafields
            or self.variant_metafields
        )


_FIELDS = ("title", "status", "description_html", "vendor", "product_type")


def decide_catalogue(wanted: StoreProduct, shown: StoreProduct | None) -> CatalogueDecision:
    """Return the writes that turn what is shown into what is wanted.

    What is shown and not wanted (a variant somebody added, a tag, a metafield of
    another app) is left alone: unmapped means untouched.
    """
    if shown is None:
        return CatalogueDecision(create=True)
    before = {variant.sku: variant for variant in shown.variants}
    pairs = [(each, before[each.sku]) for each in wanted.variants if each.sku in before]
    return CatalogueDecision(
        fields=tuple(
            name
            for name in _FIELDS
            if getattr(wanted, name) is not None and getattr(wanted, name) != getattr(shown, name)
        ),
        new_variants=tuple(each for each in wanted.variants if each.sku not in before),
        changed_variants=tuple(now for now, was in pairs if _sold_differently(now, was)),
        metafields=_news(wanted.metafields, shown.metafields),
        variant_metafields=tuple(
            (now.sku, each) for now, was in pairs for each in _news(now.metafields, was.metafields)
        ),
    )


def _sold_differently(now: StoreVariant, was: StoreVariant) -> bool:
    if now.price is not None and now.price != was.price:
        return True
    if now.owns_compare_at and now.compare_at != was.compare_at:
        return True
    return now.barcode is not None and now.barcode != was.barcode


def _news(now: tuple[Metafield, ...], was: tuple[Metafield, ...]) -> tuple[Metafield, ...]:
    known = set(was)
    return tuple(each for each in now if each not in known)
