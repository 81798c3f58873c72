"""The seeded company's own figures are right."""

from decimal import Decimal

from stdnum import ean

from sandbox.tryton.seed.assortment import FAMILIES, ean13, net_price, variants


def test_every_barcode_has_the_right_check_digit() -> None:
    assert all(ean.is_valid(ean13(number)) for number in range(1000, 1300))


def test_every_net_price_leads_back_to_the_price_in_the_shop_window() -> None:
    for family in FAMILIES:
        for _name, _colours, gross in family.models:
            net = net_price(gross, family.tax)
            again = (net * (1 + Decimal(family.tax) / 100)).quantize(Decimal("0.01"))
            assert again == Decimal(gross)


def test_the_company_is_as_large_as_promised() -> None:
    models = [(family, colours) for family in FAMILIES for _, colours, _ in family.models]

    assert len(models) >= 40
    assert sum(len(list(variants(*model))) for model in models) >= 150
