"""What a product's decision would change, field by field, as people read it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from mapping import ownership
from mapping.decide.catalogue import (
    CatalogueDecision,
    Metafield,
    StoreProduct,
    StoreVariant,
)
from sync.divergences import VARIANT_MISSING
from sync.reconcile.differences import NOTHING

_FIELDS = {
    "title": ownership.TITLE,
    "status": ownership.STATUS,
    "description_html": ownership.DESCRIPTION,
    "vendor": ownership.VENDOR,
    "product_type": ownership.TYPE,
}
_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`key`: the product's code, or the variant's SKU. `money`: what one piece is off by."""

    field: str
    key: str
    expected: str
    found: str
    money: Decimal = Decimal(0)


def differences(
    code: str, decision: CatalogueDecision, *, wanted: StoreProduct, shown: StoreProduct
) -> list[Difference]:
    """Return what differs of a product that is in the store."""
    there = {variant.sku: variant for variant in shown.variants}
    found = [
        _difference(_FIELDS[name], code, getattr(wanted, name), getattr(shown, name))
        for name in decision.fields
    ]
    for variant in decision.changed_variants:
        found += _of_variant(variant, there[variant.sku])
    for variant in decision.new_variants:
        found.append(_difference(VARIANT_MISSING, variant.sku, variant.sku, None))
    found += _of_metafields(code, decision.metafields, shown.metafields)
    by_sku: dict[str, list[Metafield]] = {}
    for sku, each in decision.variant_metafields:
        by_sku.setdefault(sku, []).append(each)
    for sku, wanted_ones in by_sku.items():
        found += _of_metafields(sku, wanted_ones, there[sku].metafields)
    return found


def _of_variant(wanted: StoreVariant, shown: StoreVariant) -> Iterator[Difference]:
    if wanted.price is not None and wanted.price != shown.price:
        off = abs(wanted.price - (shown.price or Decimal(0)))
        yield _difference(ownership.PRICE, wanted.sku, wanted.price, shown.price, money=off)
    if wanted.owns_compare_at and wanted.compare_at != shown.compare_at:
        yield _difference(ownership.COMPARE_AT, wanted.sku, wanted.compare_at, shown.compare_at)
    if wanted.barcode is not None and wanted.barcode != shown.barcode:
        yield _difference(ownership.BARCODE, wanted.sku, wanted.barcode, shown.barcode)


def _of_metafields(
    key: str, wanted: Iterable[Metafield], shown: Iterable[Metafield]
) -> Iterator[Difference]:
    """Return one difference for all attributes of a record."""
    there = {(each.namespace, each.key): each.value for each in shown}
    off = [(each, there.get((each.namespace, each.key), NOTHING)) for each in wanted]
    if off:
        expected = ", ".join(f"{each.namespace}.{each.key}: {each.value}" for each, _ in off)
        found = ", ".join(f"{each.namespace}.{each.key}: {value}" for each, value in off)
        yield _difference(ownership.ATTRIBUTES, key, expected, found)


def _difference(
    field: str, key: str, expected: object, found: object, *, money: Decimal = Decimal(0)
) -> Difference:
    return Difference(
        field=field, key=key, expected=_said(expected), found=_said(found), money=money
    )


def _said(value: object) -> str:
    text = NOTHING if value in (None, "") else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
