"""What is written of a product, and what is left alone."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.decide.catalogue import (
    CatalogueRules,
    Metafield,
    MetafieldTarget,
    StoreProduct,
    StoreVariant,
    decide_catalogue,
    project,
)
from mapping.documents import AttributeKind, AttributeValue, Money, Price, Product, Variant
from mapping.ownership import (
    ATTRIBUTES,
    BARCODE,
    COMPARE_AT,
    DESCRIPTION,
    PRICE,
    STATUS,
    TITLE,
    TYPE,
    VENDOR,
    Owner,
)

COMPOSITION = AttributeValue(code="composicion", kind=AttributeKind.TEXT, value="Piel")
BOOT = Product(
    code="BOT",
    title="Botín de piel",
    options=("Talla",),
    variants=(
        Variant(sku="BOT-38", option_values=("38",), barcode="8412345678905"),
        Variant(sku="BOT-39", option_values=("39",)),
    ),
    description_html="<p>Cómodo</p>",
    vendor="Calzados",
    family="Botines",
    attributes=(COMPOSITION,),
)
RULES = CatalogueRules(
    currency="EUR",
    attributes={"composicion": MetafieldTarget(namespace="erp", key="comp", type="text")},
)


def price(sku: str, amount: str = "89.95", **options: Any) -> Price:
    values: dict[str, Any] = {
        "product_code": "BOT",
        "price_list": "PVP",
        "amount": Money(amount=Decimal(amount), currency=options.pop("currency", "EUR")),
        "tax_included": True,
    }
    return Price(sku=sku, **(values | options))


PRICES = {sku: price(sku) for sku in ("BOT-38", "BOT-39")}
CROSSED = {sku: price(sku, "120") for sku in ("BOT-38", "BOT-39")}


def wanted(rules: CatalogueRules = RULES, product: Product = BOOT) -> StoreProduct:
    return project(product, rules, prices=PRICES, compare_at=CROSSED).product


def by_hand(product: StoreProduct) -> StoreProduct:
    """The product after somebody in the store changed everything there is to change."""
    return replace(
        product,
        title="A mano",
        status="ARCHIVED",
        description_html="A mano",
        vendor="A mano",
        product_type="A mano",
        tags=("a-mano",),
        metafields=(Metafield(namespace="erp", key="comp", type="text", value="A mano"),),
        variants=tuple(
            replace(each, price=Decimal("1.00"), compare_at=Decimal("2.00"), barcode="1")
            for each in product.variants
        ),
    )


def written(rules: CatalogueRules) -> set[str]:
    """The fields that are written when everything in the store is different."""
    full = wanted(replace(RULES, owners=dict.fromkeys(OWNED, Owner.ERP)))
    now = wanted(rules)
    decision = decide_catalogue(now, by_hand(full))
    found = set(decision.fields)
    for each in decision.changed_variants:
        found |= {"price"} if each.price is not None else set()
        found |= {"compare_at"} if each.owns_compare_at else set()
        found |= {"barcode"} if each.barcode is not None else set()
    return found | ({"metafields"} if decision.metafields else set())


OWNED = {
    TITLE: "title",
    STATUS: "status",
    DESCRIPTION: "description_html",
    VENDOR: "vendor",
    TYPE: "product_type",
    PRICE: "price",
    COMPARE_AT: "compare_at",
    BARCODE: "barcode",
    ATTRIBUTES: "metafields",
}


@pytest.mark.parametrize("owner", [Owner.SHOPIFY, Owner.NOBODY])
@pytest.mark.parametrize("field", OWNED)
def test_a_field_the_erp_does_not_own_is_never_written(field: str, owner: Owner) -> None:
    everything = dict.fromkeys(OWNED, Owner.ERP)

    assert written(replace(RULES, owners=everything)) == set(OWNED.values())
    assert written(replace(RULES, owners=everything | {field: owner})) == set(OWNED.values()) - {
        OWNED[field]
    }


def test_an_attribute_without_a_mapping_is_not_written() -> None:
    assert wanted(replace(RULES, attributes={})).metafields == ()


def test_the_texts_of_an_adopted_product_stay_unless_a_rule_says_otherwise() -> None:
    adopted = replace(RULES, adopted=True)

    assert written(adopted) == {"price", "compare_at", "barcode", "metafields"}
    assert "title" in written(replace(adopted, owners={TITLE: Owner.ERP}))


def test_without_a_list_of_crossed_out_prices_they_are_left_alone() -> None:
    now = project(BOOT, RULES, prices=PRICES, compare_at=None).product
    shown = replace(
        now, variants=tuple(replace(each, compare_at=Decimal(150)) for each in now.variants)
    )

    assert not decide_catalogue(now, shown)


def test_a_crossed_out_price_that_is_not_higher_is_not_shown() -> None:
    same = {sku: price(sku, "89.95") for sku in PRICES}
    now = project(BOOT, RULES, prices=PRICES, compare_at=same).product

    assert [each.compare_at for each in now.variants] == [None, None]


def test_what_the_store_has_and_the_erp_does_not_is_left_alone() -> None:
    now = wanted()
    foreign = Metafield(namespace="reviews", key="stars", type="number", value="5")
    shown = replace(
        now,
        tags=("rebajas",),
        metafields=(*now.metafields, foreign),
        variants=(*now.variants, StoreVariant(sku="REGALO")),
    )

    assert not decide_catalogue(now, shown)


def test_a_product_the_store_does_not_have_is_created() -> None:
    assert decide_catalogue(wanted(), None).create


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"title": " "}, "has no title"),
        ({"title": "x" * 256}, "longer than 255"),
        ({"variants": ()}, "no variants for sale"),
        ({"variants": (BOOT.variants[0], replace(BOOT.variants[1], sku="BOT-38"))}, "repeated"),
        ({"variants": (replace(BOOT.variants[0], sku=" "),)}, "empty or repeated"),
        ({"variants": (replace(BOOT.variants[0], option_values=()),)}, "lacks the value"),
        (
            {"variants": (BOOT.variants[0], replace(BOOT.variants[1], option_values=("38",)))},
            "same options",
        ),
        ({"options": ("a", "b", "c", "d")}, "more than 3 options"),
        ({"variants": (replace(BOOT.variants[0], sku="SIN-PRECIO"),)}, "has no price"),
    ],
)
def test_a_product_that_cannot_be_published_says_why(
    change: dict[str, Any], sentence: str
) -> None:
    found = project(replace(BOOT, **change), RULES, prices=PRICES, compare_at=None)

    assert any(sentence in str(each) for each in found.problems)


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_a_price_of_nothing_is_never_published(amount: str) -> None:
    free = PRICES | {"BOT-38": price("BOT-38", amount)}
    found = project(BOOT, RULES, prices=free, compare_at=None)

    assert [each.values["sku"] for each in found.problems] == ["BOT-38"]


def test_a_price_in_another_currency_is_a_problem() -> None:
    dollars = PRICES | {"BOT-38": price("BOT-38", currency="USD")}

    assert project(BOOT, RULES, prices=dollars, compare_at=None).problems


def test_a_variant_no_longer_sold_is_neither_wanted_nor_a_problem() -> None:
    variants = (BOOT.variants[0], replace(BOOT.variants[1], active=False))
    found = project(replace(BOOT, variants=variants), RULES, prices=PRICES, compare_at=None)

    assert [each.sku for each in found.product.variants] == ["BOT-38"]
    assert found.problems == ()


texts = st.none() | st.sampled_from(["", "a", "b"])
amounts = st.none() | st.sampled_from([Decimal("1.00"), Decimal("1.0"), Decimal(2)])
metafields = st.lists(
    st.builds(
        Metafield,
        namespace=st.just("erp"),
        key=st.sampled_from(["k1", "k2"]),
        type=st.just("text"),
        value=st.sampled_from(["x", "y"]),
    ),
    max_size=2,
    unique_by=lambda each: each.key,
).map(tuple)
variants = st.lists(
    st.builds(
        StoreVariant,
        sku=st.sampled_from(["A", "B", "C"]),
        price=amounts,
        compare_at=amounts,
        owns_compare_at=st.booleans(),
        barcode=texts,
        metafields=metafields,
    ),
    max_size=3,
    unique_by=lambda each: each.sku,
).map(tuple)
store_products = st.builds(
    StoreProduct,
    title=texts,
    status=texts,
    options=st.just(("Talla",)),
    variants=variants,
    description_html=texts,
    vendor=texts,
    product_type=texts,
    metafields=metafields,
)


def carried_out(wanted: StoreProduct, shown: StoreProduct) -> StoreProduct:
    """What the store shows once the decision has been written there."""
    decision = decide_catalogue(wanted, shown)
    changed = {each.sku: each for each in decision.changed_variants}
    after = []
    for each in shown.variants:
        now = changed.get(each.sku)
        if now:
            each = replace(
                each,
                price=each.price if now.price is None else now.price,
                compare_at=now.compare_at if now.owns_compare_at else each.compare_at,
                barcode=each.barcode if now.barcode is None else now.barcode,
            )
        news = [item for sku, item in decision.variant_metafields if sku == each.sku]
        after.append(replace(each, metafields=merged(each.metafields, news)))
    return replace(
        shown,
        **{name: getattr(wanted, name) for name in decision.fields},
        variants=(*after, *decision.new_variants),
        metafields=merged(shown.metafields, decision.metafields),
    )


def merged(was: Any, news: Any) -> tuple[Metafield, ...]:
    return tuple({(each.namespace, each.key): each for each in (*was, *news)}.values())


@given(store_products, store_products)
def test_a_second_run_writes_nothing(now: StoreProduct, shown: StoreProduct) -> None:
    assert not decide_catalogue(now, carried_out(now, shown))


@given(store_products, store_products)
def test_what_is_not_ours_is_as_it_was(now: StoreProduct, shown: StoreProduct) -> None:
    after = carried_out(now, shown)

    for name in ("title", "status", "description_html", "vendor", "product_type"):
        if getattr(now, name) is None:
            assert getattr(after, name) == getattr(shown, name)
    ours = {each.sku for each in now.variants}
    assert [each for each in after.variants if each.sku not in ours] == [
        each for each in shown.variants if each.sku not in ours
    ]
