import json
import os
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from erp_connectors.errors import ErpError
from mapping.models import AttributeMapping, Channel, Company
from shopify_app.errors import ShopifyError
from shopify_app.models import Shop
from sync import connecting


class Command(BaseCommand):
    help = "Connect a Shopify store. Secrets come from the environment, never from flags."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--company", required=True)
        parser.add_argument("--channel", required=True, help="what staff call this store")
        parser.add_argument("--domain", required=True)
        parser.add_argument(
            "--grant", choices=["client_credentials", "static"], default="client_credentials"
        )
        parser.add_argument("--price-list")
        parser.add_argument("--compare-at-price-list")
        parser.add_argument("--buffer", type=int)
        parser.add_argument(
            "--mode", choices=Channel.Mode.values, help="shadow: look, write nothing"
        )
        parser.add_argument("--warehouse", action="append", default=[], metavar="ERP=LOCATION")
        parser.add_argument(
            "--share",
            action="append",
            default=[],
            metavar="ERP=PERCENT",
            help="the part of a warehouse that this store sells, where stores divide it",
        )
        parser.add_argument(
            "--attribute", action="append", default=[], metavar="ERP=NAMESPACE.KEY:TYPE[@variant]"
        )
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        company = Company.objects.filter(name=options["company"]).first()
        if company is None:
            raise CommandError("Connect the company's ERP first (connect_erp).")
        channel, _created = Channel.objects.update_or_create(
            name=options["channel"],
            defaults={"company": company} | self._said(options),
        )
        self._shop(channel, options)
        for text in options["attribute"]:
            self._attribute(channel, text)
        warehouses = dict(_pair(text) for text in options["warehouse"])
        shares = dict(_percent(text) for text in options["share"])
        try:
            connected = connecting.connect(channel, warehouses, shares)
        except (connecting.CannotConnect, ShopifyError, ErpError) as error:
            raise CommandError(str(error)) from None
        self._report(asdict(connected), options)

    def _said(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return what was said; what was not stays as it is."""
        names = {
            "price_list": "price_list",
            "compare_at_price_list": "compare_at_price_list",
            "stock_buffer": "buffer",
            "mode": "mode",
        }
        return {field: options[flag] for field, flag in names.items() if options[flag] is not None}

    def _shop(self, channel: Channel, options: dict[str, Any]) -> None:
        token = os.environ.get("SHOPIFY_ACCESS_TOKEN", "")
        if options["grant"] == "static" and not token:
            raise CommandError("A permanent token is read from SHOPIFY_ACCESS_TOKEN.")
        shop, _created = Shop.objects.get_or_create(
            channel=channel, defaults={"domain": options["domain"]}
        )
        if shop.domain != options["domain"]:
            raise CommandError(f"{channel} is the store {shop.domain}.")
        shop.grant = options["grant"]
        if token:
            shop.credentials = {"access_token": token}
            shop.token_expires_at = None
        shop.save()

    def _attribute(self, channel: Channel, text: str) -> None:
        attribute, place = _pair(text)
        target, _, kind = place.partition(":")
        kind, _, on = kind.partition("@")
        namespace, _, key = target.partition(".")
        if not (namespace and key and kind):
            raise CommandError(f"--attribute takes ERP=NAMESPACE.KEY:TYPE, not {text!r}")
        AttributeMapping.objects.update_or_create(
            channel=channel,
            attribute=attribute,
            defaults={"namespace": namespace, "key": key, "type": kind, "on": on or "product"},
        )

    def _report(self, answer: dict[str, Any], options: dict[str, Any]) -> None:
        if options["as_json"]:
            self.stdout.write(json.dumps(answer))
        else:
            self.stdout.write(", ".join(f"{key}: {value}" for key, value in answer.items()))


def _pair(text: str) -> tuple[str, str]:
    left, equals, right = text.partition("=")
    if not (left and equals and right):
        raise CommandError(f"expected NAME=VALUE, not {text!r}")
    return left, right


def _percent(text: str) -> tuple[str, int]:
    warehouse, percent = _pair(text)
    if not (percent.isascii() and percent.isdigit() and 1 <= int(percent) <= 100):
        raise CommandError(f"--share takes ERP=PERCENT from 1 to 100, not {text!r}")
    return warehouse, int(percent)
