"""Attributes, families, products and price lists in Tryton."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from proteus import Model  # type: ignore[import-not-found]

from sandbox.tryton.seed.assortment import (
    COLOURS,
    FAMILIES,
    KITS,
    SIZES,
    Family,
    Kit,
    ean13,
    net_price,
    variants,
)

SEASONS = {"pv26": "Primavera-verano 2026", "oi26": "Otoño-invierno 2026", "todo": "Todo el año"}


def create_attributes() -> Any:
    """Create typed attributes and the set that every product uses."""
    Attribute = Model.get("product.attribute")
    made = [
        Attribute(name="color", string="Color", type_="selection",
                  selection=_selection({key: label for key, (label, _) in COLOURS.items()})),
        Attribute(name="talla", string="Talla", type_="selection",
                  selection=_selection({size: size for size in SIZES}), selection_sorted=False),
        Attribute(name="material", string="Material", type_="char"),
        Attribute(name="impermeable", string="Impermeable", type_="boolean"),
        Attribute(name="altura_tacon", string="Altura del tacón (cm)", type_="numeric", digits=1),
        Attribute(name="temporada", string="Temporada", type_="selection",
                  selection=_selection(SEASONS)),
        Attribute(name="lanzamiento", string="Fecha de lanzamiento", type_="date"),
    ]  # fmt: skip
    Attribute.save(made)
    attribute_set = Model.get("product.attribute.set")(name="Moda y calzado")
    attribute_set.attributes.extend(made)
    attribute_set.save()
    return attribute_set


def _selection(options: dict[str, str]) -> str:
    return "\n".join(f"{key}:{label}" for key, label in options.items())


def create_families(taxes: dict[str, Any], accounts: dict[str, Any]) -> dict[str, Any]:
    """Create the web categories and, per IVA rate, the accounting one."""
    Category = Model.get("product.category")
    found: dict[str, Any] = {}
    for family in FAMILIES:
        if family.parent not in found:
            found[family.parent] = Category(name=family.parent)
            found[family.parent].save()
        found[family.name] = Category(name=family.name, parent=found[family.parent])
        found[family.name].save()
    for rate, tax in taxes.items():
        category = Category(name=f"IVA {rate} %", accounting=True)
        category.account_expense = accounts["expense"]
        category.account_revenue = accounts["revenue"]
        category.customer_taxes.append(tax)
        category.save()
        found[f"IVA {rate}"] = category
    return found


def create_products(config: Any, categories: dict[str, Any], attribute_set: Any) -> Iterator[str]:
    """Create every model with its variants, yielding each name as it is done."""
    (unit,) = Model.get("product.uom").find([("symbol", "=", "u")], limit=1)
    (gram,) = Model.get("product.uom").find([("symbol", "=", "g")], limit=1)
    Template = Model.get("product.template")
    barcode = 1000
    for family in FAMILIES:
        for number, (name, colours, gross) in enumerate(family.models, 1):
            season = ("pv26", "oi26", "todo")[number % 3]
            values = {
                "name": name,
                "code": f"{family.prefix}{number:03d}",
                "type": "goods",
                "salable": True,
                "default_uom": unit.id,
                "sale_uom": unit.id,
                "list_price": net_price(gross, family.tax),
                "weight": float(family.grams),
                "weight_uom": gram.id,
                "account_category": categories[f"IVA {family.tax}"].id,
                "categories": [("add", [categories[family.name].id])],
                "attribute_set": attribute_set.id,
                "products": [
                    ("create", list(_variants(family, name, colours, gross, season, barcode)))
                ],
            }
            Template._proxy.create([values], config.context)
            barcode += len(values["products"][0][1])
            yield name


def _variants(
    family: Family, name: str, colours: str, gross: str, season: str, barcode: int
) -> Iterator[dict[str, Any]]:
    for offset, (suffix, axes) in enumerate(variants(family, colours)):
        extra: dict[str, Any] = {"temporada": season} if family.material else {}
        if family.material:
            extra |= {"material": family.material, "impermeable": "agua" in name}
            extra["lanzamiento"] = dt.date(2026, 3 if season == "pv26" else 9, 1)
        if family.heel:
            extra["altura_tacon"] = Decimal(family.heel)
        yield {
            "suffix_code": suffix,
            "description": f"{name}. {family.material}." if family.material else name,
            "cost_price": (net_price(gross, family.tax) * Decimal("0.42")).quantize(
                Decimal("0.0001")
            ),
            "attributes": {**axes, **extra},
            "identifiers": [("create", [{"type": "ean", "code": ean13(barcode + offset)}])],
        }


def create_kits(config: Any, categories: dict[str, Any], attribute_set: Any) -> None:
    """Create the kits; the items they are made of must exist."""
    (unit,) = Model.get("product.uom").find([("symbol", "=", "u")], limit=1)
    family = categories["Cuidado del calzado"]
    values = [
        {
            "name": kit.name,
            "code": kit.code,
            "type": "kit",
            "cost_price_method": "fixed",
            "salable": True,
            "default_uom": unit.id,
            "sale_uom": unit.id,
            "list_price": net_price(kit.price, "21"),
            "account_category": categories["IVA 21"].id,
            "categories": [("add", [family.id])],
            "attribute_set": attribute_set.id,
            "components": [("create", list(_components(kit, unit)))],
            "products": [("create", [_kit_item(kit, place)])],
        }
        for place, kit in enumerate(KITS)
    ]
    Model.get("product.template")._proxy.create(values, config.context)


def _components(kit: Kit, unit: Any) -> Iterator[dict[str, Any]]:
    for sku, quantity in kit.components:
        (item,) = Model.get("product.product").find([("code", "=", sku)], limit=1)
        yield {"product": item.id, "quantity": float(quantity), "unit": unit.id}


def _kit_item(kit: Kit, place: int) -> dict[str, Any]:
    return {
        "description": kit.name,
        "identifiers": [("create", [{"type": "ean", "code": ean13(9000 + place)}])],
    }


def create_price_lists(company: Any, categories: dict[str, Any]) -> dict[str, Any]:
    """Create the shop's gross prices, its sale prices and the trade's net ones."""
    reduced = [("IVA 10", "1.10"), ("IVA 4", "1.04")]
    gross: list[dict[str, Any]] = [
        {"category": categories[name], "formula": f"(unit_price * {factor}).quantize(0.01)"}
        for name, factor in reduced
    ]
    pvp: list[dict[str, Any]] = [*gross, {"formula": "(unit_price * 1.21).quantize(0.01)"}]
    # Sale prices end in ,95 as every shop window in Spain does.
    sale: list[dict[str, Any]] = [
        *gross,
        {"formula": "(unit_price * 1.21 * 0.7).quantize(0.1) - 0.05"},
    ]
    trade: list[dict[str, Any]] = [
        {"quantity": 50.0, "formula": "unit_price * 0.50"},
        {"quantity": 10.0, "formula": "unit_price * 0.60"},
        {"formula": "unit_price * 0.70"},
    ]
    return {
        "PVP": _price_list(company, "PVP", pvp, tax_included=True),
        "REBAJAS": _price_list(company, "REBAJAS", sale, tax_included=True),
        "MAYORISTA": _price_list(company, "MAYORISTA", trade, tax_included=False),
    }


def _price_list(
    company: Any, name: str, lines: list[dict[str, Any]], *, tax_included: bool
) -> Any:
    price_list = Model.get("product.price_list")(
        name=name, company=company, tax_included=tax_included, price="list_price"
    )
    for values in lines:
        line = price_list.lines.new()
        for field, value in values.items():
            setattr(line, field, value)
    price_list.save()
    return price_list
