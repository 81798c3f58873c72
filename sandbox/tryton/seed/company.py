"""The company itself: chart of accounts, taxes, sequences, the integration's user."""

import datetime as dt
from decimal import Decimal
from typing import Any

from proteus import Model, Wizard  # type: ignore[import-not-found]
from trytond.modules.account.tests.tools import (  # type: ignore[import-not-found]
    create_fiscalyear,
)
from trytond.modules.account_invoice.tests.tools import (  # type: ignore[import-not-found]
    set_fiscalyear_invoice_sequences,
)
from trytond.modules.company.tests.tools import (  # type: ignore[import-not-found]
    create_company,
    get_company,
)

COUNTRIES = [
    ("España", "ES", "ESP", "724"),
    ("Portugal", "PT", "PRT", "620"),
    ("Francia", "FR", "FRA", "250"),
    ("Italia", "IT", "ITA", "380"),
    ("Alemania", "DE", "DEU", "276"),
    ("Andorra", "AD", "AND", "020"),
]
# What the integration may do: sell, ship, and undo what it entered. Not the accounts,
# not the catalogue.
GROUPS = [
    "sale.group_sale",
    "stock.group_stock",
    "stock.group_stock_cancellation",
]


def create(config: Any) -> dict[str, Any]:
    """Create the company with Spanish accounts and return what the rest needs."""
    currency = _currency()
    spain = _countries()
    company = _company(config, currency, spain)
    accounts = _chart(config, company)
    today = dt.datetime.now(dt.UTC).date()
    fiscal_year = set_fiscalyear_invoice_sequences(
        create_fiscalyear(company, today=(today, today + dt.timedelta(400)))
    )
    fiscal_year.save()
    fiscal_year.click("create_period")
    _account_settings(accounts)
    term = Model.get("account.invoice.payment_term")(name="Contado")
    term.lines.new(type="remainder")
    term.save()
    settings = Model.get("sale.configuration")(1)
    settings.sale_invoice_method = "fulfillment"
    settings.sale_shipment_method = "order"
    settings.save()
    return {"company": company, "currency": currency, "country": spain, **accounts}


def _currency() -> Any:
    Currency = Model.get("currency.currency")
    euro = Currency(
        name="Euro", code="EUR", numeric_code="978", symbol="€", rounding=Decimal("0.01"), digits=2
    )
    rate = euro.rates.new()
    rate.date = dt.date(2000, 1, 1)
    rate.rate = Decimal(1)
    euro.save()
    return euro


def _countries() -> Any:
    Country = Model.get("country.country")
    made = [
        Country(name=name, code=code, code3=code3, code_numeric=number)
        for name, code, code3, number in COUNTRIES
    ]
    Country.save(made)
    return made[0]


def _company(config: Any, currency: Any, spain: Any) -> Any:
    party = Model.get("party.party")(name="Calzados Ibéricos, S.L.")
    identifier = party.identifiers.new()
    identifier.type = "es_vat"
    identifier.code = "B12345674"
    (address,) = party.addresses
    address.street = "Calle Mayor 1"
    address.postal_code = "28013"
    address.city = "Madrid"
    address.country = spain
    party.save()
    create_company(party=party, currency=currency, config=config)
    return get_company()


def _account(prefix: str, kind: str) -> Any:
    accounts = Model.get("account.account").find(
        [("code", "like", f"{prefix}%"), (f"type.{kind}", "=", True)], limit=1
    )
    return accounts[0]


def _chart(config: Any, company: Any) -> dict[str, Any]:
    template = Model.get("ir.model.data").get_id("account_es.pgc_0_pyme", config.context)
    wizard = Wizard("account.create_chart")
    wizard.execute("account")
    wizard.form.account_template = Model.get("account.account.template")(template)
    wizard.form.company = company
    if hasattr(wizard.form, "account_code_digits"):
        wizard.form.account_code_digits = 6
    wizard.execute("create_account")
    revenue, expense = _account("700", "revenue"), _account("600", "expense")
    wizard.form.account_receivable = _account("4300", "receivable")
    wizard.form.account_payable = _account("4000", "payable")
    if hasattr(wizard.form, "category_account_expense"):
        wizard.form.category_account_expense = expense
    if hasattr(wizard.form, "category_account_revenue"):
        wizard.form.category_account_revenue = revenue
    wizard.execute("create_properties")
    return {"revenue": revenue, "expense": expense}


def _account_settings(accounts: dict[str, Any]) -> None:
    settings = Model.get("account.configuration")(1)
    # A shop rounds the tax of each line; an ERP that rounds per document differs more often.
    settings.tax_rounding = "line"
    settings.default_category_account_revenue = accounts["revenue"]
    settings.default_category_account_expense = accounts["expense"]
    settings.save()


def sales_tax(rate: str) -> Any:
    """Return the chart's IVA on goods of this rate."""
    (tax,) = Model.get("account.tax").find(
        [
            ("type", "=", "percentage"),
            ("rate", "=", Decimal(rate) / 100),
            ("group.kind", "=", "sale"),
            ("group.name", "=", "Ventas de bienes"),
            ("name", "like", f"IVA {rate}%%"),
        ],
        order=[("id", "ASC")],
        limit=1,
    )
    return tax


def create_user(config: Any, company: Any, *, name: str, password: str) -> None:
    """Create the user that the integration logs in with."""
    party = Model.get("party.party")(name="Integración tienda web")
    party.save()
    employee = Model.get("company.employee")(party=party, company=company)
    employee.save()
    User, Group = Model.get("res.user"), Model.get("res.group")
    ModelData = Model.get("ir.model.data")
    user = User(name="Puente", login=name, password=password)
    user.language = Model.get("ir.lang").find([("code", "=", "es")])[0]
    for group in GROUPS:
        user.groups.append(Group(ModelData.get_id(group, config.context)))
    user.companies.append(company)
    user.company = company
    user.employees.append(employee)
    user.employee = employee
    user.save()
